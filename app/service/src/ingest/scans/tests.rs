//! Pages that are pictures, of which other workers know some.

use std::fmt::Write as _;

use quire_domain::ParsedDocument;
use quire_ingest::ParseLimits;

use super::*;

/// Opens nothing: the model is there.
struct Opened;

impl PageReaders for Opened {
    fn open(&self) -> Result<Option<Box<dyn PageReader>>, String> {
        Err("it is opened once".to_owned())
    }
}

/// Reads the same on every page, but crashes where it is asked a third time.
struct Model(Cell<u32>);

impl PageReader for Model {
    fn read_page(&self, _: &Page<'_>) -> Result<RecognisedPage, PageReaderError> {
        self.0.set(self.0.get() + 1);
        assert_ne!(self.0.get(), 3, "it crashes");
        Ok(page("read now"))
    }
}

fn page(text: &str) -> RecognisedPage {
    let line = |text: &str, y0: f32| RecognisedLine {
        text: text.to_owned(),
        confidence: Some(0.9),
        x0: 72.0,
        y0,
        x1: 172.0,
        y1: y0 + 14.0,
        turns: 0,
    };
    let model = "test/reader".parse().expect("a name");
    RecognisedPage { model, lines: vec![line(text, 100.0), line("nowhere", f32::NAN)], unread: 0 }
}

/// A page as another worker told of it: what is nowhere was taken out.
fn known_page() -> RecognisedPage {
    let mut page = page("known");
    page.lines.truncate(1);
    page
}

/// Writes a document of pages that are pictures.
fn pictures(count: usize) -> Vec<u8> {
    const PICTURE: &str = "q 612 0 0 792 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID @ EI Q";
    let kids: Vec<String> = (0..count).map(|at| format!("{} 0 R", 3 + 2 * at)).collect();
    let mut file = format!(
        "%PDF-1.5\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n\
         << /Type /Pages /Kids [{}] /Count {count} >>\nendobj\n",
        kids.join(" ")
    );
    for at in 0..count {
        let (page, content, length) = (3 + 2 * at, 4 + 2 * at, PICTURE.len());
        write!(
            file,
            "{page} 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {content} 0 R >>\nendobj\n\
             {content} 0 obj\n<< /Length {length} >>\nstream\n{PICTURE}\nendstream\nendobj\n"
        )
        .expect("a string grows");
    }
    file.push_str("trailer\n<< /Root 1 0 R >>\n%%EOF\n");
    file.into_bytes()
}

/// Reads four pages; gives the document and what the parent is told.
fn read(known: &KnownScans) -> (ParsedDocument, Vec<Message>) {
    let kept: OnceCell<Box<dyn PageReader>> = OnceCell::new();
    assert!(kept.set(Box::new(Model(Cell::new(0)))).is_ok());
    let models = Models { readers: &Opened, kept: &kept, memory_bytes: 1 << 30 };
    let mut output = Vec::new();
    let reader = ScanReader::new(models, known, &mut output);
    let path = "scan.pdf".parse().expect("a path");
    let limits = ParseLimits::default();
    let document = quire_ingest::parse_with(&path, &pictures(5), &limits, &reader);
    let told = output.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let told = told.map(|line| serde_json::from_slice(line).expect("a message")).collect();
    (document.expect("it has text"), told)
}

fn unread(document: &ParsedDocument) -> Vec<(u32, &str)> {
    let unread = document.warnings.iter().filter(|warning| warning.code == "page_unread");
    unread.filter_map(|warning| Some((warning.page?, warning.message.as_str()))).collect()
}

#[test]
fn what_other_workers_know_is_not_looked_at_again() {
    let reason = "text recognition took longer than 300 seconds".to_owned();
    let known = KnownScans { pages: vec![Ok(known_page()), Err(reason)], given_up: None };
    let (document, told) = read(&known);
    let texts: Vec<&str> = document.pages.iter().map(|page| page.text.as_str()).collect();
    assert_eq!(texts, ["known", "", "read now", "read now", ""]);
    let unread = unread(&document);
    assert!(unread[0].0 == 2 && unread[0].1.contains("took longer than 300 seconds"), "{unread:?}");
    assert!(unread[1].0 == 5 && unread[1].1.contains("crashed"), "{unread:?}");
    let scanned: Vec<bool> = told
        .iter()
        .filter_map(|message| match message {
            Message::Scanned(scanned) => Some(scanned.is_ok()),
            _ => None,
        })
        .collect();
    assert_eq!((scanned, told.len()), (vec![true, true, false], 6));
}

#[test]
fn pages_that_are_given_up_are_listed() {
    let given_up = Some("it was given up".to_owned());
    let (document, told) = read(&KnownScans { pages: vec![Ok(known_page())], given_up });
    assert_eq!(document.pages[0].text, "known");
    let unread = unread(&document);
    assert_eq!(unread.iter().map(|(page, _)| *page).collect::<Vec<_>>(), [2, 3, 4, 5]);
    assert!(unread.iter().all(|(_, message)| message.contains("given up")) && told.is_empty());
}
