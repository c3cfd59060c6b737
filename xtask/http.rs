//! A client for load: HTTP/1.1 over one kept-alive socket, bodies streamed, so that it measures the server and not itself.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::server::Server;

/// Longer than any single request of a benchmark; a server that is silent for this long is stuck.
const SILENCE_MAX: Duration = Duration::from_secs(10 * 60);

const BUFFER_BYTES: usize = 256 * 1024;

pub struct Connection {
    stream: BufReader<TcpStream>,
    root: String,
    host: String,
    authorization: String,
}

/// An answer whose body is still to be read.
pub struct Response<'a> {
    pub status: u16,
    stream: &'a mut BufReader<TcpStream>,
    body: Framing,
}

enum Framing {
    Length(u64),
    Chunked,
}

impl Connection {
    pub fn open(server: &Server) -> Result<Self> {
        let stream = TcpStream::connect(server.socket()).context("the server takes no connection")?;
        stream.set_read_timeout(Some(SILENCE_MAX))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::with_capacity(BUFFER_BYTES, stream),
            root: server.root().to_owned(),
            host: server.socket().to_string(),
            authorization: BASE64_STANDARD.encode(format!("{}:{}", server.user, server.password)),
        })
    }

    /// Sends a request without a body and expects one of `expected`; the answer's body is read and dropped.
    pub fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        expected: &[u16],
    ) -> Result<()> {
        self.send(method, path, headers, 0, &mut io::empty())?;
        self.finish(method, path, expected)
    }

    /// Uploads `length` bytes of `body`.
    pub fn put(&mut self, path: &str, length: u64, body: &mut dyn Read) -> Result<()> {
        self.send("PUT", path, &[], length, body)?;
        self.finish("PUT", path, &[201, 204])
    }

    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        length: u64,
        body: &mut dyn Read,
    ) -> Result<()> {
        let mut head = format!("{method} {}{path} HTTP/1.1\r\nHost: {}\r\n", self.root, self.host);
        head += &format!("Authorization: Basic {}\r\nContent-Length: {length}\r\n", self.authorization);
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        let stream = self.stream.get_mut();
        stream.write_all((head + "\r\n").as_bytes())?;
        let mut buffer = vec![0; BUFFER_BYTES.min(usize::try_from(length)?)];
        let mut left = length;
        while left > 0 {
            let part = buffer.len().min(usize::try_from(left)?);
            body.read_exact(&mut buffer[..part])?;
            stream
                .write_all(&buffer[..part])
                .with_context(|| format!("{method} {path}: {left} bytes unsent"))?;
            left -= part as u64;
        }
        Ok(())
    }

    /// Reads the head of the answer to what was sent last.
    pub fn receive(&mut self) -> Result<Response<'_>> {
        let status_line = line(&mut self.stream)?;
        let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.with_context(|| format!("not an HTTP answer: {status_line:?}"))?;
        let mut body = Framing::Length(0);
        loop {
            let header = line(&mut self.stream)?.to_ascii_lowercase();
            match header.split_once(':') {
                Some(("content-length", value)) => body = Framing::Length(value.trim().parse()?),
                Some(("transfer-encoding", _)) => body = Framing::Chunked,
                Some(_) => {}
                None => break,
            }
        }
        Ok(Response { status, stream: &mut self.stream, body })
    }

    fn finish(&mut self, method: &str, path: &str, expected: &[u16]) -> Result<()> {
        let mut answer = Vec::new();
        let response = self.receive()?;
        let status = response.status;
        response.read_into(&mut answer)?;
        if !expected.contains(&status) {
            bail!("{method} {path} was answered {status}: {}", String::from_utf8_lossy(&answer));
        }
        Ok(())
    }
}

impl Response<'_> {
    /// Streams the body into `sink` and tells its length in bytes.
    pub fn read_into(self, sink: &mut dyn Write) -> Result<u64> {
        match self.body {
            Framing::Length(length) => copy_exact(self.stream, sink, length),
            Framing::Chunked => {
                let mut total = 0;
                loop {
                    let size = line(self.stream)?;
                    let size = u64::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16)?;
                    total += copy_exact(self.stream, sink, size)?;
                    line(self.stream)?;
                    if size == 0 {
                        return Ok(total);
                    }
                }
            }
        }
    }
}

fn copy_exact(stream: &mut BufReader<TcpStream>, sink: &mut dyn Write, length: u64) -> Result<u64> {
    let mut left = length;
    while left > 0 {
        let available = stream.fill_buf()?;
        if available.is_empty() {
            bail!("the connection ended {left} bytes early");
        }
        let part = available.len().min(usize::try_from(left)?);
        sink.write_all(&available[..part])?;
        stream.consume(part);
        left -= part as u64;
    }
    Ok(length)
}

fn line(stream: &mut BufReader<TcpStream>) -> Result<String> {
    let mut text = String::new();
    if stream.read_line(&mut text)? == 0 {
        bail!("the server closed the connection instead of answering");
    }
    Ok(text.trim_end().to_owned())
}
