//! PDF: glyphs on pages, made into words, lines, columns, paragraphs and tables.
//!
//! `hayro-syntax` reads the objects lazily and `hayro-interpret` runs the content streams, so a
//! page costs memory only while it is read. What a page says is found from where its glyphs stand:
//! [`glyphs`] takes them down, [`lines`] makes lines, [`columns`] finds the reading order,
//! [`furniture`] leaves out running heads and page numbers, [`tables`] finds the rows and columns of tables, [`headings`] finds
//! headings from the outline or from type, and [`compose`] writes the stored text with a box for every line. Of a page
//! that is a picture, [`scan`] has the text recognised.

mod accents;
mod codes;
mod columns;
mod compose;
mod direction;
mod east_asia;
mod fonts;
mod forms;
mod furniture;
mod glyphs;
mod headings;
mod hyphens;
mod lines;
mod outline;
mod paragraphs;
mod ruby;
mod rules;
mod scan;
mod strings;
mod tables;
mod type3;
mod vertical;
mod xfa;

use std::panic::{AssertUnwindSafe, catch_unwind};

use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, interpret_page};
use hayro_syntax::object::dict::keys::CONTENTS;
use hayro_syntax::object::{DateTime, Stream};
use hayro_syntax::page::Page;
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use quire_domain::{Format, Language, Metadata, ParsedDocument, Recognition, Warning};

use crate::{PageReader, ParseError};
use lines::Line;
use scan::Scan;

/// A page with more undecodable glyphs than one in this many is warned about.
const UNDECODABLE_SHARE: usize = 20;

/// The lines of one page in reading order.
pub(super) struct PageLines {
    /// Width and height as the page is shown, in points.
    size: (f32, f32),
    lines: Vec<Line>,
    /// The lines that are drawn along and across the page.
    rules: rules::Rules,
    /// What people have noted on the page.
    notes: Vec<String>,
    /// That text was recognised on the page's picture.
    recognised: Option<Recognition>,
}

impl PageLines {
    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.notes.is_empty()
    }
}

/// What came of one page.
struct PageRead {
    lines: PageLines,
    warnings: Vec<Warning>,
    /// What became of its picture, if it is one.
    scan: Option<Scan>,
}

/// Reads a PDF; `reader` reads the pages that are pictures.
pub(super) fn parse(bytes: &[u8], reader: &dyn PageReader) -> Result<ParsedDocument, ParseError> {
    let pdf = open(bytes)?;
    let mut warnings = Vec::new();
    let cache = InterpreterCache::new();
    let fonts = fonts::Fonts::new(&pdf);
    let mut pages: Vec<PageLines> = Vec::with_capacity(pdf.pages().len());
    let mut scans = Vec::new();
    let mut values = forms::Budget::new();
    for (number, page) in (1u32..).zip(pdf.pages().iter()) {
        // The interpreter must not take a whole document down with one bad page.
        let read = || read_page(&pdf, page, (&cache, &fonts), reader, &mut values);
        let PageRead { lines, warnings: problems, scan } =
            catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| PageRead::damaged(page));
        let on_page = |warning| Warning { page: Some(number), ..warning };
        warnings.extend(problems.into_iter().map(on_page));
        pages.push(lines);
        scans.extend(scan);
    }
    warnings.extend(values.warning());
    let is_cut_off = is_cut_off(bytes);
    warnings.extend(read_xfa(&pdf, &mut pages)?);
    if pages.iter().all(PageLines::is_empty) {
        let reason = "no text can be read in what is left of it".to_owned();
        let has_letters = warnings.iter().any(|warning| warning.code == "undecodable_text");
        return Err(match (is_cut_off, has_letters) {
            (true, _) => ParseError::Truncated { reason },
            (false, true) => ParseError::Undecodable,
            (false, false) => scan::error(&scans),
        });
    }
    let unread = scans.iter().filter(|scan| matches!(scan, Scan::NoModel)).count();
    if unread > 0 {
        warnings.push(scan::no_model(unread));
    }
    if is_cut_off {
        let message = "The file is cut off: its end is missing, and pages may be missing with it.";
        warnings.insert(0, Warning::new("file_cut_off", message));
    }
    let outline = outline::read(&pdf);
    let left_out = furniture::remove(&mut pages);
    let vocabulary = hyphens::Vocabulary::new(&pages);
    tables::find(&mut pages, &vocabulary);
    let headings = headings::find(&pages, &outline);
    let (texts, blocks) = compose::compose(&pages, headings, &vocabulary);
    Ok(ParsedDocument {
        format: Format::Pdf,
        title: pdf.metadata().title.as_deref().and_then(title),
        language: Language::Unknown,
        pages: texts,
        blocks,
        warnings,
        left_out,
        metadata: dates(pdf.metadata()),
    })
}

