//! The times of a file that comes: `X-OC-Mtime` and `X-OC-CTime` of ownCloud's and Nextcloud's clients.

use domain::NodeTimes;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::xml::dates::read_seconds;

const OC_MTIME: HeaderName = HeaderName::from_static("x-oc-mtime");
const OC_CTIME: HeaderName = HeaderName::from_static("x-oc-ctime");

const ACCEPTED: HeaderValue = HeaderValue::from_static("accepted");

/// The times the client sets, in seconds since 1970. One that cannot be read is not accepted, and neither is one
/// before that, which sync clients would call invalid when they see it again.
pub fn times(headers: &HeaderMap) -> NodeTimes {
    let read = |name| {
        let seconds = read_seconds(headers.get(name)?.to_str().ok()?);
        seconds.filter(|moment| moment.seconds() >= 0)
    };
    NodeTimes { created_at: read(OC_CTIME), modified_at: read(OC_MTIME) }
}

/// Says in an answer which times were accepted: without that, clients set them again.
pub fn accept(times: NodeTimes, answer: &mut HeaderMap) {
    for (name, time) in [(OC_CTIME, times.created_at), (OC_MTIME, times.modified_at)] {
        if time.is_some() {
            answer.insert(name, ACCEPTED);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::*;

    #[test]
    fn each_time_is_accepted_by_itself() {
        let headers = HeaderMap::from_iter([
            (OC_MTIME, HeaderValue::from_static("1700000000.5")),
            (OC_CTIME, HeaderValue::from_static("-1")),
        ]);
        let read = times(&headers);
        assert_eq!(read.modified_at, Some(Timestamp::from_millis(1_700_000_000_500)));
        assert_eq!(read.created_at, None);
        let mut answer = HeaderMap::new();
        accept(read, &mut answer);
        assert_eq!((answer.get(OC_MTIME), answer.get(OC_CTIME)), (Some(&ACCEPTED), None));
    }
}
