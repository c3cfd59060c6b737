//! Every setting with its value and where that came from: the defaults, and three layers laid over them.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::document;
use super::nearest::nearest;
use super::setting::{PREFIX, Setting};
use super::{Origin, Problem};

/// The defaults, which also say which keys there are.
const DEFAULTS: &str = include_str!("../../config/larder.toml");

/// Where settings are read from, in the order in which they lie over each other.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The settings file, if there is one.
    pub file: Option<PathBuf>,
    /// The environment; names that do not begin with `LARDER_` are not looked at.
    pub environment: Vec<(String, String)>,
    /// The flag as it was typed, the key it sets, the value.
    pub command_line: Vec<(String, String, String)>,
}

/// Every setting, in the order of `config/larder.toml`.
#[derive(Debug, Clone)]
pub struct Settings(Vec<Setting>);

impl Settings {
    /// Lays the layers over each other; whatever could not be laid is reported and left out.
    pub fn gather(sources: &Sources) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut settings = Self::defaults(&mut problems);
        if let Some(path) = &sources.file {
            settings.lay_file(path, &mut problems);
        }
        for (name, text) in &sources.environment {
            problems.extend(settings.lay_variable(name, text).err());
        }
        for (flag, key, text) in &sources.command_line {
            problems.extend(settings.lay_flag(flag, key, text).err());
        }
        (settings, problems)
    }

    /// The settings, in the order of `config/larder.toml`.
    pub fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.0.iter()
    }

    /// Who said what a setting is.
    pub(super) fn origin(&self, key: &str) -> Origin {
        let setting = self.0.iter().find(|setting| setting.key == key);
        setting.map_or(Origin::Default, |setting| setting.origin.clone())
    }

    /// The effective values as one document.
    pub(super) fn to_toml(&self) -> Value {
        let mut top = Table::new();
        for Setting { key, value, .. } in &self.0 {
            match key.split_once('.') {
                None => top.insert(key.clone(), value.clone()),
                Some((section, name)) => {
                    let section = top.entry(section).or_insert_with(|| Value::Table(Table::new()));
                    section.as_table_mut().and_then(|section| section.insert(name.to_owned(), value.clone()))
                }
            };
        }
        Value::Table(top)
    }

    /// Puts the default back for a value its room refused, and says so; whether that changed anything.
    pub(super) fn reject(&mut self, key: &str, why: &str) -> (Problem, bool) {
        let Some(setting) = self.find(key) else {
            return (Problem { origin: Origin::Default, says: format!("`{key}`: {why}.") }, false);
        };
        let origin = std::mem::replace(&mut setting.origin, Origin::Default);
        let value = std::mem::replace(&mut setting.value, setting.default.clone());
        let is_fixed = origin != Origin::Default;
        (setting.refused(&value, origin, why), is_fixed)
    }

    fn defaults(problems: &mut Vec<Problem>) -> Self {
        let entries = document::read(DEFAULTS).unwrap_or_else(|(_, says)| {
            problems.push(Problem { origin: Origin::Default, says });
            Vec::new()
        });
        let lines: Vec<&str> = DEFAULTS.lines().collect();
        let settings = entries.into_iter().map(|document::Entry { key, value, line }| {
            // Lines count from 1, so two back is the line above: the sentence that explains the key.
            let above = line.checked_sub(2).and_then(|above| lines.get(above)).unwrap_or(&"");
            let says = above.trim_start_matches("# ").to_owned();
            Setting { key, says, default: value.clone(), value, origin: Origin::Default }
        });
        Self(settings.collect())
    }

    fn lay_file(&mut self, path: &Path, problems: &mut Vec<Problem>) {
        let origin = |line| Origin::File(path.to_owned(), line);
        let entries = std::fs::read_to_string(path)
            .map_err(|error| (None, format!("the settings file cannot be read: {error}.")))
            .and_then(|text| {
                document::read(&text).map_err(|(line, why)| (line, format!("this is not TOML: {why}.")))
            });
        match entries {
            Ok(entries) => {
                problems.extend(entries.into_iter().filter_map(|entry| self.lay_entry(entry, path).err()))
            }
            Err((line, says)) => problems.push(Problem { origin: origin(line), says }),
        }
    }

    fn lay_entry(&mut self, entry: document::Entry, path: &Path) -> Result<(), Problem> {
        let document::Entry { key, value, line } = entry;
        let origin = Origin::File(path.to_owned(), Some(line));
        // An empty section changes nothing, as long as there is one of that name.
        if value.is_table() && self.has_section(&key) {
            return Ok(());
        }
        match self.find(&key) {
            Some(setting) => setting.take(value, origin),
            None => Err(self.unknown(&key, origin)),
        }
    }

    fn lay_variable(&mut self, name: &str, text: &str) -> Result<(), Problem> {
        // LARDER_CONFIG names the file and is no setting of its own.
        if !name.starts_with(PREFIX) || name == "LARDER_CONFIG" {
            return Ok(());
        }
        let origin = Origin::Environment(name.to_owned());
        if let Some(setting) = self.0.iter_mut().find(|setting| setting.variable() == name) {
            return setting.take_text(text, origin);
        }
        let names: Vec<String> = self.0.iter().map(Setting::variable).collect();
        let meant = meant(nearest(name, names.iter().map(String::as_str)));
        Err(Problem { origin, says: format!("`{name}` sets nothing that can be set.{meant}") })
    }

    fn lay_flag(&mut self, flag: &str, key: &str, text: &str) -> Result<(), Problem> {
        let origin = Origin::CommandLine(flag.to_owned());
        match self.find(key) {
            Some(setting) => setting.take_text(text, origin),
            None => Err(self.unknown(key, origin)),
        }
    }

    fn find(&mut self, key: &str) -> Option<&mut Setting> {
        self.0.iter_mut().find(|setting| setting.key == key)
    }

    fn has_section(&self, name: &str) -> bool {
        self.0.iter().any(|setting| setting.key.split_once('.').is_some_and(|(section, _)| section == name))
    }

    fn unknown(&self, key: &str, origin: Origin) -> Problem {
        let says = if self.has_section(key) {
            format!(
                "`{key}` is a section; name a key of it, such as `{key}.…`. `larder config` lists all of them."
            )
        } else {
            let meant = meant(nearest(key, self.0.iter().map(|setting| setting.key.as_str())));
            format!("`{key}` is not a setting.{meant}")
        };
        Problem { origin, says }
    }
}

