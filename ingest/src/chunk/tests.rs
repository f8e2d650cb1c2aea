//! What chunks promise, on documents made by hand and by chance.

use std::cell::Cell;

use proptest::prelude::*;
use quire_domain::{DocumentPath, Format, Language, PageText};

use super::*;
use crate::ParseLimits;

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

fn read(name: &str, text: &str) -> ParsedDocument {
    let path: DocumentPath = name.parse().expect("a valid path");
    crate::parse(&path, text.as_bytes(), &ParseLimits::default()).expect("it can be read")
}

fn cut(document: &ParsedDocument, max_tokens: usize) -> Vec<ChunkDraft> {
    let chunks = chunk(document, &words, &ChunkOptions { max_tokens });
    assert_promises(document, &chunks, max_tokens);
    chunks
}

fn assert_promises(document: &ParsedDocument, chunks: &[ChunkDraft], max_tokens: usize) {
    let mut covered: Vec<Vec<bool>> =
        document.pages.iter().map(|page| vec![false; page.text.chars().count()]).collect();
    for (number, chunk) in chunks.iter().enumerate() {
        assert_eq!(chunk.ordinal as usize, number);
        let index = document
            .pages
            .iter()
            .position(|page| page.number == chunk.locator.page)
            .expect("the page exists");
        let slice = chunk.locator.span.slice(&document.pages[index].text).expect("it lies inside");
        let header = chunk.text.strip_suffix(slice).expect("the text ends with the slice");
        assert!(header.is_empty() || header.ends_with('\n'), "{header:?}");
        assert!(!slice.trim().is_empty());
        assert_eq!(chunk.token_count as usize, words(&chunk.text));
        assert!(words(&chunk.text) <= max_tokens, "{:?}", chunk.text);
        for place in &mut covered[index][chunk.locator.span.start..chunk.locator.span.end] {
            *place = true;
        }
    }
    for block in &document.blocks {
        let page = &document.pages[block.page_index];
        let text = block.span.slice(&page.text).expect("blocks lie in their page");
        let title = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_named =
            is_heading(block) && chunks.iter().any(|chunk| chunk.locator.heading.contains(&title));
        for (offset, letter) in text.chars().enumerate() {
            let is_covered = covered[block.page_index][block.span.start + offset];
            assert!(letter.is_whitespace() || is_covered || is_named, "{text:?} is in no chunk");
        }
    }
}

#[test]
fn headings_lead_their_text_and_neighbours_share_a_chunk() {
    let document = read("a.md", "# Top\n\n## First\n\none two\n\nthree\n\n## Second\n\nfour\n");
    let chunks = cut(&document, 20);
    let texts: Vec<&str> = chunks.iter().map(|chunk| chunk.text.as_str()).collect();
    assert_eq!(texts, ["# Top\n\n## First\n\none two\n\nthree", "## Second\n\nfour"]);
    assert_eq!(chunks[0].locator.heading, ["Top", "First"]);
    assert_eq!(chunks[1].locator.heading, ["Top", "Second"]);
    assert_eq!(chunks[1].locator.lines, Some((9, 11)));
}

#[test]
fn long_paragraphs_are_split_at_sentences_with_their_lines() {
    let sentence = "One two three four five six seven eight nine ten.";
    let text = format!("{sentence}\n{sentence}\n{sentence}\n");
    let chunks = cut(&read("a.txt", &text), 12);
    assert_eq!(chunks.len(), 3);
    assert_eq!(chunks[1].text, sentence);
    assert_eq!(chunks[1].locator.lines, Some((2, 2)));
}

#[test]
fn tables_are_cut_between_rows_under_their_header() {
    let rows: Vec<String> = (1..=10).map(|row| format!("name{row},{row}")).collect();
    let text = format!("name,value\n{}\n", rows.join("\n"));
    let chunks = cut(&read("a.csv", &text), 12);
    assert!(chunks.len() > 2);
    assert!(chunks.iter().all(|chunk| chunk.text.starts_with("name | value\n")));
    let rows: Vec<_> = chunks.iter().filter_map(|chunk| chunk.locator.rows).collect();
    assert_eq!(rows.first().map(|rows| rows.0), Some(1));
    assert_eq!(rows.last().map(|rows| rows.1), Some(10));
    assert!(rows.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0), "{rows:?}");
    let second = &chunks[1];
    let (first, _) = second.locator.rows.expect("tables have rows");
    assert!(second.text.contains(&format!("name{first} | {first}")));
}

