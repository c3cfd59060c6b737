//! One configuration for the house, composed of each room's own.

mod document;
mod nearest;
mod problem;
mod setting;
mod settings;
pub mod sizes;

use std::path::PathBuf;

use domain::Durability;
use serde::{Deserialize, Deserializer, de};
use services::SignUp;

pub use problem::{Origin, Problem, Problems};
pub use setting::Setting;
pub use settings::{Settings, Sources};

/// Everything that can be set; `config/larder.toml` says what each key means.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder that holds everything the house keeps.
    pub data_folder: PathBuf,
    /// The drive's address as people reach it, where that is not the address listened on.
    #[serde(deserialize_with = "address_or_none")]
    pub public_url: Option<String>,
    /// What an acknowledged write survives.
    #[serde(deserialize_with = "Survived::deserialize")]
    pub durability: Durability,
    /// The section `[server]`.
    pub server: gate::GateConfig,
    /// The section `[tls]`.
    pub tls: gate::TlsConfig,
    /// The section `[webdav]`.
    pub webdav: webdav::WebdavConfig,
    /// The section `[metadata]`.
    pub metadata: metadata::MetadataConfig,
    /// The section `[blobs]`.
    pub blobs: blobs::BlobsConfig,
    /// The section `[s3]`.
    pub s3: blobs::S3Config,
    /// The section `[redis]`.
    pub redis: coordination::RedisConfig,
    /// The section `[files]`.
    pub files: services::FilesConfig,
    /// The section `[downloads]`.
    pub downloads: services::DownloadsConfig,
    /// The section `[names]`.
    pub names: services::NamesConfig,
    /// The section `[trash]`.
    pub trash: services::TrashConfig,
    /// The section `[organizations]`.
    pub organizations: services::OrganizationsConfig,
    /// The section `[projects]`.
    pub projects: services::ProjectsConfig,
    /// The section `[history]`.
    pub history: services::HistoryConfig,
    /// The section `[versions]`.
    pub versions: services::VersionsConfig,
    /// The section `[scrub]`.
    pub scrub: services::ScrubConfig,
    /// The section `[login]`.
    pub login: services::LoginConfig,
    /// The section `[limits]`.
    pub limits: services::LimitsConfig,
    /// The section `[accounts]`.
    pub accounts: services::AccountsConfig,
    /// The section `[audit]`.
    pub audit: services::AuditConfig,
    /// The section `[mail]`.
    pub mail: outbound::MailConfig,
    /// The section `[jobs]`.
    pub jobs: jobs::JobsConfig,
    /// The section `[log]`.
    pub log: LogConfig,
}

/// The section `[log]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// How it is written.
    pub format: LogFormat,
    /// The least that is logged.
    pub level: LogLevel,
}

/// The words for [`Durability`].
#[derive(Deserialize)]
#[serde(remote = "Durability", rename_all = "kebab-case")]
enum Survived {
    PowerLoss,
    ProcessCrash,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The least that is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What somebody must see to.
    Error,
    /// What somebody should look at.
    Warn,
    /// What happens.
    Info,
    /// How it happens.
    Debug,
    /// Every step of it.
    Trace,
}

impl Config {
    /// Reads the settings from everywhere they may stand.
    ///
    /// # Errors
    /// Every unknown key and every bad value, each with the place it stands in.
    pub fn load(sources: &Sources) -> Result<(Self, Settings), Problems> {
        let (mut settings, mut problems) = Settings::gather(sources);
        loop {
            let error = match serde_path_to_error::deserialize::<_, Self>(settings.to_toml()) {
                Ok(mut config) => {
                    (config.metadata.durability, config.blobs.durability) =
                        (config.durability, config.durability);
                    config.blobs.s3 = (!config.s3.bucket.is_empty()).then(|| config.s3.clone());
                    // A refused address has its default back in its place, which nobody chose.
                    if problems.is_empty() {
                        problems = shared_addresses(&config, &settings);
                        problems.extend(half_a_certificate(&config, &settings));
                        problems.extend(unfit_bucket(&config, &settings));
                        problems.extend(unfit_mail(&config, &settings));
                        problems.extend(unfit_sign_up(&config, &settings));
                    }
                    return if problems.is_empty() { Ok((config, settings)) } else { Err(sorted(problems)) };
                }
                Err(error) => error,
            };
            let path = error.path().to_string();
            // What is wrong with one item is wrong with its list.
            let key = path.split('[').next().unwrap_or_default();
            let (problem, is_fixed) = settings.reject(key, error.inner().message());
            problems.push(problem);
            // With the default back in its place the next bad value, if there is one, comes to light.
            if !is_fixed {
                return Err(sorted(problems));
            }
        }
    }
}

