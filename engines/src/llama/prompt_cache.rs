//! What the model made of instructions, kept on disk: after a restart they need not be read again.
//!
//! Only the part of a prompt that the request names as instructions is kept, never what stands behind it: passages of
//! documents do not leave the folders that hold them.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::token::LlamaToken;
use sha2::{Digest, Sha256};

/// Fewer tokens than this are read faster than a file is found.
const FEWEST: usize = 32;
/// How many prompts are kept, of all models together.
const MOST_FILES: usize = 16;
const EXTENSION: &str = "prompt";

/// The prompts of one model in a folder.
#[derive(Clone, Debug)]
pub struct PromptCache {
    folder: PathBuf,
    /// What tells this model from others, and this build from one that computes otherwise.
    model: String,
}

impl PromptCache {
    /// Opens the folder, which need not exist, for a model of this fingerprint.
    pub fn new(folder: &Path, fingerprint: &str) -> Self {
        let model = format!("{}/{fingerprint}", env!("CARGO_PKG_VERSION"));
        Self { folder: folder.to_owned(), model }
    }

    /// Puts what is kept of `tokens` into an empty sequence; returns whether it holds them now.
    pub fn restore(
        &self,
        context: &mut LlamaContext<'_>,
        sequence: i32,
        tokens: &[LlamaToken],
    ) -> bool {
        let Some(path) = self.find(tokens) else { return false };
        let restored = is_whole(&path)
            && match context.state_seq_load_file(&path, sequence, tokens.len()) {
                Ok((restored, _)) => restored == tokens,
                Err(error) => {
                    tracing::debug!(path = %path.display(), %error, "a kept prompt is of no use");
                    false
                }
            };
        if restored {
            touch(&path);
        } else {
            // It is made anew at the next end of a request.
            let _ = fs::remove_file(&path);
        }
        restored
    }

    /// Keeps a sequence that holds `tokens` and nothing else.
    pub fn store(&self, context: &LlamaContext<'_>, sequence: i32, tokens: &[LlamaToken]) {
        if let Err(error) = self.try_store(context, sequence, tokens) {
            let folder = self.folder.display();
            tracing::warn!(%folder, %error, "instructions could not be kept; they are read again after a restart");
        }
    }

    /// Returns whether `tokens` are worth keeping and not kept yet.
    pub fn lacks(&self, tokens: &[LlamaToken]) -> bool {
        tokens.len() >= FEWEST && self.find(tokens).is_none()
    }

    /// Returns whether something is kept of `tokens`.
    pub fn has(&self, tokens: &[LlamaToken]) -> bool {
        self.find(tokens).is_some()
    }

    fn try_store(
        &self,
        context: &LlamaContext<'_>,
        sequence: i32,
        tokens: &[LlamaToken],
    ) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let key = self.key(tokens);
        let unfinished = self.folder.join(format!("{key}.{}.unfinished", std::process::id()));
        let saved = context.state_seq_save_file(&unfinished, sequence, tokens);
        let result = saved.map_err(io::Error::other).and_then(|_| digest(&unfinished));
        let result = result.and_then(|digest| {
            fs::rename(&unfinished, self.folder.join(format!("{key}-{digest}.{EXTENSION}")))
        });
        if result.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        result?;
        self.remove_oldest()
    }

    fn find(&self, tokens: &[LlamaToken]) -> Option<PathBuf> {
        let beginning = format!("{}-", self.key(tokens));
        let is_it = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with(&beginning))
        };
        self.files().ok()?.into_iter().find(is_it)
    }

    /// Names what a model makes of tokens.
    fn key(&self, tokens: &[LlamaToken]) -> String {
        let mut hash = Sha256::new_with_prefix(&self.model);
        for token in tokens {
            hash.update(token.0.to_le_bytes());
        }
        short_hash(&hash.finalize())
    }

    fn files(&self) -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == EXTENSION) {
                files.push(path);
            }
        }
        Ok(files)
    }

    fn remove_oldest(&self) -> io::Result<()> {
        let mut files = self.files()?;
        let modified = |path: &PathBuf| path.metadata().and_then(|data| data.modified()).ok();
        files.sort_by_cached_key(|path| std::cmp::Reverse(modified(path)));
        files.iter().skip(MOST_FILES).try_for_each(fs::remove_file)
    }
}

/// Returns whether a file is as it was written; its name says so.
fn is_whole(path: &Path) -> bool {
    let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    digest(path).is_ok_and(|digest| name.ends_with(&digest))
}

fn digest(path: &Path) -> io::Result<String> {
    Ok(short_hash(&Sha256::digest(fs::read(path)?)))
}

/// Writes half of a hash, which is enough to tell files apart.
pub fn short_hash(hash: &[u8]) -> String {
    format!("{:032x}", u128::from_be_bytes(*hash.first_chunk().unwrap_or(&[0; 16])))
}

/// Marks a file as used now; one that cannot be marked is only removed sooner.
fn touch(path: &Path) {
    let file = File::options().append(true).open(path);
    let _ = file.and_then(|file| file.set_modified(SystemTime::now()));
}
