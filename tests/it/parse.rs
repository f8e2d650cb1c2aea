//! `quire parse`: one file, no server; and notes that are hard to read, beside others.

use std::fs;

use serde_json::{Value, json};

use crate::harness::run;

const NOTE: &str = "---\ntitle: The pump\n---\n# Pump\n\nIt runs at 50 hertz.\n\n| part | kg |\n|---|---|\n| rotor | 3 |\n";

fn parse(name: &str, bytes: &[u8], json: bool) -> std::process::Output {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    fs::write(&file, bytes).expect("a file");
    let json = json.then_some("--json");
    run(["parse", file.to_str().expect("a plain path")].into_iter().chain(json))
}

#[test]
fn a_file_is_shown_as_it_is_read() {
    let output = parse("pump.md", NOTE.as_bytes(), true);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(report["path"], "pump.md");
    assert_eq!(report["sha256"].as_str().map(str::len), Some(64));
    assert_eq!(report["format"], "markdown");
    assert!(report["language"].is_string(), "{report}");
    assert_eq!((&report["title"], &report["pages"]), (&json!("The pump"), &Value::Null));
    assert_eq!((&report["warnings"], &report["left_out"]), (&json!([]), &json!([])));
    assert!(report["took_ms"].is_u64(), "{report}");
    #[cfg(target_os = "linux")]
    assert!(report["peak_memory_bytes"].as_u64() > Some(1 << 20), "{report}");
    let blocks = report["blocks"].as_array().expect("a list");
    let paragraph = blocks.iter().find(|block| block["kind"] == "paragraph").expect("is there");
    assert_eq!(paragraph["text"], "It runs at 50 hertz.");
    assert_eq!(paragraph["heading"], json!(["Pump"]));
    assert_eq!(paragraph["lines"], json!([6, 6]));
    assert!(paragraph["span"]["start"].as_u64() < paragraph["span"]["end"].as_u64());
    let table = blocks.iter().find(|block| block["kind"]["table"].is_object()).expect("is there");
    assert_eq!(table["rows"], json!([1, 1]), "{table}");

    let plain = parse("pump.md", NOTE.as_bytes(), false);
    let shown = String::from_utf8_lossy(&plain.stdout);
    assert!(shown.contains("--- paragraph, line 6, below Pump\nIt runs at 50 hertz."), "{shown}");
}

#[test]
fn a_bad_file_is_refused_and_says_what_to_do() {
    let cases: [(&str, &[u8], &str); 3] = [
        ("empty.txt", b"", "saved completely"),
        ("photo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "Save it as PDF"),
        ("damaged.docx", b"PK\x03\x04 and then nothing", "Get the file again"),
    ];
    for (name, bytes, hint) in cases {
        for json in [false, true] {
            let output = parse(name, bytes, json);
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{told}");
            assert!(told.contains(name) && told.contains(hint), "{told}");
            assert!(output.stdout.is_empty());
        }
    }
    for (file, hint) in [("/no/such/file.md", "check its path"), ("/", "name one file")] {
        let output = run(["parse", file]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1));
        assert!(told.contains(hint), "{told}");
    }
}

/// A picture in a note is one word of millions of letters, which tokenizers and splitters dread.
#[test]
fn a_note_with_a_large_picture_in_it_is_indexed_beside_others() {
    let (data, files) =
        (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let picture: String =
        (0..3_000_000_usize).map(|n| char::from(letters[(n * n / 7) % 64])).collect();
    let note =
        format!("# Picture\n\nThe pump.\n\n![](data:image/png;base64,{picture})\n\nThe end.\n");
    fs::write(files.path().join("picture.md"), note).expect("a file");
    fs::write(files.path().join("raw.txt"), &picture).expect("a file");
    for number in 0..20 {
        let text = format!("The house number {number} has a red roof.");
        fs::write(files.path().join(format!("{number}.md")), text).expect("a file");
    }
    let [data, files] = [data.path(), files.path()].map(|path| path.to_str().expect("plain"));
    let output = run(["ingest", files, "-c", "notes", "--data", data, "--json"]);
    let summary: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    // A picture alone has no text.
    assert_eq!((&summary["indexed"], &summary["failed"]), (&21.into(), &1.into()), "{summary}");
    let documents = summary["documents"].as_array().expect("a list");
    let raw = documents.iter().find(|document| document["path"] == "raw.txt").expect("it is there");
    assert_eq!(raw["error"]["code"], "no_text");
}
