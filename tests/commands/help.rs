//! The help of every command.

use super::Machine;

#[test]
fn every_command_explains_itself() {
    let machine = Machine::new();
    let mut pending = vec![Vec::new()];
    let mut seen = 0;
    while let Some(command) = pending.pop() {
        let arguments: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let help = machine.run(&arguments).succeeded();
        let first = help.lines().next().unwrap();
        assert!(first.starts_with(char::is_uppercase) && first.len() > 10, "{command:?}: {first}");
        for line in help.lines() {
            assert!(line.chars().count() <= 130, "{command:?}: {line}");
        }
        let below: Vec<String> = listed(&help).map(str::to_owned).collect();
        // What does something shows its flags; what only groups commands lists them.
        assert!(!below.is_empty() || help.contains("--data <FOLDER>"), "{command:?}");
        pending.extend(below.into_iter().map(|name| [command.clone(), vec![name]].concat()));
        seen += 1;
    }
    assert_eq!(seen, 1 + 7 + 13 + 10 + 3 + 3 + 2 + 2 + 2 + 1 + 1 + 1 + 1 + 1);
}

/// The names below `Commands:`.
fn listed(help: &str) -> impl Iterator<Item = &str> {
    let section =
        help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap_or_default();
    section.lines().filter_map(|line| line.split_whitespace().next())
}

#[test]
fn the_first_thing_somebody_tries_shows_what_there_is() {
    let machine = Machine::new();
    let nothing = machine.run(&[]);
    assert_eq!(nothing.code, Some(2));
    assert!(nothing.err.contains("serve") && nothing.err.contains("Examples:"), "{nothing:#?}");
    assert!(machine.run(&["--version"]).succeeded().starts_with("larder "));
}
