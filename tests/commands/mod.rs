//! The commands as somebody at a terminal meets them: the real program, in a folder of its own.

mod admin;
mod backup;
mod backup_faults;
mod doctor;
mod doctor_bucket;
mod doctor_client;
mod doctor_deep;
mod help;
mod history;
mod jobs;
mod mail;
mod serve;
mod servers;
mod settings;
mod shared_state;
mod tls;

use crate::support::{Machine, Outcome, get, labelled, read};
