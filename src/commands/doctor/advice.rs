//! What to change: known troubles of clients, each recognised by what it leaves in a session.

mod login;

use super::exchange::Exchange;
use super::program::{Kind, Program};
use super::session::Session;

/// What is known of the session beside the client's own exchanges.
pub struct Scene<'a> {
    /// The drive's address.
    pub address: String,
    /// The path in it, with a slash at its end.
    pub drive: &'a str,
    /// The user name to log in with.
    pub user: &'a str,
    /// Everybody's exchanges.
    pub all: &'a [Exchange],
}

/// What to change.
#[derive(Debug, PartialEq, Eq)]
pub struct Advice {
    /// A sentence or more.
    pub says: String,
    /// Whether something went wrong; if not, it may be what somebody wonders about.
    pub is_problem: bool,
}

/// Everything there is to say about a session.
pub fn advice(session: &Session, scene: &Scene) -> Vec<Advice> {
    TROUBLES.iter().filter_map(|trouble| trouble(session, scene)).collect()
}

type Trouble = fn(&Session, &Scene) -> Option<Advice>;

/// Every known trouble; a new one is one function and one line here.
const TROUBLES: &[Trouble] = &[
    login::no_password,
    login::other_scheme,
    login::wrong_name,
    login::wrong_password,
    login::no_app_password,
    login::too_many_failures,
    another_place,
    lost_body,
    given_up,
    locked,
    stale,
    too_large,
    full,
    whole_tree,
    foreign_destination,
    unknown_method,
    fault,
    davfs2_lists_nothing,
    finder_changes_nothing,
    windows_large_files,
];

fn problem(says: impl Into<String>) -> Option<Advice> {
    Some(Advice { says: says.into(), is_problem: true })
}

fn remark(says: impl Into<String>) -> Option<Advice> {
    Some(Advice { says: says.into(), is_problem: false })
}

fn another_place(session: &Session, scene: &Scene) -> Option<Advice> {
    let is_elsewhere = |path: &str| path != "/" && !format!("{path}/").starts_with(scene.drive);
    let lost = session.first(|exchange| exchange.status == Some(404) && is_elsewhere(&exchange.path))?;
    let (path, address) = (&lost.path, &scene.address);
    let is_nextcloud =
        ["remote.php", "status.php", "index.php", "/ocs/"].iter().any(|mark| lost.path.contains(mark));
    let kind = match is_nextcloud {
        true => " Add the server as plain WebDAV, not as a Nextcloud or ownCloud account.",
        false => "",
    };
    problem(format!(
        "It asked for {path}, and there is nothing: the drive is at {address}. Enter this address with its path.{kind}"
    ))
}

fn lost_body(session: &Session, _: &Scene) -> Option<Advice> {
    let lost = session.first(|exchange| {
        exchange.was("PUT", 400) && exchange.received_bytes == 0 && exchange.announces_body()
    })?;
    problem(format!(
        "The upload of {} came without its bytes. Between this client and the server something takes no uploads in \
         chunks: a proxy must pass them on as they come (nginx: proxy_request_buffering off and proxy_http_version 1.1).",
        lost.path
    ))
}

fn given_up(session: &Session, _: &Scene) -> Option<Advice> {
    let left = session.first(|exchange| exchange.method == "PUT" && exchange.status.is_none())?;
    problem(format!(
        "The client gave up the upload of {} after {} seconds. If nobody stopped it, look for a limit of time or size in \
         the client, or in a proxy on the way.",
        left.path,
        left.took.as_secs()
    ))
}

fn locked(session: &Session, scene: &Scene) -> Option<Advice> {
    let refused = session.first(|exchange| exchange.status == Some(423))?;
    let path = &refused.path;
    let Some(lock) = holder(refused, scene.all) else {
        return problem(format!("{path} is locked: close it where it is open, or wait until the lock ends."));
    };
    let (program, seconds) = (Program::of(&lock.agent).name, lock.at.as_secs());
    problem(format!(
        "{path} is locked: {program} locked {} after {seconds} s and has not unlocked it. Close the file there; a lock \
         nobody renews ends by itself.",
        lock.path
    ))
}

/// The last lock taken before on what was refused or on a folder around it, if it was not ended in between.
fn holder<'a>(refused: &Exchange, all: &'a [Exchange]) -> Option<&'a Exchange> {
    let covers = |folder: &str| {
        let folder = folder.trim_end_matches('/');
        refused.path == folder || refused.path.starts_with(&format!("{folder}/"))
    };
    let before = all.iter().take_while(|exchange| exchange.at <= refused.at);
    let mut held = None;
    for exchange in before.filter(|exchange| exchange.is_done() && covers(&exchange.path)) {
        match exchange.method.as_str() {
            "LOCK" => held = Some(exchange),
            "UNLOCK" if held.is_some_and(|lock| lock.path == exchange.path) => held = None,
            _ => {}
        }
    }
    held
}