fn sorted(mut problems: Vec<Problem>) -> Problems {
    problems.sort_by(|one, other| one.origin.cmp(&other.origin));
    Problems(problems)
}

/// Two doors cannot listen on one address. With port 0 the system gives each a port of its own.
fn shared_addresses(config: &Config, settings: &Settings) -> Vec<Problem> {
    let listens = [
        ("server.listen", Some(config.server.listen)),
        ("server.admin_listen", config.server.admin_listen),
        ("webdav.listen", config.webdav.listen),
    ];
    let mut problems = Vec::new();
    for (index, (later, address)) in listens.iter().enumerate() {
        let Some(address) = address.filter(|address| address.port() != 0) else { continue };
        for (first, _) in listens[..index].iter().filter(|(_, taken)| *taken == Some(address)) {
            let origin = settings.origin(first).max(settings.origin(later));
            let says = format!("`{first}` and `{later}` are both {address}; give one of them another port.");
            problems.push(Problem { origin, says });
        }
    }
    problems
}

/// What of the bucket does not go together.
fn unfit_bucket(config: &Config, settings: &Settings) -> Vec<Problem> {
    let misfits = config.s3.misfits(config.blobs.store).into_iter();
    misfits.map(|(key, says)| Problem { origin: settings.origin(key), says: says.to_owned() }).collect()
}

/// A certificate is of no use without its key, and a key without its certificate.
fn half_a_certificate(config: &Config, settings: &Settings) -> Option<Problem> {
    let (set, missing) = match (&config.tls.certificate, &config.tls.key) {
        (Some(_), None) => ("tls.certificate", "tls.key"),
        (None, Some(_)) => ("tls.key", "tls.certificate"),
        _ => return None,
    };
    let says = format!("`{set}` is set and `{missing}` is not; set both for https, or neither for http.");
    Some(Problem { origin: settings.origin(set), says })
}

/// What mails cannot do without: somebody they are from, and the address their links lead to.
fn unfit_mail(config: &Config, settings: &Settings) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut miss = |key: &str, why: &str| {
        let says = format!("`mail.url` is set and `{key}` is not: {why}.");
        problems.push(Problem { origin: settings.origin("mail.url"), says });
    };
    if config.mail.url.is_some() && config.mail.from.is_none() {
        miss("mail.from", "write whom mails are from, such as \"Larder <larder@example.org>\"");
    }
    if config.mail.url.is_some() && config.public_url.is_none() {
        miss(
            "public_url",
            "mails hold links; write where people reach this server, such as \"https://files.example.org/dav/\"",
        );
    }
    problems
}

/// Who may sign up, where that takes mails that are not sent.
fn unfit_sign_up(config: &Config, settings: &Settings) -> Option<Problem> {
    let accounts = &config.accounts;
    let (key, says) = match accounts.sign_up {
        _ if config.mail.url.is_some() => return None,
        SignUp::Invited => (
            "accounts.sign_up",
            "`accounts.sign_up` is \"invited\" and `mail.url` is not set: invitations are sent by mail.",
        ),
        SignUp::Open if accounts.verify_email => (
            "accounts.sign_up",
            "`accounts.sign_up` is \"open\" and `mail.url` is not set: set it, or set `accounts.verify_email` to false.",
        ),
        SignUp::Open | SignUp::Closed => return None,
    };
    Some(Problem { origin: settings.origin(key), says: says.to_owned() })
}

