//! The types that Khoj sorts files by.

use std::str::FromStr;

use quire_domain::InvalidName;

/// A type of files.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FileType {
    All,
    Markdown,
    Org,
    Pdf,
    Image,
    Docx,
    Plaintext,
}

impl FileType {
    /// Sorts a path by its ending.
    pub fn of_path(path: &str) -> Self {
        let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
        match ending.as_deref() {
            Some("md" | "markdown") => Self::Markdown,
            Some("org") => Self::Org,
            Some("pdf") => Self::Pdf,
            Some("png" | "jpg" | "jpeg" | "webp") => Self::Image,
            Some("docx") => Self::Docx,
            _ => Self::Plaintext,
        }
    }

    /// Returns whether a path is of this type.
    pub fn holds(self, path: &str) -> bool {
        self == Self::All || self == Self::of_path(path)
    }
}

impl FromStr for FileType {
    type Err = InvalidName;

    fn from_str(value: &str) -> Result<Self, InvalidName> {
        Ok(match value {
            "all" => Self::All,
            "markdown" => Self::Markdown,
            "org" => Self::Org,
            "pdf" => Self::Pdf,
            "image" => Self::Image,
            "docx" => Self::Docx,
            "plaintext" => Self::Plaintext,
            _ => {
                return Err(InvalidName {
                    what: "type",
                    value: value.chars().take(80).collect(),
                    problem: "is not one of all, markdown, org, pdf, image, docx, plaintext",
                });
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::FileType;

    #[test]
    fn files_are_sorted_by_their_endings() {
        for (path, expected) in [
            ("a/b.MD", FileType::Markdown),
            ("a.pdf", FileType::Pdf),
            ("a.jpeg", FileType::Image),
            ("Board.canvas", FileType::Plaintext),
            ("README", FileType::Plaintext),
        ] {
            assert_eq!(FileType::of_path(path), expected, "{path}");
            assert!(FileType::All.holds(path) && expected.holds(path), "{path}");
        }
    }
}