fn stale(session: &Session, _: &Scene) -> Option<Advice> {
    let refused = session.refusals().find(|exchange| exchange.status == Some(412))?;
    let lost = match session.program.kind {
        Kind::Davfs2 => " davfs2 keeps what it could not upload in the folder lost+found of the drive.",
        _ => "",
    };
    problem(format!(
        "The client wanted to change {} only if it was as it knew it, and it was not: somebody else has changed it, or \
         the client's lock on it had ended. Open it again and save again.{lost}",
        refused.path
    ))
}

fn too_large(session: &Session, _: &Scene) -> Option<Advice> {
    let refused = session.first(|exchange| exchange.was("PUT", 413))?;
    let path = &refused.path;
    problem(format!(
        "{path} is larger than `files.file_bytes_max` allows: raise it, or set it to 0 for no limit."
    ))
}

fn full(session: &Session, _: &Scene) -> Option<Advice> {
    let refused = session.first(|exchange| exchange.status == Some(507))?;
    problem(format!(
        "There was no room for {}. If the server's sentence above names the quota, raise it with `larder admin user \
         set-quota` (for new users: `files.quota_bytes`); if it names the disk, make room there. Deleted files and \
         earlier versions count.",
        refused.path
    ))
}

fn whole_tree(session: &Session, _: &Scene) -> Option<Advice> {
    session.first(|exchange| exchange.was("PROPFIND", 403))?;
    problem(
        "It asks for whole trees in one request (Depth: infinity), which Larder does not answer. Look for a setting \
         such as \"recursive search\" or \"sync\" in the client, and turn it off.",
    )
}

fn foreign_destination(session: &Session, _: &Scene) -> Option<Advice> {
    session.first(|exchange| exchange.status == Some(502))?;
    problem(
        "It asked to move or copy to another host than the one the request came to. A proxy on the way changes `Host`: \
         let it pass on the one the client sent.",
    )
}

fn unknown_method(session: &Session, _: &Scene) -> Option<Advice> {
    let refused = session.refusals().find(|exchange| matches!(exchange.status, Some(405 | 501)))?;
    problem(format!(
        "It uses {}, which Larder does not do there. If something of the client fails by that, please report it with \
         this session.",
        refused.method
    ))
}

fn fault(session: &Session, _: &Scene) -> Option<Advice> {
    let refused = session.first(|exchange| matches!(exchange.status, Some(500 | 503..=506)))?;
    let (method, path) = (&refused.method, &refused.path);
    problem(format!("{method} {path} failed by a fault of the server. Please report it with this session."))
}

fn davfs2_lists_nothing(session: &Session, scene: &Scene) -> Option<Advice> {
    let drive = scene.drive.trim_end_matches('/');
    let looks_inside = |exchange: &Exchange| exchange.path.trim_end_matches('/') != drive;
    let is_bare = session.program.kind == Kind::Davfs2 && session.came_in() && !session.any(looks_inside);
    is_bare.then_some(())?;
    remark(
        "davfs2 listed the drive and looked at nothing in it. If the mounted folder looks empty, put `buf_size 64` into \
         /etc/davfs2/davfs2.conf and mount again: kernels from 6.16 on need it.",
    )
}

fn finder_changes_nothing(session: &Session, _: &Scene) -> Option<Advice> {
    const CHANGING: [&str; 6] = ["PUT", "LOCK", "MKCOL", "MOVE", "DELETE", "PROPPATCH"];
    let changes = |exchange: &Exchange| CHANGING.contains(&exchange.method.as_str());
    let is_reader = session.program.kind == Kind::Finder && session.came_in() && !session.any(changes);
    is_reader.then_some(())?;
    remark(
        "Finder changed nothing. If it shows the drive as read-only, something between it and the server takes the `2` \
         out of the header `DAV: 1, 2, 3` in the answer to OPTIONS.",
    )
}

/// The limit as Windows comes, `FileSizeLimitInBytes`.
const WINDOWS_FILE_BYTES_MAX: u64 = 50_000_000;

fn windows_large_files(session: &Session, _: &Scene) -> Option<Advice> {
    let is_large =
        |exchange: &Exchange| exchange.received_bytes.max(exchange.sent_bytes) > WINDOWS_FILE_BYTES_MAX;
    let is_limited = session.program.kind == Kind::Windows && session.came_in() && !session.any(is_large);
    is_limited.then_some(())?;
    remark(
        "Windows refuses files over 50 MB (error 0x800700DF) without asking the server, until FileSizeLimitInBytes is \
         raised: run the lines under \"Windows Explorer\" above as administrator.",
    )
}

