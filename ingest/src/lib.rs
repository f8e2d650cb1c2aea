//! From the bytes of a file to blocks, and from blocks to chunks.
//!
//! Pure and synchronous: no network, no model, no store. [`parse`] turns a file into its stored
//! text with the blocks that lie in it; [`chunk`] cuts that into the pieces that are embedded and
//! searched, sized by the caller's [`TokenCounter`]. [`display`] makes of a page's stored text what
//! is shown. Whatever could not be read is either a [`ParseError`], when nothing of use is left, or a
//! warning in the parsed document.

pub mod error;
pub mod format;
pub mod limits;
pub mod reader;

mod parse;

mod chunk;
mod display;
mod language;

mod encoding;
mod pages;
mod positions;

pub use chunk::{ChunkDraft, ChunkOptions, TokenCounter, chunk};
pub use display::{PageToShow, display};
pub use error::ParseError;
pub use format::detect_format;
pub use language::detect_language;
pub use limits::ParseLimits;
pub use pages::count_pages;
pub use parse::{find_encoding, parse, parse_with};
pub use reader::{NoReader, Page, PageReader, PageReaderError, RecognisedLine, RecognisedPage};
