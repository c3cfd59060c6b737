//! The report on a session: who came, what they did, what was refused, what to change.

use std::fmt::Write;
use std::process::ExitCode;

use domain::UserName;
use web::Address;

use super::advice::{Advice, Scene, advice};
use super::exchange::Exchange;
use super::session::Session;
use super::story::story;
use super::transcript::Seen;

/// A report, and how it went in one number.
#[derive(Debug)]
pub struct Report {
    /// What to print.
    pub text: String,
    /// The number.
    pub verdict: Verdict,
}

/// How a session went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Somebody came, and nothing was refused that matters.
    Well,
    /// Something was refused, or went wrong.
    Refused,
    /// No client came.
    Nobody,
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Well => Self::SUCCESS,
            Verdict::Refused => Self::from(1),
            Verdict::Nobody => Self::from(2),
        }
    }
}

/// What is to be said about a session.
pub fn report(seen: &Seen, address: &Address, user: &UserName) -> Report {
    let all: Vec<Exchange> = seen.exchanges.iter().cloned().collect();
    let sessions = Session::of_each_program(&all);
    let scene = Scene { address: address.to_string(), drive: address.path(), user: user.as_str(), all: &all };
    let mut text = String::from("\n");
    let mut is_well = true;
    for session in &sessions {
        is_well &= tell(&mut text, session, &scene);
    }
    let is_troubled = seen.notices.iter().any(|notice| notice.is_problem);
    if sessions.is_empty() {
        push_wrapped(&mut text, "", nobody(&all, is_troubled));
        text.push('\n');
    }
    if seen.forgotten > 0 {
        push(&mut text, format_args!("{} earlier requests are not in this report.\n\n", seen.forgotten));
    }
    if !seen.notices.is_empty() {
        text.push_str("What the server noticed\n");
        seen.notices.iter().for_each(|notice| push_wrapped(&mut text, "  - ", &notice.says));
    }
    let verdict = match (sessions.is_empty(), is_well && !is_troubled) {
        (true, true) => Verdict::Nobody,
        (false, true) => Verdict::Well,
        (_, false) => Verdict::Refused,
    };
    Report { text: text.trim_end().to_owned(), verdict }
}

/// Tells of one client; says whether all went well.
fn tell(text: &mut String, session: &Session, scene: &Scene) -> bool {
    push(text, format_args!("{}\n\nWhat it did\n", session.heading()));
    story(&session.exchanges).iter().for_each(|line| push(text, format_args!("  {line}\n")));
    let refused = refused(session);
    text.push_str("\nWhat was refused\n");
    match refused.is_empty() {
        true => text.push_str("  Nothing that matters.\n"),
        false => refused.iter().for_each(|line| push_wrapped(text, "  - ", line)),
    }
    let advice = advice(session, scene);
    text.push_str("\nWhat to change\n");
    match (advice.is_empty(), refused.is_empty()) {
        (true, true) => text.push_str("  Nothing.\n"),
        (true, false) => {
            text.push_str("  No known trouble looks like this; the sentences above say what was wrong.\n")
        }
        _ => advice.iter().for_each(|advice| push_wrapped(text, "  - ", &advice.says)),
    }
    text.push('\n');
    refused.is_empty() && !advice.iter().any(|Advice { is_problem, .. }| *is_problem)
}

/// A line for each kind of refusal, with the server's own sentence.
fn refused(session: &Session) -> Vec<String> {
    struct Refused<'a> {
        first: &'a Exchange,
        why: &'a str,
        count: usize,
    }
    let mut kinds: Vec<Refused> = Vec::new();
    for exchange in session.refusals() {
        let why = exchange.error.as_ref().map_or("", |error| error.message().user());
        let is_same = |kind: &&mut Refused| {
            (kind.first.status, &kind.first.method, kind.why) == (exchange.status, &exchange.method, why)
        };
        match kinds.iter_mut().find(is_same) {
            Some(kind) => kind.count += 1,
            None => kinds.push(Refused { first: exchange, why, count: 1 }),
        }
    }
    let line = |Refused { first, why, count }: &Refused| {
        let times = if *count > 1 { format!(" and {} more like it", count - 1) } else { String::new() };
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        format!("{} {} {}{times}{why}", first.status.unwrap_or_default(), first.method, first.path)
    };
    kinds.iter().map(line).collect()
}

fn nobody(all: &[Exchange], is_troubled: bool) -> &'static str {
    if is_troubled {
        "Nobody came who could be answered."
    } else if all.is_empty() {
        "Nobody came. See that the client was given the address above with its port, that it runs on this machine or the \
         address is not 127.0.0.1, and that no firewall is between them."
    } else {
        "Only a browser came, and a browser mounts nothing: follow the steps above, or on its page."
    }
}

