//! The table of claims, kind by kind: what the check keeps at least, and accepts at most.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::table::{self, Count, Row};

/// By kind: how many right claims are kept at least, and how many wrong ones are accepted at most. What a
/// change betters is written here, so that nothing takes it back unseen.
const BOUNDS: &[(&str, u32, u32)] = &[
    ("additions", 14, 1),
    ("answer_types", 12, 0),
    ("asked_conditions", 3, 0),
    ("asked_conditions_held_out", 3, 1),
    ("assorted", 34, 3),
    ("attribution", 16, 0),
    ("bare_numbers", 12, 1),
    ("binding", 20, 1),
    ("clauses", 44, 1),
    ("conditions", 17, 2),
    ("context", 16, 0),
    ("cut_numbers", 14, 1),
    ("definite_nouns", 12, 0),
    ("denied_clauses", 4, 0),
    ("direction", 20, 2),
    ("dutch", 23, 1),
    ("fooling", 13, 2),
    ("fooling_held_out", 12, 3),
    ("german", 26, 2),
    ("joined_sentences", 13, 0),
    ("joints", 18, 0),
    ("joints_held_out", 17, 0),
    ("known_names", 2, 0),
    ("known_names_held_out", 3, 0),
    ("lead_ins", 10, 0),
    ("mixed", 44, 1),
    ("mixed_held_out", 27, 0),
    ("modality", 17, 1),
    ("moves", 5, 0),
    ("moves_held_out", 4, 0),
    ("multi_sentence", 17, 2),
    ("names", 23, 1),
    ("negation", 25, 0),
    ("open_sentences", 11, 0),
    ("order_of_arguments", 33, 0),
    ("other_languages", 48, 2),
    ("other_wording", 4, 0),
    ("other_wording_held_out", 3, 0),
    ("paraphrase", 36, 0),
    ("quantity", 17, 0),
    ("quotes", 23, 0),
    ("subjects", 25, 3),
    ("table_figures", 25, 0),
    ("table_figures_held_out", 21, 0),
    ("table_figures_later", 15, 0),
    ("tables", 15, 0),
    ("time", 17, 3),
    ("units", 16, 0),
    ("units_elsewhere", 4, 0),
    ("units_elsewhere_held_out", 4, 0),
];

#[test]
fn the_check_is_as_good_as_it_was() {
    let mut kinds: BTreeMap<String, (Count, Vec<String>, Vec<String>)> = BTreeMap::new();
    for row in rows() {
        let verdict = row.judge();
        let (count, lost, accepted) = kinds.entry(row.kind.clone()).or_default();
        count.add(&row, verdict.is_ok());
        match (row.is_attributable(), verdict) {
            (true, Err(why)) => lost.push(format!("LOST {row}\n  why:      {why}")),
            (false, Ok(())) => accepted.push(format!("ACCEPTED {row}")),
            _ => {}
        }
    }
    let mut broken = Vec::new();
    for (kind, least, most) in BOUNDS {
        let Some((count, lost, accepted)) = kinds.remove(*kind) else {
            broken.push(format!("no row is of kind `{kind}`"));
            continue;
        };
        if count.kept < *least {
            broken.push(format!("{kind}: {count}, at least {least} have to be kept"));
            broken.extend(lost);
        }
        if count.accepted > *most {
            broken.push(format!("{kind}: {count}, at most {most} may be accepted"));
            broken.extend(accepted);
        }
    }
    broken.extend(kinds.keys().map(|kind| format!("kind `{kind}` has no bounds")));
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_row_has_a_name_of_its_own_and_a_known_label() {
    let mut seen = std::collections::HashSet::new();
    for row in rows() {
        assert!(matches!(row.label.as_str(), "attributable" | "not attributable"), "{}", row.id);
        assert!(seen.insert(row.id.clone()), "`{}` stands there twice", row.id);
    }
}

/// Reads all tables.
fn rows() -> Vec<Row> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/claims");
    let files = std::fs::read_dir(folder).expect("the tables are there");
    let mut paths: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    paths.sort();
    paths.iter().flat_map(|path| table::read(path)).collect()
}
