//! Floor 0: the nouns of Larder and the rules that hold for them. No I/O, no async, no framework.

mod app_password;
pub mod ascii_name;
mod blob;
mod caller;
mod checksum;
mod condition;
mod error;
mod etag;
mod lock;
mod name;
mod node;
mod path;
mod placeholder;
mod property;
mod space;
mod system_file;
mod time;
mod user;
pub mod windows_name;

pub use app_password::{AppPassword, AppPasswordId};
pub use blob::{Blob, BlobId, Content, Sha256};
pub use caller::{Caller, Door, Home, RequestId};
pub use checksum::Checksum;
pub use condition::{Conditions, ETagMatch, Standing, StateList, StateTest, Tested};
pub use error::{Error, Message, Result};
pub use etag::ETag;
pub use lock::{GRACE, Lock, LockDepth, LockScope, LockToken, TIMEOUT_MAX};
pub use name::NodeName;
pub use node::{Node, NodeId, NodeKind, NodeTimes};
pub use path::NodePath;
pub use placeholder::{Origin, PLACEHOLDER_AGE_MAX};
pub use property::{DeadProperty, PropertyChange, PropertyName};
pub use space::{Quota, Seq, Space, SpaceId};
pub use system_file::SystemFile;
pub use time::Timestamp;
pub use user::{Role, User, UserId, UserName};
