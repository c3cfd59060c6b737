//! What lock a LOCK asks for (RFC 4918 §14.11).

use domain::{Error, LockScope, Result};

use super::reader::read;

/// Who a lock says it belongs to is shown to everybody who runs into it.
const OWNER_BYTES_MAX: usize = 4096;

/// Reads the body of a LOCK: the scope, and the `DAV:owner` element as XML by itself, empty if there is none.
///
/// # Errors
/// [`Invalid`](Error::Invalid) when it asks for no write lock; [`TooLarge`](Error::TooLarge).
pub fn read_lockinfo(body: &[u8]) -> Result<(LockScope, String)> {
    let root = read(body)?;
    let invalid = |sentence: &'static str| Error::Invalid(sentence.into());
    if !root.is_dav("lockinfo") {
        return Err(invalid("The body of a LOCK is a DAV:lockinfo."));
    }
    let scope = root.dav_child("lockscope").ok_or_else(|| invalid("A lock has a lockscope."))?;
    let scope = match (scope.dav_child("exclusive"), scope.dav_child("shared")) {
        (Some(_), None) => LockScope::Exclusive,
        (None, Some(_)) => LockScope::Shared,
        _ => return Err(invalid("A lock is exclusive or shared.")),
    };
    if root.dav_child("locktype").and_then(|kind| kind.dav_child("write")).is_none() {
        return Err(invalid("There are no locks but write locks."));
    }
    let owner = root.dav_child("owner").map(|owner| owner.to_xml()).unwrap_or_default();
    if owner.len() > OWNER_BYTES_MAX {
        return Err(Error::TooLarge("The owner of a lock may have at most 4 KiB.".into()));
    }
    Ok((scope, owner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_kept_as_it_was_sent() {
        let body = "<?xml version='1.0'?><lockinfo xmlns='DAV:'><lockscope><shared/></lockscope>\
                    <locktype><write/></locktype><owner><href>http://ann.example/</href></owner></lockinfo>";
        let owner = "<owner xmlns=\"DAV:\"><href>http://ann.example/</href></owner>".to_owned();
        assert_eq!(read_lockinfo(body.as_bytes()).unwrap(), (LockScope::Shared, owner));
    }

    #[test]
    fn what_is_no_write_lock_is_refused() {
        for inside in ["", "<D:lockscope><D:exclusive/></D:lockscope>", "<D:locktype><D:write/></D:locktype>"]
        {
            let body = format!("<D:lockinfo xmlns:D='DAV:'>{inside}</D:lockinfo>");
            assert!(matches!(read_lockinfo(body.as_bytes()), Err(Error::Invalid(_))), "{inside}");
        }
    }
}
