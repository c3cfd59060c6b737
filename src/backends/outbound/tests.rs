//! Mails on their way to a real mail server.

use domain::{Email, Mail, MailId, Timestamp};
use uuid::Uuid;

use crate::mail_server::{MailServer, Manner};
use crate::{MailConfig, Mailer, Sender, Unsent};

fn mailer(url: &str) -> Mailer {
    let config = MailConfig {
        url: Some(crate::relay::Relay::parse(url).unwrap()),
        from: Some(Sender("Larder <larder@example.org>".parse().unwrap())),
        timeout_seconds: 5.try_into().unwrap(),
    };
    Mailer::open(&config).unwrap().unwrap()
}

fn mail(to: &str, subject: &str) -> Mail {
    Mail {
        id: MailId(Uuid::from_u128(7)),
        to: Email::parse(to).unwrap(),
        subject: subject.to_owned(),
        text: "Hello Zo\u{eb},\n\n.\nhttps://files.example.org/verify-email?token=abc=def\n".to_owned(),
        html: "<p>Hello Zo\u{eb},</p>".to_owned(),
        created_at: Timestamp::from_millis(1_795_248_000_000),
    }
}

#[tokio::test]
async fn a_mail_arrives_as_text_and_as_html() {
    let server = MailServer::start();
    mailer(&server.url()).send(&mail("ann@example.org", "Gr\u{fc}\u{df}e")).await.unwrap();
    let [taken] = server.mails_to("ann@example.org").try_into().unwrap();
    let header = |name: &str| taken.header(name).unwrap();
    assert_eq!(header("From"), "Larder <larder@example.org>");
    assert_eq!(header("To"), "ann@example.org");
    assert_eq!(header("Subject"), "=?utf-8?b?R3LDvMOfZQ==?=");
    assert_eq!(header("Date"), "Sat, 21 Nov 2026 08:00:00 +0000");
    assert_eq!(header("Message-ID"), "<00000000000000000000000000000007@example.org>");
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert!(header("Content-Type").starts_with("multipart/alternative"));
    assert!(taken.message.is_ascii() && taken.message.lines().all(|line| line.len() < 998));
    let sent = mail("ann@example.org", "");
    assert_eq!((taken.text(), taken.html()), (sent.text, sent.html));
}

#[tokio::test]
async fn nothing_in_a_mail_becomes_a_header_or_a_recipient_of_its_own() {
    let server = MailServer::start();
    for subject in [
        "Hello\r\nBcc: eve@example.org\r\n\r\nLook",
        "Hello\nBcc: eve@example.org",
        "Hello\r\n.\r\nMAIL FROM:<eve@example.org>",
    ] {
        mailer(&server.url()).send(&mail("ann@example.org", subject)).await.unwrap();
    }
    assert_eq!(server.mails_to("ann@example.org").len(), 3);
    for taken in server.mails_to("ann@example.org") {
        assert!(taken.header("Bcc").is_none(), "{}", taken.message);
        assert!(taken.header("Subject").unwrap().starts_with("Hello "), "{}", taken.message);
    }
    assert_eq!(server.heard().matches("RCPT TO:").count(), 3);
    assert_eq!(server.heard().matches("\nMAIL FROM:").count(), 3);
}

#[tokio::test]
async fn an_answer_says_whether_another_try_is_worth_it() {
    let server = MailServer::start();
    let mailer = mailer(&server.url());
    for (answer, is_final) in [
        ("450 try later", false),
        ("421 too busy", false),
        ("530 log in first", false),
        ("550 no such user", true),
        ("552 mailbox full", true),
    ] {
        server.will([Manner::Answers(answer)]);
        let unsent = mailer.send(&mail("ann@example.org", "Hello")).await.unwrap_err();
        assert_eq!(matches!(unsent, Unsent::Ever(_)), is_final, "{unsent:?}");
        assert!(unsent.to_string().contains(&answer[4..]), "{unsent:?}");
    }
    assert!(server.mails_to("ann@example.org").is_empty());
}

#[tokio::test]
async fn a_server_that_hangs_up_or_hangs_or_is_not_there_gets_the_mail_another_time() {
    let server = MailServer::start();
    let here = mailer(&server.url());
    server.will([Manner::HangsUp]);
    assert!(matches!(here.send(&mail("ann@example.org", "Hello")).await, Err(Unsent::Yet(_))));
    here.send(&mail("ann@example.org", "Hello")).await.unwrap();
    let taken = server.mails_to("ann@example.org");
    assert_eq!(taken.len(), 2, "what was taken before it hung up is sent again");
    assert_eq!(taken[0].header("Message-ID"), taken[1].header("Message-ID"));

    let mut hurried = here.clone();
    hurried.timeout = std::time::Duration::from_millis(50);
    server.will([Manner::Hangs]);
    assert!(matches!(hurried.send(&mail("ann@example.org", "Hello")).await, Err(Unsent::Yet(_))));

    let nowhere = mailer("smtp://127.0.0.1:1?tls=none");
    assert!(matches!(nowhere.send(&mail("ann@example.org", "Hello")).await, Err(Unsent::Yet(_))));
}

#[tokio::test]
async fn a_wrong_password_is_a_matter_of_the_settings_and_is_told_to_nobody() {
    let server = MailServer::start();
    mailer(&server.url_with("larder:s3cret", "?tls=none"))
        .send(&mail("ann@example.org", "Hello"))
        .await
        .unwrap();
    let wrong = mailer(&server.url_with("larder:gu3ss", "?tls=none"));
    let Err(Unsent::Yet(says)) = wrong.send(&mail("ann@example.org", "Hello")).await else { panic!() };
    assert!(says.contains("mail.url") && says.contains("535") && !says.contains("gu3ss"), "{says}");
    assert!(!format!("{wrong:?}").contains("gu3ss"));
}

#[tokio::test]
async fn a_password_is_never_sent_to_a_server_that_offers_no_encryption() {
    let server = MailServer::start();
    let mailer = mailer(&server.url_with("larder:s3cret", ""));
    let Err(Unsent::Yet(says)) = mailer.send(&mail("ann@example.org", "Hello")).await else { panic!() };
    assert!(says.contains("STARTTLS"), "{says}");
    assert!(server.heard().starts_with("EHLO") && !server.heard().contains("AUTH"), "{}", server.heard());
}
