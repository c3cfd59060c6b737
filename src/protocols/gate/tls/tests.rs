//! TLS as clients meet it.

use axum::routing::{any, get};
use axum::{Extension, Router};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::Origin;
use crate::stage::{Client, Pair, Stage};

const QUICK: &str = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn doors() -> Router {
    let tell = async |Extension(origin): Extension<Origin>| origin.to_string();
    Router::new().route("/", get(tell))
}

fn sentence(outcome: Result<Tls>) -> String {
    outcome.map(drop).unwrap_err().message().user().to_owned()
}

#[tokio::test]
async fn a_drive_is_served_over_tls_and_knows_it() {
    for (protocols, name) in
        [(&[][..], None), (&["http/1.1"], Some(HTTP_1)), (&["h2", "http/1.1"], Some(HTTP_1))]
    {
        let stage = Stage::secure(doors()).await;
        let stream = stage.connect_tls(protocols).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), name);
        let mut client = Client::new(stream);
        for _ in 0..2 {
            client.send(QUICK).await;
            assert_eq!(client.answer().await.body, "https://localhost");
        }
    }
}

#[tokio::test]
async fn http2_is_only_for_those_who_ask_where_it_is_on() {
    let off = Stage::secure(doors()).await;
    assert!(off.connect_tls(&["h2"]).await.is_err());
    let on = Stage::either(true, doors(), |config| config.http2 = true).await;
    for (protocols, name) in [
        (&["h2"][..], Some(HTTP_2)),
        (&["http/1.1", "h2"], Some(HTTP_2)),
        (&["http/1.1"], Some(HTTP_1)),
        (&[], None),
    ] {
        let stream = on.connect_tls(protocols).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), name);
    }
}

#[tokio::test]
async fn a_renewed_certificate_greets_whoever_comes_next() {
    let mut stage = Stage::secure(doors()).await;
    let mut open = stage.connect().await;
    let (tls, first) = stage.secure.clone().unwrap();
    let second = Pair::new();
    tls.replace(&second.certificate, &second.key).unwrap();
    assert!(stage.connect_tls(&[]).await.is_err(), "the first one is no longer shown");
    open.send(QUICK).await;
    assert_eq!(open.answer().await.status(), 200);

    stage.secure = Some((tls.clone(), second.clone()));
    let shown = |stream: &tokio_rustls::client::TlsStream<_>| {
        stream.get_ref().1.peer_certificates().unwrap()[0].clone()
    };
    assert_eq!(shown(&stage.connect_tls(&[]).await.unwrap()), second.der());
    tls.replace(&first.certificate, &second.key).unwrap_err();
    assert_eq!(shown(&stage.connect_tls(&[]).await.unwrap()), second.der(), "a broken one changes nothing");
}

#[test]
fn whatever_is_wrong_with_a_certificate_is_said_with_its_file() {
    let (pair, other) = (Pair::new(), Pair::new());
    let file = |path: &str, bytes: &[u8]| PemFile { path: path.into(), bytes: bytes.to_vec() };
    let damaged: Vec<u8> =
        pair.certificate.bytes.iter().map(|byte| if *byte == b'M' { b'!' } else { *byte }).collect();
    let locked = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let nonsense = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let half = &pair.certificate.bytes[..pair.certificate.bytes.len() / 2];
    for (certificate, key, says) in [
        (file("/c", b""), pair.key.clone(), "There is no certificate in /c;"),
        (file("/c", b"\xff\x00 not PEM"), pair.key.clone(), "There is no certificate in /c;"),
        (file("/c", &pair.key.bytes), pair.key.clone(), "There is no certificate in /c;"),
        (file("/c", &damaged), pair.key.clone(), "The certificate in /c is damaged"),
        (file("/c", half), pair.key.clone(), "The certificate in /c is damaged"),
        (pair.certificate.clone(), file("/k", b""), "There is no private key in /k"),
        (pair.certificate.clone(), file("/k", &pair.certificate.bytes), "There is no private key in /k"),
        (pair.certificate.clone(), file("/k", locked), "asks for no passphrase"),
        (pair.certificate.clone(), file("/k", nonsense), "cannot be used with the key in /k"),
        (
            pair.certificate.clone(),
            other.key,
            "The key in /etc/key.pem does not belong to the certificate in /etc/cert.pem.",
        ),
    ] {
        let said = sentence(Tls::new(&certificate, &key, false));
        assert!(said.contains(says), "{says}\nis not in\n{said}");
        assert!(!said.contains("AAAA"), "{said}");
    }
}

