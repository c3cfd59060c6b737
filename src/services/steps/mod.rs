//! Small moves that use cases share.

mod accesses;
mod authorize;
mod change;
mod charge;
mod companions;
mod discard;
mod failures;
mod find;
mod hashing;
mod identity;
mod join;
mod judge;
mod leave;
mod moment;
mod network;
mod new_password;
mod newcomer;
mod organization;
mod place;
mod post;
mod project;
mod prove;
mod record;
mod relabel;
mod restore;
mod secret;
mod stays;
mod token;
mod under_way;

pub(crate) use accesses::Accesses;
pub(crate) use authorize::{
    may_read, may_write, pen, pen_again, pen_of_house, pen_of_system, pen_settling, pens, pens_to_copy,
    project_of, tree_of,
};
pub(crate) use change::change;
pub(crate) use charge::{NODES_MAX, charge_copy};
pub(crate) use companions::{companions_of, follow};
pub(crate) use discard::discard;
pub(crate) use failures::Failures;
pub(crate) use find::{name_of, node_of, nothing_here, parent_of};
pub(crate) use hashing::Hashing;
pub use identity::Found;
pub(crate) use identity::{find, path_by_now};
pub(crate) use join::{join, not_open};
pub(crate) use judge::{end_lapsed, judge, may_remove};
pub use leave::PURGE_PROJECT;
pub(crate) use leave::leave;
pub(crate) use moment::seq_at;
pub(crate) use network::network;
pub(crate) use new_password::hash_new;
pub(crate) use newcomer::{display_name, newcomer};
pub(crate) use organization::{Standing, change_organization, see_organization};
pub(crate) use place::{
    apart, free_name, is_in_the_way, make_entry, may_place, placed, placeholder, room_for, trash,
};
pub use post::SEND_MAIL;
pub(crate) use post::{Occasion, may_mail, post};
pub(crate) use project::{change_project, leaves_an_admin, note_member, see_project};
pub(crate) use prove::{Proof, own_turn, prove, session_ended};
pub(crate) use record::{
    about, concerned, made_before, note, once, once_instead, record, record_here, spelled,
};
pub use relabel::ORIGINAL_PATHS;
pub(crate) use relabel::relabel_later;
pub(crate) use restore::{ENTRY_DEPTH, destination, locate, not_made_up};
pub(crate) use secret::AppSecret;
pub use secret::made_up_password;
pub(crate) use stays::{account_gone, stays};
pub(crate) use token::{Token, unknown_link};
pub(crate) use under_way::{Passage, UnderWay};
