//! Calls about files. What a client uploads is a file like any other, which goes by itself after a day; to be searched it
//! becomes a document of a collection of its own.

mod indexing;
pub mod parsing;
pub mod retrieval;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quire_domain::{DocumentPath, FileId};
use serde::{Deserialize, Serialize};

use super::error::Refusal;
use crate::http::error::ApiError;
use crate::http::state::AppState;

/// How long an upload is kept, in milliseconds: LM Studio keeps one until its client leaves, which a client that comes back
/// would not know.
const LIFETIME_MS: i64 = 24 * 60 * 60 * 1000;

/// What an upload is for.
const PURPOSE: &str = "lmstudio";

/// A file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UploadFile {
    name: String,
    content_base64: String,
}

/// A file that is kept.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Uploaded {
    identifier: FileId,
    file_type: FileType,
    size_bytes: u64,
}

/// Gives the identifier of a file as it is kept: clients put before some where it is.
pub fn stored_name(identifier: &str) -> &str {
    identifier.strip_prefix("local:").unwrap_or(identifier)
}

/// A sort of files.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
enum FileType {
    #[serde(rename = "image")]
    Image,
    #[serde(rename = "text/plain")]
    Plain,
    #[serde(rename = "application/pdf")]
    Pdf,
    #[serde(rename = "application/word")]
    Word,
    #[serde(rename = "text/other")]
    OtherText,
    #[serde(rename = "unknown")]
    Unknown,
}

impl FileType {
    /// Tells the sort of a file by its name.
    fn of(name: &str) -> Self {
        let guess = mime_guess::from_path(name).first_or_octet_stream();
        match (guess.type_().as_str(), guess.essence_str()) {
            ("image", _) => Self::Image,
            (_, "text/plain") => Self::Plain,
            (_, "application/pdf") => Self::Pdf,
            (
                _,
                "application/msword"
                | "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ) => Self::Word,
            ("text", _) | (_, "application/json" | "application/xml") => Self::OtherText,
            _ => Self::Unknown,
        }
    }
}

/// Keeps a file.
pub async fn upload(state: &AppState, asked: UploadFile) -> Result<Uploaded, Refusal> {
    let services = &state.services;
    services.files.delete_expired().await?;
    let bytes = STANDARD.decode(asked.content_base64.trim()).map_err(|error| {
        ApiError::invalid(format!("`contentBase64` is not base64: {error}.")).param("contentBase64")
    })?;
    let last = asked.name.rsplit(['/', '\\']).next().unwrap_or(&asked.name);
    let path: DocumentPath = asked
        .name
        .parse()
        .or_else(|_| last.parse())
        .map_err(|error| ApiError::from(error).param("name"))?;
    let file_type = FileType::of(path.as_str());
    let mut writer = services.uploads.begin(path.as_str()).await?;
    writer.write(&bytes).await?;
    drop(bytes);
    let upload = writer.finish().await?;
    let file = services.files.add((path, PURPOSE.to_owned()), Some(LIFETIME_MS), upload).await?;
    Ok(Uploaded { identifier: file.id, file_type, size_bytes: file.size_bytes })
}

#[cfg(test)]
mod tests {
    use super::FileType;

    #[test]
    fn a_file_is_of_the_sort_that_its_name_tells() {
        for (name, expected) in [
            ("a.png", FileType::Image),
            ("a.txt", FileType::Plain),
            ("a.pdf", FileType::Pdf),
            ("a.docx", FileType::Word),
            ("a.md", FileType::OtherText),
            ("a.csv", FileType::OtherText),
            ("a.json", FileType::OtherText),
            ("a", FileType::Unknown),
        ] {
            assert_eq!(FileType::of(name), expected, "{name}");
        }
    }
}
