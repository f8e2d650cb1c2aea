//! The id of a chunk, by which ingest writes it and search knows if it is of the current version, and
//! the name of that version.

use quire_catalog::TextKey;
use quire_domain::hex::hex;
use quire_domain::{ChunkId, DocumentId, TextVersion};
use sha2::{Digest, Sha256};

/// Makes the id of a chunk: the same for the same text version, so that a repeated commit repeats
/// nothing, and another one for any other version.
///
/// # Panics
///
/// Never: a digest has more than 32 digits, and those are an id.
pub fn chunk_id(document: &DocumentId, text: &TextKey, ordinal: u32) -> ChunkId {
    let name = format!("{document}/{}/{ordinal}", text.as_str());
    let digest = hex(&Sha256::digest(name.as_bytes()));
    digest[..32].parse().expect("hexadecimal digits are an id")
}

/// Names the version of a text: the same for the same content read in the same way.
///
/// # Panics
///
/// Never: a digest has more than 16 digits, and those are an id.
pub fn text_version(text: &TextKey) -> TextVersion {
    let digest = hex(&Sha256::digest(text.as_str().as_bytes()));
    digest[..16].parse().expect("hexadecimal digits are an id")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Indexes on disk hold these ids: another formula would make every passage invisible.
    #[test]
    fn an_id_depends_on_document_text_version_and_ordinal_alone() {
        let document = |id: &str| id.parse::<DocumentId>().expect("an id");
        let key = |digit: &str| {
            let sha256 = digit.repeat(64).parse().expect("a hash");
            TextKey::new(&sha256, &"a.txt".parse().expect("a path"))
        };
        let id = chunk_id(&document("d1"), &key("0"), 3);
        assert_eq!(id, chunk_id(&document("d1"), &key("0"), 3));
        assert_eq!(id.to_string().len(), 32, "{id}");
        for other in [
            chunk_id(&document("d2"), &key("0"), 3),
            chunk_id(&document("d1"), &key("1"), 3),
            chunk_id(&document("d1"), &key("0"), 4),
        ] {
            assert_ne!(id, other);
        }
    }
}
