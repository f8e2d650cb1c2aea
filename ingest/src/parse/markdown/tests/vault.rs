//! A small invented vault: what is read of each note, as a snapshot.

use super::*;

fn check(name: &str, text: &str) {
    let document = read(text);
    let blocks: Vec<String> = document
        .blocks
        .iter()
        .zip(texts(&document))
        .map(|(block, text)| {
            let id = block.block_id.as_ref().map(|id| format!(" ^{id}")).unwrap_or_default();
            let (first, last) = block.lines.unwrap_or_default();
            format!("{:?}{id} {first}-{last} {:?}\n{text}", block.kind, block.heading)
        })
        .collect();
    let metadata = serde_json::to_string_pretty(&document.metadata).expect("is JSON");
    let title = document.title.unwrap_or_default();
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "vault" }, {
        insta::assert_snapshot!(name, format!("{title}\n\n{}\n\n{metadata}", blocks.join("\n\n")));
    });
}

#[test]
fn a_daily_note() {
    check("daily", include_str!("vault/daily.md"));
}

#[test]
fn a_note_on_a_project() {
    check("project", include_str!("vault/project.md"));
}
