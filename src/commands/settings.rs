//! The flags every command takes, and the other places settings are looked for.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::{Origin, Problem, Problems, Sources};

/// The file that is read from the working directory when none is named.
const FILE: &str = "larder.toml";

#[derive(Args)]
#[command(
    next_help_heading = "Settings (or in the environment: LARDER_DATA_FOLDER, LARDER_SERVER_LISTEN and so on)"
)]
pub struct Flags {
    /// The settings file [default: $LARDER_CONFIG, or larder.toml in this folder if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder that holds the files and the database [default: larder-data]
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<String>,
    /// Change one setting, such as log.level=debug; `larder config` lists all of them
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = key_and_value)]
    set: Vec<(String, String)>,
}

impl Flags {
    /// Everywhere settings may stand.
    pub fn sources(self, listen: Option<&str>) -> Result<Sources, Problems> {
        let environment = environment()?;
        let named = environment.iter().find(|(name, _)| name == "LARDER_CONFIG").map(|(_, path)| path.into());
        let here = || Path::new(FILE).exists().then(|| FILE.into());
        let file = self.config.or(named).or_else(here);
        let short = [("--data", "data_folder", self.data.as_deref()), ("--listen", "server.listen", listen)];
        let short = short
            .into_iter()
            .filter_map(|(flag, key, value)| Some((flag.to_owned(), key.to_owned(), value?.to_owned())));
        let set = self.set.into_iter().map(|(key, value)| (format!("--set {key}"), key, value));
        Ok(Sources { file, environment, command_line: set.chain(short).collect() })
    }
}

fn environment() -> Result<Vec<(String, String)>, Problems> {
    let ours = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    ours.filter(|(name, _)| name.starts_with("LARDER_"))
        .map(|(name, value)| match value.into_string() {
            Ok(value) => Ok((name, value)),
            Err(_) => {
                let says = format!("the value of `{name}` is not UTF-8.");
                Err(Problems(vec![Problem { origin: Origin::Environment(name), says }]))
            }
        })
        .collect()
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE, such as log.level=debug")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}
