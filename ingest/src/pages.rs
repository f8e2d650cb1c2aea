//! How many pages a file has, told long before it is parsed: time limits depend on it.

use std::panic::catch_unwind;

use hayro_syntax::Pdf;

/// Counts the pages of a PDF; `None` for other formats and for what cannot be opened.
pub fn count_pages(bytes: &[u8]) -> Option<u32> {
    // The marker stands in the first kilobyte, by the specification's implementation notes.
    let start = bytes.get(..bytes.len().min(1024))?;
    start.windows(5).find(|window| window == b"%PDF-")?;
    let pages = catch_unwind(|| Pdf::new(bytes.to_vec()).map(|pdf| pdf.pages().len()));
    pages.ok()?.ok().map(|pages| pages as u32)
}
