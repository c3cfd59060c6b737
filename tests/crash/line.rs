//! A client that takes it calmly when the server dies.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::support::Answer;

/// Only a test that hangs ever waits this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the server is, and who asks.
#[derive(Clone)]
pub struct Line {
    pub address: SocketAddr,
    pub credentials: String,
}

impl Line {
    /// The whole answer to one request over a connection of its own. An error says that there is none, or that something
    /// the server needs did not answer, and nothing of what has become of the request.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<Answer> {
        let Self { address, credentials } = self;
        let mut head = format!(
            "{method} /dav{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: {credentials}\r\n"
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let chunked = headers.iter().any(|(name, _)| *name == "Transfer-Encoding");
        if !chunked {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(&[head.as_bytes(), b"\r\n"].concat())?;
        match chunked {
            true => send_in_chunks(&mut stream, body)?,
            false => stream.write_all(body)?,
        }
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        match parse(&bytes) {
            Some(answer) if answer.status == 503 => Err(io::Error::other(answer.text())),
            Some(answer) => Ok(answer),
            None => Err(ErrorKind::UnexpectedEof.into()),
        }
    }

    /// COPY or MOVE.
    pub fn relocate(&self, method: &str, from: &str, to: &str, overwrite: bool) -> io::Result<Answer> {
        let destination = format!("http://{}/dav{to}", self.address);
        let overwrite = if overwrite { "T" } else { "F" };
        self.ask(method, from, &[("Destination", &destination), ("Overwrite", overwrite)], b"")
    }

    /// The names in a folder as they are in the hrefs, if it is there.
    pub fn list(&self, path: &str) -> io::Result<Option<Vec<String>>> {
        let answer = self.ask("PROPFIND", path, &[("Depth", "1")], b"")?;
        if answer.status == 404 {
            return Ok(None);
        }
        assert_eq!(answer.status, 207, "{answer:?}");
        let names = answer.texts("href").into_iter().skip(1);
        let names = names.map(|href| {
            let is_folder = href.ends_with('/');
            let name = href.trim_end_matches('/').rsplit('/').next().unwrap().to_owned();
            if is_folder { name + "/" } else { name }
        });
        Ok(Some(names.collect()))
    }
}

const CHUNK_BYTES: usize = 50_000;

fn send_in_chunks(stream: &mut TcpStream, body: &[u8]) -> io::Result<()> {
    for chunk in body.chunks(CHUNK_BYTES) {
        stream.write_all(&[format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat())?;
    }
    stream.write_all(b"0\r\n\r\n")
}

/// An answer that came to its end, if it did.
fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let mut lines = std::str::from_utf8(&bytes[..end]).ok()?.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mut answer = Answer { status, headers, body: Vec::new() };
    let rest = &bytes[end + 4..];
    answer.body = match (answer.header("content-length"), answer.header("transfer-encoding")) {
        (Some(length), _) if status != 204 => rest.get(..length.parse().ok()?)?.to_vec(),
        (None, Some(_)) => joined_chunks(rest)?,
        _ => Vec::new(),
    };
    Some(answer)
}

fn joined_chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut joined = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?, 16).ok()?;
        let chunk = rest.get(end + 2..end + 2 + length)?;
        if length == 0 {
            return Some(joined);
        }
        joined.extend_from_slice(chunk);
        rest = rest.get(end + 4 + length..)?;
    }
}
