//! Lines that are printed to be pasted into a shell.

use std::path::Path;

use web::quoted;

use crate::config::{Config, Origin, Settings};

/// This program with the settings it was started with, so that what follows works on the same house from whatever
/// folder it is pasted in.
pub fn this_program(config: &Config, settings: &Settings) -> String {
    let program = std::env::args().next().unwrap_or_else(|| "larder".to_owned());
    // A bare name is looked up in PATH, from everywhere the same.
    let program = if program.contains('/') { absolute(Path::new(&program)) } else { program };
    let file = settings.iter().find_map(|setting| match &setting.origin {
        Origin::File(path, _) => Some(["--config".to_owned(), absolute(path)]),
        _ => None,
    });
    let flags = settings.iter().filter_map(|setting| flag(setting.key.as_str(), &setting.origin, config));
    let words = std::iter::once(program).chain(file.into_iter().flatten()).chain(flags.flatten());
    words.map(|word| quoted(&word)).collect::<Vec<_>>().join(" ")
}

/// The flag that repeats a setting, if it matters for which house a command means and what it prints.
fn flag(key: &str, origin: &Origin, config: &Config) -> Option<[String; 2]> {
    // What the settings file says comes with the file; only its paths count from the folder one is in.
    let value = match (key, origin) {
        (_, Origin::Default) => None,
        ("data_folder", _) => return Some(["--data".to_owned(), absolute(&config.data_folder)]),
        ("tls.certificate", _) => {
            return config.tls.certificate.as_deref().map(|path| set(key, absolute(path)));
        }
        ("tls.key", _) => return config.tls.key.as_deref().map(|path| set(key, absolute(path))),
        (_, Origin::File(..)) => None,
        // Port 0 has become a real one since.
        ("server.listen", _) => Some(config.server.listen.to_string()),
        ("webdav.listen", _) => config.webdav.listen.map(|address| address.to_string()),
        ("public_url", _) => config.public_url.clone(),
        _ => None,
    };
    Some(set(key, value?))
}

fn set(key: &str, value: String) -> [String; 2] {
    ["--set".to_owned(), format!("{key}={value}")]
}

/// A path as it is from every folder.
pub fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}
