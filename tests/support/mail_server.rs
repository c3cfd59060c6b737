//! A mail server of a test's own: it keeps what it takes, and can be told to take nothing.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What it does with a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Takes it.
    Takes,
    /// Answers this to its recipient.
    Answers(&'static str),
    /// Takes it, and is gone before it says so.
    HangsUp,
    /// Says nothing from the first moment on.
    Hangs,
    /// Offers no encryption, as somebody in between would have it.
    OffersNoTls,
    /// Offers encryption and then has none.
    RefusesTls,
}

/// What is spoken over.
pub trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

/// Makes a connection an encrypted one.
pub type Encrypt = Arc<dyn Fn(TcpStream) -> Result<Box<dyn Stream>> + Send + Sync>;

/// When a server encrypts.
#[derive(Clone)]
pub enum Encryption {
    Never,
    AtOnce(Encrypt),
    AfterStartTls(Encrypt),
}

/// A mail as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Whom the envelope names.
    pub to: String,
    /// The headers and the bodies.
    pub message: String,
}

/// A server on a free port that has one account: `larder` with `s3cret`.
#[derive(Clone)]
pub struct MailServer {
    address: SocketAddr,
    desk: Arc<Mutex<Desk>>,
}

#[derive(Default)]
struct Desk {
    taken: Vec<Taken>,
    manners: VecDeque<Manner>,
    /// Everything that came in, whatever became of it.
    heard: String,
    /// What of it anybody on the way could read.
    heard_in_clear: String,
    /// Connections that nobody answers, kept open.
    held: Vec<TcpStream>,
}

impl MailServer {
    /// One that speaks to everybody without encryption.
    pub fn start() -> Self {
        Self::start_with(Encryption::Never)
    }

    pub fn start_with(encryption: Encryption) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self { address: listener.local_addr().unwrap(), desk: Arc::default() };
        let desk = Arc::clone(&server.desk);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (desk, encryption) = (Arc::clone(&desk), encryption.clone());
                // One that goes away in the middle of a word is no matter of ours.
                thread::spawn(move || converse(stream, &encryption, &desk).ok());
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("smtp://{}?tls=none", self.address)
    }

    /// The same with what opens it, and more behind the question mark or nothing.
    pub fn url_with(&self, login: &str, query: &str) -> String {
        format!("smtp://{login}@{}{query}", self.address)
    }

    /// For who speaks TLS from the first byte.
    pub fn tls_url_with(&self, login: &str) -> String {
        format!("smtps://{login}@{}", self.address)
    }

    /// What it does with the next mails, one after the other; all others it takes.
    pub fn will(&self, manners: impl IntoIterator<Item = Manner>) {
        self.desk.lock().unwrap().manners.extend(manners);
    }

    /// The mails to somebody, the oldest first.
    pub fn mails_to(&self, address: &str) -> Vec<Taken> {
        let desk = self.desk.lock().unwrap();
        desk.taken.iter().filter(|mail| mail.to == address).cloned().collect()
    }

    /// Every line that was said to it.
    pub fn heard(&self) -> String {
        self.desk.lock().unwrap().heard.clone()
    }

    /// Every line that was said to it without encryption.
    pub fn heard_in_clear(&self) -> String {
        self.desk.lock().unwrap().heard_in_clear.clone()
    }
}

impl Taken {
    /// A header, with its folded lines on one.
    pub fn header(&self, name: &str) -> Option<String> {
        let (headers, _) = self.message.split_once("\r\n\r\n")?;
        let unfolded = headers.replace("\r\n ", " ").replace("\r\n\t", " ");
        let found = unfolded.lines().filter_map(|line| line.split_once(": "));
        let mut found = found.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.to_owned())
    }

    /// What it says, as text.
    pub fn text(&self) -> String {
        self.part("text/plain")
    }

    /// What it says, as HTML.
    pub fn html(&self) -> String {
        self.part("text/html")
    }

    /// The code that stands in it for whoever cannot open its link.
    pub fn code(&self) -> String {
        let text = self.text();
        let found = text.split_once("the code in it is:\n");
        let (_, rest) = found.unwrap_or_else(|| panic!("no code is in {}", self.message));
        rest.lines().next().unwrap_or_default().to_owned()
    }

    fn part(&self, kind: &str) -> String {
        let (_, rest) = self.message.split_once(&format!("Content-Type: {kind}")).expect("no such part");
        let (_, body) = rest.split_once("\r\n\r\n").expect("a part without a body");
        // Of the part alone, or it ends where the link in it is broken before two dashes.
        let (_, boundary) = self.message.split_once("boundary=\"").expect("one part alone");
        let end = format!("\r\n--{}", boundary.split('"').next().unwrap_or_default());
        quoted_printable(body.split(&end).next().unwrap_or_default())
    }
}

