//! One's own account, sessions, devices and app passwords.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Time;

/// One's own account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The identity.
    pub id: Uuid,
    /// The name to log in with.
    #[schema(example = "ann")]
    pub user_name: String,
    /// What to be called; empty for the user name.
    #[schema(example = "Ann Lee")]
    pub display_name: String,
    /// The address, if one counts.
    #[schema(required = true, example = "ann@example.org")]
    pub email: Option<String>,
    /// The address that is to count once the link that was sent there is opened.
    #[schema(required = true, example = "ann@example.com")]
    pub pending_email: Option<String>,
    /// `user` or `admin`.
    #[schema(example = "user")]
    pub role: String,
    /// Since when the account may only read.
    #[schema(required = true)]
    pub suspended_at: Option<Time>,
    /// What one's own files take.
    pub used_bytes: u64,
    /// What they may take; null for no limit.
    #[schema(required = true)]
    pub quota_bytes: Option<u64>,
    /// Since when.
    pub created_at: Time,
}

/// What is to be changed of one's own account.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeMe {
    /// What to be called; empty for the user name.
    #[serde(default)]
    #[schema(example = "Ann Lee", max_length = 128, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    pub display_name: Option<String>,
    /// Another address, which counts once the link that is sent there is opened. Needs `password`.
    #[serde(default)]
    #[schema(format = Email, max_length = 254)]
    pub email: Option<String>,
    /// The account password.
    #[serde(default)]
    #[schema(format = Password)]
    pub password: Option<String>,
}

/// Another account password.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The one that holds.
    #[schema(example = "correct horse battery staple", format = Password)]
    pub current: String,
    /// The one that is to hold, of 8 to 1024 characters; a server may ask for more than 8.
    #[schema(example = "purple monkey dishwasher", format = Password, min_length = 8, max_length = 1024)]
    pub new: String,
}

/// Being logged in somewhere.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Which one.
    pub id: Uuid,
    /// Whether it is the one of this request.
    pub current: bool,
    /// Where it was begun.
    #[schema(example = "192.0.2.1")]
    pub address: String,
    /// The program it was begun with.
    #[schema(example = "curl/8.14.1")]
    pub product: String,
    /// Since when.
    pub created_at: Time,
    /// When it was last renewed.
    pub used_at: Time,
    /// From when on it cannot be renewed any more.
    pub expires_at: Time,
}

/// A program somewhere that uses an app password.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Device {
    /// Which one.
    #[schema(example = "0a1b2c3d4e5f60718293a4b5c6d7e8f9")]
    pub id: String,
    /// The app password.
    pub app_password_id: Uuid,
    /// What that is called.
    #[schema(example = "laptop")]
    pub name: String,
    /// The program.
    #[schema(example = "rclone/v1.70.0")]
    pub product: String,
    /// Where it was last seen.
    #[schema(example = "192.0.2.1")]
    pub address: String,
    /// When.
    pub seen_at: Time,
}

/// An app password. The secret itself is shown once.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AppPassword {
    /// Which one.
    pub id: Uuid,
    /// What it is called.
    #[schema(example = "laptop")]
    pub name: String,
    /// Whether it opens files only to be read.
    pub read_only: bool,
    /// Since when.
    pub created_at: Time,
    /// When it last opened the door, to within a few minutes.
    #[schema(required = true)]
    pub last_used_at: Option<Time>,
    /// From when on it opens nothing.
    #[schema(required = true)]
    pub expires_at: Option<Time>,
    /// When it was revoked.
    #[schema(required = true)]
    pub revoked_at: Option<Time>,
}

impl From<domain::AppPassword> for AppPassword {
    fn from(known: domain::AppPassword) -> Self {
        Self {
            id: known.id.0,
            name: known.name,
            read_only: known.read_only,
            created_at: known.created_at.into(),
            last_used_at: known.last_used_at.map(Time),
            expires_at: known.expires_at.map(Time),
            revoked_at: known.revoked_at.map(Time),
        }
    }
}

/// A new app password with its secret, which is not shown again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct IssuedAppPassword {
    /// What is kept of it.
    #[serde(flatten)]
    pub app_password: AppPassword,
    /// What to give programs as the password, beside the user name.
    #[schema(example = "k7m2p-9xq40-1bcde-fghjk-mnpqr", format = Password)]
    pub secret: String,
}

/// Which app password is wanted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAppPassword {
    /// What it is called.
    #[schema(
        example = "laptop",
        max_length = 64,
        pattern = r"^[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub name: String,
    /// Whether it opens files only to be read.
    #[serde(default)]
    pub read_only: bool,
    /// From when on it opens nothing.
    #[serde(default)]
    pub expires_at: Option<Time>,
}

/// Another name for an app password.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeAppPassword {
    /// The name.
    #[schema(
        example = "old laptop",
        max_length = 64,
        pattern = r"^[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub name: String,
}

/// Who wants their account and everything in it deleted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteMe {
    /// The account password.
    #[schema(example = "correct horse battery staple", format = Password)]
    pub password: String,
}