#[test]
fn a_chain_is_given_with_the_certificate_first_and_a_key_may_stand_in_the_same_file() {
    let (mut pair, above) = (Pair::new(), Pair::new());
    pair.certificate.bytes.extend(above.certificate.bytes);
    pair.certificate.bytes.extend(&pair.key.bytes);
    Tls::new(&pair.certificate, &pair.certificate, true).map(drop).unwrap();
}

#[test]
fn a_certificate_tells_when_it_expires() {
    let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(2031, 5, 17);
    let key = rcgen::KeyPair::generate().unwrap();
    let text = params.self_signed(&key).unwrap().pem();
    let file = |text: &str| PemFile { path: "/c".into(), bytes: text.as_bytes().to_vec() };
    assert_eq!(expires(&file(&text)), Some(Timestamp::from_millis(1_936_742_400_000)));
    assert_eq!(expires(&file("nothing")), None);
}

#[tokio::test]
async fn whoever_speaks_http_without_tls_is_told_so() {
    let stage = Stage::secure(doors()).await;
    let upload = format!(
        "PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n{}",
        "x".repeat(900_000)
    );
    for request in [QUICK, &upload] {
        let mut client = Client::new(stage.connect_plain().await);
        client.send(request).await;
        let answer = client.answer().await;
        assert_eq!((answer.status(), answer.header("connection")), (400, Some("close")));
        assert!(answer.body.ends_with("write https:// in place of http://."), "{answer:?}");
        assert!(client.is_closed().await);
    }
}

#[tokio::test]
async fn a_client_that_says_nothing_gives_its_place_back() {
    for first in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01"] {
        let stage = Stage::either(true, doors(), |config| {
            config.idle_seconds = 1;
            config.connections_max = 1.try_into().unwrap();
        });
        let stage = stage.await;
        let mut silent = stage.connect_plain().await;
        silent.write_all(first).await.unwrap();
        let mut next = stage.connect().await;
        next.send(QUICK).await;
        assert_eq!(next.answer().await.status(), 200);
        assert!(matches!(silent.read(&mut [0]).await, Ok(0) | Err(_)), "the server has ended it");
    }
}

#[tokio::test]
async fn a_client_that_talks_nonsense_ends_only_its_own_connection() {
    let stage = Stage::secure(doors()).await;
    for nonsense in [&b"\x16\x03\x01\xff\xff"[..], &[0x16; 70_000], b"\x00\x00", b"\x80\x2e\x01\x00\x02"] {
        let mut client = stage.connect_plain().await;
        // The server may have gone before all of it was sent.
        let _ = client.write_all(nonsense).await;
        let _ = client.shutdown().await;
        let mut rest = Vec::new();
        let _ = client.read_to_end(&mut rest).await;
    }
    assert_eq!(stage.ask("GET / HTTP/1.1").await.status(), 200);
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_a_client_that_has_not_said_hello() {
    let stage = Stage::secure(Router::new().route("/", any(async || "here"))).await;
    let _silent = stage.connect_plain().await;
    let mut idle = stage.connect().await;
    idle.send(QUICK).await;
    assert_eq!(idle.answer().await.body, "here");
    stage.shutdown.cancel();
    assert!(idle.is_closed().await, "with a word of farewell");
    stage.server.await.unwrap();
}
