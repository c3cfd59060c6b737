//! Mails are sent by a job each: again after trouble, and given up with a reason when there is no hope.

use ::jobs::{JOBS, Outcome};
use domain::{Email, Mail, MailId, Timestamp};
use metadata::{jobs, mails};
use services::mails::SEND_MAIL;
use uuid::Uuid;

use super::DAY;
use crate::support::{Manner, TestHouse};

const ANN: &str = "ann@example.org";

/// Puts a mail into the box, as use cases do.
fn post(house: &TestHouse, now: Timestamp) {
    let mail = Mail {
        id: MailId(Uuid::new_v4()),
        to: Email::parse(ANN).unwrap(),
        subject: "Hello".to_owned(),
        text: "Hello,".to_owned(),
        html: "<p>Hello,</p>".to_owned(),
        created_at: now,
    };
    house.run(async {
        let tx = house.backends().metadata.begin().await.unwrap();
        mails::insert(&tx, &mail).await.unwrap();
        jobs::enqueue(&tx, now, &SEND_MAIL, &mail.id.0.simple().to_string(), now).await.unwrap();
        tx.commit().await.unwrap();
    });
}

fn outcomes(house: &TestHouse, now: Timestamp) -> Vec<Outcome> {
    let ran = house.run(::jobs::run_due(house.backends(), JOBS, now)).unwrap();
    ran.into_iter()
        .filter(|ran| ran.kind == SEND_MAIL && !ran.key.is_empty())
        .map(|ran| ran.outcome)
        .collect()
}

#[test]
fn a_mail_is_tried_again_until_the_mail_server_takes_it() {
    let house = TestHouse::with_mail(&[]);
    let now = Timestamp::now();
    house.mail_server().will([Manner::Answers("450 try later"), Manner::HangsUp]);
    post(&house, now);
    assert!(matches!(&outcomes(&house, now)[..], [Outcome::Failed(says)] if says.contains("450")));
    assert!(matches!(&outcomes(&house, now.after(DAY))[..], [Outcome::Failed(_)]));
    assert_eq!(outcomes(&house, now.after(2 * DAY)), [Outcome::Done]);
    assert_eq!(outcomes(&house, now.after(3 * DAY)), []);
    let taken = house.mail_server().mails_to(ANN);
    assert_eq!(taken.len(), 2, "what was taken before the server hung up was sent again");
    assert_eq!(taken[0].header("Message-ID"), taken[1].header("Message-ID"));
}

#[test]
fn a_mail_that_is_refused_for_good_waits_for_an_operator_with_the_reason() {
    let house = TestHouse::with_mail(&[]);
    let now = Timestamp::now();
    house.mail_server().will([Manner::Answers("550 no such user")]);
    post(&house, now);
    assert!(matches!(&outcomes(&house, now)[..], [Outcome::Dead(says)] if says.contains("no such user")));
    assert_eq!(outcomes(&house, now.after(DAY)), []);
    let listed = house.run(services::jobs::list(now, house.backends())).unwrap();
    let dead = listed.iter().find(|job| job.error.is_some()).unwrap();
    assert_eq!((&dead.kind, dead.attempts), (&SEND_MAIL, 1));
    // Once the reason is seen to, it goes out.
    house.run(services::jobs::retry(now, house.backends(), dead.id)).unwrap();
    assert_eq!(outcomes(&house, now.after(DAY)), [Outcome::Done]);
    assert_eq!(house.mail_server().mails_to(ANN).len(), 1);
}
