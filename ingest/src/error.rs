//! Why a file could not be read, and what its owner can do about it.

use quire_domain::Failure;

/// The reason a file yielded no document.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ParseError {
    /// It has no bytes.
    #[error("the file is empty")]
    Empty,
    /// It can only be opened with a password.
    #[error("the file is encrypted and needs a password")]
    Encrypted,
    /// Its format is not one that is read.
    #[error("{what} is not a format that is read")]
    Unsupported {
        /// The format, as a noun with its article.
        what: String,
    },
    /// It is named as text, but its bytes are not text.
    #[error("the file is named as text, but its content is binary")]
    Binary,
    /// It ends before it should.
    #[error("the file is cut off: {reason}")]
    Truncated {
        /// What is missing.
        reason: String,
    },
    /// It breaks the rules of its format beyond repair.
    #[error("the file is damaged: {reason}")]
    Malformed {
        /// Which rule.
        reason: String,
    },
    /// It is over one of the [`ParseLimits`](crate::ParseLimits).
    #[error("the file is too large: {what} {value}, and the limit is {limit}")]
    TooLarge {
        /// What was measured, such as `columns`.
        what: &'static str,
        /// Its measure; the first value found to be over, where counting stopped there.
        value: u64,
        /// The limit.
        limit: u64,
    },
    /// It was read to its end, and there is no text in it.
    #[error("there is no text in the file")]
    NoText,
    /// Its pages are pictures, and no model that recognises text is installed.
    #[error("the file is a scan: its pages are pictures without text")]
    Scan,
    /// Its pages are pictures, and recognising their text failed.
    #[error("the file is a scan, and its text was not recognised: {reason}")]
    Unrecognised {
        /// What went wrong on the first page.
        reason: String,
    },
    /// It has text, and nothing tells what its characters are.
    #[error("the text in the file cannot be read: its fonts do not say what their characters mean")]
    Undecodable,
}

impl ParseError {
    /// Describes the error as the ledger keeps it.
    pub fn failure(&self) -> Failure {
        let message = self.to_string();
        let mut letters = message.chars();
        let message = letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).chain(['.']).collect())
            .unwrap_or_default();
        Failure { code: self.code().to_owned(), message, hint: Some(self.hint().to_owned()) }
    }

    /// Says whether the file is of a sort that is never read, as opposed to one that failed.
    pub fn is_unsupported(&self) -> bool {
        matches!(self, Self::Unsupported { .. })
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Encrypted => "encrypted",
            Self::Unsupported { .. } => "unsupported",
            Self::Binary => "binary",
            Self::Truncated { .. } => "truncated",
            Self::Malformed { .. } => "malformed",
            Self::TooLarge { .. } => "too_large",
            Self::NoText => "no_text",
            Self::Scan => "scan",
            Self::Unrecognised { .. } => "unrecognised",
            Self::Undecodable => "undecodable",
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::Empty => "Check that the file was copied or saved completely.",
            Self::Encrypted => {
                "Open it with its password, save a copy without one, and add the copy."
            }
            Self::Unsupported { .. } => {
                "Save it as PDF, DOCX, XLSX, PPTX, OpenDocument, EPUB, HTML, Markdown, CSV or plain text, and add that."
            }
            Self::Binary => "Give it the ending of its real format, or save it as text.",
            Self::Truncated { .. } => "Get the file again; the copy or download did not finish.",
            Self::Malformed { .. } => "Open it in the program it came from and save it again.",
            Self::TooLarge { what: "columns", .. } => {
                "Keep only the columns that are needed, or turn columns into rows."
            }
            Self::TooLarge { .. } => "Split it into smaller files, or raise the limit.",
            Self::NoText => "If it should have text, save it anew in the program it came from.",
            Self::Scan => {
                "Install a model that recognises text (OCR) with `quire models pull ppocr`, then have \
                 the document read again with `quire documents retry ID`."
            }
            Self::Unrecognised { .. } => {
                "Pull the model again with `quire models pull ppocr`, then have the document read \
                 again with `quire documents retry ID`."
            }
            Self::Undecodable => {
                "Save it anew in the program it came from. Or install a model that recognises text (OCR) \
                 with `quire models pull ppocr`, and have it read again with `quire documents retry ID`."
            }
        }
    }
}
