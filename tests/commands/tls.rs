//! `larder serve` with a certificate: what is printed, what is refused, and curl on https.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::{Machine, Outcome, get, read};
use crate::clients::require;
use crate::support::Server;

const TLS: [&str; 4] = ["--set", "tls.certificate=cert.pem", "--set", "tls.key=key.pem"];

/// A machine with a certificate that vouches for itself and for `127.0.0.1`.
fn machine() -> Machine {
    let machine = Machine::new();
    issue(&machine, "cert.pem", "key.pem");
    machine
}

fn issue(machine: &Machine, certificate: &str, key: &str) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    machine.write(certificate, &made.cert.pem());
    machine.write(key, &made.signing_key.serialize_pem());
    std::fs::set_permissions(machine.path(key), PermissionsExt::from_mode(0o600)).unwrap();
}

/// curl that trusts the machine's certificate, with the credentials of the first start; it prints the status last.
fn curl(machine: &Machine, server: &Server, arguments: &[&str]) -> String {
    let mut command = Command::new("curl");
    command.args([
        "--silent",
        "--show-error",
        "--max-time",
        "60",
        "--write-out",
        " %{http_code} %{http_version}",
    ]);
    command.arg("--cacert").arg(machine.path("cert.pem"));
    command.args(["--user", &format!("larder:{}", server.labelled("Password").unwrap())]);
    command.args(arguments).current_dir(machine.path(""));
    Outcome::of(command).succeeded()
}

#[test]
fn curl_uploads_and_downloads_over_https() {
    if !require("curl") {
        return;
    }
    let machine = machine();
    let server = machine.serve(&TLS);
    let address = server.labelled("Address").unwrap().to_owned();
    assert!(address.starts_with("https://127.0.0.1:"), "{address}");
    let file = format!("{address}report.txt");
    machine.write("sent", &"over https ".repeat(300_000));
    assert_eq!(curl(&machine, &server, &["--upload-file", "sent", &file]), " 201 1.1");
    let received = curl(&machine, &server, &[&file]);
    assert!(received.strip_suffix(" 200 1.1") == Some(&read(&machine.path("sent"))), "other bytes came back");

    let copied = ["--request", "COPY", "--header", &format!("Destination: {address}copy.txt"), &file];
    assert_eq!(curl(&machine, &server, &copied), " 201 1.1");
    // Nobody asked for HTTP/2, and whoever does gets HTTP/1.1.
    assert!(curl(&machine, &server, &["--http2", "--range", "0-3", &file]).ends_with("over 206 1.1"));
}

#[test]
fn curl_speaks_http2_where_it_is_on() {
    if !require("curl") {
        return;
    }
    let machine = machine();
    let server = machine.serve(&[&TLS[..], &["--set", "server.http2=true"]].concat());
    let address = server.labelled("Address").unwrap().to_owned();
    let file = format!("{address}folder/report.txt");
    let make = ["--http2", "--request", "MKCOL", &format!("{address}folder/")];
    assert_eq!(curl(&machine, &server, &make), " 201 2");
    machine.write("sent", &"over http2 ".repeat(300_000));
    assert_eq!(curl(&machine, &server, &["--http2", "--upload-file", "sent", &file]), " 201 2");
    let received = curl(&machine, &server, &["--http2", &file]);
    assert!(received.strip_suffix(" 200 2") == Some(&read(&machine.path("sent"))), "other bytes came back");
    let moved = format!("Destination: {address}folder/moved.txt");
    let moving = ["--http2", "--request", "MOVE", "--header", &moved, &file];
    assert_eq!(curl(&machine, &server, &moving), " 201 2");

    // As a client does that does not escape names: what is before the `#` is not what is meant.
    let cut = ["--http2", "--request", "DELETE", "--request-target", "/dav/folder/#1", &address];
    assert!(curl(&machine, &server, &cut).ends_with(" 400 2"));
    let moved = format!("{address}folder/moved.txt");
    assert!(curl(&machine, &server, &["--http2", "--range", "0-3", &moved]).ends_with("over 206 2"));
    assert!(curl(&machine, &server, &["--http1.1", "--range", "0-3", &moved]).ends_with("over 206 1.1"));
}

