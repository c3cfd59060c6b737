//! Redis gone, hung or back again under a house that uses it, and what its servers tell each other.

use domain::{Timestamp, UserName};
use larder::house::visit;
use services::{Backends, app_passwords};

use super::{head, sent, varied_bytes, wait_for_uploads, wait_until};
use crate::support::{Answer, RedisServer, TestHouse, Wire, set_active};

fn ann() -> UserName {
    UserName::parse("ann").unwrap()
}

/// A house on a Redis of the test's own.
fn new_house(redis: &RedisServer, settings: &[(&str, &str)]) -> TestHouse {
    TestHouse::with_settings(
        &[&[("redis.url", &*redis.url()), ("redis.prefix", "larder:")], settings].concat(),
    )
}

/// Ann's house, which holds `/old`.
fn house_on(redis: &RedisServer) -> TestHouse {
    let house = new_house(redis, &[]).with_user("ann");
    assert_eq!(house.put("/old", "content").status, 201);
    house
}

#[track_caller]
fn assert_paused(answer: &Answer) {
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
    assert!(
        answer.text().contains("Uploads are paused: the server's Redis does not answer; reading goes on.")
    );
}

/// Whatever is no upload.
#[track_caller]
fn all_else_works(house: &TestHouse) {
    assert_eq!(house.get("/old").text(), "content");
    assert_eq!(house.list("/"), ["old"]);
    assert_eq!(house.mkcol("/folder").status, 201);
    assert_eq!(house.relocate("COPY", "/old", "/folder/copy").status, 201);
    assert_eq!(house.relocate("MOVE", "/folder/copy", "/folder/moved").status, 201);
    assert_eq!(house.delete("/folder").status, 204);
}

fn ready(house: &TestHouse) -> Answer {
    house.wire().ask("GET", "/health/ready", &[], "")
}

fn recovers(house: &TestHouse) {
    wait_until("uploads go on", || house.put("/new", "new").status == 201);
    assert_eq!(ready(house).text(), "ready\n");
    assert_eq!(house.delete("/new").status, 204);
}

#[test]
fn without_redis_uploads_are_refused_and_all_else_goes_on_until_it_is_back() {
    let mut redis = RedisServer::start();
    let house = house_on(&redis);
    for _ in 0..2 {
        redis.kill();
        for _ in 0..3 {
            assert_paused(&house.put("/new", "new"));
            assert_paused(&house.put("/old", "other"));
        }
        all_else_works(&house);
        let ready = ready(&house);
        assert_eq!(
            (ready.status, ready.text().as_str()),
            (200, "ready\nuploads are paused: Redis does not answer\n")
        );
        redis.start_again();
        recovers(&house);
    }
}

#[test]
fn an_upload_is_refused_before_its_body_is_asked_for() {
    let mut redis = RedisServer::start();
    let house = house_on(&redis);
    redis.kill();
    let headers = [("Content-Length", "1000000"), ("Expect", "100-continue")];
    assert_paused(&sent(&house, head(&house, "PUT", "/new", &headers)).answer());
}

#[test]
fn an_upload_that_runs_is_finished_without_redis_and_the_next_one_refused() {
    let mut redis = RedisServer::start();
    let house = house_on(&redis);
    let content = varied_bytes(1, 200_000);
    let head = head(&house, "PUT", "/new", &[("Content-Length", &content.len().to_string())]);
    let mut wire = sent(&house, [head.as_bytes(), &content[..100_000]].concat());
    wait_for_uploads(&house, 1);
    redis.kill();
    wire.send(&content[100_000..]);
    assert_eq!(wire.answer().status, 201);
    assert!(house.get("/new").body == content);
    assert_paused(&house.put("/next", "next"));
}

#[test]
fn a_redis_that_hangs_keeps_nobody_waiting() {
    let redis = RedisServer::start();
    let house = house_on(&redis);
    redis.signal("STOP");
    assert_paused(&house.put("/new", "new"));
    all_else_works(&house);
    redis.signal("CONT");
    recovers(&house);
}

#[test]
fn a_house_starts_without_its_redis() {
    let mut redis = RedisServer::start();
    redis.kill();
    let house = new_house(&redis, &[]).with_user("ann");
    assert_paused(&house.put("/new", "new"));
    assert_eq!(house.list("/"), [""; 0]);
    redis.start_again();
    recovers(&house);
}

