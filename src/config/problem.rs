//! What is wrong with a setting, and where it stands.

use std::fmt;
use std::path::PathBuf;

/// Where a value comes from; in the order of the layers, and in a file of its lines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The defaults in the program.
    Default,
    /// A settings file, at this line where it is known.
    File(PathBuf, Option<usize>),
    /// A variable of the environment.
    Environment(String),
    /// A flag of the command line.
    CommandLine(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => write!(out, "default"),
            Self::File(path, None) => write!(out, "file {}", path.display()),
            Self::File(path, Some(line)) => write!(out, "file {}, line {line}", path.display()),
            Self::Environment(name) => write!(out, "environment {name}"),
            Self::CommandLine(flag) => write!(out, "command line {flag}"),
        }
    }
}

/// One thing that is wrong with the settings, as a sentence that names the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands.
    pub origin: Origin,
    /// What is wrong and what to do.
    pub says: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.origin, self.says)
    }
}

/// Everything that is wrong with the settings, one a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(out, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
