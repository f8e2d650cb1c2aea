//! Pages that are pictures, in a parse worker: the model that reads them is opened when the first one
//! comes, outside of the limit on memory, and kept as long as the worker lives.

use std::cell::{Cell, OnceCell, RefCell};
use std::io::Write;

use quire_ingest::{Page, PageReader, PageReaderError, RecognisedPage};

use super::jobs::Message;
use super::own_memory::limit_memory;

/// More pages of one document are not recognised: at a few seconds a page it would have a worker for hours.
const MOST_PAGES: u32 = 2_000;

/// Opens the model that recognises text.
pub trait PageReaders {
    /// Opens it; `None` if none is installed, and the reason if it cannot be opened. Blocks.
    fn open(&self) -> Result<Option<Box<dyn PageReader>>, String>;
}

/// Reads the pages of one document that are pictures.
pub(super) struct ScanReader<'a, W> {
    readers: &'a dyn PageReaders,
    /// The model, once it was opened.
    kept: &'a OnceCell<Box<dyn PageReader>>,
    /// Why there is none, so that it is looked for once a document.
    missing: OnceCell<PageReaderError>,
    memory_bytes: u64,
    pages: Cell<u32>,
    output: RefCell<&'a mut W>,
}

impl<'a, W: Write> ScanReader<'a, W> {
    /// Makes a reader that tells the parent of each page on `output`.
    pub(super) fn new(
        readers: &'a dyn PageReaders,
        kept: &'a OnceCell<Box<dyn PageReader>>,
        memory_bytes: u64,
        output: &'a mut W,
    ) -> Self {
        let (missing, pages, output) = (OnceCell::new(), Cell::new(0), RefCell::new(output));
        Self { readers, kept, missing, memory_bytes, pages, output }
    }

    fn model(&self) -> Result<&dyn PageReader, PageReaderError> {
        if let Some(model) = self.kept.get() {
            return Ok(model.as_ref());
        }
        if let Some(error) = self.missing.get() {
            return Err(error.clone());
        }
        let opened = self.open();
        match opened {
            Ok(model) => Ok(self.kept.get_or_init(|| model).as_ref()),
            Err(error) => Err(self.missing.get_or_init(|| error).clone()),
        }
    }

    /// Opens the model: it is no file of a stranger, and what it takes is not the document's fault.
    fn open(&self) -> Result<Box<dyn PageReader>, PageReaderError> {
        limit_memory(None).map_err(|error| failed(&error))?;
        let opened = self.readers.open();
        limit_memory(Some(self.memory_bytes)).map_err(|error| failed(&error))?;
        match opened {
            Ok(Some(model)) => Ok(model),
            Ok(None) => Err(PageReaderError::NotInstalled),
            Err(reason) => Err(PageReaderError::Failed { reason }),
        }
    }
}

impl<W: Write> PageReader for ScanReader<'_, W> {
    fn read_page(&self, page: &Page<'_>) -> Result<RecognisedPage, PageReaderError> {
        let model = self.model()?;
        let pages = self.pages.get() + 1;
        if pages > MOST_PAGES {
            let reason = format!("the document has more than {MOST_PAGES} such pages; split it");
            return Err(PageReaderError::Failed { reason });
        }
        self.pages.set(pages);
        Message::Scan.write(*self.output.borrow_mut()).map_err(|error| failed(&error))?;
        model.read_page(page)
    }
}

fn failed(error: &std::io::Error) -> PageReaderError {
    PageReaderError::Failed { reason: error.to_string() }
}
