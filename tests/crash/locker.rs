//! A client that locks a file, writes it, and lets it go again.

use std::io;

use super::line::Line;
use super::state::{content, seed_of};

const PATH: &str = "/locked";

#[derive(Default)]
pub struct Locker {
    /// The token of the lock that was granted.
    token: Option<String>,
    seed: u64,
    doubtful: Option<Doubtful>,
    seeds: u64,
    pub acknowledged: u64,
}

/// What was asked without an answer.
#[derive(Debug)]
enum Doubtful {
    Lock,
    Unlock,
    Put(u64),
}

pub const LOCKINFO: &str = r#"<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>"#;
const DISCOVERY: &str = r#"<D:propfind xmlns:D="DAV:"><D:prop><D:lockdiscovery/></D:prop></D:propfind>"#;

impl Locker {
    pub fn work(&mut self, line: &Line) {
        while self.turn(line).is_ok() {}
    }

    /// Locks, writes twice, tries it without the token, unlocks.
    fn turn(&mut self, line: &Line) -> io::Result<()> {
        let Some(token) = self.token.clone() else {
            self.doubtful = Some(Doubtful::Lock);
            let answer = line.ask("LOCK", PATH, &[("Timeout", "Second-14400")], LOCKINFO.as_bytes())?;
            return self.done(answer.status, |own| {
                own.token =
                    answer.header("lock-token").map(|token| token.trim_matches(['<', '>']).to_owned());
            });
        };
        self.seeds += 1;
        let seed = 3 << 60 | self.seeds;
        match self.seeds % 4 {
            0 => {
                self.doubtful = Some(Doubtful::Unlock);
                let answer = line.ask("UNLOCK", PATH, &[("Lock-Token", &format!("<{token}>"))], b"")?;
                self.done(answer.status, |own| own.token = None)
            }
            1 => {
                let answer = line.ask("PUT", PATH, &[], &content(seed))?;
                assert_eq!(answer.status, 423, "{answer:?}");
                Ok(())
            }
            _ => {
                self.doubtful = Some(Doubtful::Put(seed));
                let answer = line.ask("PUT", PATH, &[("If", &format!("(<{token}>)"))], &content(seed))?;
                self.done(answer.status, |own| own.seed = seed)
            }
        }
    }

    fn done(&mut self, status: u16, change: impl FnOnce(&mut Self)) -> io::Result<()> {
        assert!(matches!(status, 200..300), "{:?} was answered {status}", self.doubtful);
        self.doubtful = None;
        change(self);
        self.acknowledged += 1;
        Ok(())
    }

    /// Whatever is found is what is expected from now on.
    #[track_caller]
    pub fn check(&mut self, line: &Line) {
        let doubtful = self.doubtful.take();
        let answer = line.ask("PROPFIND", PATH, &[("Depth", "0")], DISCOVERY.as_bytes()).unwrap();
        let tokens = match answer.status {
            404 => Vec::new(),
            _ => answer.texts("locktoken").iter().chain(&answer.texts("href")).cloned().collect(),
        };
        let found = tokens.into_iter().find(|token| token.contains(':'));
        let possible = found == self.token
            || matches!(
                (&doubtful, &found),
                (Some(Doubtful::Lock), Some(_)) | (Some(Doubtful::Unlock), None)
            );
        assert!(possible, "the lock is {found:?}, not {:?}; asked was {doubtful:?}", self.token);
        self.token = found;
        let answer = line.ask("GET", PATH, &[], b"").unwrap();
        let seed = if answer.body.is_empty() { 0 } else { seed_of(&answer.body) };
        let possible = seed == self.seed || matches!(doubtful, Some(Doubtful::Put(sent)) if sent == seed);
        assert!(possible, "the locked file holds {seed}, not {}; asked was {doubtful:?}", self.seed);
        self.seed = seed;
    }
}
