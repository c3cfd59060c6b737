//! The settings of this floor.

use std::time::Duration;

use domain::Thinning;
use outbound::Mailer;
use serde::{Deserialize, Deserializer, de};

/// The section `[files]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesConfig {
    /// The longest path in characters.
    pub path_chars_max: usize,
    /// The quota of a new user's own files in bytes; 0 for none.
    pub quota_bytes: u64,
    /// The largest single file in bytes; 0 for no limit but the quota.
    pub file_bytes_max: u64,
    /// Whether files that are read whole are compared with their SHA-256 on the way, whatever their size.
    pub verify_downloads: bool,
}

/// The section `[downloads]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DownloadsConfig {
    /// From how many bytes on a file may be fetched from the file store itself; 0 for never.
    pub redirect_bytes_min: u64,
}

/// The section `[names]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamesConfig {
    /// Whether listings show names in ASCII only.
    pub ascii_safe: bool,
}

/// The section `[trash]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrashConfig {
    /// After how many days what was removed is purged; 0 for never.
    pub days: u32,
    /// Whether drives that are mounted show the trash.
    pub listed: bool,
}

/// The section `[organizations]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganizationsConfig {
    /// Who may make organizations.
    pub creators: Creators,
}

/// Who may make something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Creators {
    /// Everybody with an account.
    Everybody,
    /// The admins of the server.
    Admins,
}

/// The section `[projects]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectsConfig {
    /// The quota of a new project in bytes; 0 for none.
    pub quota_bytes: u64,
    /// How many projects outside of organizations somebody may have made; 0 for any number.
    pub personal_max: u32,
    /// How many days bytes stay in the store of a project that was purged without them; 0 for good.
    pub objects_kept_days: u32,
}

/// The section `[history]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryConfig {
    /// Whether drives that are mounted show the history.
    pub listed: bool,
}

/// The section `[versions]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionsConfig {
    /// After how many days history is forgotten; 0 for never.
    pub days: u32,
    /// How many earlier contents of a file are kept; 0 for all.
    pub count_max: u32,
    /// How they thin out with age.
    #[serde(deserialize_with = "thinning")]
    pub thinning: Thinning,
}

fn thinning<'de, D: Deserializer<'de>>(value: D) -> Result<Thinning, D::Error> {
    Thinning::new(&Vec::<String>::deserialize(value)?).map_err(de::Error::custom)
}

/// The section `[scrub]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScrubConfig {
    /// Within how many days every content is read and compared once; 0 for never.
    pub days: u32,
    /// How much of that is read in a second, in bytes; 0 for as much as there is.
    pub read_bytes_per_second: u64,
}

/// The section `[login]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginConfig {
    /// Wrong passwords from one address within the window before it has to wait.
    pub failures_max: u32,
    /// How long a wrong password counts, in seconds.
    pub failures_window_seconds: u64,
    /// How long a verified app password is remembered in memory after its last use, in seconds.
    pub remember_seconds: u64,
    /// How many devices one user may use at the same time; 0 for any number.
    pub devices_max: u32,
    /// After how many minutes without a request a device makes room for another.
    pub device_idle_minutes: u64,
}

/// Who may sign up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignUp {
    /// Nobody: admins make accounts.
    Closed,
    /// Whoever is invited.
    Invited,
    /// Everybody.
    Open,
}

/// The section `[limits]` of the settings.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// Log-ins, sign-ups and the like that one address may send in a minute; 0 for any number.
    pub log_in_per_minute: u32,
    /// How many of these may come at once.
    pub log_in_burst: u32,
    /// Requests that only read, but for contents, that one user may send in a minute; 0 for any number.
    pub read_per_minute: u32,
    /// How many of these may come at once.
    pub read_burst: u32,
    /// Requests that change something, but for contents, that one user may send in a minute; 0 for any number.
    pub write_per_minute: u32,
    /// How many of these may come at once.
    pub write_burst: u32,
    /// Contents that one user may send in a minute; 0 for any number.
    pub upload_per_minute: u32,
    /// How many of these may come at once.
    pub upload_burst: u32,
    /// Contents that one user may fetch in a minute; 0 for any number.
    pub download_per_minute: u32,
    /// How many of these may come at once.
    pub download_burst: u32,
    /// How many times as much one address may send as one user; 0 for any number.
    pub address_factor: u32,
}

/// The section `[accounts]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountsConfig {
    /// Who may sign up.
    pub sign_up: SignUp,
    /// Whether an admin has to let in whoever has signed up.
    pub approve: bool,
    /// Whether who signs up has to show that they read what is sent to the address they give.
    pub verify_email: bool,
    /// How many characters an account password has at least.
    pub password_chars_min: usize,
    /// How many hours somebody has to show that an address is theirs.
    pub verification_hours: u64,
    /// How many minutes a link works that sets a new password.
    pub reset_minutes: u64,
    /// How many days an invitation can be accepted.
    pub invitation_days: u64,
    /// How many minutes an access token lasts.
    pub access_token_minutes: u64,
    /// After how many days without being renewed a session ends.
    pub refresh_token_days: u64,
    /// After how many days of suspension somebody cannot come in any more; 0 for never.
    pub locked_after_days: u32,
    /// After how many days of suspension an account is deleted with everything in it; 0 for never.
    pub deleted_after_days: u32,
}

/// The section `[audit]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditConfig {
    /// Whether what is read, and what is refused, is written down beside what is changed.
    pub accesses: bool,
    /// After how many days entries are removed; 0 for never.
    pub days: u32,
}

/// All settings of this floor.
#[derive(Debug, Clone)]
pub struct ServicesConfig {
    /// The section `[files]`.
    pub files: FilesConfig,
    /// The section `[downloads]`.
    pub downloads: DownloadsConfig,
    /// The section `[names]`.
    pub names: NamesConfig,
    /// The section `[trash]`.
    pub trash: TrashConfig,
    /// The section `[organizations]`.
    pub organizations: OrganizationsConfig,
    /// The section `[projects]`.
    pub projects: ProjectsConfig,
    /// The section `[history]`.
    pub history: HistoryConfig,
    /// The section `[versions]`.
    pub versions: VersionsConfig,
    /// The section `[scrub]`.
    pub scrub: ScrubConfig,
    /// The section `[login]`.
    pub login: LoginConfig,
    /// The section `[limits]`.
    pub limits: LimitsConfig,
    /// The section `[accounts]`.
    pub accounts: AccountsConfig,
    /// The section `[audit]`.
    pub audit: AuditConfig,
    /// How long bytes that nothing refers to are left where they are.
    pub orphan_grace: Duration,
    /// What operators know this server by.
    pub server_name: String,
    /// Where people reach this house, such as `https://files.example.org`; none where nobody has said.
    pub origin: Option<String>,
    /// Sends mails; none where none are sent.
    pub mailer: Option<Mailer>,
}
