//! Every test that needs more than one crate, in one binary: each further one would link the whole house again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests stop at the first surprise and say what they saw; clippy.toml's allowances miss a test's own functions"
)]

mod clients;
mod cluster;
mod commands;
mod crash;
mod faults;
mod house_rules;
mod jobs;
mod model;
mod rest;
mod stories;
mod support;
mod web;
mod webdav;