#[cfg(test)]
pub mod tests {
    use super::super::samples::{DAVFS2, FINDER, RCLONE, WINDOWS, answered, by, session};
    use super::*;

    /// The advice for the first program.
    pub fn about(exchanges: &[Exchange], address: &str) -> Vec<Advice> {
        let scene = Scene { address: address.into(), drive: "/dav/", user: "larder", all: exchanges };
        advice(&Session::of_each_program(exchanges)[0], &scene)
    }

    #[track_caller]
    pub fn assert_advised(exchanges: &[Exchange], is_problem: bool, part: &str) {
        let advice = about(exchanges, "http://127.0.0.1:8080/dav/");
        let found = advice.iter().any(|advice| advice.says.contains(part) && advice.is_problem == is_problem);
        assert!(found, "{part} is not in {advice:#?}");
    }

    #[test]
    fn sessions_that_went_well_need_no_change() {
        for sample in [FINDER, RCLONE] {
            assert_eq!(about(&session(sample), "http://127.0.0.1:8080/dav/"), []);
        }
        let windows = about(&session(WINDOWS), "http://127.0.0.1:8080/dav/");
        assert!(windows.iter().all(|advice| !advice.is_problem), "{windows:#?}");
    }

    #[test]
    fn what_a_client_does_by_itself_is_wondered_about() {
        let reading: Vec<_> =
            session(FINDER).into_iter().filter(|exchange| exchange.method == "PROPFIND").collect();
        assert_advised(&reading, false, "read-only");
        assert_advised(&session(DAVFS2), false, "buf_size 64");
        assert_advised(&session(WINDOWS), false, "0x800700DF");
    }

    #[test]
    fn whoever_asks_elsewhere_is_told_the_address() {
        for (path, part) in [
            ("/webdav/", "the drive is at http://127.0.0.1:8080/dav/"),
            ("/davx", "It asked for /davx"),
            ("/remote.php/dav/files/ann/", "plain WebDAV"),
        ] {
            assert_advised(&[answered("PROPFIND", path, 404)], true, part);
        }
        assert_eq!(about(&[answered("PROPFIND", "/dav", 404), answered("PROPFIND", "/", 404)], ""), []);
    }

    #[test]
    fn a_lock_is_traced_to_whoever_holds_it() {
        let locked = |path| by(FINDER.0, answered("LOCK", path, 200)).after_seconds(7);
        let refused = by("rclone/v1.75.0", answered("PUT", "/dav/a/b.txt", 423)).after_seconds(9);
        for path in ["/dav/a/b.txt", "/dav/a/"] {
            let exchanges = [locked(path), refused.clone()];
            let scene = Scene { address: String::new(), drive: "/dav/", user: "larder", all: &exchanges };
            let advice = advice(&Session::of_each_program(&exchanges)[1], &scene);
            assert!(advice[0].says.contains(&format!("Finder locked {path} after 7 s")), "{advice:#?}");
        }
        let ended = by(FINDER.0, answered("UNLOCK", "/dav/a/b.txt", 204)).after_seconds(8);
        assert!(holder(&refused, &[locked("/dav/a/b.txt"), ended]).is_none());
        assert!(holder(&refused, &[locked("/dav/a/b")]).is_none());
        assert_advised(&[refused], true, "/dav/a/b.txt is locked");
    }

    #[test]
    fn what_else_was_refused_has_its_advice() {
        for (exchange, part) in [
            (answered("PUT", "/dav/a", 412).with("if-match", "\"1\""), "somebody else has changed it"),
            (by("davfs2/1.7.1", answered("PUT", "/dav/a", 412)), "lost+found"),
            (answered("PUT", "/dav/a", 413), "files.file_bytes_max"),
            (answered("PUT", "/dav/a", 507), "set-quota"),
            (
                answered("PUT", "/dav/a", 400).with("x-expected-entity-length", "21"),
                "takes no uploads in chunks",
            ),
            (Exchange { status: None, ..answered("PUT", "/dav/a", 200) }, "gave up the upload of /dav/a"),
            (answered("PROPFIND", "/dav/", 403).with("depth", "infinity"), "Depth: infinity"),
            (answered("MOVE", "/dav/a", 502), "changes `Host`"),
            (answered("SEARCH", "/dav/", 405), "uses SEARCH"),
            (answered("GET", "/dav/a", 500), "fault of the server"),
        ] {
            assert_advised(&[exchange], true, part);
        }
        // A body that was spared by a refusal was not lost.
        let spared = answered("PUT", "/dav/a", 400).with("content-length", "0");
        assert_eq!(about(&[spared], ""), []);
    }
}
