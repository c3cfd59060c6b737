//! Tasks as those in a project see them.
