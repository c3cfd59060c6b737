//! Clients that want the same locks, each exclusive: no two of them ever have one at the same time.

use std::io;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use domain::Timestamp;
use rand::RngExt;
use rand::rngs::StdRng;

use crate::crash::{LOCKINFO, Line};

const PATHS: u64 = 3;

/// For how long a lock is asked. One whose answer was lost is held by nobody who knows of it, until then.
const TIMEOUT: Duration = Duration::from_secs(15);

/// What a request may take near the end of a lock.
const MARGIN: Duration = Duration::from_secs(5);

#[derive(Default)]
pub struct Rivals {
    held: Mutex<Vec<Held>>,
}

/// One lock, from the moment it was known to be given until the moment it was given back, or ended by itself.
#[derive(Debug)]
struct Held {
    path: String,
    from: Timestamp,
    to: Timestamp,
}

impl Rivals {
    /// Locks, writes, tries it without the lock, lets go.
    pub fn turn(&self, line: &Line, random: &mut StdRng) -> io::Result<()> {
        let path = format!("/rival-{}", random.random_range(0..PATHS));
        let timeout = format!("Second-{}", TIMEOUT.as_secs());
        let end = Timestamp::now().after(TIMEOUT);
        let answer = line.ask("LOCK", &path, &[("Timeout", &timeout)], LOCKINFO.as_bytes())?;
        if answer.status == 423 {
            thread::sleep(Duration::from_millis(20));
            return Ok(());
        }
        assert!(matches!(answer.status, 200 | 201), "{answer:?}");
        let from = Timestamp::now();
        let token = answer.header("lock-token").unwrap().to_owned();
        let used = self.make_use(line, &path, &token, end);
        let to = Timestamp::now().min(end);
        self.held.lock().unwrap().push(Held { path: path.clone(), from, to });
        used?;
        let answer = line.ask("UNLOCK", &path, &[("Lock-Token", &token)], b"")?;
        let in_time = Timestamp::now().after(MARGIN) < end;
        assert!(answer.status == 204 || !in_time, "{path}: {answer:?}");
        Ok(())
    }

    fn make_use(&self, line: &Line, path: &str, token: &str, end: Timestamp) -> io::Result<()> {
        let mine = line.ask("PUT", path, &[("If", &format!("({token})"))], token.as_bytes())?;
        let in_time = || Timestamp::now().after(MARGIN) < end;
        assert!(matches!(mine.status, 201 | 204) || !in_time(), "{path} was locked by {token}: {mine:?}");
        let others = line.ask("PUT", path, &[], b"somebody else's")?;
        assert!(others.status == 423 || !in_time(), "{path} was locked by {token}: {others:?}");
        let seen = line.ask("GET", path, &[], b"")?;
        assert!(seen.body == token.as_bytes() || !in_time(), "{path} was locked by {token}: {seen:?}");
        Ok(())
    }

    pub fn count(&self) -> usize {
        self.held.lock().unwrap().len()
    }

    #[track_caller]
    pub fn check(&self) {
        let mut held = self.held.lock().unwrap();
        held.sort_by_key(|held| (held.path.clone(), held.from));
        for pair in held.windows(2) {
            assert!(pair[0].path != pair[1].path || pair[0].to <= pair[1].from, "held twice: {pair:?}");
        }
    }
}
