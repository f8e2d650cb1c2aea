//! The programs that read a file: Quire, poppler's `pdftotext`, and pdfium by way of Python.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::step::{command, output};

/// Prints the texts of the pages of a file as a list.
const PDFIUM: &str = "
import json, sys, pypdfium2
pages = pypdfium2.PdfDocument(sys.argv[1])
print(json.dumps([page.get_textpage().get_text_range() for page in pages]))
";

/// The programs that can be asked.
pub struct Readers {
    quire: PathBuf,
    /// A Python that has pdfium.
    python: Option<String>,
}

/// What the programs read of one file.
pub struct Reading {
    /// By Quire.
    pub pages: Vec<Page>,
    pub warnings: usize,
    /// By poppler, and by pdfium if it was asked and can read the file; a text for each page.
    pub poppler: Vec<String>,
    pub pdfium: Option<Vec<String>>,
    /// Seconds that Quire and poppler took, each with its start.
    pub took: f64,
    pub took_poppler: f64,
}

/// What Quire read of one page.
#[derive(Clone, Default)]
pub struct Page {
    pub text: String,
    /// The lines that are left out and listed.
    pub left_out: String,
    /// The names of columns.
    pub names: String,
    pub is_warned_of: bool,
}

impl Readers {
    /// Finds the programs; pdfium is optional unless a Python is named.
    pub fn find(quire: PathBuf, python: Option<&str>) -> Result<Self> {
        let has_pdfium = |python: &str| output(&mut command(python, &["-c", "import pypdfium2"]));
        let python = match python {
            Some(python) => {
                has_pdfium(python).context("this Python has no pypdfium2")?;
                Some(python.to_owned())
            }
            None => Some("python3".to_owned()).filter(|python| has_pdfium(python).is_ok()),
        };
        Ok(Self { quire, python })
    }

    /// Says whether pdfium is asked.
    pub fn has_pdfium(&self) -> bool {
        self.python.is_some()
    }

    /// Has all of them read a file.
    pub fn read(&self, file: &Path) -> Result<Reading> {
        let name = file.to_str().context("the name is not UTF-8")?;
        let start = Instant::now();
        let parsed = output(&mut command(&self.quire, &["parse", "--json", name]))?;
        let took = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let poppler = output(&mut command("pdftotext", &["-layout", name, "-"]))?;
        let took_poppler = start.elapsed().as_secs_f64();
        let pdfium = self.python.as_ref().and_then(|python| {
            let texts = output(&mut command(python, &["-c", PDFIUM, name])).ok()?;
            serde_json::from_str(&texts).ok()
        });
        let parsed: Value = serde_json::from_str(&parsed)?;
        // Each page ends with a form feed.
        let mut poppler: Vec<String> = poppler.split('\u{c}').map(str::to_owned).collect();
        poppler.pop();
        let warnings = list(&parsed["warnings"]).len();
        Ok(Reading { pages: pages(&parsed), warnings, poppler, pdfium, took, took_poppler })
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Sorts what a report says by its pages.
fn pages(report: &Value) -> Vec<Page> {
    let count = report["pages"].as_u64().unwrap_or(0) as usize;
    let mut pages = vec![Page::default(); count];
    let text = |value: &Value| value["text"].as_str().unwrap_or_default().to_owned() + "\n";
    let at = |number: &Value| (number.as_u64().unwrap_or(0) as usize).wrapping_sub(1);
    for block in list(&report["blocks"]) {
        let Some(page) = pages.get_mut(at(&block["page"])) else { continue };
        page.text.push_str(&text(block));
        if let Some(names) = block["kind"]["table"]["header"].as_str() {
            page.names.push_str(names);
            page.names.push('\n');
        }
    }
    for line in list(&report["left_out"]) {
        for number in list(&line["pages"]) {
            if let Some(page) = pages.get_mut(at(number)) {
                page.left_out.push_str(&text(line));
            }
        }
    }
    for warning in list(&report["warnings"]) {
        if let Some(page) = pages.get_mut(at(&warning["page"])) {
            page.is_warned_of = true;
        }
    }
    pages
}
