//! Whether a client that takes its password along shows it to nobody else at an address.

use http::Uri;
use http::uri::Authority;

use crate::Origin;

/// Whether a client may be sent to this address from a server as it names that, with the public address of that if it is
/// set. Go, and so rclone, takes the password along to the same host and to those below it, on whatever port; none goes
/// from https to http without a warning or at all; and of a server whose host is not known nothing can be said.
pub fn is_elsewhere(server: &Origin, public: Option<&Uri>, address: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b',';
    let Ok(target) = address.parse::<Uri>() else { return false };
    let (Some(host), Ok(own)) = (target.host(), server.host.parse::<Authority>()) else { return false };
    let secure = server.secure || public.is_some_and(|url| url.scheme_str() == Some("https"));
    address.bytes().all(is_plain)
        && (target.scheme_str() == Some("https") || !secure)
        && [Some(own.host()), public.and_then(Uri::host)]
            .into_iter()
            .flatten()
            .all(|own| !is_within(host, own))
}

/// Whether a host is another one or lies below it.
fn is_within(host: &str, other: &str) -> bool {
    let plain = |host: &str| host.trim_end_matches('.').to_ascii_lowercase();
    let (host, other) = (plain(host), plain(other));
    let above = host.strip_suffix(&other);
    above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
}
