//! What one program did in a session, told from what others did.

use std::collections::BTreeSet;

use super::exchange::{Exchange, Login};
use super::program::{Kind, Program};

/// The exchanges of one program.
pub struct Session<'a> {
    /// Which.
    pub program: Program,
    /// In the order in which they began; never none.
    pub exchanges: Vec<&'a Exchange>,
}

impl<'a> Session<'a> {
    /// One for each program that is no browser, in the order in which they came.
    pub fn of_each_program(exchanges: &'a [Exchange]) -> Vec<Self> {
        let mut sessions: Vec<Self> = Vec::new();
        for exchange in exchanges {
            let program = Program::of(&exchange.agent);
            match sessions.iter_mut().find(|session| session.program == program) {
                Some(session) => session.exchanges.push(exchange),
                None => sessions.push(Self { program, exchanges: vec![exchange] }),
            }
        }
        sessions.retain(|session| session.program.kind != Kind::Browser);
        sessions
    }

    /// The first exchange of which this holds.
    pub fn first(&self, is_it: impl Fn(&Exchange) -> bool) -> Option<&'a Exchange> {
        self.exchanges.iter().copied().find(|exchange| is_it(exchange))
    }

    /// Whether this holds of any exchange.
    pub fn any(&self, is_it: impl Fn(&Exchange) -> bool) -> bool {
        self.first(is_it).is_some()
    }

    /// Whether it came in: with the right credentials, to something that asks for them.
    pub fn came_in(&self) -> bool {
        self.any(|exchange| exchange.login == Login::Right && exchange.method != "OPTIONS")
    }

    /// What was refused and should not have been, or not been asked.
    pub fn refusals(&self) -> impl Iterator<Item = &'a Exchange> {
        let came_in = self.came_in();
        // A password that was mistyped before it was right is nothing to see to.
        let is_over = move |exchange: &Exchange| came_in && exchange.status == Some(401);
        self.exchanges.iter().copied().filter(move |exchange| matters(exchange) && !is_over(exchange))
    }

    /// Who came, as a heading.
    pub fn heading(&self) -> String {
        let agents: BTreeSet<&str> = self.exchanges.iter().map(|exchange| exchange.agent.as_str()).collect();
        let agents: Vec<&str> = agents.into_iter().filter(|agent| !agent.is_empty()).collect();
        let peers: BTreeSet<_> = self.exchanges.iter().filter_map(|exchange| exchange.peer).collect();
        let peers: Vec<_> = peers.iter().map(ToString::to_string).collect();
        let count = self.exchanges.len();
        let agents = if agents.is_empty() { String::new() } else { format!(" ({})", agents.join(", ")) };
        let peers = if peers.is_empty() { String::new() } else { format!(" from {}", peers.join(", ")) };
        let requests = if count == 1 { "request" } else { "requests" };
        format!("{}{agents}{peers}: {count} {requests}", self.program.name)
    }
}

/// Whether an answer is a refusal, and not one of the questions every client asks to be told no.
pub fn matters(exchange: &Exchange) -> bool {
    let Some(status) = exchange.status.filter(|status| *status >= 400) else { return false };
    let is_question = match (exchange.method.as_str(), status) {
        // Nearly all clients ask once without a password.
        (_, 401) => exchange.login == Login::None,
        // What is not there: `._name`, `desktop.ini`, the name of a new file.
        ("PROPFIND" | "HEAD" | "GET" | "DELETE" | "UNLOCK", 404) => true,
        // rclone makes every folder on the way, and is told which are there.
        ("MKCOL", 405) => true,
        // "Only if there is nothing yet", and there is.
        (_, 412) => {
            exchange.header("if-none-match") == Some("*") || exchange.header("overwrite") == Some("F")
        }
        // Past the end of a file.
        ("GET", 416) => true,
        _ => false,
    };
    !is_question
}

#[cfg(test)]
mod tests {
    use super::super::samples::{answered, by};
    use super::*;

    #[test]
    fn what_clients_ask_to_be_told_no_is_no_refusal() {
        let asks = [
            answered("PROPFIND", "/dav/._a", 404),
            answered("DELETE", "/dav/._a", 404),
            answered("MKCOL", "/dav/a", 405),
            answered("LOCK", "/dav/a", 412).with("if-none-match", "*"),
            answered("MOVE", "/dav/a", 412).with("overwrite", "F"),
            answered("PUT", "/dav/a", 401).saying(Login::None),
            answered("PUT", "/dav/a", 401).saying(Login::NoAppPassword),
            answered("GET", "/dav/a", 304),
        ];
        assert_eq!(Session::of_each_program(&asks)[0].refusals().count(), 0);
        let refused = [
            answered("PUT", "/dav/a", 412).with("if-match", "\"1\""),
            answered("PUT", "/dav/a", 423),
            answered("MKCOL", "/dav/a/b", 409),
            answered("PUT", "/dav/a", 507),
        ];
        assert_eq!(Session::of_each_program(&refused)[0].refusals().count(), refused.len());
        let stranger = [answered("PROPFIND", "/dav/", 401).saying(Login::WrongPassword)];
        assert_eq!(Session::of_each_program(&stranger)[0].refusals().count(), 1);
    }

    #[test]
    fn every_program_has_a_session_of_its_own_and_browsers_none() {
        let exchanges = [
            by("WebDAVLib/1.3", answered("OPTIONS", "/dav/", 200)),
            by("Mozilla/5.0 (Macintosh)", answered("GET", "/", 200)),
            by("rclone/v1.75.0", answered("PROPFIND", "/dav/", 207)),
            by("WebDAVFS/3.0.0 (03008000) Darwin/25.5.0 (arm64)", answered("PROPFIND", "/dav/", 207)),
        ];
        let headings: Vec<_> = Session::of_each_program(&exchanges).iter().map(Session::heading).collect();
        assert_eq!(
            headings,
            [
                "Finder (WebDAVFS/3.0.0 (03008000) Darwin/25.5.0 (arm64), WebDAVLib/1.3): 2 requests",
                "rclone (rclone/v1.75.0): 1 request"
            ]
        );
    }
}
