//! Names and identifiers: newtypes that hold only valid values.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A name or identifier that breaks its rules.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{what} `{value}` {problem}")]
pub struct InvalidName {
    /// What was being named, such as "collection name".
    pub what: &'static str,
    /// The refused value, shortened to 80 characters.
    pub value: String,
    /// The broken rule and how to keep it.
    pub problem: &'static str,
}

/// Makes the error of a value that breaks a rule.
pub(crate) fn refuse(what: &'static str, value: &str, problem: &'static str) -> InvalidName {
    let value = value.chars().take(80).collect();
    InvalidName { what, value, problem }
}

/// Shows the text of a newtype around a `String` that has `FromStr`, and makes it from one.
macro_rules! string_newtype {
    ($name:ident) => {
        impl $name {
            /// Shows the value as a string slice.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::InvalidName;

            fn try_from(value: String) -> Result<Self, $crate::InvalidName> {
                value.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0
            }
        }
    };
}

pub(crate) use string_newtype;

/// Defines an identifier made of ASCII letters, digits, `-` and `_`, at most 80 long.
macro_rules! opaque_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        string_newtype!($name);

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(value: &str) -> Result<Self, InvalidName> {
                let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
                if value.is_empty() || value.len() > 80 || !value.chars().all(fits) {
                    return Err(refuse($what, value, "is not an identifier of ours"));
                }
                Ok(Self(value.to_owned()))
            }
        }
    };
}

opaque_id!(
    /// Identifies one document of one collection for as long as it exists.
    DocumentId,
    "document id"
);
opaque_id!(
    /// Identifies one chunk; changes when its document is indexed anew.
    ChunkId,
    "chunk id"
);
opaque_id!(
    /// Identifies the text of a document as it was at some time: another one once the document has
    /// changed, or is read in another way.
    TextVersion,
    "version of a text"
);
opaque_id!(
    /// Identifies one conversation.
    ConversationId,
    "conversation id"
);

opaque_id!(
    /// Identifies one run of an evaluation.
    EvaluationId,
    "evaluation id"
);

opaque_id!(
    /// Identifies one file, with a collection or without: see [`FileId::of_document`].
    FileId,
    "file id"
);
opaque_id!(
    /// Identifies one collection as the vector store that it is, whatever its name.
    VectorStoreId,
    "vector store id"
);

/// The name of a collection: 1 to 64 characters; letters, digits, space, `-`, `_` and `.`.
///
/// It is part of model names (`collection/<name>`) and of URLs, and starts with a letter or digit.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct CollectionName(String);

string_newtype!(CollectionName);

impl FromStr for CollectionName {
    type Err = InvalidName;

    fn from_str(value: &str) -> Result<Self, InvalidName> {
        let what = "collection name";
        let value = value.trim();
        let fits = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.');
        if value.is_empty() {
            return Err(refuse(what, value, "is empty; give it at least one letter or digit"));
        }
        if value.chars().count() > 64 {
            return Err(refuse(what, value, "is longer than 64 characters"));
        }
        if !value.chars().all(fits) || !value.starts_with(char::is_alphanumeric) {
            let problem = "may only have letters, digits, spaces, `-`, `_` and `.`, and must start with a letter or digit";
            return Err(refuse(what, value, problem));
        }
        Ok(Self(value.to_owned()))
    }
}

/// A document's path inside its collection: relative, `/` between parts, never leaving the folder.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct DocumentPath(String);

string_newtype!(DocumentPath);

impl DocumentPath {
    /// Shows the last part of the path.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// Shows the file name's ending in lower case and without its dot, or an empty string.
    pub fn extension(&self) -> String {
        match self.file_name().rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => extension.to_lowercase(),
            _ => String::new(),
        }
    }
}

impl FromStr for DocumentPath {
    type Err = InvalidName;

