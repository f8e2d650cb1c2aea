//! Pages that are pictures, read by readers that say what a test wants.

use quire_domain::ParsedDocument;

use super::super::parse;
use super::super::tests::sample::{Page as Drawn, Sample};
use super::*;
use crate::NoReader;

/// Draws a picture over the whole page.
const PICTURE: &str = "q 612 0 0 792 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID @ EI Q";

/// A reader that says the same of every page: these lines, and how many could not be read.
struct Says(Vec<RecognisedLine>, usize);

impl PageReader for Says {
    fn read_page(&self, _: &Page<'_>) -> Result<RecognisedPage, PageReaderError> {
        let model = "test/reader".parse().expect("a name");
        Ok(RecognisedPage { model, lines: self.0.clone(), unread: self.1 })
    }
}

/// A reader that can read nothing.
struct Fails;

impl PageReader for Fails {
    fn read_page(&self, _: &Page<'_>) -> Result<RecognisedPage, PageReaderError> {
        Err(PageReaderError::Failed { reason: "the network is broken".to_owned() })
    }
}

/// A reader that crashes.
struct Crashes;

impl PageReader for Crashes {
    fn read_page(&self, _: &Page<'_>) -> Result<RecognisedPage, PageReaderError> {
        panic!("as a network may")
    }
}

/// A line 10 points high that begins at a place.
fn line(text: &str, (x0, y0): (f32, f32)) -> RecognisedLine {
    let (x1, y1) = (x0 + 5.0 * text.len() as f32, y0 + 14.0);
    RecognisedLine { text: text.to_owned(), confidence: Some(0.9), x0, y0, x1, y1, turns: 0 }
}

fn scan() -> Drawn {
    Drawn::new().raw(PICTURE)
}

fn with_text() -> Drawn {
    Drawn::new().text((72.0, 700.0), 10.0, "A page with text of its own.")
}

fn read(pages: Vec<Drawn>, reader: &dyn PageReader) -> ParsedDocument {
    parse(&Sample::new(pages).bytes(), reader).expect("there is text in it")
}

fn codes(document: &ParsedDocument) -> Vec<(&str, Option<u32>)> {
    document.warnings.iter().map(|warning| (warning.code.as_str(), warning.page)).collect()
}

#[test]
fn a_scan_is_read_in_reading_order_and_marked() {
    let mut lines = Vec::new();
    for row in (0..6).rev() {
        let y = 100.0 + 16.0 * row as f32;
        lines.push(line(&format!("row {row} of the right column of text here"), (330.0, y)));
        lines.push(line(&format!("row {row} of the left column of text here"), (72.0, y)));
    }
    let document = read(vec![with_text(), scan()], &Says(lines, 0));
    assert_eq!(codes(&document), []);
    let page = &document.pages[1];
    let rows = ["left", "right"].map(|side| {
        (0..6).map(|row| format!("row {row} of the {side} column of text here")).collect::<Vec<_>>()
    });
    let expected: Vec<String> = rows.iter().map(|rows| rows.join(" ")).collect();
    assert_eq!(page.text, expected.join("\n\n"));
    assert_eq!(page.lines.len(), 12, "each line has its box");
    let recognition = page.recognised.as_ref().expect("it was recognised");
    assert_eq!(recognition.model.as_str(), "test/reader");
    assert!(recognition.confidence.is_some_and(|mean| (mean - 0.9).abs() < 1e-6));
    assert_eq!(document.pages[0].recognised, None, "and the other was not");
    assert!(document.blocks.iter().any(|block| block.page_index == 1));
}

#[test]
fn without_a_model_the_page_is_named_and_the_command_too() {
    let document = read(vec![with_text(), scan(), scan()], &NoReader);
    assert_eq!(
        codes(&document),
        [("page_without_text", Some(2)), ("page_without_text", Some(3)), ("no_ocr_model", None)]
    );
    let message = &document.warnings[2].message;
    assert!(message.starts_with("2 pages are pictures"), "{message}");
    for command in ["`quire models pull ppocr`", "`quire documents retry ID`"] {
        assert!(message.contains(command), "{message}");
    }
    let error = parse(&Sample::new(vec![scan()]).bytes(), &NoReader).expect_err("nothing is read");
    assert_eq!(error, ParseError::Scan);
    let hint = error.failure().hint.expect("it says what to do");
    assert!(hint.contains("`quire models pull ppocr`"), "{hint}");
}

#[test]
fn what_goes_wrong_on_a_page_leaves_the_others() {
    for (reader, reason) in [(&Fails as &dyn PageReader, "broken"), (&Crashes, "crashed")] {
        let document = read(vec![scan(), with_text()], reader);
        assert_eq!(codes(&document), [("page_unread", Some(1))]);
        assert!(document.warnings[0].message.contains(reason), "{}", document.warnings[0].message);
        assert_eq!(document.pages[1].text, "A page with text of its own.");
        let error = parse(&Sample::new(vec![scan()]).bytes(), reader).expect_err("nothing is read");
        assert!(error.to_string().contains(reason), "{error}");
    }
    let document = read(vec![scan(), with_text()], &Says(Vec::new(), 0));
    assert_eq!(codes(&document), [("page_without_text", Some(1))]);
}

#[test]
fn a_stamp_on_a_scan_is_kept_and_not_told_twice() {
    let stamped = || scan().text((72.0, 700.0), 10.0, "Received 4 May");
    let lines =
        vec![line("Received 4 May", (71.0, 81.0)), line("Dear Sir or Madam", (72.0, 200.0))];
    let document = read(vec![stamped()], &Says(lines, 0));
    assert_eq!(document.pages[0].text, "Received 4 May\n\nDear Sir or Madam");
    let document = read(vec![stamped()], &NoReader);
    assert_eq!(document.pages[0].text, "Received 4 May");
    assert_eq!(codes(&document), [("picture_unread", Some(1)), ("no_ocr_model", None)]);
}

#[test]
fn a_page_of_text_on_a_picture_is_not_recognised() {
    let text =
        "A page with a coloured ground says more than a stamp does, and is read as all others.";
    let page =
        (0..4).fold(scan(), |page, row| page.text((50.0, 700.0 - 14.0 * row as f32), 10.0, text));
    let document = read(vec![page], &Crashes);
    assert_eq!(codes(&document), []);
}

#[test]
fn text_that_is_unsure_is_told() {
    let mut lines = vec![line("Scarcely to be read", (72.0, 100.0))];
    lines[0].confidence = Some(0.61);
    let document = read(vec![scan()], &Says(lines, 2));
    assert_eq!(codes(&document), [("unsure_recognition", Some(1))]);
    let message = &document.warnings[0].message;
    assert!(message.contains("61 of 100") && message.contains("2 places look"), "{message}");
}

#[test]
fn lines_that_run_upwards_have_their_box_where_they_stand() {
    let (x0, y0, x1, y1) = (100.0, 200.0, 114.0, 400.0);
    let upwards = RecognisedLine { x0, y0, x1, y1, turns: 3, ..line("Up the margin", (0.0, 0.0)) };
    let document = read(vec![scan()], &Says(vec![upwards], 0));
    assert_eq!(document.pages[0].text, "Up the margin");
    let found = document.pages[0].lines[0];
    assert!((95.0..=105.0).contains(&found.x0) && (110.0..=120.0).contains(&found.x1), "{found:?}");
    assert!((found.y0 - 200.0).abs() < 5.0 && (found.y1 - 400.0).abs() < 5.0, "{found:?}");
}
