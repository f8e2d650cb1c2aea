//! `quire parse`: what is read of one file, as ingest would read it; no server and no data folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use quire_domain::{BlockKind, DocumentPath, PageKind, ParseReport, ParsedBlock, RecognisedPage};
use quire_service::{ServiceError, parse_file};

use super::documents::left_out;
use super::search::range;
use super::{Ending, output};
use crate::config::{ModelsFolder, ingest_limits};

/// What to read.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The file
    file: PathBuf,
    #[command(flatten)]
    models: ModelsFolder,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Reads the file in a parse worker, within the limits of ingest, and prints what came of it.
pub async fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    let Arguments { file, models, json } = arguments;
    let report = parse(&file, &models).await?;
    if json {
        output::json(&report)?;
    } else {
        show(&report);
    }
    Ok(Ending::Done)
}

/// Reads a file, or says why not and what to do.
pub async fn parse(file: &Path, models: &ModelsFolder) -> anyhow::Result<ParseReport> {
    let shown = file.display();
    if file.is_dir() {
        bail!("`{shown}` is a folder; name one file, or add the folder with `quire ingest`");
    }
    let name = file.file_name().and_then(|name| name.to_str());
    let path: DocumentPath = name
        .and_then(|name| name.parse().ok())
        .with_context(|| format!("`{shown}` has no name that a document can have; rename it"))?;
    let limits = ingest_limits(models);
    let parsed = match parse_file(&limits, &path, file).await {
        Err(ServiceError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            bail!("there is no file `{shown}`; check its path");
        }
        parsed => parsed?,
    };
    parsed.map_err(|failure| {
        let hint = failure.hint.map(|hint| format!(" {hint}")).unwrap_or_default();
        anyhow::anyhow!("`{shown}` was not read: {}{hint}", failure.message)
    })
}

fn show(report: &ParseReport) {
    show_blocks(report);
    output::line("---");
    let rows = [
        ("Path", report.path.to_string()),
        ("SHA-256", report.sha256.to_string()),
        ("Title", report.title.clone().unwrap_or_default()),
        ("Language", report.language.name().to_owned()),
    ];
    show_rows(&rows);
    show_reading(report);
}

/// Prints each block below its place.
pub fn show_blocks(report: &ParseReport) {
    for block in &report.blocks {
        output::line(&format!("--- {}", place(block, report.page_kind)));
        output::line(&block.text);
    }
}

/// Prints how a file was read, what was not read, and what is no part of the text.
pub fn show_reading(report: &ParseReport) {
    let format = serde_json::to_value(report.format).unwrap_or_default();
    let kind = report.page_kind.as_str();
    let unread: Vec<String> = report.unread_pages.iter().map(u32::to_string).collect();
    let unread =
        if unread.is_empty() { String::new() } else { format!("{kind} {}", unread.join(", ")) };
    let pages = format!("{}s", report.page_kind.capital());
    let rows = [
        ("Format", format.as_str().unwrap_or_default().to_owned()),
        ("Encoding", report.encoding.clone().unwrap_or_default()),
        (pages.as_str(), report.pages.map_or_else(String::new, |pages| pages.to_string())),
        ("Without text", unread),
        ("Recognised", recognised(report)),
        ("Blocks", report.blocks.len().to_string()),
        ("Tables", report.tables.to_string()),
        ("Text version", report.text_version.to_string()),
        ("Time", report.took_ms.map_or_else(String::new, |took| format!("{took} ms"))),
        ("Memory", report.peak_memory_bytes.map_or_else(String::new, output::size)),
    ];
    show_rows(&rows);
    for warning in &report.warnings {
        let page = warning.page.map(|page| format!("{kind} {page}: ")).unwrap_or_default();
        output::line(&format!("{:<12} {page}{}", "Warning", warning.message));
    }
    for line in &report.left_out {
        output::line(&left_out(line));
    }
}

/// Says which pages were read by text recognition, by which model, and how surely.
fn recognised(report: &ParseReport) -> String {
    let page = |page: &RecognisedPage| {
        let sure = page.recognition.confidence;
        let sure = sure.map_or_else(String::new, |sure| format!(" ({:.0} %)", sure * 100.0));
        format!("{}{sure}", page.page)
    };
    let pages: Vec<String> = report.recognised_pages.iter().map(page).collect();
    let Some(first) = report.recognised_pages.first() else { return String::new() };
    format!("{} {}, by {}", report.page_kind.as_str(), pages.join(", "), first.recognition.model)
}

/// Prints names and values, without those that are empty.
pub fn show_rows(rows: &[(&str, String)]) {
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        output::line(&format!("{name:<12} {value}"));
    }
}

/// Says what a block is and where it lies.
fn place(block: &ParsedBlock, kind_of_page: PageKind) -> String {
    let kind = match &block.kind {
        BlockKind::Heading(level) => format!("heading {level}"),
        BlockKind::Paragraph => "paragraph".to_owned(),
        BlockKind::List => "list".to_owned(),
        BlockKind::Table { .. } => "table".to_owned(),
        BlockKind::Code => "code".to_owned(),
        BlockKind::Note => "note".to_owned(),
    };
    let locator = &block.locator;
    let heading = Some(locator.heading.join(" > ")).filter(|heading| !heading.is_empty());
    let parts = [
        Some(kind),
        locator.page.map(|page| format!("{} {page}", kind_of_page.as_str())),
        locator.lines.map(|lines| range("line", lines)),
        locator.rows.map(|rows| range("row", rows)),
        heading.map(|heading| format!("below {heading}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