fn meant(nearest: Option<&str>) -> String {
    match nearest {
        Some(name) => format!(" Did you mean `{name}`?"),
        None => " `larder config` lists all of them.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Write;

    use super::*;

    fn file(text: &str) -> (Settings, Vec<String>) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let place = file.path().display().to_string();
        let sources = Sources { file: Some(file.path().to_owned()), ..Sources::default() };
        let (settings, problems) = Settings::gather(&sources);
        (settings, problems.iter().map(|problem| problem.to_string().replace(&place, "FILE")).collect())
    }

    #[test]
    fn every_key_is_explained_by_one_sentence() {
        let settings = Settings::gather(&Sources::default()).0;
        assert!(settings.iter().count() > 15);
        for Setting { key, says, .. } in settings.iter() {
            assert!(says.ends_with('.') && says.starts_with(char::is_uppercase), "{key}: {says:?}");
        }
    }

    #[test]
    fn every_key_has_a_variable_of_its_own() {
        let settings = Settings::gather(&Sources::default()).0;
        let variables: BTreeSet<String> = settings.iter().map(Setting::variable).collect();
        assert_eq!(variables.len(), settings.iter().count());
        assert!(variables.contains("LARDER_DATA_FOLDER") && variables.contains("LARDER_SERVER_LISTEN"));
    }

    #[test]
    fn a_settings_file_changes_what_it_names_and_nothing_else() {
        let (mut settings, problems) =
            file("data_folder = \"x\"\n[files]\nquota_bytes = \"10 GiB\"\n[log]\n");
        assert_eq!(problems, [""; 0]);
        assert_eq!(settings.find("files.quota_bytes").unwrap().value, Value::Integer(10 << 30));
        let changed = settings.iter().filter(|setting| setting.origin != Origin::Default);
        assert_eq!(
            changed.map(|setting| setting.key.as_str()).collect::<Vec<_>>(),
            ["data_folder", "files.quota_bytes"]
        );
    }

    #[test]
    fn whatever_is_wrong_in_a_settings_file_is_found_with_its_line() {
        let table = [
            (
                "\n[server]\nlisen = 1",
                "file FILE, line 3: `server.lisen` is not a setting. Did you mean `server.listen`?",
            ),
            ("[server]\nlisten = 80", "line 2: `server.listen` cannot be 80: it takes text in quotes."),
            (
                "[server]\nconnections_max = \"1\"",
                "line 2: `server.connections_max` cannot be \"1\": it takes a whole number.",
            ),
            ("[files]\nquota_bytes = -1", "line 2: `files.quota_bytes` cannot be -1: it takes 0 or more."),
            (
                "[files]\nquota_bytes = \"much\"",
                "line 2: `files.quota_bytes` cannot be \"much\": it takes a number of bytes",
            ),
            ("[sever]", "line 1: `sever` is not a setting."),
            ("server = 3", "line 1: `server` is a section"),
            ("[data_folder]\na = 1", "line 2: `data_folder.a` is not a setting."),
            ("a = \n", "line 1: this is not TOML"),
        ];
        for (text, expected) in table {
            let (_, problems) = file(text);
            assert!(problems.len() == 1 && problems[0].contains(expected), "{text:?} gave {problems:#?}");
        }
    }

    #[test]
    fn a_settings_file_that_is_not_there_is_named() {
        let sources = Sources { file: Some("/nowhere/larder.toml".into()), ..Sources::default() };
        let problems = Settings::gather(&sources).1;
        assert!(
            problems[0]
                .to_string()
                .starts_with("file /nowhere/larder.toml: the settings file cannot be read")
        );
    }
}
