//! Scans: read by the model of tests within bounds on words lost, listed as unread without a model, and read once one is there.

use std::fs;
use std::path::{Path, PathBuf};

use quire_tests::scan::{draw_page, pdf, text_page, word_f1};
use serde_json::{Value, json};

use crate::harness::{Server, quire, run};

const MODEL: &str = "PaddlePaddle/PP-OCRv6-small";

/// A page in two languages, with figures, names and signs.
const LINES: [&str; 18] = [
    "Maintenance of the cooling pump",
    "",
    "The pump runs at 50 hertz and moves 1,250 litres an hour. Its bearing is greased",
    "every 500 hours, and the filter (part no. 47-B/12) is changed once a year, not later",
    "than 31 March 2024. If the pressure falls below 2.4 bar, stop it at once.",
    "",
    "Questions are answered by service@example.org or at +49 30 1234567.",
    "",
    "Wartung der Kühlpumpe",
    "",
    "Die Pumpe läuft mit 50 Hertz und fördert 1.250 Liter in der Stunde. Das Lager wird",
    "alle 500 Stunden geschmiert; der Filter wird jährlich gewechselt, spätestens am",
    "31. März 2024. Fällt der Druck unter 2,4 bar, so ist sie außer Betrieb zu setzen.",
    "",
    "Part        Weight      Price",
    "Rotor       3.5 kg      129.00",
    "Housing     12.0 kg     480.50",
    "Seal        0.1 kg      7.25",
];

/// Links the models of tests of these publishers into a folder that has no others.
fn link_models(models: &Path, publishers: &[&str]) {
    let known = std::env::var_os("QUIRE_TEST_MODELS").map(PathBuf::from);
    let known = known.expect("QUIRE_TEST_MODELS names the folder of models");
    for publisher in publishers {
        std::os::unix::fs::symlink(known.join(publisher), models.join(publisher)).expect("a link");
    }
}

/// Has `quire parse` read a file with the models of a folder.
fn parse(file: &Path, models: &Path) -> Result<Value, String> {
    let output = quire()
        .arg("parse")
        .arg(file)
        .args(["--json", "--models"])
        .arg(models)
        .output()
        .expect("it starts");
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).expect("it is JSON"))
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

fn text(report: &Value) -> String {
    let blocks = report["blocks"].as_array().expect("a list");
    blocks.iter().filter_map(|block| block["text"].as_str()).collect::<Vec<_>>().join("\n")
}

fn codes(report: &Value) -> Vec<&str> {
    let warnings = report["warnings"].as_array().expect("a list");
    warnings.iter().filter_map(|warning| warning["code"].as_str()).collect()
}

#[test]
fn a_scan_is_read_also_if_it_lies_askew_or_on_its_side() {
    let folder = tempfile::tempdir().expect("a folder");
    let models = folder.path().join("models");
    fs::create_dir(&models).expect("a folder");
    link_models(&models, &["PaddlePaddle"]);
    let picture = draw_page(&text_page(&LINES), 0);
    let wanted = LINES.join("\n");
    let file = folder.path().join("scan.pdf");
    for (name, pages, tilt, least) in [
        ("straight", vec![picture.clone()], 0.0, 0.95),
        ("askew", vec![picture.clone()], 1.2, 0.90),
        ("on its side", vec![picture.turned(1)], 0.0, 0.85),
    ] {
        fs::write(&file, pdf(&pages, tilt)).expect("a file");
        let report = parse(&file, &models).expect("it is read");
        let score = word_f1(&wanted, &text(&report));
        assert!(score >= least, "{name}: F1 {score}\n{}", text(&report));
        let recognised = &report["recognised_pages"][0];
        assert_eq!((&recognised["page"], &recognised["model"]), (&json!(1), &json!(MODEL)));
        assert!(recognised["confidence"].as_f64() > Some(0.8), "{name}: {report}");
        assert_eq!(report["unread_pages"], json!([]));
        assert_eq!(codes(&report), [] as [&str; 0], "{name}");
    }
}

#[test]
fn a_model_that_is_broken_costs_the_scans_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let models = folder.path().join("models");
    let broken = models.join(MODEL);
    fs::create_dir_all(&broken).expect("a folder");
    let file = folder.path().join("scan.pdf");
    let scan = draw_page(&text_page(&LINES), 0);
    fs::write(&file, pdf(&[scan], 0.0)).expect("a file");

    let refused = parse(&file, &models).expect_err("no model is whole");
    assert!(refused.contains("quire models pull ppocr"), "{refused}");
    for content in [&b"not a network"[..], &[8, 8, 18, 4, 255, 255, 255, 255]] {
        for name in ["det.onnx", "rec.onnx"] {
            fs::write(broken.join(name), content).expect("a file");
        }
        let refused = parse(&file, &models).expect_err("the model is broken");
        assert!(refused.contains("det.onnx"), "{refused}");
        assert!(refused.contains("quire models pull ppocr"), "{refused}");
    }
}

#[test]
fn a_scan_waits_for_a_model_and_is_then_read_again() {
    let (data, models) = (tempfile::tempdir(), tempfile::tempdir());
    let (data, models) = (data.expect("a folder"), models.expect("a folder"));
    let files = tempfile::tempdir().expect("a folder");
    let scan = draw_page(&text_page(&LINES), 0);
    let file = files.path().join("pump.pdf");
    fs::write(&file, pdf(&[scan], 0.0)).expect("a file");
    let server = Server::start_without_chat_model(data.path(), models.path());
    let at = ["--server", server.url.as_str()];
    let path = file.to_str().expect("a plain path");
    run(["ingest", path, "-c", "notes"].into_iter().chain(at));
    let list = || -> Value {
        let output = run(["documents", "list", "-c", "notes", "--json"].into_iter().chain(at));
        serde_json::from_slice(&output.stdout).expect("it is JSON")
    };
    let unread = list()["documents"][0].clone();
    assert_eq!((&unread["status"], &unread["error"]["code"]), (&json!("failed"), &json!("scan")));
    let hint = unread["error"]["hint"].as_str().expect("a hint");
    assert!(hint.contains("quire models pull ppocr"), "{hint}");

    link_models(models.path(), &["PaddlePaddle"]);
    let id = unread["id"].as_str().expect("an identifier");
    let retried = run(["documents", "retry", id].into_iter().chain(at));
    assert!(retried.status.success(), "{}", String::from_utf8_lossy(&retried.stderr));
    let done = run(["ingest", path, "-c", "notes"].into_iter().chain(at));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let read = list()["documents"][0].clone();
    assert_eq!(read["status"], "indexed", "{read}");
    let shown = run(["documents", "show", id].into_iter().chain(at));
    let shown = String::from_utf8_lossy(&shown.stdout);
    assert!(shown.contains(&format!("by {MODEL}")), "{shown}");
    let found =
        run(["search", "How often is the bearing greased?", "-c", "notes"].into_iter().chain(at));
    let found = String::from_utf8_lossy(&found.stdout);
    assert!(found.contains("greased"), "{found}");
}
