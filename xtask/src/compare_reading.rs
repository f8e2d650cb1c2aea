//! What Quire reads of PDF files beside what poppler's `pdftotext` reads, which others wrote.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::paths::target;
use crate::step::{command, output};

/// A file whose words are found to a lesser share than this is named.
const LEAST: f64 = 0.99;
/// So many of the words that a file lacks are shown.
const SHOWN: usize = 8;

/// How often each word stands in a text.
type Words = HashMap<String, usize>;

/// How one file was read.
struct Reading {
    file: PathBuf,
    /// Words of poppler's, and those of them that Quire has, with the lines it leaves out and lists.
    expected: usize,
    found: usize,
    /// Words that Quire has, without those that it repeats in names of columns, and those of them that poppler has.
    had: usize,
    confirmed: usize,
    missing: Vec<String>,
    warnings: usize,
    /// Seconds, each with the start of its program.
    took: f64,
    took_poppler: f64,
}

/// Compares all PDF files in a folder, names those that differ, and gives the sums.
pub fn compare(arguments: &[String]) -> Result<()> {
    let [folder] = arguments else {
        bail!("name the folder: `cargo xtask compare-reading FOLDER`");
    };
    let program = target().join("release/quire");
    ensure!(program.is_file(), "there is no {}; run `cargo xtask build` first", program.display());
    let mut files = Vec::new();
    find_pdfs(Path::new(folder), &mut files)?;
    files.sort();
    ensure!(!files.is_empty(), "there is no PDF file in {folder}");
    let mut readings: Vec<Reading> = Vec::with_capacity(files.len());
    for file in files {
        match read(&program, &file) {
            Ok(reading) => {
                show(&reading);
                readings.push(reading);
            }
            Err(error) => println!("{}: not compared: {error:#}", file.display()),
        }
    }
    let sum = |count: fn(&Reading) -> usize| readings.iter().map(count).sum::<usize>();
    let silent = readings.iter().filter(|one| recall(one) < LEAST && one.warnings == 0).count();
    println!(
        "{} files: recall {:.4}, precision {:.4}; {silent} below {LEAST} without a warning; {:.1} s, pdftotext {:.1} s",
        readings.len(),
        share(sum(|one| one.found), sum(|one| one.expected)),
        share(sum(|one| one.confirmed), sum(|one| one.had)),
        readings.iter().map(|one| one.took).sum::<f64>(),
        readings.iter().map(|one| one.took_poppler).sum::<f64>(),
    );
    Ok(())
}

fn find_pdfs(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?
    {
        let path = entry?.path();
        if path.is_dir() {
            find_pdfs(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("pdf")) {
            files.push(path);
        }
    }
    Ok(())
}

fn read(program: &Path, file: &Path) -> Result<Reading> {
    let name = file.to_str().context("the name is not UTF-8")?;
    let start = Instant::now();
    let parsed = output(&mut command(program, &["parse", "--json", name]))?;
    let took = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let reference = output(&mut command("pdftotext", &["-layout", name, "-"]))?;
    let took_poppler = start.elapsed().as_secs_f64();
    let parsed: Value = serde_json::from_str(&parsed)?;
    let texts = |list: &str| {
        let items = parsed[list].as_array().into_iter().flatten();
        items.filter_map(|item| item["text"].as_str()).collect::<Vec<_>>().join("\n")
    };
    // A line that is left out stands on several pages.
    let left_out = parsed["left_out"].as_array().into_iter().flatten().map(|line| {
        let pages = line["pages"].as_array().map_or(1, Vec::len);
        format!("{}\n", line["text"].as_str().unwrap_or_default()).repeat(pages)
    });
    let (own, reference) = (words(&texts("blocks")), words(&reference));
    let with_left_out = words(&format!("{}\n{}", texts("blocks"), left_out.collect::<String>()));
    // A name over several columns stands once on the page and is said for each of them.
    let headers = parsed["blocks"].as_array().into_iter().flatten();
    let headers = headers.filter_map(|block| block["kind"]["table"]["header"].as_str());
    let names = words(&headers.collect::<Vec<_>>().join("\n"));
    let repeated = names.iter().map(|(word, count)| match reference.get(word) {
        Some(there) => (*count).min(own.get(word).map_or(0, |here| here.saturating_sub(*there))),
        None => 0,
    });
    let missing = reference.iter().filter(|(word, count)| with_left_out.get(*word) < Some(count));
    let mut missing: Vec<String> = missing.map(|(word, _)| word.clone()).collect();
    missing.sort();
    Ok(Reading {
        expected: reference.values().sum(),
        found: shared(&reference, &with_left_out),
        had: own.values().sum::<usize>() - repeated.sum::<usize>(),
        confirmed: shared(&own, &reference),
        missing,
        warnings: parsed["warnings"].as_array().map_or(0, Vec::len),
        file: file.to_owned(),
        took,
        took_poppler,
    })
}

fn show(reading: &Reading) {
    let precision = share(reading.confirmed, reading.had);
    if recall(reading) >= LEAST && precision >= LEAST {
        return;
    }
    let shown: Vec<&str> = reading.missing.iter().take(SHOWN).map(String::as_str).collect();
    println!(
        "{}: recall {:.3}, precision {precision:.3}, {} warnings; missing: {}",
        reading.file.display(),
        recall(reading),
        reading.warnings,
        shown.join(" ")
    );
}

fn recall(reading: &Reading) -> f64 {
    share(reading.found, reading.expected)
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Counts the runs of letters and digits.
fn words(text: &str) -> Words {
    let mut words = Words::new();
    let runs = text.split(|letter: char| !letter.is_alphanumeric()).filter(|run| !run.is_empty());
    for word in runs {
        *words.entry(word.to_lowercase()).or_default() += 1;
    }
    words
}

fn shared(one: &Words, other: &Words) -> usize {
    one.iter().map(|(word, count)| other.get(word).map_or(0, |there| *count.min(there))).sum()
}
