//! `larder config`: every setting, its value and where that comes from.

use std::process::ExitCode;

use crate::commands::say;
use crate::config::{Setting, Settings};

pub const EXPLAINED: &str = "\
What is printed is itself a settings file; what is not at its default has its origin in the comment. Passwords in
addresses are not printed.
Later places win: defaults, settings file, environment, command line.

Examples:
  larder config
  larder config > larder.toml                      begin a settings file of your own
  LARDER_LOG_LEVEL=debug larder config             check what a variable does";

pub fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    say(text(settings))
}

fn text(settings: &Settings) -> String {
    let assignment = |setting: &Setting| {
        let name = setting.key.rsplit_once('.').map_or(setting.key.as_str(), |(_, name)| name);
        // As a comment, so that it is no value for whoever makes this a settings file.
        let mark = if setting.is_secret() { "# " } else { "" };
        format!("{mark}{name} = {}", setting.shown())
    };
    let width = settings.iter().map(|setting| assignment(setting).chars().count()).max().unwrap_or(0);
    let mut lines = Vec::new();
    let mut open = None;
    for setting in settings.iter() {
        let section = setting.key.split_once('.').map(|(section, _)| section);
        if section != open {
            lines.extend(section.map(|name| format!("\n[{name}]")));
            open = section;
        }
        lines.push(format!("{:width$}  # {}", assignment(setting), setting.origin));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    #[test]
    fn what_is_printed_is_a_settings_file_with_every_key_and_its_origin() {
        let sources = Sources {
            environment: vec![("LARDER_LOG_LEVEL".to_owned(), "debug".to_owned())],
            ..Sources::default()
        };
        let text = text(&Settings::gather(&sources).0);
        let printed: toml::Table = text.parse().unwrap();
        assert_eq!(printed["server"]["listen"].as_str(), Some("127.0.0.1:8080"));
        assert!(text.starts_with("data_folder = \"larder-data\" "), "{text}");
        let level = text.lines().find(|line| line.starts_with("level")).unwrap();
        assert!(level.starts_with("level = \"debug\" ") && level.ends_with("# environment LARDER_LOG_LEVEL"));
    }

    #[test]
    fn a_password_is_not_printed() {
        let url = ("LARDER_REDIS_URL".to_owned(), "redis://ann:s3cret@host".to_owned());
        let sources = Sources { environment: vec![url], ..Sources::default() };
        let text = text(&Settings::gather(&sources).0);
        assert!(text.contains("redis://***@host") && !text.contains("s3cret"), "{text}");
    }
}
