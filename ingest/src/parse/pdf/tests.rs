//! PDFs written by hand, small enough to say what must come out.

mod forms;
mod letters;
pub(super) mod sample;
mod tables;
mod vertical;

use quire_domain::{Block, BlockKind};

use super::*;
use sample::{Page, Sample};

/// Reads a file without a model.
pub(super) fn parse(bytes: &[u8]) -> Result<ParsedDocument, ParseError> {
    super::parse(bytes, &crate::NoReader)
}

fn read(sample: &Sample) -> ParsedDocument {
    let document = parse(&sample.bytes()).expect("it can be read");
    for block in &document.blocks {
        assert!(block.span.slice(&document.pages[block.page_index].text).is_some());
    }
    for page in &document.pages {
        for line in &page.lines {
            assert!(line.span.slice(&page.text).is_some_and(|text| !text.trim().is_empty()));
            assert!(line.x0 < line.x1 && line.y0 < line.y1);
        }
    }
    document
}

fn text_of<'a>(document: &'a ParsedDocument, block: &Block) -> &'a str {
    block.span.slice(&document.pages[block.page_index].text).unwrap_or_default()
}

fn texts(document: &ParsedDocument) -> Vec<&str> {
    document.blocks.iter().map(|block| text_of(document, block)).collect()
}

/// A paragraph set in lines of about one width.
fn paragraph(page: Page, (x, y): (f32, f32), lines: &[&str]) -> Page {
    lines
        .iter()
        .enumerate()
        .fold(page, |page, (number, line)| page.text((x, y - 12.0 * number as f32), 10.0, line))
}

#[test]
fn lines_become_paragraphs_without_their_hyphens() {
    let page = paragraph(
        Page::new(),
        (72.0, 700.0),
        &["The installation of the sys-", "tem takes about ten minutes", "on a com-", "puter."],
    );
    let page = paragraph(page, (72.0, 620.0), &["Another one: caf\\351, na\\357ve."]);
    let document = read(&Sample::new(vec![page]));
    let page = &document.pages[0];
    assert!(page.text.starts_with("The installation of the system takes"), "{}", page.text);
    assert!(page.text.contains("on a computer."));
    assert!(page.text.ends_with("\n\nAnother one: café, naïve."));
    let first = page.lines[0];
    assert_eq!(first.span.slice(&page.text), Some("The installation of the sys"));
    // The first baseline is 700 from below on a page 792 high: 92 from above.
    assert!(first.y0 < 92.0 && 92.0 < first.y1 && (71.0..74.0).contains(&first.x0), "{first:?}");
}

#[test]
fn columns_are_read_one_after_the_other() {
    let left: Vec<String> =
        (1..=8).map(|line| format!("Left column line number {line} of the text")).collect();
    let right: Vec<String> =
        (1..=8).map(|line| format!("Right column line number {line} of text")).collect();
    let strings = |lines: &[String]| -> Vec<String> { lines.to_vec() };
    let (left, right) = (strings(&left), strings(&right));
    let mut page = Page::new().text(
        (72.0, 740.0),
        10.0,
        "A line above both of the columns, all across the page, as titles are",
    );
    for (number, (a, b)) in left.iter().zip(&right).enumerate() {
        let y = 700.0 - 12.0 * number as f32;
        page = page.text((72.0, y), 10.0, a).text((320.0, y), 10.0, b);
    }
    let document = read(&Sample::new(vec![page]));
    let text = &document.pages[0].text;
    let last_left = text.find("Left column line number 8").expect("the left column");
    let first_right = text.find("Right column line number 1").expect("the right column");
    assert!(last_left < first_right, "{text}");
}

#[test]
fn table_rows_stay_rows() {
    let mut page = Page::new();
    page = page.text((300.0, 712.0), 10.0, "2023").text((400.0, 712.0), 10.0, "2022");
    for (number, name) in ["Products", "Services", "Total"].iter().enumerate() {
        let y = 700.0 - 12.0 * number as f32;
        page = page.text((72.0, y), 10.0, name);
        page = page.text((292.0, y), 10.0, "$").text((302.0, y), 10.0, "1,234");
        page = page.text((400.0, y), 10.0, "\\(56").text((417.0, y), 10.0, "\\)");
    }
    let document = read(&Sample::new(vec![page]));
    assert_eq!(document.blocks.len(), 1);
    assert_eq!(document.blocks[0].kind, BlockKind::Table { header: " | 2023 | 2022".to_owned() });
    let rows: Vec<&str> = document.pages[0].text.lines().collect();
    assert_eq!(rows[1], "Products | $1,234 | (56)");
}

#[test]
fn headers_footers_and_page_numbers_are_left_out() {
    let pages = (1..=5).map(|number| {
        let page = Page::new().text((72.0, 760.0), 9.0, "Annual report of the company");
        let page = page.text((300.0, 30.0), 9.0, &format!("Page {number} of 5"));
        page.text((72.0, 600.0), 10.0, &format!("Unlike words {} here", "abcde".repeat(number)))
    });
    let document = read(&Sample::new(pages.collect()));
    assert_eq!(document.pages[2].text, format!("Unlike words {} here", "abcde".repeat(3)));
    assert_eq!(document.pages[4].number, Some(5));
}

