//! Judges the claims of JSONL files and prints how many are right, kind by kind.
//!
//! `cargo run --package quire-grounding --example claims -- FILES [--wrong]`

#![expect(clippy::print_stdout, reason = "it prints figures")]

#[path = "../tests/it/table.rs"]
mod table;

use std::collections::BTreeMap;
use std::path::Path;

use table::Count;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let shows_wrong = arguments.iter().any(|one| one == "--wrong");
    let mut kinds: BTreeMap<String, Count> = BTreeMap::new();
    let files = arguments.iter().filter(|one| !one.starts_with("--"));
    for row in files.flat_map(|file| table::read(Path::new(file))) {
        let verdict = row.judge();
        kinds.entry(row.kind.clone()).or_default().add(&row, verdict.is_ok());
        match (row.is_attributable(), verdict) {
            (true, Err(why)) if shows_wrong => println!("LOST {row}\n  {why}"),
            (false, Ok(())) if shows_wrong => println!("ACCEPTED {row}\n"),
            _ => {}
        }
    }
    for (kind, count) in &kinds {
        println!("{kind:28} {count}");
    }
    println!("{:28} {}", "all", sum(&kinds));
}

/// Adds the counts of all kinds up.
fn sum(kinds: &BTreeMap<String, Count>) -> Count {
    kinds.values().fold(Count::default(), |sum, one| Count {
        kept: sum.kept + one.kept,
        lost: sum.lost + one.lost,
        refused: sum.refused + one.refused,
        accepted: sum.accepted + one.accepted,
    })
}
