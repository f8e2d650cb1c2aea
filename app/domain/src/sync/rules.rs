//! Which files of a vault are mirrored.

use serde::{Deserialize, Serialize};

/// Which files of a vault are mirrored; a file must pass every rule.
///
/// The server keeps the rules with the source and names them by `rules_hash`, which a client takes
/// from the server and sends with a plan; it is opaque. A client applies the rules before it hashes
/// anything, so that its digest is over the same files as the server's.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Rules {
    /// Globs, one of which a path must match; empty means all paths. `*` stays within a part, `**`
    /// crosses parts, `{a,b}` is either; case counts.
    pub include: Vec<String>,
    /// Globs, none of which a path may match.
    pub exclude: Vec<String>,
    /// Endings, without a dot and without regard to case, one of which a file must have; empty
    /// means all.
    pub extensions: Vec<String>,
    /// The largest file; the server's own limit if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u64>,
    /// Whether files other than notes are mirrored: PDF, images and all else that is no text.
    pub index_attachments: bool,
    /// Whether the client leaves out what Obsidian's own setting "Excluded files" names. Only the
    /// client knows that list; the server keeps the wish.
    pub respect_obsidian_excludes: bool,
}

impl Rules {
    /// Endings of notes; files with others are attachments.
    pub const NOTE_EXTENSIONS: &[&str] = &["md", "markdown", "canvas", "base", "txt"];

    /// Makes the rules of a source that was given none: everything but hidden files and folders.
    pub fn all() -> Self {
        Self {
            exclude: vec!["**/.*".to_owned(), "**/.*/**".to_owned()],
            index_attachments: true,
            respect_obsidian_excludes: true,
            ..Self::default()
        }
    }
}
