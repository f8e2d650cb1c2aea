//! Notes as people write them.

use super::*;

fn read(text: &str) -> ParsedDocument {
    parse(text.as_bytes())
}

fn texts(document: &ParsedDocument) -> Vec<&str> {
    let text = &document.pages[0].text;
    document.blocks.iter().map(|block| block.span.slice(text).unwrap_or_default()).collect()
}

#[test]
fn headings_make_paths_and_lines_are_the_files() {
    let document = read("# Ä *one*\n\ntext\n\n## Two `x`\n\nmore\nlines\n\n# Three\n\nend\n");
    let paths: Vec<String> = document.blocks.iter().map(|block| block.heading.join("/")).collect();
    assert_eq!(paths, ["", "Ä one", "Ä one", "Ä one/Two x", "", "Three"]);
    assert_eq!(document.blocks[3].lines, Some((7, 8)));
    assert_eq!(document.title.as_deref(), Some("Ä one"));
}

#[test]
fn front_matter_gives_the_title_and_never_fails() {
    let document = read("---\ntitle: \"A note: on it\"\ntags: [a, b]\n---\n\n# Other\n");
    assert_eq!(document.title.as_deref(), Some("A note: on it"));
    assert_eq!(document.blocks[0].kind, BlockKind::Note);
    assert_eq!(document.blocks[1].lines, Some((6, 6)));

    let broken = read("---\ntitle: [unclosed\n---\n\ntext\n");
    assert_eq!(broken.warnings[0].code, "front_matter_malformed");
    assert_eq!(texts(&broken).last(), Some(&"text"));
}

#[test]
fn block_ids_name_their_block() {
    let document = read("A fact. ^fact-1\n\n- a\n- b\n\n^list\n\nx^2 is no id\n");
    let ids: Vec<Option<&str>> =
        document.blocks.iter().map(|block| block.block_id.as_deref()).collect();
    assert_eq!(ids[0], Some("fact-1"));
    assert_eq!(ids[1], Some("list"));
    assert_eq!(ids.last(), Some(&None));
}

#[test]
fn tables_code_and_definitions_are_kept() {
    let document = read(
        "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\n```rust\nfn x() {}\n```\n\n[a]: http://b.c\n",
    );
    let header = "| a | b |\n|---|---|".to_owned();
    assert_eq!(document.blocks[0].kind, BlockKind::Table { header });
    assert_eq!(document.blocks[0].rows, Some((1, 2)));
    assert_eq!(document.blocks[1].kind, BlockKind::Code);
    assert_eq!(texts(&document)[1], "```rust\nfn x() {}\n```");
    assert_eq!(texts(&document)[2], "[a]: http://b.c");
}

#[test]
fn long_lists_become_a_block_an_item() {
    let list = "- an item\n".repeat(20);
    assert_eq!(read(&list).blocks.len(), 20);
    assert_eq!(read("- a\n- b\n").blocks.len(), 1);
}
