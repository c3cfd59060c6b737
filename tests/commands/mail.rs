//! `larder admin mail test`: an operator finds out whether mails go out, and why not.

use super::Machine;
use crate::support::{MailServer, Manner};

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
