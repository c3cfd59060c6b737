//! An S3 store that takes everything, keeps no more than sizes, and gives zeros back: it costs next to nothing beside
//! what is measured.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};

const BUFFER_BYTES: usize = 256 * 1024;

/// What is this small is kept: the server reads its own probe again.
const KEPT_BYTES_MAX: u64 = 4096;

pub struct Sink {
    address: SocketAddr,
}

#[derive(Default)]
struct Held {
    objects: HashMap<String, (u64, Vec<u8>)>,
    /// What the parts of each unfinished upload add up to.
    uploads: HashMap<String, u64>,
}

/// A request, as far as it matters here.
struct Request {
    method: String,
    key: String,
    query: String,
    length: u64,
    range: Option<String>,
}

impl Sink {
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let held = Arc::new(Mutex::new(Held::default()));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let held = Arc::clone(&held);
                // A connection that ends ends its thread.
                std::thread::spawn(move || serve(stream, &held).ok());
            }
        });
        Ok(Self { address })
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn serve(stream: TcpStream, held: &Mutex<Held>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::with_capacity(BUFFER_BYTES, stream);
    while let Some(request) = read(&mut stream)? {
        let body = drain(&mut stream, request.length)?;
        answer(stream.get_mut(), &request, body, held)?;
    }
    Ok(())
}

fn read(stream: &mut BufReader<TcpStream>) -> Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split(' ');
    let method = words.next().context("a method")?.to_owned();
    let target = words.next().context("a target")?;
    let (key, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request =
        Request { method, key: key.to_owned(), query: query.to_owned(), length: 0, range: None };
    loop {
        let mut header = String::new();
        stream.read_line(&mut header)?;
        let header = header.trim_end().to_ascii_lowercase();
        match header.split_once(": ") {
            Some(("content-length", length)) => request.length = length.parse()?,
            Some(("range", range)) => request.range = Some(range.to_owned()),
            Some(("expect", _)) => stream.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?,
            Some(_) => {}
            None if header.is_empty() => return Ok(Some(request)),
            None => {}
        }
    }
}

/// Reads a body away; what is small is given back.
fn drain(stream: &mut BufReader<TcpStream>, length: u64) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    if length <= KEPT_BYTES_MAX {
        stream.take(length).read_to_end(&mut body)?;
        return Ok(body);
    }
    let mut left = length;
    while left > 0 {
        let part = u64::try_from(stream.fill_buf()?.len())?.min(left);
        anyhow::ensure!(part > 0, "the connection ended early");
        stream.consume(usize::try_from(part)?);
        left -= part;
    }
    Ok(body)
}

fn answer(stream: &mut TcpStream, request: &Request, body: Vec<u8>, held: &Mutex<Held>) -> Result<()> {
    let upload = request.query.split('&').find_map(|part| part.strip_prefix("uploadId=")).map(str::to_owned);
    let is = |method: &str, parameter: &str| request.method == method && request.query.contains(parameter);
    let key = request.key.as_str();
    let xml = |text: String| (text.into_bytes(), "Content-Type: application/xml\r\n");
    let mut all = held.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (body, headers) = match upload {
        Some(upload) if request.method == "PUT" => {
            *all.uploads.entry(upload).or_default() += request.length;
            (Vec::new(), "ETag: \"part\"\r\n")
        }
        Some(upload) if request.method == "POST" => {
            let size = all.uploads.remove(&upload).unwrap_or(0);
            all.objects.insert(key.to_owned(), (size, Vec::new()));
            xml("<CompleteMultipartUploadResult><ETag>\"all\"</ETag></CompleteMultipartUploadResult>"
                .to_owned())
        }
        _ if is("POST", "uploads") => {
            let id = all.uploads.len() + all.objects.len();
            let id = format!("{id}-{}", key.replace('/', "-"));
            let result = "InitiateMultipartUploadResult";
            xml(format!("<{result}><UploadId>{id}</UploadId></{result}>"))
        }
        _ if is("GET", "list-type") => xml("<ListBucketResult></ListBucketResult>".to_owned()),
        _ if is("GET", "uploads") => {
            xml("<ListMultipartUploadsResult></ListMultipartUploadsResult>".to_owned())
        }
        _ if request.method == "PUT" => {
            all.objects.insert(key.to_owned(), (request.length, body));
            (Vec::new(), "ETag: \"whole\"\r\n")
        }
        _ if request.method == "DELETE" => {
            all.objects.remove(key);
            (Vec::new(), "")
        }
        _ => {
            let object = all.objects.get(key).cloned();
            drop(all);
            return send(stream, request, object);
        }
    };
    drop(all);
    write!(stream, "HTTP/1.1 200 OK\r\n{headers}Content-Length: {}\r\n\r\n", body.len())?;
    Ok(stream.write_all(&body)?)
}

/// GET and HEAD of an object.
fn send(stream: &mut TcpStream, request: &Request, object: Option<(u64, Vec<u8>)>) -> Result<()> {
    let Some((size, kept)) = object else {
        return Ok(write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")?);
    };
    let from = request.range.as_deref().and_then(|range| range.strip_prefix("bytes="));
    let (from, to) = from.and_then(|range| range.split_once('-')).unwrap_or(("0", ""));
    let (from, to) = (from.parse::<u64>()?, to.parse::<u64>().unwrap_or(size).min(size.saturating_sub(1)));
    let length = (to + 1).saturating_sub(from).min(size);
    let status = match request.range {
        Some(_) => format!("206 Partial Content\r\nContent-Range: bytes {from}-{to}/{size}"),
        None => "200 OK".to_owned(),
    };
    write!(stream, "HTTP/1.1 {status}\r\nETag: \"whole\"\r\nContent-Length: {length}\r\n\r\n")?;
    if request.method == "HEAD" {
        return Ok(());
    }
    if !kept.is_empty() {
        let from = usize::try_from(from)?;
        return Ok(stream.write_all(&kept[from..from + usize::try_from(length)?])?);
    }
    let zeros = vec![0; BUFFER_BYTES];
    let mut left = length;
    while left > 0 {
        let part = zeros.len().min(usize::try_from(left)?);
        stream.write_all(&zeros[..part])?;
        left -= part as u64;
    }
    Ok(())
}