#[test]
fn the_printed_lines_are_for_https() {
    let machine = machine();
    let server = machine.serve(&[&TLS[..], &["--set", "webdav.listen=127.0.0.1:0"]].concat());
    let command = server.labelled("Another app password").unwrap();
    assert!(
        command.contains(&format!("tls.certificate={}", machine.path("cert.pem").display())),
        "{command}"
    );
    server.signal("TERM");
    let (_, said) = server.ended();
    assert!(said.contains("  gio mount davs://") && said.contains("WebDAV (HTTPS)"), "{said}");
    assert!(!said.contains("http://") && !said.contains("BasicAuthLevel"), "{said}");
    assert!(said.contains("set public_url"), "{said}");
    let open = machine.serve(&[&TLS[..], &["--listen", "0.0.0.0:0"]].concat());
    open.signal("TERM");
    assert!(!open.ended().1.contains("without TLS"));
}

#[test]
fn http_on_an_https_address_is_told_what_to_do_and_metrics_stay_plain() {
    let machine = machine();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let admin = format!("server.admin_listen={free}");
    let server = machine.serve(&[&TLS[..], &["--set", &admin]].concat());
    let answer = server.get("/dav/");
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("https://"), "{answer}");
    assert!(get(free, "/metrics").starts_with("HTTP/1.1 200"));
}

#[test]
fn without_a_certificate_that_can_be_used_nothing_starts_and_nothing_is_made() {
    let machine = machine();
    issue(&machine, "other.pem", "other-key.pem");
    machine.write("empty.pem", "");
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    for (certificate, key, says) in [
        ("missing.pem", "key.pem", "missing.pem, which is `tls.certificate`, cannot be read"),
        ("empty.pem", "key.pem", "There is no certificate in empty.pem"),
        ("cert.pem", "empty.pem", "There is no private key in empty.pem"),
        (
            "cert.pem",
            "other-key.pem",
            "The key in other-key.pem does not belong to the certificate in cert.pem",
        ),
    ] {
        let set = [format!("tls.certificate={certificate}"), format!("tls.key={key}")];
        let arguments = [&serve[..], &["--set", &set[0], "--set", &set[1]]].concat();
        let sentence = machine.run(&arguments).failed_with(1);
        assert!(sentence.contains(says), "{says}\nis not in\n{sentence}");
        let doctor = machine.run(&["doctor", "--set", &set[0], "--set", &set[1]]);
        assert!(doctor.code == Some(1) && doctor.out.contains(says), "{doctor:#?}");
    }
    let sentence = machine.run(&[&serve[..], &TLS[..2]].concat()).failed_with(2);
    assert!(sentence.contains("`tls.key`"), "{sentence}");
    assert!(!machine.has_data());
}

#[test]
fn a_key_that_everybody_can_read_is_warned_of() {
    let machine = machine();
    std::fs::set_permissions(machine.path("key.pem"), PermissionsExt::from_mode(0o644)).unwrap();
    let server = machine.serve(&TLS);
    let log = read(&server.log);
    assert!(log.contains("Every user of this machine can read the private key in key.pem"), "{log}");
}

#[test]
fn the_doctor_hears_of_clients_that_agree_with_it_on_no_tls() {
    if !require("curl") {
        return;
    }
    let machine = machine();
    let flags = [&TLS[..], &["--client", "--set", "public_url=https://files.example.org/dav/"]].concat();
    let doctor = machine.start("doctor", &flags, "Waiting for a client");
    let address = doctor.labelled("Address").unwrap();
    let port = address.strip_prefix("https://files.example.org:").unwrap().trim_end_matches("/dav/");
    assert_eq!(
        get(format!("127.0.0.1:{port}").parse().unwrap(), "/").lines().next(),
        Some("HTTP/1.1 400 Bad Request")
    );
    // curl trusts nobody who vouches only for themselves.
    let url = format!("https://127.0.0.1:{port}/dav/");
    let distrusted = Command::new("curl").args(["--silent", "--max-time", "60", &url]).output().unwrap();
    assert_eq!(distrusted.status.code(), Some(60));
    doctor.signal("INT");
    let (status, said) = doctor.ended();
    assert_eq!(status.code(), Some(1), "{said}");
    for part in ["Nobody came who could be answered", "the client speaks no TLS", "UnknownCA"] {
        assert!(said.contains(part), "{part}\nis not in\n{said}");
    }
}
