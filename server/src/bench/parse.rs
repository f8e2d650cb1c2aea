//! How fast files are read: pages and megabytes a second for each format, on one core.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::ensure;
use quire_domain::DocumentPath;
use quire_ingest::{ParseLimits, parse};
use serde_json::{Value, json};
use walkdir::WalkDir;

use super::rounded;

/// What files of one format took.
#[derive(Default)]
struct Tally {
    files: usize,
    failed: usize,
    pages: usize,
    bytes: u64,
    time: Duration,
}

/// Parses every file below `files`.
pub async fn measure(files: &[PathBuf], tell: &dyn Fn(&str)) -> anyhow::Result<Value> {
    ensure!(!files.is_empty(), "name files or folders with `--files`");
    tell("Parsing ...");
    let roots = files.to_vec();
    let tallies = tokio::task::spawn_blocking(move || parse_all(&roots)).await?;
    let formats: serde_json::Map<String, Value> =
        tallies.iter().map(|(format, tally)| (format.clone(), tally.json())).collect();
    Ok(json!({"data": files, "threads": 1, "formats": formats}))
}

fn parse_all(roots: &[PathBuf]) -> BTreeMap<String, Tally> {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let entries = roots.iter().flat_map(|root| WalkDir::new(root).sort_by_file_name());
    for entry in entries.filter_map(Result::ok).filter(|entry| entry.file_type().is_file()) {
        if let Some((format, tally)) = parse_one(entry.path()) {
            tallies.entry(format).or_default().add(&tally);
        }
    }
    tallies
}

fn parse_one(file: &Path) -> Option<(String, Tally)> {
    let bytes = std::fs::read(file).ok()?;
    let path: DocumentPath = file.file_name()?.to_str()?.parse().ok()?;
    let size = bytes.len() as u64;
    let started = Instant::now();
    // The parser is guarded by a process of its own in real use; here a panic is a failed file.
    let parsed = catch_unwind(AssertUnwindSafe(|| parse(&path, &bytes, &ParseLimits::default())));
    let time = started.elapsed();
    let tally = Tally { files: 1, bytes: size, time, ..Tally::default() };
    Some(match parsed {
        Ok(Ok(document)) => {
            let format = serde_json::to_value(document.format).ok()?.as_str()?.to_owned();
            (format, Tally { pages: document.pages.len(), ..tally })
        }
        _ => (format!("failed.{}", path.extension()), Tally { failed: 1, ..tally }),
    })
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.files += other.files;
        self.failed += other.failed;
        self.pages += other.pages;
        self.bytes += other.bytes;
        self.time += other.time;
    }

    fn json(&self) -> Value {
        let seconds = self.time.as_secs_f64().max(1e-9);
        json!({
            "files": self.files,
            "failed": self.failed,
            "pages": self.pages,
            "bytes": self.bytes,
            "seconds": rounded(seconds),
            "pages_per_second": rounded(self.pages as f64 / seconds),
            "megabytes_per_second": rounded(self.bytes as f64 / 1e6 / seconds),
        })
    }
}
