//! Larder, a file server people mount: the settings, the house, and the commands that run it.

pub mod commands;
pub mod config;
pub mod house;
