//! A reverse proxy as it stands before several servers: it asks each whether it is ready, keeps connections to them, and
//! tries another one where a request was not taken.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);
const CHECK_EVERY: Duration = Duration::from_millis(200);

/// How often a request is tried, with a pause in between, before the client hears of it.
const TRIES_MAX: usize = 200;
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until it is dropped.
pub struct Proxy {
    pub address: SocketAddr,
    upstream: Arc<Upstream>,
}

/// The servers, those of them that are ready, and connections to them that wait for the next request.
struct Upstream {
    servers: Mutex<Vec<SocketAddr>>,
    ready: Mutex<Vec<SocketAddr>>,
    idle: Mutex<HashMap<SocketAddr, Vec<BufReader<TcpStream>>>>,
    turn: AtomicUsize,
    is_over: AtomicBool,
}

impl Proxy {
    pub fn before(servers: &[SocketAddr]) -> Self {
        let upstream = Arc::new(Upstream {
            servers: Mutex::new(servers.to_vec()),
            ready: Mutex::default(),
            idle: Mutex::default(),
            turn: AtomicUsize::default(),
            is_over: AtomicBool::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (looking, serving) = (Arc::clone(&upstream), Arc::clone(&upstream));
        thread::spawn(move || looking.look_after());
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if serving.is_over.load(Ordering::SeqCst) {
                    return;
                }
                let upstream = Arc::clone(&serving);
                thread::spawn(move || upstream.attend(client));
            }
        });
        Self { address, upstream }
    }

    /// One of the servers has another address now.
    pub fn replace(&self, number: usize, address: SocketAddr) {
        self.upstream.servers.lock().unwrap()[number] = address;
    }

    pub fn ready(&self) -> Vec<SocketAddr> {
        self.upstream.ready.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.upstream.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

/// A request or an answer as it came.
struct Message {
    head: String,
    body: Vec<u8>,
}

impl Message {
    fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Self> {
        let mut head = String::new();
        loop {
            let before = head.len();
            if stream.read_line(&mut head)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if &head[before..] == "\r\n" {
                break;
            }
        }
        let mut message = Self { head, body: Vec::new() };
        match (message.header("content-length"), message.header("transfer-encoding")) {
            _ if message.status() == Some(204) => {}
            (Some(length), _) => {
                message.body.resize(length.parse().unwrap(), 0);
                stream.read_exact(&mut message.body)?;
            }
            (None, Some(_)) => read_chunks(stream, &mut message.body)?,
            (None, None) => {}
        }
        Ok(message)
    }

    fn header(&self, wanted: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    }

    fn status(&self) -> Option<u16> {
        self.head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
    }

    /// As it is handed on: whether a connection goes on is said to each neighbour alone.
    fn handed_on(&self, connection: &str) -> Vec<u8> {
        let lines = self.head.trim_end().split("\r\n");
        let kept = lines.filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
        let head: String = kept.map(|line| format!("{line}\r\n")).collect();
        [format!("{head}Connection: {connection}\r\n\r\n").as_bytes(), &self.body].concat()
    }
}

fn read_chunks(stream: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
        body.extend_from_slice(line.as_bytes());
        let start = body.len();
        body.resize(start + length + 2, 0);
        stream.read_exact(&mut body[start..])?;
        if length == 0 {
            return Ok(());
        }
    }
}

impl Upstream {
    fn look_after(&self) {
        while !self.is_over.load(Ordering::SeqCst) {
            let servers = self.servers.lock().unwrap().clone();
            let ready = servers.into_iter().filter(|server| is_ready(*server).unwrap_or(false)).collect();
            *self.ready.lock().unwrap() = ready;
            thread::sleep(CHECK_EVERY);
        }
    }

    fn attend(&self, client: TcpStream) {
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut client = BufReader::new(client);
        if let Ok(request) = Message::read(&mut client) {
            let answer = self.ask(&request);
            let bytes = answer.map_or_else(
                |error| {
                    format!("HTTP/1.1 502 Bad Gateway\r\nContent-Length: {}\r\n\r\n{error}", error.len())
                        .into()
                },
                |answer| answer.handed_on("close"),
            );
            let _ = client.get_mut().write_all(&bytes);
        }
    }

    /// The answer of whichever server takes it. What may have been done is asked for again only where doing it twice is
    /// as good as once (RFC 9110 §9.2.2), which LOCK is not.
    fn ask(&self, request: &Message) -> Result<Message, String> {
        let is_idempotent = !request.head.starts_with("LOCK ");
        let mut last = "no server is ready".to_owned();
        for _ in 0..TRIES_MAX {
            let ready = self.ready.lock().unwrap().clone();
            if ready.is_empty() {
                thread::sleep(PAUSE);
                continue;
            }
            let server = ready[self.turn.fetch_add(1, Ordering::SeqCst) % ready.len()];
            let Ok(mut stream) = self.connect(server) else {
                thread::sleep(PAUSE);
                continue;
            };
            let answered = stream
                .get_mut()
                .write_all(&request.handed_on("keep-alive"))
                .and_then(|()| Message::read(&mut stream));
            match answered {
                Ok(answer) if answer.status() == Some(503) => {
                    last = String::from_utf8_lossy(&answer.body).into()
                }
                Ok(answer) => {
                    if answer.header("connection") != Some("close") {
                        self.idle.lock().unwrap().entry(server).or_default().push(stream);
                    }
                    return Ok(answer);
                }
                Err(error) if is_idempotent => last = error.to_string(),
                Err(error) => return Err(format!("{error} after it was sent")),
            }
            thread::sleep(PAUSE);
        }
        Err(last)
    }

    fn connect(&self, server: SocketAddr) -> io::Result<BufReader<TcpStream>> {
        let idle = self.idle.lock().unwrap().get_mut(&server).and_then(Vec::pop);
        match idle {
            Some(idle) => Ok(idle),
            None => {
                let stream = TcpStream::connect_timeout(&server, Duration::from_secs(1))?;
                stream.set_read_timeout(Some(PATIENCE))?;
                Ok(BufReader::new(stream))
            }
        }
    }
}

fn is_ready(server: SocketAddr) -> io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&server, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: larder\r\nConnection: close\r\n\r\n")?;
    Ok(Message::read(&mut BufReader::new(stream))?.status() == Some(200))
}