fn open(bytes: &[u8]) -> Result<Pdf, ParseError> {
    // The empty password is tried first; it opens files that only restrict printing or copying.
    let opened = catch_unwind(|| Pdf::new(bytes.to_vec()));
    let pdf = match opened {
        Ok(Ok(pdf)) => pdf,
        Ok(Err(LoadPdfError::Decryption(DecryptionError::InvalidEncryption))) => {
            let reason = "its encryption is broken".to_owned();
            return Err(ParseError::Malformed { reason });
        }
        Ok(Err(LoadPdfError::Decryption(_))) => return Err(ParseError::Encrypted),
        Ok(Err(LoadPdfError::Invalid)) | Err(_) => {
            return Err(broken(bytes, "no page can be found in it"));
        }
    };
    if pdf.pages().is_empty() {
        return Err(broken(bytes, "it has no pages"));
    }
    Ok(pdf)
}

/// Tells a file of which the end is missing from one that is wrong in itself.
fn broken(bytes: &[u8], reason: &str) -> ParseError {
    let reason = reason.to_owned();
    if is_cut_off(bytes) {
        ParseError::Truncated { reason }
    } else {
        ParseError::Malformed { reason }
    }
}

/// Says whether the mark at the end of every PDF is missing. Some writers put a little behind it.
fn is_cut_off(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(2048)..];
    !tail.windows(5).any(|window| window == b"%%EOF")
}

/// Reads a form that another program draws, in the place of pages that only say so.
fn read_xfa(pdf: &Pdf, pages: &mut [PageLines]) -> Result<Option<Warning>, ParseError> {
    let says_to_wait =
        |page: &PageLines| page.lines.iter().any(|line| line.text.starts_with("Please wait"));
    let Some(values) = xfa::read(pdf, pages.iter().any(says_to_wait)) else { return Ok(None) };
    if values.is_empty() {
        let what =
            "a form that only another program can draw (XFA), in which nothing is filled in,"
                .to_owned();
        return Err(ParseError::Unsupported { what });
    }
    for page in pages.iter_mut().filter(|page| says_to_wait(page)) {
        page.lines.clear();
    }
    if let Some(first) = pages.first_mut() {
        let lines = values.iter().map(|(name, value)| format!("{name}: {value}"));
        first.notes.insert(0, lines.collect::<Vec<_>>().join("\n"));
    }
    let message = "Another program draws this form (XFA). What is filled in was read, with the names of the \
        fields; the words of the form itself were not. Print it to a PDF to have all of it read.";
    Ok(Some(Warning::new("xfa_form", message)))
}

impl PageRead {
    fn damaged(page: &Page<'_>) -> Self {
        let message = "The page is damaged and could not be read.";
        let lines = PageLines {
            size: page.render_dimensions(),
            lines: Vec::new(),
            rules: rules::Rules::default(),
            notes: Vec::new(),
            recognised: None,
        };
        Self { lines, warnings: vec![Warning::new("page_unread", message)], scan: None }
    }
}

