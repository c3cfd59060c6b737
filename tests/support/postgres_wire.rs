//! A wire between a house and PostgreSQL that counts the round trips on it.
//!
//! PostgreSQL ends its answer to each group of messages by saying that it is ready for the next (ReadyForQuery), and only
//! then: so often has somebody had to wait.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// Passes on everything that goes to a server and back.
pub struct PostgresWire {
    address: SocketAddr,
    trips: Arc<Mutex<Vec<String>>>,
}

impl PostgresWire {
    /// A wire to the server of this address of a database.
    pub fn to(url: &str) -> Self {
        let server = authority(url).rsplit('@').next().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let trips = Arc::new(Mutex::new(Vec::new()));
        let counted = Arc::clone(&trips);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(&server).unwrap());
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let said: Arc<Mutex<String>> = Arc::default();
                let (from, to, heard) =
                    (client.try_clone().unwrap(), server.try_clone().unwrap(), Arc::clone(&said));
                thread::spawn(move || forth(from, to, &heard));
                let counted = Arc::clone(&counted);
                thread::spawn(move || back(server, client, &said, &counted));
            }
        });
        Self { address, trips }
    }

    /// The same database by way of this wire.
    pub fn url(&self, url: &str) -> String {
        let host = authority(url).rsplit('@').next().unwrap();
        format!("{}?sslmode=disable", url.replace(host, &self.address.to_string()))
    }

    /// What was asked in each round trip while something was done.
    pub fn trips<T>(&self, work: impl FnOnce() -> T) -> (T, Vec<String>) {
        self.trips.lock().unwrap().clear();
        let done = work();
        (done, self.trips.lock().unwrap().clone())
    }
}

fn authority(url: &str) -> &str {
    url.split("://").nth(1).unwrap().split('/').next().unwrap()
}

/// Passes on what the house says, and hears what it asks.
fn forth(mut from: TcpStream, mut to: TcpStream, said: &Mutex<String>) {
    let mut prepared: HashMap<String, String> = HashMap::new();
    // The first message has no letter.
    let mut letter = None;
    while let Some((kind, body)) = read(&mut from, letter.replace(()).is_some()) {
        let mut texts = body.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned());
        let note = |text: &str| said.lock().unwrap().push_str(text);
        match kind {
            b'Q' => note(&texts.next().unwrap()),
            b'P' => {
                let (name, sql) = (texts.next().unwrap(), texts.next().unwrap());
                note(&format!("[prepares] {sql}"));
                prepared.insert(name, sql);
            }
            b'B' => {
                let name = texts.nth(1).unwrap();
                note(prepared.get(&name).map_or("[unknown]", String::as_str));
            }
            _ => {}
        }
        if pass_on(&mut to, kind, &body).is_err() {
            break;
        }
    }
    to.shutdown(Shutdown::Both).ok();
}

/// Passes on what the server answers, and counts when it is ready.
fn back(mut from: TcpStream, mut to: TcpStream, said: &Mutex<String>, trips: &Mutex<Vec<String>>) {
    while let Some((kind, body)) = read(&mut from, true) {
        if kind == b'Z' {
            trips.lock().unwrap().push(std::mem::take(&mut said.lock().unwrap()));
        }
        if pass_on(&mut to, kind, &body).is_err() {
            break;
        }
    }
    to.shutdown(Shutdown::Both).ok();
}

fn read(from: &mut TcpStream, has_letter: bool) -> Option<(u8, Vec<u8>)> {
    let (mut letter, mut length) = ([0], [0; 4]);
    if has_letter {
        from.read_exact(&mut letter).ok()?;
    }
    from.read_exact(&mut length).ok()?;
    let mut body = vec![0; u32::from_be_bytes(length) as usize - 4];
    from.read_exact(&mut body).ok()?;
    Some((letter[0], body))
}

fn pass_on(to: &mut TcpStream, kind: u8, body: &[u8]) -> std::io::Result<()> {
    let mut message = Vec::with_capacity(body.len() + 5);
    message.extend((kind != 0).then_some(kind));
    message.extend((body.len() as u32 + 4).to_be_bytes());
    message.extend(body);
    to.write_all(&message)
}
