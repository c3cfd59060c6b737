//! `larder admin devices` and `larder admin uploads`: what servers share, seen from a terminal.

use std::io::Write;
use std::net::TcpStream;

use super::Outcome;
use crate::support::{Machine, RedisServer, Wire, wait_until};

/// A command on the machine's data and this Redis.
fn run(machine: &Machine, redis: &RedisServer, arguments: &[&str]) -> String {
    let mut command = machine.command(arguments);
    command.env("LARDER_REDIS_URL", redis.url());
    Outcome::of(command).succeeded()
}

#[test]
fn an_operator_sees_devices_and_uploads_of_a_running_server_and_makes_room() {
    let (machine, redis) = (Machine::new(), RedisServer::start());
    let url = format!("redis.url={}", redis.url());
    let server = machine.serve(&["--set", &url]);
    let run = |arguments: &[&str]| run(&machine, &redis, arguments);
    assert_eq!(run(&["admin", "devices", "list", "larder"]).trim(), "larder uses no device.");
    assert_eq!(run(&["admin", "uploads", "list"]).trim(), "Nothing is being uploaded.");

    let credentials = Wire::basic("larder", server.labelled("Password").unwrap());
    let mut wire = TcpStream::connect(server.socket()).unwrap();
    let head = format!(
        "PUT /dav/film.mkv HTTP/1.1\r\nHost: larder\r\nAuthorization: {credentials}\r\nUser-Agent: rclone/v1\r\n\
         Content-Length: 3145728\r\n\r\n"
    );
    wire.write_all(head.as_bytes()).unwrap();
    wire.write_all(&vec![1; 1 << 20]).unwrap();
    wait_until("a third of it has come", || {
        let listed = run(&["admin", "uploads", "list"]);
        let line = listed.lines().nth(1).unwrap_or_default();
        let told: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        told.starts_with(&["larder", "/film.mkv"]) && told[3..5] == ["1.0 MiB", "3.0 MiB"]
    });
    let devices = run(&["admin", "devices", "list", "larder"]);
    assert!(
        devices.contains("first") && devices.contains("rclone") && devices.contains("127.0.0.1"),
        "{devices}"
    );
    drop(wire);
    wait_until("nothing is uploaded", || run(&["admin", "uploads", "list"]).starts_with("Nothing"));

    assert_eq!(run(&["admin", "devices", "forget", "larder", "other"]).trim(), "Forgotten: 0 devices.");
    assert_eq!(run(&["admin", "devices", "forget", "larder", "first"]).trim(), "Forgotten: 1 device.");
    assert_eq!(run(&["admin", "devices", "list", "larder"]).trim(), "larder uses no device.");
}

#[test]
fn without_redis_a_command_says_who_knows() {
    let machine = Machine::new();
    for arguments in [&["admin", "uploads", "list"][..], &["admin", "devices", "list", "ann"]] {
        let mut command = machine.command(arguments);
        command.env("LARDER_REDIS_URL", "");
        let says = Outcome::of(command).failed_with(1);
        assert!(says.contains("redis.url"), "{says}");
    }
}

#[test]
fn doctor_says_how_redis_is() {
    let (machine, mut redis) = (Machine::new(), RedisServer::start());
    let url = format!("redis.url=redis://:s3cret@{}", redis.url().trim_start_matches("redis://"));
    drop(machine.serve(&[]));
    redis.command("CONFIG SET requirepass s3cret");
    let doctor = || machine.run(&["doctor", "--set", &url, "--set", "server.listen=127.0.0.1:0"]);
    let well = doctor().succeeded();
    assert!(well.contains("\u{2713} redis") && well.contains("noeviction"), "{well}");
    redis.kill();
    let ill = doctor();
    assert_eq!(ill.code, Some(1), "{ill:#?}");
    assert!(ill.out.contains("\u{2717} redis") && ill.out.contains("redis.url"), "{ill:#?}");
    assert!(!ill.out.contains("s3cret"), "{ill:#?}");
}
