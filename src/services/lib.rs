//! Floor 2: what may be done. One use case is one function and one transaction; every door calls the same.
//!
//! Who asks comes first, then the [`Backends`], then what is asked for. Services call backends and
//! [`steps`], never each other.

mod backends;
mod config;
mod letters;
mod steps;

#[cfg(test)]
// Other tests ask it more.
#[allow(dead_code)]
#[path = "../../tests/support/mail_server.rs"]
mod mail_server;

pub mod app_passwords;
pub mod audit;
pub mod auth;
pub mod checkup;
pub mod devices;
pub mod files;
pub mod history;
pub mod invitations;
pub mod jobs;
pub mod limits;
pub mod mails;
pub mod me;
pub mod mounted;
pub mod organizations;
pub mod passwords;
pub mod projects;
pub mod quotas;
pub mod servers;
pub mod setup;
pub mod sign_ups;
pub mod tasks;
pub mod trash;
pub mod upgrades;
pub mod upkeep;
pub mod uploads;
pub mod users;
pub mod versions;

pub use backends::Backends;
pub use config::SignUp;
pub use config::{
    AccountsConfig, AuditConfig, Creators, DownloadsConfig, FilesConfig, HistoryConfig, LimitsConfig,
    LoginConfig, NamesConfig, OrganizationsConfig, ProjectsConfig, ScrubConfig, ServicesConfig, TrashConfig,
    VersionsConfig,
};