#[test]
fn the_outline_names_the_headings() {
    let page = |title: &str, text: &str| {
        Page::new().text((72.0, 700.0), 10.0, title).text((72.0, 680.0), 10.0, text)
    };
    let pages = vec![page("1 Begin", "First words."), page("1.1 Middle", "Second words.")];
    let sample = Sample::new(pages).outline(&[("Begin", 0), ("Middle", 1)]).title("On things");
    let sample = sample.created("D:20260301120000+02'00'");
    let document = read(&sample);
    assert_eq!(document.title.as_deref(), Some("On things"));
    let made = quire_domain::date::parse_moment("2026-03-01T10:00Z");
    assert!(made.is_some() && document.metadata.created_at_ms == made);
    assert_eq!(document.metadata.modified_at_ms, None);
    assert_eq!(texts(&document), ["1 Begin", "First words.", "1.1 Middle", "Second words."]);
    assert_eq!(document.blocks[0].kind, BlockKind::Heading(1));
    assert_eq!(document.blocks[3].heading, ["Middle"]);
}

#[test]
fn larger_type_makes_headings_where_there_is_no_outline() {
    let page = Page::new().text((72.0, 700.0), 16.0, "Results");
    let page = paragraph(page, (72.0, 670.0), &["Some text that is set", "in the usual size."]);
    let document = read(&Sample::new(vec![page]));
    assert_eq!(document.blocks[0].kind, BlockKind::Heading(1));
    assert_eq!(document.blocks[1].heading, ["Results"]);
}

#[test]
fn a_large_sentence_that_wraps_makes_no_heading_of_its_end() {
    let page = Page::new()
        .text((72.0, 700.0), 14.0, "The cause was the pilot's failure to keep a distance, and the")
        .text((72.0, 684.0), 14.0, "unfavorable light.")
        .text((72.0, 640.0), 10.0, &"Body text. ".repeat(9));
    let document = read(&Sample::new(vec![page]));
    let is_alone = |text: &&str| *text == "unfavorable light.";
    assert!(!texts(&document).iter().any(is_alone), "{:?}", texts(&document));
}

#[test]
fn list_items_stand_apart_and_keep_their_marks() {
    let page = Page::new()
        .text((72.0, 700.0), 10.0, "\\225")
        .text((90.0, 700.0), 10.0, "first item")
        .text((72.0, 686.0), 10.0, "\\225")
        .text((90.0, 686.0), 10.0, "second item");
    let document = read(&Sample::new(vec![page]));
    assert_eq!(texts(&document), ["• first item", "• second item"]);
    assert!(document.blocks.iter().all(|block| block.kind == BlockKind::List));
}

#[test]
fn pages_without_text_are_named() {
    let sample = Sample::new(vec![Page::new().text((72.0, 700.0), 10.0, "Words"), Page::new()]);
    let document = read(&sample);
    assert_eq!(document.warnings.len(), 1);
    assert_eq!(document.warnings[0].page, Some(2));
    assert_eq!(document.warnings[0].code, "page_without_text");
    assert_eq!(document.warnings[0].message, "The page is blank.");
    let drawn = Page::new().line((72.0, 700.0), (300.0, 650.0));
    let sample = Sample::new(vec![Page::new().text((72.0, 700.0), 10.0, "Words"), drawn]);
    assert!(read(&sample).warnings[0].message.contains("scan"));

    let error = parse(&Sample::new(vec![Page::new()]).bytes()).expect_err("nothing to read");
    assert_eq!(error, ParseError::NoText);
}

#[test]
fn text_drawn_twice_for_boldness_is_read_once() {
    let page = Page::new().text((72.0, 700.0), 10.0, "Bold").text((72.3, 700.0), 10.0, "Bold");
    assert_eq!(read(&Sample::new(vec![page])).pages[0].text, "Bold");
}

#[test]
fn an_encrypted_file_says_so() {
    let sample = Sample::new(vec![Page::new().text((72.0, 700.0), 10.0, "Words")]).encrypted();
    assert_eq!(parse(&sample.bytes()).expect_err("it has a password"), ParseError::Encrypted);
}

#[test]
fn a_file_cut_off_keeps_its_whole_pages_or_says_so() {
    let pages =
        (0..4).map(|number| Page::new().text((72.0, 700.0), 10.0, &format!("Page {number}")));
    let bytes = Sample::new(pages.collect()).bytes();
    for end in (16..bytes.len()).step_by(37) {
        match parse(&bytes[..end]) {
            Ok(document) => assert_eq!(document.warnings[0].code, "file_cut_off", "at {end}"),
            Err(error) => {
                assert!(matches!(error, ParseError::Truncated { .. }), "{error} at {end}");
            }
        }
    }
    assert!(parse(&bytes).is_ok_and(|document| document.warnings.is_empty()));
}
