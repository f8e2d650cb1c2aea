//! Links back into Obsidian: `obsidian://open?vault=..&file=..`.

use percent_encoding::utf8_percent_encode;
use serde::{Deserialize, Serialize};

use crate::url::ENCODED;

/// A place in a note of a vault.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ObsidianPlace<'a> {
    /// The vault's name or its identifier of 16 hexadecimal digits.
    pub vault: &'a str,
    /// The note's path in the vault.
    pub path: &'a str,
    /// The headings above the place, outermost first.
    pub heading: &'a [String],
    /// The id of the block, without `^`; it goes before the headings.
    pub block_id: Option<&'a str>,
    /// The page, from 1, of a PDF.
    pub page: Option<u32>,
}

impl ObsidianPlace<'_> {
    /// Makes the link that opens Obsidian there.
    ///
    /// A heading is named by its words without the characters that end a link, as Obsidian itself
    /// names it; if nothing is left of them, the link opens the note.
    pub fn uri(&self) -> String {
        let stem = self.path.strip_suffix(".md").unwrap_or(self.path);
        let headings: Vec<String> = self.heading.iter().map(|one| link_words(one)).collect();
        let place = match (self.block_id, self.page) {
            (Some(block), _) => format!("#^{block}"),
            (None, Some(page)) => format!("#page={page}"),
            (None, None) if headings.iter().any(String::is_empty) => String::new(),
            (None, None) => headings.iter().flat_map(|heading| ["#", heading]).collect(),
        };
        let file = format!("{stem}{place}");
        let encode = |text| utf8_percent_encode(text, ENCODED);
        format!("obsidian://open?vault={}&file={}", encode(self.vault), encode(&file))
    }
}

/// A document as the file of a vault that it is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct VaultFile {
    /// The vault's name.
    pub vault: String,
    /// The file's path in the vault.
    pub path: String,
}

impl VaultFile {
    /// Makes the link that opens Obsidian at a place of the file; only notes have headings to open.
    pub fn uri(&self, heading: &[String], block_id: Option<&str>, page: Option<u32>) -> String {
        let is_note = self.path.to_lowercase().ends_with(".md");
        let (heading, block_id) = if is_note { (heading, block_id) } else { (&[][..], None) };
        ObsidianPlace { vault: &self.vault, path: &self.path, heading, block_id, page }.uri()
    }
}

/// Leaves out what cannot stand in a link to a heading.
fn link_words(heading: &str) -> String {
    let plain = heading.replace("%%", " ").replace("[[", " ").replace("]]", " ");
    let plain = plain.replace(['#', '|', '^', ':'], " ");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(place: ObsidianPlace<'_>, expected: &str) {
        assert_eq!(place.uri(), format!("obsidian://open?{expected}"));
    }

    #[test]
    fn places_are_named_as_obsidian_reads_them() {
        let note =
            ObsidianPlace { vault: "My vault", path: "Folder/A note.md", ..Default::default() };
        check(note, "vault=My%20vault&file=Folder%2FA%20note");
        let heading = ["One".to_owned(), "Two: a|b [[c]]".to_owned()];
        check(
            ObsidianPlace { heading: &heading, ..note },
            "vault=My%20vault&file=Folder%2FA%20note%23One%23Two%20a%20b%20c",
        );
        check(
            ObsidianPlace { heading: &heading, block_id: Some("fact-1"), ..note },
            "vault=My%20vault&file=Folder%2FA%20note%23%5Efact-1",
        );
        check(
            ObsidianPlace { heading: &["One".to_owned(), "#|".to_owned()], ..note },
            "vault=My%20vault&file=Folder%2FA%20note",
        );
        let pdf = ObsidianPlace { path: "Übung.pdf", page: Some(3), ..note };
        check(pdf, "vault=My%20vault&file=%C3%9Cbung.pdf%23page%3D3");
    }

    #[test]
    fn only_notes_are_opened_at_a_heading() {
        let heading = ["One".to_owned()];
        for (path, file) in
            [("a.md", "a%23%5Efact"), ("a.docx", "a.docx"), ("Drawing.canvas", "Drawing.canvas")]
        {
            let file_of_vault = VaultFile { vault: "v".to_owned(), path: path.to_owned() };
            let uri = file_of_vault.uri(&heading, Some("fact"), None);
            assert_eq!(uri, format!("obsidian://open?vault=v&file={file}"));
        }
    }
}
