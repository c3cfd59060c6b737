//! What a client did, in words and in order.

use std::collections::BTreeSet;
use std::time::Duration;

use super::exchange::{Exchange, Login};
use super::session::matters;
use crate::config::sizes;

/// Somebody did something else after such a pause.
const PAUSE: Duration = Duration::from_secs(3);

/// A story of more lines loses its middle.
const LINES_MAX: usize = 60;

/// One line for each kind of thing that was done between two pauses, with the second it began after the first of them.
pub fn story(exchanges: &[&Exchange]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut is_in = false;
    for episode in exchanges.chunk_by(|one, next| next.at < one.at + one.took + PAUSE) {
        let mut deeds: Vec<Deed> = Vec::new();
        for exchange in episode {
            if !is_in && exchange.was("PROPFIND", 207) && exchange.login == Login::Right {
                is_in = true;
                deeds.push(Deed::new("logged in, so the drive is mounted", ""));
            }
            let (one, many) = words(exchange);
            match deeds.iter_mut().find(|deed| deed.is_alike(one, exchange)) {
                Some(deed) => deed.add(exchange),
                None => {
                    let mut deed = Deed::new(one, many);
                    deed.add(exchange);
                    deeds.push(deed);
                }
            }
        }
        let mut time = episode.first().map(|first| format!("{:>4} s", first.at.as_secs()));
        lines.extend(
            deeds.iter().map(|deed| format!("{:6}  {}", time.take().unwrap_or_default(), deed.told())),
        );
    }
    shortened(lines)
}

/// Things of one kind.
struct Deed<'a> {
    one: &'static str,
    many: &'static str,
    /// The first path, and all of them without the slash that some clients put at the end of folders.
    first: &'a str,
    paths: BTreeSet<&'a str>,
    status: Option<u16>,
    method: &'a str,
    bytes: u64,
}

impl<'a> Deed<'a> {
    fn new(one: &'static str, many: &'static str) -> Self {
        Self { one, many, first: "", paths: BTreeSet::new(), status: None, method: "", bytes: 0 }
    }

    /// Whether this is one more of these; where method and status are told they have to be the same.
    fn is_alike(&self, one: &str, exchange: &Exchange) -> bool {
        let same = (self.method, self.status) == (exchange.method.as_str(), exchange.status);
        self.one == one && (same || !one.contains("METHOD"))
    }

    fn add(&mut self, exchange: &'a Exchange) {
        if self.paths.is_empty() {
            self.first = &exchange.path;
        }
        self.paths.insert(exchange.path.trim_end_matches('/'));
        (self.status, self.method) = (exchange.status, &exchange.method);
        self.bytes += match exchange.method.as_str() {
            "GET" if exchange.is_done() => exchange.sent_bytes,
            "PUT" if exchange.is_done() => exchange.received_bytes,
            _ => 0,
        };
    }

    fn told(&self) -> String {
        let told = match self.paths.len() {
            0 | 1 => self.one.replace("{}", self.first),
            count => self.many.replace("{}", &count.to_string()),
        };
        let status = self.status.map(|status| status.to_string()).unwrap_or_default();
        let told = told.replace("METHOD", self.method).replace("STATUS", &status);
        match self.bytes {
            0 => told,
            bytes => format!("{told} ({})", sizes::readable(bytes)),
        }
    }
}

/// How one such thing is told, and how several of them are.
fn words(exchange: &Exchange) -> (&'static str, &'static str) {
    let is_of_folder = exchange.header("depth").is_none_or(|depth| depth != "0");
    match (exchange.method.as_str(), exchange.status) {
        (_, None) => ("left before the answer to METHOD {}", "left before the answers to METHOD of {} files"),
        (_, Some(401)) if exchange.login == Login::None => {
            ("was asked for a password", "was asked for a password")
        }
        ("PROPFIND" | "HEAD" | "GET", Some(404)) => {
            ("looked for {}, which is not there", "looked for {} things that are not there")
        }
        ("GET", Some(304)) => ("found {} unchanged", "found {} files unchanged"),
        ("MKCOL", Some(405)) => {
            ("made sure that the folder {} is there", "made sure that {} folders are there")
        }
        (_, Some(400..)) if matters(exchange) => {
            ("was refused METHOD {} (STATUS)", "was refused METHOD of {} files and folders (STATUS)")
        }
        (_, Some(400..)) => {
            ("was told no to METHOD {} (STATUS)", "was told no to METHOD of {} files and folders (STATUS)")
        }
        ("OPTIONS", _) => ("asked what the server can do", "asked what the server can do"),
        ("PROPFIND", _) if is_of_folder => ("listed {}", "listed {} folders"),
        ("PROPFIND" | "HEAD", _) => ("looked at {}", "looked at {} files and folders"),
        ("GET", Some(206)) => ("read parts of {}", "read parts of {} files"),
        ("GET", _) => ("read {}", "read {} files"),
        ("PUT", _) if exchange.received_bytes == 0 => ("made the empty file {}", "made {} empty files"),
        ("PUT", _) => ("wrote {}", "wrote {} files"),
        ("MKCOL", _) => ("made the folder {}", "made {} folders"),
        ("MOVE", _) => ("moved or renamed {}", "moved or renamed {} files and folders"),
        ("COPY", _) => ("copied {}", "copied {} files and folders"),
        ("DELETE", _) => ("deleted {}", "deleted {} files and folders"),
        ("PROPPATCH", _) => ("set properties of {}", "set properties of {} files and folders"),
        // A lock that is refreshed comes with its token.
        ("LOCK", _) if exchange.header("if").is_some() => ("kept its lock on {}", "kept {} locks"),
        ("LOCK", _) => ("locked {}", "locked {} files and folders"),
        ("UNLOCK", _) => ("unlocked {}", "unlocked {} files and folders"),
        _ => ("asked METHOD of {}", "asked other things of {} files and folders"),
    }
}