fn read_page<'a>(
    pdf: &'a Pdf,
    page: &'a Page<'a>,
    (cache, fonts): (&InterpreterCache<'a>, &fonts::Fonts<'_>),
    reader: &dyn PageReader,
    values: &mut forms::Budget,
) -> PageRead {
    let (width, height) = page.render_dimensions();
    let transform = hayro_interpret::kurbo::Affine::new(page.initial_transform(true).as_coeffs());
    let bounds = hayro_interpret::kurbo::Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let settings = InterpreterSettings::default();
    let mut context = Context::new(transform, bounds, cache, pdf.xref(), settings);
    let mut taken = glyphs::Glyphs::new((width, height), fonts);
    interpret_page(page, &mut context, &mut taken);
    taken.finish();
    let notes = forms::read(page, transform, &mut taken, values);

    let glyphs = taken.list.len();
    let mut segments = lines::segments(&taken);
    let has_text = !segments.is_empty();
    let is_blank = !has_text && is_blank(page);
    let is_picture = !is_blank && (!has_text || scan::is_picture(&taken, &segments));
    let scan = is_picture.then(|| scan::read(page, reader, &mut segments));
    let lines = columns::in_reading_order(&segments, (width, height));
    let mut warnings = Vec::new();
    if taken.undecodable * UNDECODABLE_SHARE > glyphs && !matches!(scan, Some(Scan::Read(..))) {
        let message = format!(
            "{} of {glyphs} characters have no known meaning in their font and could not be read.",
            taken.undecodable
        );
        warnings.push(Warning::new("undecodable_text", message));
    } else if is_blank {
        warnings.push(Warning::new("page_without_text", "The page is blank."));
    } else {
        warnings.extend(scan.as_ref().and_then(|scan| scan::warning(scan, has_text)));
    }
    if taken.guessed > 0 {
        let message = format!(
            "{} of {glyphs} characters have no stated meaning; they were read by their codes, which spell words.",
            taken.guessed
        );
        warnings.push(Warning::new("guessed_letters", message));
    }
    let recognised = match &scan {
        Some(Scan::Read(recognition, _)) => Some(recognition.clone()),
        _ => None,
    };
    let lines = PageLines { size: (width, height), lines, rules: taken.rules, notes, recognised };
    PageRead { lines, warnings, scan }
}

/// The operators that show text, pictures and paths (ISO 32000-1, Annex A).
const DRAWING: [&[u8]; 16] = [
    b"Tj", b"TJ", b"'", b"\"", b"Do", b"BI", b"sh", b"S", b"s", b"f", b"F", b"f*", b"B", b"B*",
    b"b", b"b*",
];

/// Says whether a page draws nothing. One whose content cannot be decoded is not known to be blank.
fn is_blank(page: &Page<'_>) -> bool {
    let is_stream = || page.raw().get::<Stream<'_>>(CONTENTS).is_some();
    if !page.page_stream().is_some_and(|content| !content.is_empty() || is_stream()) {
        return !page.raw().contains_key(CONTENTS);
    }
    let mut operations = page.operations();
    while let Some(instruction) = operations.next() {
        if DRAWING.contains(&&**instruction.operator) {
            return false;
        }
    }
    true
}

/// Reads when the document says that it was made and changed.
fn dates(stated: &hayro_syntax::metadata::Metadata) -> Metadata {
    let moment = |date: &DateTime| {
        let DateTime { year, month, day, hour, minute, second, .. } = date;
        let sign = if date.utc_offset_hour < 0 { '-' } else { '+' };
        let (hours, minutes) = (date.utc_offset_hour.unsigned_abs(), date.utc_offset_minute);
        quire_domain::date::parse_moment(&format!(
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{sign}{hours:02}{minutes:02}"
        ))
    };
    Metadata {
        created_at_ms: stated.creation_date.as_ref().and_then(moment),
        modified_at_ms: stated.modification_date.as_ref().and_then(moment),
        ..Metadata::default()
    }
}

/// Reads the stated title; file names and the names of programs are no titles.
fn title(bytes: &[u8]) -> Option<String> {
    let title = strings::decode(bytes);
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = title.to_lowercase();
    let is_file =
        [".doc", ".docx", ".pdf", ".indd", ".qxd", ".htm", ".html", ".tex", ".dvi", ".xls"]
            .iter()
            .any(|ending| lower.ends_with(ending));
    let is_empty = matches!(lower.as_str(), "" | "untitled" | "document" | "none" | "unknown");
    (!is_file && !is_empty && !lower.starts_with("microsoft word")).then_some(title)
}

#[cfg(test)]
pub(super) mod tests;
