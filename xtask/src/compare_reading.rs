//! What Quire reads of PDF files beside what poppler's `pdftotext` and, if it is there, pdfium read, which others wrote.

mod readers;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::paths::target;
use readers::{Readers, Reading};
use words::Words;

/// A file whose words are found to a lesser share than this is named.
const LEAST: f64 = 0.99;
/// Two other readers agree on a page from this F1 of their words on, and Quire reads it otherwise below that.
const AGREED: f64 = 0.97;
const OTHERWISE: f64 = 0.95;
/// On a page of fewer words a single one would decide.
const FEWEST_WORDS: usize = 10;
/// So many of the words that a file lacks are shown.
const SHOWN: usize = 8;

/// How one file was read.
struct Comparison {
    file: PathBuf,
    /// Words of poppler's, and those of them that Quire has, with the lines it leaves out and lists.
    expected: usize,
    found: usize,
    /// Words that Quire has, without those that it repeats in names of columns, and those of them that poppler has.
    had: usize,
    confirmed: usize,
    missing: Vec<String>,
    warnings: usize,
    /// Pages on which the two other readers agree, and those of them that Quire reads otherwise, with the F1 of its words and
    /// whether it warns of the page.
    agreed: usize,
    otherwise: Vec<(usize, f64, bool)>,
    /// Seconds, each with the start of its program.
    took: f64,
    took_poppler: f64,
}

/// Compares all PDF files in folders, names those that differ, and gives the sums.
pub fn compare(arguments: &[String]) -> Result<()> {
    let (folders, python) = match arguments {
        [folders @ .., option, python] if option == "--pdfium" => (folders, Some(python.as_str())),
        folders => (folders, None),
    };
    if folders.is_empty() {
        bail!("name the folder: `cargo xtask compare-reading FOLDER... [--pdfium PYTHON]`");
    }
    let program = target().join("release/quire");
    ensure!(program.is_file(), "there is no {}; run `cargo xtask build` first", program.display());
    let readers = Readers::find(program, python)?;
    let mut files = Vec::new();
    for folder in folders {
        find_pdfs(Path::new(folder), &mut files)?;
    }
    files.sort();
    ensure!(!files.is_empty(), "there is no PDF file in {}", folders.join(", "));
    let mut comparisons: Vec<Comparison> = Vec::with_capacity(files.len());
    for file in files {
        match readers.read(&file) {
            Ok(reading) => {
                let comparison = judge(file, &reading);
                show(&comparison);
                comparisons.push(comparison);
            }
            Err(error) => println!("{}: not compared: {error:#}", file.display()),
        }
    }
    sum_up(&comparisons, readers.has_pdfium());
    Ok(())
}

fn sum_up(comparisons: &[Comparison], has_pdfium: bool) {
    let sum = |count: fn(&Comparison) -> usize| comparisons.iter().map(count).sum::<usize>();
    let silent = comparisons.iter().filter(|one| recall(one) < LEAST && one.warnings == 0).count();
    println!(
        "{} files: recall {:.4}, precision {:.4}; {silent} below {LEAST} without a warning; {:.1} s, pdftotext {:.1} s",
        comparisons.len(),
        words::share(sum(|one| one.found), sum(|one| one.expected)),
        words::share(sum(|one| one.confirmed), sum(|one| one.had)),
        comparisons.iter().map(|one| one.took).sum::<f64>(),
        comparisons.iter().map(|one| one.took_poppler).sum::<f64>(),
    );
    if has_pdfium {
        let agreed = sum(|one| one.agreed);
        let otherwise = sum(|one| one.otherwise.len());
        let warned = comparisons.iter().flat_map(|one| &one.otherwise).filter(|page| page.2);
        println!(
            "pdfium and poppler agree on {agreed} pages; {otherwise} of them ({:.2} %) are read otherwise, {} with a warning",
            100.0 * otherwise as f64 / agreed.max(1) as f64,
            warned.count(),
        );
    } else {
        println!("pdfium was not asked: name a Python that has pypdfium2 with `--pdfium`");
    }
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

fn judge(file: PathBuf, reading: &Reading) -> Comparison {
    let own = Words::of(&reading.pages.iter().map(|page| page.text.as_str()).collect::<Vec<_>>());
    let left_out: Vec<&str> = reading
        .pages
        .iter()
        .flat_map(|page| [page.text.as_str(), page.left_out.as_str()])
        .collect();
    let with_left_out = Words::of(&left_out);
    let poppler = Words::of(&[&reading.poppler.join("\n")]);
    let names: Vec<&str> = reading.pages.iter().map(|page| page.names.as_str()).collect();
    let (agreed, otherwise) = judge_pages(reading);
    Comparison {
        expected: poppler.count(),
        found: poppler.shared(&with_left_out),
        had: own.count() - own.repeated(&Words::of(&names), &poppler),
        confirmed: own.shared(&poppler),
        missing: poppler.without(&with_left_out),
        warnings: reading.warnings,
        agreed,
        otherwise,
        file,
        took: reading.took,
        took_poppler: reading.took_poppler,
    }
}

/// Counts the pages on which the two others agree, and lists those that Quire reads otherwise.
fn judge_pages(reading: &Reading) -> (usize, Vec<(usize, f64, bool)>) {
    let Some(pdfium) = &reading.pdfium else { return (0, Vec::new()) };
    let mut agreed = 0;
    let mut otherwise = Vec::new();
    for (at, (poppler, pdfium)) in reading.poppler.iter().zip(pdfium).enumerate() {
        // Quire joins words that are broken at the end of a line; both ways of writing them are right.
        let others =
            [poppler, pdfium].map(|text| [Words::of(&[text]), Words::of(&[&words::joined(text)])]);
        let [plain, _] = &others[0];
        if plain.count() < FEWEST_WORDS || plain.f1(&others[1][0]) < AGREED {
            continue;
        }
        agreed += 1;
        let own = reading.pages.get(at);
        let best = own.map_or(0.0, |page| {
            let own = Words::of(&[&page.text, &page.left_out]);
            let f1 = |other: &Words| {
                let repeated = own.repeated(&Words::of(&[&page.names]), other);
                own.f1_without(other, repeated)
            };
            others.iter().flatten().map(f1).fold(0.0, f64::max)
        });
        if best < OTHERWISE {
            otherwise.push((at + 1, best, own.is_some_and(|page| page.is_warned_of)));
        }
    }
    (agreed, otherwise)
}

fn show(comparison: &Comparison) {
    let name = comparison.file.display();
    for (page, f1, is_warned_of) in &comparison.otherwise {
        let warned = if *is_warned_of { "with" } else { "without" };
        println!("{name}, page {page}: F1 {f1:.3}, {warned} a warning");
    }
    let precision = words::share(comparison.confirmed, comparison.had);
    if recall(comparison) >= LEAST && precision >= LEAST {
        return;
    }
    let shown: Vec<&str> = comparison.missing.iter().take(SHOWN).map(String::as_str).collect();
    println!(
        "{name}: recall {:.3}, precision {precision:.3}, {} warnings; missing: {}",
        recall(comparison),
        comparison.warnings,
        shown.join(" ")
    );
}

fn recall(comparison: &Comparison) -> f64 {
    words::share(comparison.found, comparison.expected)
}
