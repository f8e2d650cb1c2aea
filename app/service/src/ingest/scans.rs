//! Pages that are pictures, in a parse worker: the model that reads them is opened when the first one
//! comes, outside of the limit on memory, and kept as long as the worker lives. A page that is too much for a
//! worker is not tried again: another worker goes on with what is known of the pages before it.

use std::cell::{Cell, OnceCell, RefCell};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use quire_ingest::{Page, PageReader, PageReaderError, RecognisedLine, RecognisedPage};

use super::jobs::{KnownScans, Message, Scanned};
use super::own_memory::limit_memory;

/// More pages of one document are not recognised: at a few seconds a page it would have a worker for hours.
const MOST_PAGES: usize = 2_000;

/// Opens the model that recognises text.
pub trait PageReaders {
    /// Opens it; `None` if none is installed, and the reason if it cannot be opened. Blocks.
    fn open(&self) -> Result<Option<Box<dyn PageReader>>, String>;
}

/// How a worker comes by the model.
#[derive(Clone, Copy)]
pub(super) struct Models<'a> {
    /// What opens it.
    pub readers: &'a dyn PageReaders,
    /// The model, once it was opened.
    pub kept: &'a OnceCell<Box<dyn PageReader>>,
    /// The memory that a document may take; the model is opened outside of it.
    pub memory_bytes: u64,
}

/// Reads the pages of one document that are pictures.
pub(super) struct ScanReader<'a, W> {
    models: Models<'a>,
    /// What other workers found out.
    known: &'a KnownScans,
    /// Why there is no model, so that it is looked for once a document.
    missing: OnceCell<PageReaderError>,
    pages: Cell<usize>,
    output: RefCell<&'a mut W>,
}

impl<'a, W: Write> ScanReader<'a, W> {
    /// Makes a reader that tells the parent of each page on `output`.
    pub(super) fn new(models: Models<'a>, known: &'a KnownScans, output: &'a mut W) -> Self {
        let (missing, pages, output) = (OnceCell::new(), Cell::new(0), RefCell::new(output));
        Self { models, known, missing, pages, output }
    }

    fn model(&self) -> Result<&dyn PageReader, PageReaderError> {
        if let Some(model) = self.models.kept.get() {
            return Ok(model.as_ref());
        }
        if let Some(error) = self.missing.get() {
            return Err(error.clone());
        }
        let opened = self.open();
        match opened {
            Ok(model) => Ok(self.models.kept.get_or_init(|| model).as_ref()),
            Err(error) => Err(self.missing.get_or_init(|| error).clone()),
        }
    }

    /// Opens the model: it is no file of a stranger, and what it takes is not the document's fault.
    fn open(&self) -> Result<Box<dyn PageReader>, PageReaderError> {
        limit_memory(None).map_err(|error| failed(&error))?;
        let opened = self.models.readers.open();
        limit_memory(Some(self.models.memory_bytes)).map_err(|error| failed(&error))?;
        match opened {
            Ok(Some(model)) => Ok(model),
            Ok(None) => Err(PageReaderError::NotInstalled),
            Err(reason) => Err(PageReaderError::Failed { reason }),
        }
    }

    fn tell(&self, message: &Message) -> Result<(), PageReaderError> {
        message.write(*self.output.borrow_mut()).map_err(|error| failed(&error))
    }
}

impl<W: Write> PageReader for ScanReader<'_, W> {
    fn read_page(&self, page: &Page<'_>) -> Result<RecognisedPage, PageReaderError> {
        let before = self.pages.get();
        self.pages.set(before + 1);
        let gives_up = |reason: String| PageReaderError::Failed { reason };
        if let Some(known) = self.known.pages.get(before) {
            return known.clone().map_err(gives_up);
        }
        if let Some(reason) = self.known.given_up.clone() {
            return Err(gives_up(reason));
        }
        let model = self.model()?;
        if before >= MOST_PAGES {
            let reason = format!("the document has more than {MOST_PAGES} such pages; split it");
            return Err(gives_up(reason));
        }
        self.tell(&Message::Scan)?;
        let scanned = scan(model, page);
        self.tell(&Message::Scanned(Box::new(scanned.clone())))?;
        scanned.map_err(gives_up)
    }
}

/// Has a model read a page, whatever it does.
fn scan(model: &dyn PageReader, page: &Page<'_>) -> Scanned {
    match catch_unwind(AssertUnwindSafe(|| model.read_page(page))) {
        Ok(Ok(mut page)) => {
            page.lines.retain(is_somewhere);
            Ok(page)
        }
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("text recognition crashed on it".to_owned()),
    }
}

/// Says whether a line has a place, and a certainty that is a number; what has not cannot be told to the parent.
fn is_somewhere(line: &RecognisedLine) -> bool {
    let RecognisedLine { x0, y0, x1, y1, confidence, .. } = line;
    [*x0, *y0, *x1, *y1, confidence.unwrap_or(0.0)].iter().all(|number| number.is_finite())
}

fn failed(error: &std::io::Error) -> PageReaderError {
    PageReaderError::Failed { reason: error.to_string() }
}

#[cfg(test)]
mod tests;