    fn from_str(value: &str) -> Result<Self, InvalidName> {
        let what = "path";
        let normal = value.replace('\\', "/");
        if normal.starts_with('/') || names_drive(&normal) {
            return Err(refuse(what, value, "is absolute; give it relative to the folder"));
        }
        let parts: Vec<&str> =
            normal.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        if parts.contains(&"..") {
            return Err(refuse(what, value, "has a `..` part, which could leave the folder"));
        }
        if parts.is_empty() {
            return Err(refuse(what, value, "names no file"));
        }
        if normal.chars().any(char::is_control) {
            return Err(refuse(what, value, "has a control character"));
        }
        if normal.len() > 1024 || parts.iter().any(|part| part.len() > 255) {
            return Err(refuse(what, value, "is too long (1,024 bytes, 255 for one part)"));
        }
        Ok(Self(parts.join("/")))
    }
}

/// Says whether a path begins with a drive: `C:/notes`. `Q: why.txt` is a file where systems know no drives.
pub(crate) fn names_drive(path: &str) -> bool {
    let mut letters = path.chars();
    let has_letter = letters.next().is_some_and(|letter| letter.is_ascii_alphabetic());
    let has_colon = letters.next() == Some(':');
    has_letter && has_colon && (cfg!(windows) || matches!(letters.next(), None | Some('/')))
}

/// The SHA-256 of some bytes, as 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct ContentHash(String);

string_newtype!(ContentHash);

impl FromStr for ContentHash {
    type Err = InvalidName;

    fn from_str(value: &str) -> Result<Self, InvalidName> {
        let fits = |c: char| c.is_ascii_digit() || matches!(c, 'a'..='f');
        if value.len() != 64 || !value.chars().all(fits) {
            return Err(refuse("content hash", value, "is not 64 lower-case hexadecimal digits"));
        }
        Ok(Self(value.to_owned()))
    }
}

/// The name of a model: `publisher/model`, or a short name without a publisher.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct ModelId(String);

string_newtype!(ModelId);

impl FromStr for ModelId {
    type Err = InvalidName;

    fn from_str(value: &str) -> Result<Self, InvalidName> {
        let fits =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@');
        let leaves = value.split('/').any(|part| matches!(part, "" | "." | ".."));
        if value.len() > 200 || leaves || !value.chars().all(fits) {
            let problem = "is not a model name, such as `publisher/model`";
            return Err(refuse("model name", value, problem));
        }
        Ok(Self(value.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: FromStr>(cases: &[(&str, bool)]) {
        for (value, valid) in cases {
            assert_eq!(value.parse::<T>().is_ok(), *valid, "`{value}`");
        }
    }

    #[test]
    fn collection_names_are_safe_in_urls_and_model_names() {
        check::<CollectionName>(&[
            ("reports", true),
            ("Übung 2.1_a-b", true),
            ("", false),
            ("..", false),
            (".hidden", false),
            ("a/b", false),
            ("a\nb", false),
            (&"x".repeat(65), false),
        ]);
    }

    #[test]
    fn document_paths_never_leave_the_folder() {
        check::<DocumentPath>(&[
            ("a/b.pdf", true),
            ("./a//b.pdf", true),
            ("a/..b.pdf", true),
            ("../b.pdf", false),
            ("a/../../b.pdf", false),
            ("a\\..\\..\\b.pdf", false),
            ("/etc/passwd", false),
            ("C:\\b.pdf", false),
            ("Q: why.txt", !cfg!(windows)),
            ("", false),
            ("a\0b", false),
        ]);
    }

    #[test]
    fn paths_are_normalised() {
        let path: DocumentPath = ".\\a//b\\C.PDF".parse().expect("a valid path");
        assert_eq!(path.as_str(), "a/b/C.PDF");
        assert_eq!(path.file_name(), "C.PDF");
        assert_eq!(path.extension(), "pdf");
    }

    #[test]
    fn model_names_cannot_climb() {
        check::<ModelId>(&[
            ("a/b", true),
            ("b", true),
            ("a/../b", false),
            ("/b", false),
            ("", false),
        ]);
    }
}
