//! The examples of the documentation and of the README, run as they stand there against the built server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Server, run, test_python};

/// Where the pages say that the server is.
const ADDRESS: &str = "http://127.0.0.1:1234";

/// A block of a page.
struct Example {
    page: String,
    language: String,
    text: String,
}

/// Gives the README and the pages about the API and its clients.
fn pages() -> Vec<PathBuf> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let clients = fs::read_dir(docs.join("clients")).expect("a folder");
    let mut pages: Vec<PathBuf> = clients.map(|entry| entry.expect("an entry").path()).collect();
    pages.push(docs.join("API.md"));
    pages.push(docs.join("../README.md"));
    pages.sort();
    pages
}

/// A page whose examples are pieces of programs; `lmstudio::sdk` does what they do.
const IN_PIECES: &str = "lmstudio.md";

/// Reads the blocks of a page that can be run.
fn examples(page: &Path) -> Vec<Example> {
    if page.ends_with(IN_PIECES) {
        return Vec::new();
    }
    let text = fs::read_to_string(page).expect("a page");
    let mut examples = Vec::new();
    let mut open: Option<Example> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => examples.extend(open.take()),
            (Some(language), None) => {
                let page = page.display().to_string();
                open = Some(Example { page, language: language.to_owned(), text: String::new() });
            }
            (None, Some(example)) => {
                example.text.push_str(line);
                example.text.push('\n');
            }
            (None, None) => {}
        }
    }
    examples.retain(|example| ["sh", "python", "js"].contains(&example.language.as_str()));
    examples
}

#[test]
fn the_examples_run() {
    let data = tempfile::tempdir().expect("a folder");
    let here = tempfile::tempdir().expect("a folder");
    // The pages name the default model; the quick one is to be it here.
    let server =
        Server::start_with_note_and_model(data.path(), "HuggingFaceTB/SmolLM2-135M-Instruct-GGUF");
    // The README asks a collection that its reader has.
    let report = here.path().join("report.txt");
    fs::write(&report, "Brandt and Partners audit the company.").expect("a file");
    let report = report.to_str().expect("a plain path");
    let added = run(["ingest", report, "-c", "reports", "--server", &server.url]);
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let node = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/node");
    let mut ran = 0;
    for Example { page, language, text } in pages().iter().flat_map(|page| examples(page)) {
        let text = text.replace(ADDRESS, &server.url);
        let mut command = match language.as_str() {
            "python" => Command::new(test_python()),
            // Beside the libraries, which are found from there.
            "js" => Command::new("node"),
            _ => Command::new("sh"),
        };
        match language.as_str() {
            "python" => command.arg("-c").current_dir(here.path()),
            "js" => command.args(["--input-type=module", "-e"]).current_dir(&node),
            _ => command.args(["-e", "-c"]).current_dir(here.path()),
        };
        let output = command.arg(&text).output().expect("it starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{page}:\n{text}\n{errors}");
        ran += 1;
    }
    assert!(ran > 10, "{ran} examples were found");
}

#[test]
fn every_page_about_a_client_is_in_the_index_and_its_links_lead_somewhere() {
    let index = pages().into_iter().find(|page| page.ends_with("clients/README.md"));
    let index = fs::read_to_string(index.expect("an index")).expect("a page");
    for page in pages() {
        let name = page.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let is_listed =
            name == "README.md" || name == "API.md" || index.contains(&format!("({name})"));
        assert!(is_listed, "{name} is not in docs/clients/README.md");
        let text = fs::read_to_string(&page).expect("a page");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, _) = link.split_once('#').unwrap_or((link, ""));
            let leads = file.is_empty()
                || file.contains("://")
                || page.parent().is_some_and(|folder| folder.join(file).exists());
            assert!(leads, "{name} links to `{link}`, which is not there");
        }
    }
}
