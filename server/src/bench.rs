//! Measurements, each on stated data: nothing here is a test, and nothing is asserted.

mod embed;
mod generate;
mod ingest;
mod machine;
mod memory;
mod parse;
mod sample;
mod search;
mod sync;

#[cfg(feature = "local")]
#[path = "bench/engines_enabled.rs"]
mod engines;
#[cfg(not(feature = "local"))]
#[path = "bench/engines_disabled.rs"]
mod engines;

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::Folders;

/// What can be measured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// Parsing.
    Parse,
    /// Embedding.
    Embed,
    /// Searching.
    Search,
    /// Generating.
    Generate,
    /// The engine beside the plain library.
    Engines,
    /// Resident memory.
    Memory,
    /// Adding many small notes.
    Ingest,
    /// Syncing a vault.
    Sync,
}

/// What is to be measured, and on what.
#[derive(Debug)]
pub struct Selection {
    /// The parts.
    pub parts: Vec<Part>,
    /// Files and folders to parse and to add.
    pub files: Vec<PathBuf>,
    /// Where models lie.
    pub folders: Folders,
    /// How many small notes are added, one measurement each.
    pub notes: Vec<usize>,
    /// Whether they are embedded by the default model, and not by a hash of their words.
    pub real_embedder: bool,
}

/// How many small notes are added unless told otherwise.
pub const INGEST_SIZES: [usize; 3] = [1_000, 10_000, 50_000];

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The machine and the build.
    pub machine: machine::Machine,
    /// Each part's figures, absent if it was not measured.
    #[serde(flatten)]
    pub parts: serde_json::Map<String, Value>,
    /// Parts that could not be measured, and why.
    pub errors: Vec<String>,
}

impl Report {
    /// Shows the figures for people: a line for each.
    pub fn lines(&self) -> Vec<String> {
        let machine = serde_json::to_value(&self.machine).unwrap_or_default();
        let mut lines = Vec::new();
        flatten("machine", &machine, &mut lines);
        for (name, value) in &self.parts {
            flatten(name, value, &mut lines);
        }
        lines.extend(self.errors.iter().map(|error| format!("error: {error}")));
        lines
    }
}

fn flatten(name: &str, value: &Value, lines: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                flatten(&format!("{name}.{field}"), value, lines);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&format!("{name}.{index}"), item, lines);
            }
        }
        _ => lines.push(format!("{name:<44} {value}")),
    }
}

/// Measures the parts one after the other; one that fails does not stop the others.
pub async fn run(selection: &Selection, tell: &dyn Fn(&str)) -> Report {
    let mut report =
        Report { machine: machine::describe(), parts: serde_json::Map::new(), errors: Vec::new() };
    for part in &selection.parts {
        let (name, result) = match part {
            Part::Parse => ("parse", parse::measure(&selection.files, tell).await),
            Part::Embed => ("embed", embed::measure(&selection.folders, tell).await),
            Part::Search => ("search", search::measure(tell).await),
            Part::Generate => ("generate", generate::measure(&selection.folders, tell).await),
            Part::Engines => ("engines", engines::measure(&selection.folders, tell).await),
            Part::Memory => ("memory", memory::measure(selection, tell).await),
            Part::Ingest => ("ingest", ingest::measure(selection, tell).await),
            Part::Sync => ("sync", sync::measure(selection, tell).await),
        };
        match result {
            Ok(value) => {
                report.parts.insert(name.to_owned(), value);
            }
            Err(error) => report.errors.push(format!("{name}: {error:#}")),
        }
    }
    report
}

/// The value below which a share of the times lies, in milliseconds.
fn percentile_ms(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    let index = ((times.len() as f64 * share).ceil() as usize).saturating_sub(1);
    times.get(index).map_or(0.0, |time| rounded(time.as_secs_f64() * 1000.0))
}

/// Keeps two decimals.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
