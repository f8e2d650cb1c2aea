//! Trying a file in a process of its own before this one has llama.cpp read it.

use std::path::PathBuf;

/// The command that tries a file, whose path is added to the arguments, and behind it that of an adapter if there is one.
///
/// It does what `llama::try_file` does, prints what is wrong with the file, and ends with success if nothing is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Trial {
    /// The program.
    pub program: PathBuf,
    /// What it is called with, before the paths.
    pub arguments: Vec<String>,
    /// In which file it is kept what passed, if it is kept across restarts: each file is tried once. Default nowhere.
    pub passed: Option<PathBuf>,
}
