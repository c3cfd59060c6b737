//! `larder admin mail test`: an operator finds out whether mails go out, and why not.

use super::{Machine, Outcome};
use crate::support::{Certificate, Encryption, MailServer, Manner};

const LOGIN: &str = "larder:s3cret";

#[test]
fn a_test_mail_shows_whether_mails_go_out_and_why_not() {
    let (machine, server) = (Machine::new(), MailServer::start());
    machine.run(&["migrate"]).succeeded();
    let test =
        |settings: &[&str]| machine.run(&[&["admin", "mail", "test", "ann@example.org"], settings].concat());
    let none = test(&[]).failed_with(1);
    assert!(none.contains("mail.url"), "{none}");

    let url = format!("mail.url={}", server.url_with("larder:s3cret", "?tls=none"));
    let half = test(&["--set", &url]).failed_with(2);
    assert!(half.contains("`mail.from` is not") && half.contains("`public_url` is not"), "{half}");
    let (from, public) = ("mail.from=larder@example.org", "public_url=https://files.example.org/dav/");
    let settings = ["--set", &url, "--set", from, "--set", public];
    let sent = test(&settings).succeeded();
    assert!(sent.contains("has taken a mail to ann@example.org"), "{sent}");
    let taken = server.mails_to("ann@example.org");
    assert!(taken[0].text().contains("can send mails") && taken.len() == 1);

    server.will([Manner::Answers("550 no such user")]);
    let refused = test(&settings).failed_with(1);
    assert!(refused.contains("no such user"), "{refused}");
    let wrong = url.replace("s3cret", "gu3ss");
    let wrong = test(&["--set", &wrong, "--set", from, "--set", public]).failed_with(1);
    assert!(wrong.contains("user name or the password in mail.url") && !wrong.contains("gu3ss"), "{wrong}");
    let shown = machine.run(&[&["config"], &settings[..]].concat()).succeeded();
    assert!(shown.contains("***") && !shown.contains("s3cret"), "{shown}");
}

/// Has a mail sent from a machine that trusts the certificates in `trusted.pem` and no others.
fn send(machine: &Machine, url: &str) -> Outcome {
    let url = format!("mail.url={url}");
    let mut command = machine.command(&[
        "admin",
        "mail",
        "test",
        "ann@example.org",
        "--set",
        &url,
        "--set",
        "mail.from=larder@example.org",
        "--set",
        "public_url=https://files.example.org/dav/",
    ]);
    command.env("SSL_CERT_FILE", machine.path("trusted.pem")).env_remove("SSL_CERT_DIR");
    Outcome::of(command)
}

fn machine(trusts: &Certificate) -> Machine {
    let machine = Machine::new();
    machine.write("trusted.pem", &trusts.pem);
    machine.run(&["migrate"]).succeeded();
    machine
}

#[test]
fn a_mail_goes_out_over_tls_and_nothing_of_it_in_clear() {
    let certificate = Certificate::new("127.0.0.1", 2099);
    let machine = machine(&certificate);
    let server = MailServer::start_with(Encryption::AtOnce(certificate.encrypt()));
    send(&machine, &server.tls_url_with(LOGIN)).succeeded();
    assert_eq!(server.mails_to("ann@example.org").len(), 1);
    assert_eq!(server.heard_in_clear(), "");

    let server = MailServer::start_with(Encryption::AfterStartTls(certificate.encrypt()));
    for query in ["", "?tls=required"] {
        send(&machine, &server.url_with(LOGIN, query)).succeeded();
    }
    assert_eq!(server.mails_to("ann@example.org").len(), 2);
    let in_clear = server.heard_in_clear();
    let said: Vec<&str> = in_clear.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(said, ["EHLO", "STARTTLS", "EHLO", "STARTTLS"]);
    assert!(server.heard().contains("AUTH PLAIN"), "{}", server.heard());
}

#[test]
fn a_mail_server_with_a_wrong_certificate_is_told_nothing() {
    let trusted = Certificate::new("127.0.0.1", 2099);
    let machine = machine(&trusted);
    let elsewhere = Certificate::new("mail.example.org", 2099);
    let old = Certificate::new("127.0.0.1", 2020);
    machine.write("trusted.pem", &[trusted.pem.as_str(), &elsewhere.pem, &old.pem].concat());
    let stranger = Certificate::new("127.0.0.1", 2098);
    for (certificate, says) in
        [(&elsewhere, "not valid for name"), (&old, "expired"), (&stranger, "UnknownIssuer")]
    {
        let at_once = MailServer::start_with(Encryption::AtOnce(certificate.encrypt()));
        let later = MailServer::start_with(Encryption::AfterStartTls(certificate.encrypt()));
        for (server, url) in [(&at_once, at_once.tls_url_with(LOGIN)), (&later, later.url_with(LOGIN, ""))] {
            let refused = send(&machine, &url).failed_with(1);
            assert!(refused.contains("127.0.0.1:") && refused.contains(says), "{refused}");
            assert!(refused.contains("its certificate has to be for the name in mail.url"), "{refused}");
            assert!(!refused.contains("s3cret") && !server.heard().contains("AUTH"), "{}", server.heard());
            assert!(server.mails_to("ann@example.org").is_empty());
        }
    }
}

#[test]
fn where_encryption_is_taken_away_nothing_is_sent_without() {
    let certificate = Certificate::new("127.0.0.1", 2099);
    let machine = machine(&certificate);
    let server = MailServer::start_with(Encryption::AfterStartTls(certificate.encrypt()));
    for (manner, says) in [(Manner::OffersNoTls, "STARTTLS"), (Manner::RefusesTls, "no encryption today")] {
        server.will([manner]);
        let refused = send(&machine, &server.url_with(LOGIN, "")).failed_with(1);
        assert!(refused.contains(says) && refused.contains("127.0.0.1:"), "{refused}");
    }
    // And a server that answers in clear where TLS was to begin.
    let plain = MailServer::start();
    send(&machine, &plain.tls_url_with(LOGIN)).failed_with(1);
    for server in [&server, &plain] {
        let heard = server.heard();
        assert!(!heard.contains("AUTH") && !heard.contains("MAIL FROM"), "{heard}");
        assert!(server.mails_to("ann@example.org").is_empty());
    }
}