#[test]
fn without_redis_people_log_in_and_guessers_wait_all_the_same() {
    let mut redis = RedisServer::start();
    let house = house_on(&redis);
    redis.kill();
    let now = Timestamp::now();
    let issued = house.run(app_passwords::create(now, house.backends(), &ann(), "phone", None)).unwrap();
    let look = |password: &str| {
        let credentials = Wire::basic("ann", password);
        house.wire().ask("PROPFIND", "/dav/", &[("Authorization", &credentials), ("Depth", "0")], "").status
    };
    assert_eq!(look(&issued.secret), 207);
    let guesses: Vec<u16> = (0..12).map(|_| look("00000-00000-00000-00000-00000")).collect();
    assert!(guesses.starts_with(&[401]) && guesses.ends_with(&[429]), "{guesses:?}");
    assert_eq!((look(&issued.secret), house.list("/").len()), (207, 1));
}

/// The use cases as a command has them, or another server, on the same data.
fn beside(house: &TestHouse) -> Backends {
    house.run(visit(house.config())).unwrap()
}

#[test]
fn what_a_password_opens_is_not_asked_of_the_database_each_time() {
    let redis = RedisServer::start();
    let house = house_on(&redis);
    wait_until("revocations are heard", || house.backends().coordination.revocations_heard().is_some());
    let requests = 100;
    let (_, statements) = house.statements(|| (0..requests).for_each(|_| drop(house.get("/old"))));
    // One is for the file itself.
    assert!(statements < 2 * requests, "{statements}");
}

#[test]
fn who_is_revoked_or_disabled_by_another_server_is_out_and_who_is_enabled_back_in() {
    let redis = RedisServer::start();
    let house = house_on(&redis);
    let other = beside(&house);
    let opens = || house.get("/old").status == 200;
    wait_until("revocations are heard", || house.backends().coordination.revocations_heard().is_some());
    for _ in 0..5 {
        assert!(opens());
        house.run(set_active(&other, "ann", false)).unwrap();
        wait_until("Ann is out", || house.get("/old").status == 401);
        house.run(set_active(&other, "ann", true)).unwrap();
        wait_until("Ann is in", opens);
    }
    house.run(app_passwords::revoke(Timestamp::now(), &other, &ann(), "test")).unwrap();
    wait_until("Ann is out", || house.get("/old").status == 401);
    house.run(other.close()).unwrap();
}

#[test]
fn who_is_revoked_while_redis_is_away_or_hangs_is_out() {
    let mut redis = RedisServer::start();
    let house = house_on(&redis);
    let other = beside(&house);
    wait_until("revocations are heard", || house.backends().coordination.revocations_heard().is_some());
    for hangs in [true, false] {
        if hangs {
            redis.signal("STOP")
        } else {
            redis.kill()
        }
        house.run(set_active(&other, "ann", false)).unwrap();
        wait_until("Ann is out", || house.get("/old").status == 401);
        house.run(set_active(&other, "ann", true)).unwrap();
        wait_until("Ann is in", || house.get("/old").status == 200);
        if hangs {
            redis.signal("CONT")
        } else {
            redis.start_again()
        }
        wait_until("revocations are heard", || house.backends().coordination.revocations_heard().is_some());
    }
    house.run(other.close()).unwrap();
}

#[test]
fn values_of_others_in_redis_break_nothing() {
    let redis = RedisServer::start();
    let house = house_on(&redis);
    let devices = new_house(&redis, &[("login.devices_max", "1")]).with_user("eve");
    assert_eq!(devices.list("/"), [""; 0]);
    let keys = redis.command("KEYS larder:*");
    let keys: Vec<&str> = keys.lines().filter(|line| line.starts_with("larder:")).collect();
    assert!(!keys.is_empty());
    for key in keys {
        redis.command(&format!("DEL {key}"));
        redis.command(&format!("SADD {key} nonsense"));
    }
    redis.command("PUBLISH larder:revoked nonsense");
    redis.command("PUBLISH larder:wake nonsense");
    assert_eq!(house.put("/new", "new").status, 201);
    assert_eq!(devices.list("/"), [""; 0]);
    assert_eq!(devices.put("/new", "new").status, 201);
}