#[test]
fn a_markdown_table_repeats_both_header_lines() {
    let rows = "| 1 | x |\n".repeat(8);
    let chunks = cut(&read("a.md", &format!("| a | b |\n|---|---|\n{rows}")), 16);
    assert!(chunks.len() > 1);
    assert!(chunks[1].text.starts_with("| a | b |\n|---|---|\n| "));
}

#[test]
fn pages_are_never_mixed_and_a_trailing_heading_moves_to_the_path() {
    let page = |number: u32, text: &str| PageText {
        number: Some(number),
        text: text.to_owned(),
        ..PageText::default()
    };
    let block = |kind, page_index, length, heading: &[&str]| Block {
        kind,
        page_index,
        span: Span::new(0, length),
        heading: heading.iter().map(|part| (*part).to_owned()).collect(),
        lines: None,
        rows: None,
        block_id: None,
    };
    let document = ParsedDocument {
        format: Format::Pdf,
        title: None,
        language: Language::English,
        pages: vec![page(1, "Title"), page(2, "Body text")],
        blocks: vec![
            block(BlockKind::Heading(1), 0, 5, &[]),
            block(BlockKind::Paragraph, 1, 9, &["Title"]),
        ],
        warnings: Vec::new(),
        left_out: Vec::new(),
        metadata: quire_domain::Metadata::default(),
    };
    let chunks = cut(&document, 100);
    assert_eq!(chunks.len(), 1);
    assert_eq!(chunks[0].locator.page, Some(2));
    assert_eq!(chunks[0].locator.heading, ["Title"]);
}

#[test]
fn a_heading_alone_is_still_found() {
    assert_eq!(cut(&read("a.md", "# Only this\n"), 10).len(), 1);
}

#[test]
fn counting_takes_time_linear_in_the_text() {
    let text = "Some words that make a sentence of usual length. ".repeat(20_000);
    let document = read("a.txt", &text);
    let counted = Cell::new(0usize);
    let tally = |text: &str| {
        counted.set(counted.get() + text.len());
        words(text)
    };
    let chunks = chunk(&document, &tally, &ChunkOptions { max_tokens: 200 });
    assert!(chunks.len() > 500);
    assert!(counted.get() < text.len() * 6, "{} bytes for {}", counted.get(), text.len());
}

#[test]
fn a_word_longer_than_a_chunk_does_not_hang() {
    let letters = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).count();
    let document = read("a.txt", &"x".repeat(5_000));
    let chunks = chunk(&document, &letters, &ChunkOptions { max_tokens: 16 });
    let joined: String = chunks.iter().map(|chunk| chunk.text.as_str()).collect();
    assert_eq!(joined.len(), 5_000);
    assert!(chunks.iter().all(|chunk| chunk.token_count <= 16));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn markdown_by_chance_keeps_every_promise(
        parts in prop::collection::vec(
            prop_oneof![
                "# [a-zä ]{1,12}",
                "## [a-z]{1,8}",
                "[a-zäß€ .]{1,200}",
                "- [a-z ]{1,20}\n- [a-z ]{1,20}",
                "```\n[a-z(); ]{1,60}\n```",
                "\\| a \\| b \\|\n\\|---\\|---\\|\n\\| [a-z]{1,5} \\| [0-9]{1,4} \\|",
                "> [a-z ]{1,30}",
                "---",
            ],
            1..20,
        ),
        max_tokens in 4usize..40,
    ) {
        let text = parts.join("\n\n");
        prop_assume!(!text.trim().is_empty());
        cut(&read("a.md", &text), max_tokens);
    }

    #[test]
    fn tables_by_chance_keep_every_promise(
        rows in prop::collection::vec(prop::collection::vec("[a-z0-9 \"]{0,20}", 1..6), 1..30),
        max_tokens in 4usize..40,
    ) {
        let quote = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
        let lines: Vec<String> =
            rows.iter().map(|row| row.iter().map(quote).collect::<Vec<_>>().join(",")).collect();
        let path: DocumentPath = "a.csv".parse().expect("a valid path");
        if let Ok(document) = crate::parse(&path, lines.join("\n").as_bytes(), &ParseLimits::default()) {
            cut(&document, max_tokens);
        }
    }
}
