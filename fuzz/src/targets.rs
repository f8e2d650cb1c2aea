//! The targets, each with a name, a promise and seeds.

use quire_domain::DocumentPath;
use quire_ingest::detect_format;

use crate::files::check_file;
use crate::{
    Broken, broken, claim_check, docx, globs, language, multipart, mutate, pdf, reply, seeds,
    sync_ops,
};

/// Something that takes whatever bytes.
pub struct Target {
    /// What it is called on the command line.
    pub name: &'static str,
    /// Tries bytes; panics if a promise is broken.
    check: fn(&[u8]),
    /// Makes the inputs that a fuzzer begins with.
    seeds: fn() -> Vec<Vec<u8>>,
}

impl Target {
    /// Tries bytes.
    ///
    /// # Errors
    /// The promise that they break, or the panic of our own code, even of code that catches it.
    pub fn try_bytes(&self, data: &[u8]) -> Result<(), Broken> {
        broken::catch(|| (self.check)(data))
    }

    /// Makes the inputs that a fuzzer begins with.
    pub fn seeds(&self) -> Vec<Vec<u8>> {
        (self.seeds)()
    }

    /// Makes the input of a number: the seeds come first, then bytes like them. It is the same on every machine.
    pub fn input(&self, number: u64) -> Vec<u8> {
        mutate::input(&self.seeds(), number)
    }
}

/// All targets, in the order of their names.
pub const TARGETS: &[Target] = &[
    Target { name: "canvas", check: |data| check_file("a.canvas", data), seeds: seeds::canvas },
    Target { name: "claim_check", check: claim_check::check, seeds: seeds::claim_check },
    Target { name: "csv", check: check_csv, seeds: seeds::csv },
    Target { name: "docx", check: check_docx, seeds: seeds::docx },
    Target { name: "format", check: check_format, seeds: seeds::format },
    Target { name: "front_matter", check: check_front_matter, seeds: seeds::front_matter },
    Target { name: "globs", check: globs::check, seeds: seeds::globs },
    Target { name: "html", check: |data| check_file("a.html", data), seeds: seeds::html },
    Target { name: "language", check: language::check, seeds: seeds::language },
    Target { name: "mail", check: |data| check_file("a.eml", data), seeds: seeds::mail },
    Target { name: "markdown", check: |data| check_file("a.md", data), seeds: seeds::markdown },
    Target { name: "multipart", check: multipart::check, seeds: seeds::multipart },
    Target { name: "pdf", check: check_pdf, seeds: seeds::pdf },
    Target { name: "reply", check: reply::check, seeds: seeds::reply },
    Target { name: "sync_ops", check: sync_ops::check, seeds: seeds::sync_ops },
    Target { name: "text", check: |data| check_file("a.txt", data), seeds: seeds::text },
];

/// Names that the formats are told by.
const NAMES: &[&str] = &[
    "a",
    "a.pdf",
    "a.docx",
    "a.xlsx",
    "a.pptx",
    "a.epub",
    "a.ods",
    "a.txt",
    "a.csv",
    "a.tsv",
    "a.md",
    "a.html",
    "a.canvas",
    "a.base",
    "a.doc",
    "a.log",
    "a.excalidraw.md",
    "a.zip",
    "a.png",
];

/// Tables: values separated by commas, semicolons or tabs.
fn check_csv(data: &[u8]) {
    check_file("a.csv", data);
    check_file("a.tsv", data);
}

/// Whole packages, and the XML of their parts.
fn check_docx(data: &[u8]) {
    if data.starts_with(b"PK") {
        check_file("a.docx", data);
    } else {
        check_file("a.docx", &docx::around(data));
    }
}

/// Whole files, and one page's content stream.
fn check_pdf(data: &[u8]) {
    if data.starts_with(b"%PDF-") {
        check_file("a.pdf", data);
    } else {
        check_file("a.pdf", &pdf::around(data));
    }
}

/// YAML: the front matter of notes, and Obsidian's bases.
fn check_front_matter(data: &[u8]) {
    check_file("a.base", data);
    check_file("a.md", &[b"---\n", data, b"\n---\n\nThe text.\n"].concat());
}

/// What a file is told to be by its first bytes and its name, and then is read as.
fn check_format(data: &[u8]) {
    let Some((choice, bytes)) = data.split_first() else { return };
    let name = NAMES[usize::from(*choice) % NAMES.len()];
    let path: DocumentPath = name.parse().expect("the name is one of ours");
    let told = detect_format(&path, bytes);
    assert_eq!(told, detect_format(&path, bytes), "it is told one thing once and another then");
    check_file(name, bytes);
}