fn push(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a text does not fail.
    let _ = text.write_fmt(line);
}

/// As wide as the lines that were printed before.
const COLUMNS: usize = 110;

/// Words behind a mark, over as many lines as they need.
fn push_wrapped(text: &mut String, mark: &str, words: &str) {
    let mut line = mark.to_owned();
    for word in words.split(' ') {
        if line.len() > mark.len() && line.chars().count() + word.chars().count() > COLUMNS {
            push(text, format_args!("{}\n", line.trim_end()));
            line = " ".repeat(mark.len());
        }
        push(&mut line, format_args!("{word} "));
    }
    push(text, format_args!("{}\n", line.trim_end()));
}

#[cfg(test)]
mod tests {
    use domain::Error;

    use super::super::exchange::Login;
    use super::super::samples::{DAVFS2, FINDER, RCLONE, WINDOWS, answered, by, session};
    use super::super::transcript::Notice;
    use super::*;

    fn about(exchanges: Vec<Exchange>, notices: Vec<Notice>) -> Report {
        let seen = Seen { exchanges: exchanges.into(), notices, ..Seen::default() };
        let address = Address::parse("http://127.0.0.1:8080/dav/");
        report(&seen, &address, &UserName::parse("larder").unwrap())
    }

    fn notice(is_problem: bool) -> Notice {
        Notice { says: "127.0.0.1:9 speaks TLS to an address that has none".into(), is_problem }
    }

    #[test]
    fn a_session_that_went_well_says_who_came_and_what_they_did() {
        for sample in [WINDOWS, FINDER, DAVFS2, RCLONE] {
            let report = about(session(sample), Vec::new());
            assert_eq!(report.verdict, Verdict::Well, "{}", report.text);
            for part in [sample.0, "What it did", "logged in", "Nothing that matters", "What to change"] {
                assert!(report.text.contains(part), "{part}\nis not in\n{}", report.text);
            }
        }
    }

    #[test]
    fn a_refusal_is_told_once_with_the_servers_own_sentence() {
        let mut exchanges = session(RCLONE);
        let error = Error::QuotaExceeded("This file does not fit your quota; nothing was changed.".into());
        for name in ["c", "d", "e"] {
            let refused =
                answered("PUT", &format!("/dav/{name}"), 507).because(error.clone()).after_seconds(3);
            exchanges.push(by(RCLONE.0, refused));
        }
        let report = about(exchanges, Vec::new());
        assert_eq!(report.verdict, Verdict::Refused);
        let line = "  - 507 PUT /dav/c and 2 more like it: This file does not fit your quota; nothing was changed.\n";
        assert!(report.text.contains(line), "{}", report.text);
        assert!(report.text.contains("There was no room for /dav/c."), "{}", report.text);
    }

    #[test]
    fn what_nobody_has_seen_before_is_shown_as_it_was() {
        let refused = by("Foo/1.0", answered("MKCOL", "/dav/a/b", 409));
        let report = about(vec![refused], Vec::new());
        assert_eq!(report.verdict, Verdict::Refused);
        for part in ["an unknown program (Foo/1.0): 1 request", "409 MKCOL /dav/a/b", "No known trouble"] {
            assert!(report.text.contains(part), "{part}\nis not in\n{}", report.text);
        }
    }

    #[test]
    fn advice_is_as_wide_as_a_terminal() {
        let sentence = format!("{} {}", "word ".repeat(40), "x".repeat(COLUMNS * 2));
        let mut text = String::new();
        push_wrapped(&mut text, "  - ", &sentence);
        let (last, lines) =
            text.lines().collect::<Vec<_>>().split_last().map(|(l, r)| (*l, r.to_vec())).unwrap();
        assert!(lines.iter().all(|line| line.chars().count() <= COLUMNS), "{text}");
        assert!(lines[0].starts_with("  - word") && last.trim() == "x".repeat(COLUMNS * 2), "{text}");
    }

    #[test]
    fn nobody_is_somebody_else_than_a_stranger_or_a_browser() {
        assert_eq!(about(Vec::new(), Vec::new()).verdict, Verdict::Nobody);
        let browser = by("Mozilla/5.0 (X11; Linux x86_64)", answered("GET", "/", 200)).saying(Login::None);
        let report = about(vec![browser], Vec::new());
        assert!(report.verdict == Verdict::Nobody && report.text.contains("browser"), "{report:?}");
        let report = about(Vec::new(), vec![notice(true)]);
        assert!(report.verdict == Verdict::Refused && report.text.contains("speaks TLS"), "{report:?}");
        assert_eq!(about(session(RCLONE), vec![notice(false)]).verdict, Verdict::Well);
    }
}
