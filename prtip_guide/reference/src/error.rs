//! Why the program ends early, and with which status.

use std::fmt;
use std::process::ExitCode;

/// A reason to end, told to the user in one line.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// The command line asks for something that is not done: status 2.
    Usage(String),
    /// The scan could not be carried out: status 1.
    Run(String),
}

impl Failure {
    /// Returns the exit status that belongs to this failure.
    pub fn status(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Usage(_) => 2,
            Self::Run(_) => 1,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) => write!(out, "{text}; see prtip --help"),
            Self::Run(text) => out.write_str(text),
        }
    }
}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Self {
        Self::Usage(error.to_string())
    }
}
