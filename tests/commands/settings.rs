//! Settings from four places, and `larder config`, which shows them.

use super::{Machine, Outcome};

#[test]
fn later_places_win_and_each_value_says_where_it_comes_from() {
    let machine = Machine::new();
    machine.write(
        "larder.toml",
        "data_folder = \"from-file\"\n[login]\nfailures_max = 3\nremember_seconds = 60\n",
    );
    let mut command = machine.command(&["config", "--set", "login.failures_max=5"]);
    command.env("LARDER_LOGIN_FAILURES_MAX", "4").env("LARDER_LOG_LEVEL", "debug");
    let printed = Outcome::of(command).succeeded();
    for expected in [
        ("data_folder = \"from-file\"", "# file larder.toml, line 1"),
        ("failures_max = 5", "# command line --set login.failures_max"),
        ("remember_seconds = 60", "# file larder.toml, line 4"),
        ("level = \"debug\"", "# environment LARDER_LOG_LEVEL"),
        ("format = \"text\"", "# default"),
    ] {
        let line =
            printed.lines().find(|line| line.starts_with(expected.0)).unwrap_or_else(|| panic!("{printed}"));
        assert!(line.ends_with(expected.1), "{line}");
    }
}

#[test]
fn what_config_prints_can_be_used_as_a_settings_file() {
    let machine = Machine::new();
    let printed = machine.run(&["config", "--set", "files.quota_bytes=10 GiB"]).succeeded();
    machine.write("own.toml", &printed);
    let mut command = machine.command(&["config"]);
    command.env("LARDER_CONFIG", "own.toml");
    let again = Outcome::of(command).succeeded();
    assert!(again.contains("quota_bytes = 10737418240"), "{again}");
    assert!(again.contains("# file own.toml, line "), "{again}");
    let named = machine.run(&["config", "--config", "own.toml"]).succeeded();
    assert_eq!(named, again);
}

#[test]
fn whatever_is_not_a_setting_names_itself_stops_the_start_and_leaves_no_trace() {
    let flags: [(&[&str], &[&str]); 18] = [
        (&["--set", "servr.listen=x"], &["servr.listen", "`server.listen`"]),
        (&["--set", "server.listen=here"], &["--set server.listen", "\"here\"", "127.0.0.1:8080"]),
        (&["--set", "server.connections_max=0"], &["server.connections_max", "1 or more"]),
        (&["--set", "server.connections_max=-1"], &["server.connections_max", "0 or more"]),
        (&["--set", "server.connections_max=4294967296"], &["server.connections_max", "smaller"]),
        (&["--listen", "8080"], &["--listen", "\"8080\"", "an address and a port"]),
        (&["--set", "webdav.listen=localhost:8081"], &["webdav.listen", "an address and a port"]),
        (
            &["--set", "server.admin_listen=127.0.0.1:8080"],
            &["--set server.admin_listen", "`server.listen` and `server.admin_listen`", "another port"],
        ),
        (&["--set", "blobs.store=tape"], &["blobs.store", "\"disk\"", "\"s3\""]),
        (&["--set", "blobs.store=s3"], &["--set blobs.store", "`s3.bucket` is not set"]),
        (&["--set", "s3.endpoint=garage:3900"], &["s3.endpoint", "begins with http:// or https://"]),
        (&["--set", "s3.encryption=rot13"], &["s3.encryption", "AES256", "aws:kms"]),
        (&["--set", "s3.kms_key=k"], &["--set s3.kms_key", "\"aws:kms\""]),
        (&["--set", "s3.part_bytes=1 MiB"], &["s3.part_bytes", "5 MiB"]),
        (&["--set", "s3.upload_memory_bytes=1 MiB"], &["s3.upload_memory_bytes", "`s3.part_bytes`"]),
        (&["--set", "s3.access_key=a"], &["--set s3.access_key", "`s3.secret_key` is not"]),
        (&["--config", "wrong.toml"], &["wrong.toml, line 2", "log.colour"]),
        (&["--config", "broken.toml"], &["broken.toml, line 1", "not TOML"]),
    ];
    for (flags, expected) in flags {
        refused(flags, None, expected);
    }
    let variables: [(&str, &str, &[&str]); 3] = [
        ("LARDER_SERVER_LISTN", "x", &["LARDER_SERVER_LISTN", "`LARDER_SERVER_LISTEN`"]),
        ("LARDER_LOG_FORMAT", "xml", &["LARDER_LOG_FORMAT", "\"text\"", "\"json\""]),
        ("LARDER_CONFIG", "nowhere.toml", &["nowhere.toml"]),
    ];
    for (name, value, expected) in variables {
        refused(&[], Some((name, value)), expected);
    }
}

fn refused(flags: &[&str], variable: Option<(&str, &str)>, expected: &[&str]) {
    let machine = Machine::new();
    machine.write("wrong.toml", "[log]\ncolour = true\n");
    machine.write("broken.toml", "[log\n");
    let mut command = machine.command(&["serve"]);
    // Whatever houses of this run stand on, this one comes to stand on nothing.
    let ground: Vec<_> = command.get_envs().map(|(name, _)| name.to_owned()).collect();
    for name in ground {
        command.env_remove(name);
    }
    command.args(flags).envs(variable);
    let sentence = Outcome::of(command).failed_with(2);
    for part in expected {
        assert!(sentence.contains(part), "{part} is not in {sentence}");
    }
    assert!(!machine.has_data(), "{sentence}");
}

#[test]
fn what_is_wrong_is_named_in_the_order_of_its_places() {
    let machine = Machine::new();
    machine
        .write("larder.toml", "[log]\nlevel = \"loud\"\n[login]\nfailures_maxx = 1\nremember_seconds = -1\n");
    let mut command = machine.command(&["serve", "--listen", "8080"]);
    command.env("LARDER_LOG_FORMAT", "xml");
    let sentences = Outcome::of(command).failed_with(2);
    let places: Vec<_> = sentences.lines().map(|line| line.split(": ").nth(1).unwrap()).collect();
    let file = ["file larder.toml, line 2", "file larder.toml, line 4", "file larder.toml, line 5"];
    assert_eq!(places, [&file[..], &["environment LARDER_LOG_FORMAT", "command line --listen"]].concat());
    assert_eq!(sentences.matches("debug").count(), 1, "{sentences}");
}

#[test]
fn a_flag_that_does_not_exist_names_itself() {
    for flags in [&["serve", "--lissten", "x"][..], &["serve", "--set", "log.level"], &["sreve"]] {
        let machine = Machine::new();
        let sentence = machine.run(flags).failed_with(2);
        assert!(sentence.contains(flags[flags.len() / 2]), "{sentence}");
        assert!(!machine.has_data());
    }
}

#[test]
fn a_secret_is_never_printed_and_what_is_printed_still_is_a_settings_file() {
    let machine = Machine::new();
    let secret = "wJalrXUtnFEMI";
    let flags =
        ["--set", "s3.bucket=b", "--set", "s3.access_key=AKIA", "--set", "s3.secret_key=wJalrXUtnFEMI"];
    let printed = machine.run(&[&["config"][..], &flags].concat()).succeeded();
    assert!(!printed.contains(secret), "{printed}");
    assert!(printed.contains("# secret_key = \"***\""), "{printed}");
    machine.write("own.toml", &printed.replace("access_key = \"AKIA\"", ""));
    machine.run(&["config", "--config", "own.toml"]).succeeded();
    let refused = machine.run(&[&["serve", "--set", "s3.profile=p"][..], &flags].concat()).failed_with(2);
    assert!(refused.contains("`s3.profile` and `s3.access_key`") && !refused.contains(secret), "{refused}");
}