fn converse(stream: TcpStream, encryption: &Encryption, desk: &Mutex<Desk>) -> Result<()> {
    let manner = desk.lock().unwrap().manners.pop_front().unwrap_or(Manner::Takes);
    if manner == Manner::Hangs {
        desk.lock().unwrap().held.push(stream);
        return Ok(());
    }
    let socket = stream.try_clone()?;
    let (first, mut later): (Box<dyn Stream>, _) = match encryption {
        Encryption::Never => (Box::new(stream), None),
        Encryption::AtOnce(encrypt) => (encrypt(stream)?, None),
        Encryption::AfterStartTls(encrypt) => (Box::new(stream), Some(encrypt)),
    };
    let mut in_clear = !matches!(encryption, Encryption::AtOnce(_));
    let mut line = Line(BufReader::new(first));
    let mut to = String::new();
    line.say("220 mail.example.org")?;
    while let Some(said) = line.hear()? {
        let mut answer = "250 fine".to_owned();
        let mut heard = desk.lock().unwrap();
        heard.heard += &format!("{said}\n");
        if in_clear {
            heard.heard_in_clear += &format!("{said}\n");
        }
        drop(heard);
        let word = said.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        match word.as_str() {
            "EHLO" => {
                let tls = later.is_some() && manner != Manner::OffersNoTls;
                let tls = if tls { "250-STARTTLS\r\n" } else { "" };
                answer = format!("250-mail.example.org\r\n250-8BITMIME\r\n{tls}250 AUTH PLAIN");
            }
            "STARTTLS" if manner == Manner::RefusesTls => answer = "454 no encryption today".to_owned(),
            "STARTTLS" if later.is_some() => {
                line.say("220 go on")?;
                if let Some(encrypt) = later.take() {
                    line = Line(BufReader::new(encrypt(socket.try_clone()?)?));
                    in_clear = false;
                }
                continue;
            }
            // "\0larder\0s3cret"
            "AUTH" if said.ends_with("AGxhcmRlcgBzM2NyZXQ=") => answer = "235 come in".to_owned(),
            "AUTH" => answer = "535 wrong password".to_owned(),
            "RCPT" => {
                to = said.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                if let Manner::Answers(refusal) = manner {
                    answer = refusal.to_owned();
                }
            }
            "DATA" => {
                line.say("354 go on")?;
                let message = line.hear_mail()?;
                desk.lock().unwrap().taken.push(Taken { to: to.clone(), message });
                if manner == Manner::HangsUp {
                    return Ok(());
                }
            }
            "QUIT" => answer = "221 bye".to_owned(),
            _ => {}
        }
        line.say(&answer)?;
    }
    Ok(())
}

struct Line(BufReader<Box<dyn Stream>>);

impl Line {
    fn say(&mut self, answer: &str) -> Result<()> {
        self.0.get_mut().write_all(format!("{answer}\r\n").as_bytes())?;
        self.0.get_mut().flush()
    }

    /// One line without its end; none at the end of all.
    fn hear(&mut self) -> Result<Option<String>> {
        let mut line = String::new();
        let length = self.0.read_line(&mut line)?;
        Ok((length > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
    }

    /// A whole mail, up to the dot at its end.
    fn hear_mail(&mut self) -> Result<String> {
        let mut message = String::new();
        while let Some(line) = self.hear()?.filter(|line| line != ".") {
            message += line.strip_prefix('.').unwrap_or(&line);
            message += "\r\n";
        }
        Ok(message)
    }
}

fn quoted_printable(body: &str) -> String {
    let body = body.replace("=\r\n", "").replace("\r\n", "\n");
    let (mut bytes, mut rest) = (Vec::new(), body.as_bytes());
    while let Some((&first, after)) = rest.split_first() {
        let escape = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| first == b'=') {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_line_that_begins_with_dashes_does_not_end_a_part() {
    let message = "Content-Type: multipart/alternative; boundary=\"b1\"\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\n\
                   https://example.org/?token=a=\r\n--b\r\nthe code in it is:\r\na--b\r\n--b1\r\nContent-Type: text/html\r\n\r\n\
                   <p>a--b</p>\r\n--b1--\r\n";
    let taken = Taken { to: String::new(), message: message.to_owned() };
    assert_eq!((taken.code(), taken.html()), ("a--b".to_owned(), "<p>a--b</p>".to_owned()));
}
