//! Parses files and shows what came out: for looking at one document, and for measuring many.
//!
//! ```text
//! cargo run --release -p quire-ingest --example parse -- [--text | --blocks | --chunks] FILE...
//! ```
//!
//! Without an option it prints one line a file, with times, and a summary by format.

#![expect(clippy::print_stdout, reason = "this is a tool whose output is the point")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use quire_domain::{DocumentPath, ParsedDocument, Span};
use quire_ingest::{ChunkDraft, ChunkOptions, ParseLimits, chunk, parse};

/// What was read of one format.
#[derive(Default)]
struct Total {
    files: usize,
    failed: usize,
    pages: usize,
    bytes: usize,
    parse: Duration,
    chunk: Duration,
}

fn main() {
    let mut show = None;
    let mut totals: BTreeMap<String, Total> = BTreeMap::new();
    for argument in std::env::args().skip(1) {
        if argument.starts_with("--") {
            show = Some(argument);
            continue;
        }
        let relative = argument.trim_start_matches(['/', '.']);
        let (Ok(bytes), Ok(path)) = (std::fs::read(&argument), relative.parse::<DocumentPath>())
        else {
            println!("{argument}: cannot be opened");
            continue;
        };
        let start = Instant::now();
        let parsed = parse(&path, &bytes, &ParseLimits::default());
        let parse_time = start.elapsed();
        let document = match parsed {
            Ok(document) => document,
            Err(error) => {
                println!("{argument}: {} ({:?})", error, error.failure().code);
                totals.entry(format!(".{}", path.extension())).or_default().failed += 1;
                continue;
            }
        };
        let start = Instant::now();
        let chunks = chunk(&document, &words, &ChunkOptions::default());
        let chunk_time = start.elapsed();
        report_faults(&argument, &document, &chunks);
        match show.as_deref() {
            Some("--text") => show_text(&document),
            Some("--blocks") => show_blocks(&document),
            Some("--chunks") => {
                for chunk in &chunks {
                    println!(
                        "== {} {} tokens {:?}",
                        chunk.ordinal, chunk.token_count, chunk.locator
                    );
                    println!("{}", chunk.text);
                }
            }
            _ => println!(
                "{argument}: {:?} {} pages, {} blocks, {} chunks, {} warnings, {} ms + {} ms, {:?} {:?}",
                document.format,
                document.pages.len(),
                document.blocks.len(),
                chunks.len(),
                document.warnings.len(),
                parse_time.as_millis(),
                chunk_time.as_millis(),
                document.language.code(),
                document.title,
            ),
        }
        let total = totals.entry(format!("{:?}", document.format)).or_default();
        total.files += 1;
        total.pages += document.pages.len();
        total.bytes += bytes.len();
        total.parse += parse_time;
        total.chunk += chunk_time;
    }
    if show.is_none() {
        for (format, total) in totals {
            let seconds = total.parse.as_secs_f64().max(1e-9);
            println!(
                "{format}: {} files, {} failed, {:.0} pages/s, {:.2} MB/s, parse {:.2} s, chunk {:.2} s",
                total.files,
                total.failed,
                total.pages as f64 / seconds,
                total.bytes as f64 / 1e6 / seconds,
                seconds,
                total.chunk.as_secs_f64(),
            );
        }
    }
}

/// Counts words and marks, about as a `WordPiece` tokenizer does.
fn words(text: &str) -> usize {
    let mut count = 0;
    let mut length = 0;
    for letter in text.chars() {
        if letter.is_alphanumeric() {
            length += 1;
            count += usize::from(length % 6 == 1);
        } else {
            length = 0;
            count += usize::from(!letter.is_whitespace());
        }
    }
    count
}

/// Says where a block or a chunk does not lie in the stored text, which must never be.
fn report_faults(name: &str, document: &ParsedDocument, chunks: &[ChunkDraft]) {
    for (index, page) in document.pages.iter().enumerate() {
        let edges: Vec<usize> =
            page.text.char_indices().map(|(byte, _)| byte).chain([page.text.len()]).collect();
        let slice = |span: Span| {
            let (start, end) = edges.get(span.start).zip(edges.get(span.end))?;
            page.text.get(*start..*end)
        };
        for block in document.blocks.iter().filter(|block| block.page_index == index) {
            if slice(block.span).is_none() {
                println!("{name}: FAULT: {block:?} lies outside its page");
            }
        }
        for chunk in chunks.iter().filter(|chunk| chunk.locator.page == page.number) {
            if slice(chunk.locator.span).is_none_or(|slice| !chunk.text.ends_with(slice)) {
                println!("{name}: FAULT: {:?} is not the text of its chunk", chunk.locator);
            }
        }
    }
}

fn show_text(document: &ParsedDocument) {
    for page in &document.pages {
        println!("{}\u{c}", page.text);
    }
}

fn show_blocks(document: &ParsedDocument) {
    for warning in &document.warnings {
        println!("! {warning:?}");
    }
    for block in &document.blocks {
        let page = &document.pages[block.page_index];
        let text = block.span.slice(&page.text).unwrap_or("(outside its page)");
        println!(
            "[{:?} p{:?} {:?} l{:?} r{:?} {:?}]",
            block.kind, page.number, block.heading, block.lines, block.rows, block.block_id
        );
        println!("{text}\n");
    }
}
