//! Judges the claims of JSONL files and prints how many are right, kind by kind.
//!
//! `cargo run --package quire-grounding --example claims -- FILES [--wrong]`

#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::collections::BTreeMap;

use quire_domain::{Language, Support};
use quire_grounding::{Ground, PreparedGround, judge};
use quire_language::Lexicon;
use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    id: String,
    #[serde(default)]
    question: String,
    claim: String,
    passages: Vec<String>,
    #[serde(default)]
    title: String,
    #[serde(default)]
    language: String,
    label: String,
    #[serde(default)]
    kind: String,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let shows_wrong = arguments.iter().any(|one| one == "--wrong");
    let mut kinds: BTreeMap<String, [u32; 4]> = BTreeMap::new();
    for file in arguments.iter().filter(|one| !one.starts_with("--")) {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let row: Row = serde_json::from_str(line).expect("a row of the table");
            let language: Language = row.language.parse().unwrap_or_default();
            let lexicon = Lexicon::of(language);
            let prepare = |passage: &String| {
                let ground = Ground { text: passage.clone(), context: row.title.clone() };
                PreparedGround::new(ground, lexicon)
            };
            let grounds: Vec<PreparedGround> = row.passages.iter().map(prepare).collect();
            let verdicts = judge::claim(&row.claim, &row.question, &grounds, lexicon);
            let accepted = verdicts.iter().all(|one| one.support != Support::Unsupported);
            let truth = row.label == "attributable";
            let place = usize::from(!truth) * 2 + usize::from(accepted);
            kinds.entry(row.kind.clone()).or_default()[place] += 1;
            if shows_wrong && truth != accepted {
                let why = verdicts.iter().find_map(|one| one.why_not.clone());
                let why = why.map(|why| why.to_string()).unwrap_or_default();
                println!(
                    "{} [{}] {}\n  C: {}\n  Q: {}\n  T: {}\n  P: {}\n  {why}",
                    if truth { "LOST" } else { "ACCEPTED" },
                    row.id,
                    row.kind,
                    row.claim,
                    row.question,
                    row.title,
                    row.passages.join("\n     ")
                );
            }
        }
    }
    let mut sum = [0; 4];
    for (kind, counts) in &kinds {
        let [lost, kept, refused, accepted] = counts;
        println!(
            "{kind:28} kept {kept:3} lost {lost:3} | refused {refused:3} accepted {accepted:3}"
        );
        for (all, one) in sum.iter_mut().zip(counts) {
            *all += one;
        }
    }
    let [lost, kept, refused, accepted] = sum.map(f64::from);
    println!(
        "precision {:.3} recall {:.3} specificity {:.3} of {} rows",
        kept / (kept + accepted),
        kept / (kept + lost),
        refused / (refused + accepted),
        sum.iter().sum::<u32>()
    );
}