fn shortened(mut lines: Vec<String>) -> Vec<String> {
    if lines.len() > LINES_MAX {
        let left_out = lines.len() - LINES_MAX + 1;
        let middle = LINES_MAX / 2;
        lines.splice(middle..middle + left_out, [format!("        … {left_out} lines more")]);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::samples::{DAVFS2, FINDER, RCLONE, WINDOWS, answered, session};
    use super::*;

    fn told(exchanges: &[Exchange]) -> Vec<String> {
        story(&exchanges.iter().collect::<Vec<_>>())
    }

    #[test]
    fn windows_mounts_and_copies_a_file() {
        let expected = [
            "   0 s  asked what the server can do",
            "        was asked for a password",
            "        logged in, so the drive is mounted",
            "        looked at 2 files and folders",
            "        listed /dav",
            "  10 s  looked for /dav/a.txt, which is not there",
            "        made the empty file /dav/a.txt",
            "        locked /dav/a.txt",
            "        set properties of /dav/a.txt",
            "        looked at /dav/a.txt",
            "        wrote /dav/a.txt (1.2 MiB)",
            "        unlocked /dav/a.txt",
        ];
        assert_eq!(told(&session(WINDOWS)), expected);
    }

    #[test]
    fn finder_mounts_and_copies_a_file() {
        let expected = [
            "   0 s  asked what the server can do",
            "        was asked for a password",
            "        logged in, so the drive is mounted",
            "        looked at /dav/",
            "        looked for 2 things that are not there",
            "        made the empty file /dav/.DS_Store",
            "        listed /dav/",
            "  10 s  looked for 2 things that are not there",
            "        made the empty file /dav/a.txt",
            "        locked /dav/a.txt",
            "        wrote /dav/a.txt (1.2 MiB)",
            "        unlocked /dav/a.txt",
        ];
        assert_eq!(told(&session(FINDER)), expected);
    }

    #[test]
    fn davfs2_and_rclone_are_told_too() {
        assert_eq!(
            told(&session(DAVFS2)),
            [
                "   0 s  asked what the server can do",
                "        was asked for a password",
                "        logged in, so the drive is mounted",
                "        listed /dav/",
                "        looked at /dav/",
            ]
        );
        assert_eq!(
            told(&session(RCLONE)),
            [
                "   0 s  looked for 2 things that are not there",
                "        made the folder /dav/tree/",
                "        made sure that the folder /dav/tree/ is there",
                "        wrote 2 files (2.4 MiB)",
                "        logged in, so the drive is mounted",
                "        looked at 2 files and folders",
                "        read /dav/tree/a (1.2 MiB)",
            ]
        );
    }

    #[test]
    fn what_was_refused_is_told_by_method_and_status() {
        let refused = |method, path, status| answered(method, path, status).moving(5, 100);
        let exchanges = [
            refused("PUT", "/dav/a", 423),
            refused("PUT", "/dav/b", 423),
            refused("PUT", "/dav/a", 507),
            refused("MOVE", "/dav/a", 412).with("overwrite", "F"),
            Exchange { status: None, ..answered("PUT", "/dav/c", 200) },
        ];
        let expected = [
            "   0 s  was refused PUT of 2 files and folders (423)",
            "        was refused PUT /dav/a (507)",
            "        was told no to MOVE /dav/a (412)",
            "        left before the answer to PUT /dav/c",
        ];
        assert_eq!(told(&exchanges), expected);
    }

    #[test]
    fn a_long_session_loses_its_middle() {
        let exchanges: Vec<_> =
            (0..200).map(|n| answered("GET", "/dav/a", 200).after_seconds(n * 10)).collect();
        let lines = told(&exchanges);
        assert_eq!(lines.len(), LINES_MAX);
        assert!(lines[30].contains("141 lines more"), "{lines:?}");
        assert!(lines[59].starts_with("1990 s"), "{lines:?}");
    }
}
