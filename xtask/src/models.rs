//! Getting models through the built program, which knows where they come from and checks them.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::paths::{binary, home};
use crate::step::{command, run};

/// What a fresh installation embeds and answers with.
pub const STARTERS: &[&str] =
    &["sentence-transformers/all-MiniLM-L6-v2", "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF"];

/// What tests use: a chat model that is quick in addition, and one that recognises text.
pub const FOR_TESTS: &[&str] = &[
    "sentence-transformers/all-MiniLM-L6-v2",
    "HuggingFaceTB/SmolLM2-135M-Instruct-GGUF",
    "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    "PaddlePaddle/PP-OCRv6-small",
];

/// Gives the folder of the models that tests use.
pub fn test_folder() -> PathBuf {
    std::env::var_os("QUIRE_TEST_MODELS")
        .map_or_else(|| home().join(".cache/quire/models"), PathBuf::from)
}

/// Gets the starter models; of the server's arguments, only its models folder matters.
pub fn pull_starters(arguments: &[String]) -> Result<()> {
    let folder = arguments.iter().enumerate().find_map(|(index, argument)| {
        match argument.strip_prefix("--models") {
            Some("") => arguments.get(index + 1).cloned(),
            Some(rest) => rest.strip_prefix('=').map(str::to_owned),
            None => None,
        }
    });
    pull(STARTERS, folder.as_deref().map(Path::new))
}

/// Gets models into a folder, or into the program's own; those on disk are left as they are.
pub fn pull(models: &[&str], folder: Option<&Path>) -> Result<()> {
    for model in models {
        let mut pull = command(binary(), &["models", "pull", model]);
        if let Some(folder) = folder {
            pull.arg("--models").arg(folder);
        }
        run(&mut pull)?;
    }
    Ok(())
}