fn address_or_none<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(value)?;
    match text.split_once("://") {
        None if text.is_empty() => Ok(None),
        Some(("http" | "https", rest)) if !rest.is_empty() && !rest.contains(char::is_whitespace) => {
            Ok(Some(text))
        }
        _ => Err(de::Error::custom("an address begins with http:// or https://")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(environment: &[(&str, &str)], command_line: &[(&str, &str)]) -> Result<Config, String> {
        let pairs = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
        };
        let sources = Sources {
            file: None,
            environment: pairs(environment),
            command_line: command_line
                .iter()
                .map(|(key, value)| (format!("--set {key}"), (*key).to_owned(), (*value).to_owned()))
                .collect(),
        };
        Config::load(&sources).map(|(config, _)| config).map_err(|problems| problems.to_string())
    }

    #[test]
    fn the_embedded_defaults_are_a_configuration() {
        let config = load(&[], &[]).unwrap();
        assert_eq!(config.data_folder, PathBuf::from("larder-data"));
        assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
        assert_eq!((config.public_url, config.log.format), (None, LogFormat::Text));
    }

    #[test]
    fn the_command_line_beats_the_environment() {
        let environment = [("LARDER_SERVER_LISTEN", "127.0.0.1:1"), ("LARDER_DATA_FOLDER", "00123")];
        let config = load(&environment, &[("server.listen", "127.0.0.1:2")]).unwrap();
        assert_eq!(config.server.listen.port(), 2);
        assert_eq!(config.data_folder, PathBuf::from("00123"));
    }

    #[test]
    fn every_bad_value_is_named_at_once_with_its_place_and_what_is_expected() {
        let wrong = load(
            &[("LARDER_LOG_LEVEL", "loud"), ("LARDER_SERVER_CONNECTIONS_MAX", "many"), ("PATH", "/bin")],
            &[("server.listen", "here"), ("public_url", "files.example.org")],
        )
        .unwrap_err();
        for part in [
            "environment LARDER_LOG_LEVEL: `log.level` cannot be \"loud\"",
            "it takes one of the words named here. The least that is logged: \"error\", \"warn\", \"info\", \"debug\" or \"trace\".",
            "environment LARDER_SERVER_CONNECTIONS_MAX: `server.connections_max` cannot be \"many\": it takes a whole number",
            "--set server.listen: `server.listen` cannot be \"here\"",
            "`public_url` cannot be \"files.example.org\": an address begins with http:// or https://",
        ] {
            assert!(wrong.contains(part), "{part}\nis not in\n{wrong}");
        }
        assert_eq!(wrong.lines().count(), 4, "{wrong}");
    }

    #[test]
    fn a_certificate_and_its_key_are_set_together() {
        let both = [("tls.certificate", "c.pem"), ("tls.key", "k.pem")];
        assert!(load(&[], &both).unwrap().tls.is_on());
        assert!(!load(&[], &[]).unwrap().tls.is_on());
        let certificate = load(&[], &both[..1]).unwrap_err();
        assert!(
            certificate.contains("--set tls.certificate: `tls.certificate` is set and `tls.key`"),
            "{certificate}"
        );
        let key = load(&[("LARDER_TLS_KEY", "k.pem")], &[]).unwrap_err();
        assert!(key.contains("environment LARDER_TLS_KEY: `tls.key` is set and `tls.certificate`"), "{key}");
    }

    #[test]
    fn every_room_is_told_what_a_write_has_to_survive() {
        let told = |config: Config| (config.durability, config.metadata.durability, config.blobs.durability);
        let weaker = load(&[("LARDER_DURABILITY", "process-crash")], &[]).unwrap();
        assert_eq!(told(load(&[], &[]).unwrap()), [Durability::PowerLoss; 3].into());
        assert_eq!(told(weaker), [Durability::ProcessCrash; 3].into());
        let wrong = load(&[], &[("durability", "forever")]).unwrap_err();
        assert!(
            wrong.contains("`durability` cannot be \"forever\"") && wrong.contains("power-loss"),
            "{wrong}"
        );
        assert!(load(&[], &[("metadata.durability", "power-loss")]).is_err());
    }

    #[test]
    fn the_address_of_redis_is_read_and_a_wrong_one_keeps_its_password() {
        let load = |url| load(&[("LARDER_REDIS_URL", url)], &[]);
        assert!(load("").unwrap().redis.url.is_none());
        for url in ["redis://ann:s3cret@host:6379/0", "rediss://host", "valkey://host"] {
            let config = load(url).unwrap();
            assert_eq!(config.redis.url.as_ref().unwrap().expose(), url);
            assert!(!format!("{config:?}").contains("s3cret"));
        }
        for url in [
            "ann:s3cret@host",
            "http://ann:s3cret@host",
            "redis://ann:s3cret@host:port",
            "redis://ann:s3cret@",
        ] {
            let wrong = load(url).unwrap_err();
            assert!(
                wrong.contains("redis://user:password@host:6379/0") && !wrong.contains("s3cret"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn the_public_profile_is_a_configuration_that_is_stricter() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/config/public.toml");
        let (public, _) = Config::load(&Sources { file: Some(file.into()), ..Sources::default() }).unwrap();
        let usual = load(&[], &[]).unwrap();
        assert!(public.limits.log_in_per_minute < usual.limits.log_in_per_minute);
        assert!(public.limits.read_per_minute < usual.limits.read_per_minute);
        assert!(public.limits.address_factor < usual.limits.address_factor);
        // Whoever signs up finds no way to more room than is meant for them.
        assert_eq!(public.organizations.creators, services::Creators::Admins);
        assert!(public.files.quota_bytes > 0 && public.projects.quota_bytes > 0);
        assert!(public.projects.personal_max > 0);
    }

    #[test]
    fn mails_need_a_server_a_sender_and_an_address_for_their_links() {
        assert!(load(&[], &[]).unwrap().mail.url.is_none());
        let (url, from) =
            (("mail.url", "smtps://ann:s3cret@mail.example.org"), ("mail.from", "Larder <a@b.org>"));
        let public = ("public_url", "https://files.example.org/dav/");
        let config = load(&[], &[url, from, public]).unwrap();
        assert!(config.mail.url.is_some() && !format!("{config:?}").contains("s3cret"));
        let alone = load(&[], &[url]).unwrap_err();
        for part in ["`mail.from` is not", "`public_url` is not: mails hold links", "--set mail.url: "] {
            assert!(alone.contains(part), "{part}\nis not in\n{alone}");
        }
        let wrong = load(&[], &[("mail.url", "ann:s3cret@mail.example.org"), from, public]).unwrap_err();
        assert!(wrong.contains("smtps://user:password@host:465") && !wrong.contains("s3cret"), "{wrong}");
        for sender in ["larder", "a@b.org\r\nBcc: c@d.org", "a@b.org, c@d.org"] {
            let wrong = load(&[], &[url, ("mail.from", sender), public]).unwrap_err();
            assert!(wrong.contains("Larder <larder@example.org>"), "{wrong}");
        }
    }

    #[test]
    fn who_signs_up_gets_mail_or_needs_none() {
        let load = |pairs: &[(&str, &str)]| load(&[], pairs).map(|config| config.accounts.sign_up);
        let open = ("accounts.sign_up", "open");
        assert_eq!(load(&[]).unwrap(), SignUp::Closed);
        assert_eq!(load(&[open, ("accounts.verify_email", "false")]).unwrap(), SignUp::Open);
        let wrong = load(&[open]).unwrap_err();
        assert!(
            wrong.contains("--set accounts.sign_up") && wrong.contains("accounts.verify_email"),
            "{wrong}"
        );
        let wrong = load(&[("accounts.sign_up", "invited")]).unwrap_err();
        assert!(wrong.contains("invitations are sent by mail"), "{wrong}");
        assert!(load(&[("accounts.sign_up", "everybody")]).is_err());
    }

    #[test]
    fn a_list_is_written_with_commas_and_a_bad_item_names_its_key() {
        let list = |list| load(&[("LARDER_SERVER_TRUSTED_PROXIES", list)], &[]);
        assert_eq!(list("127.0.0.1, 10.0.0.0/8").unwrap().server.trusted_proxies.len(), 2);
        let wrong = list("127.0.0.1, proxy").unwrap_err();
        assert!(wrong.contains("`server.trusted_proxies` cannot be [\"127.0.0.1\", \"proxy\"]"), "{wrong}");
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, b"[server]\ntrusted_proxies = [1]\n").unwrap();
        let sources = Sources { file: Some(file.path().to_owned()), ..Sources::default() };
        let wrong = Config::load(&sources).map(drop).unwrap_err().to_string();
        assert!(wrong.contains("line 2: `server.trusted_proxies` cannot be [1]"), "{wrong}");
    }

    #[test]
    fn an_unknown_name_stops_the_start_with_the_one_probably_meant() {
        let variable = load(&[("LARDER_SERVER_LISTN", "127.0.0.1:1")], &[]).unwrap_err();
        assert!(variable.contains("LARDER_SERVER_LISTN"), "{variable}");
        assert!(variable.contains("`LARDER_SERVER_LISTEN`"), "{variable}");
        let flag = load(&[], &[("serve.listen", "127.0.0.1:1")]).unwrap_err();
        assert!(flag.contains("`serve.listen`") && flag.contains("`server.listen`"), "{flag}");
        let section = load(&[], &[("server", "127.0.0.1:1")]).unwrap_err();
        assert!(section.contains("`server` is a section"), "{section}");
    }
}
