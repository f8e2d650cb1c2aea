//! Notes as people write them.

mod vault;

use proptest::prelude::*;

use super::*;
use quire_domain::{Link, Property};

fn read(text: &str) -> ParsedDocument {
    parse(text.as_bytes())
}

fn texts(document: &ParsedDocument) -> Vec<&str> {
    let text = &document.pages[0].text;
    document.blocks.iter().map(|block| block.span.slice(text).unwrap_or_default()).collect()
}

fn ids(document: &ParsedDocument) -> Vec<Option<&str>> {
    document.blocks.iter().map(|block| block.block_id.as_deref()).collect()
}

#[test]
fn headings_make_paths_and_lines_are_the_files() {
    let document =
        read("# Ä *one*\n\ntext\n\n## Two `x` [[Note#A|n]] ^id\n\nmore\nlines\n\n# Three\n\nend\n");
    let paths: Vec<String> = document.blocks.iter().map(|block| block.heading.join("/")).collect();
    assert_eq!(paths, ["", "Ä one", "Ä one", "Ä one/Two x n", "", "Three"]);
    assert_eq!(document.blocks[3].lines, Some((7, 8)));
    assert_eq!(document.blocks[2].block_id.as_deref(), Some("id"));
    assert_eq!(document.title.as_deref(), Some("Ä one"));
}

#[test]
fn the_bytes_of_a_picture_are_no_text_however_it_is_written_into_a_note() {
    let bytes = "iVBORw0KGgo/AAAA+".repeat(20_000);
    for (note, left) in [
        ("Before. ![p](data:image/png;base64,BYTES) After.", "![p](data:image/png;base64,)"),
        ("Before. ![p](data:image/png;base64,BYTES==) After.", "![p](data:image/png;base64,)"),
        (
            "Before. ![p][1] After.\n\n[1]: <data:image/png;base64,BYTES>\n",
            "<data:image/png;base64,>",
        ),
        (
            "Before. ![p][1] After.\n\n[1]: data:image/jpeg;base64,BYTES\n",
            "[1]: data:image/jpeg;base64,",
        ),
        ("Before. <img src=\"data:image/svg+xml;base64,BYTES\"> After.", "base64,\">"),
        ("Before. After. url('data:font/woff2;charset=utf-8;base64,BYTES')", "utf-8;base64,')"),
        ("Before. After.\n\n```css\nurl(data:image/png;base64,BYTES)\n```\n", "base64,)"),
        ("Before. [[data:x]] After. data:a ![](data:;base64,BYTES)", "![](data:;base64,)"),
    ] {
        let document = read(&note.replace("BYTES", &bytes));
        let text = &document.pages[0].text;
        assert!(text.len() < 100 && text.contains(left), "{note}: {text:.200}");
        assert!(text.starts_with("Before.") && text.contains("After."), "{note}: {text}");
        let codes: Vec<&str> = document.warnings.iter().map(|one| one.code.as_str()).collect();
        assert_eq!(codes, ["embedded_file"], "{note}");
    }
    // What is short, or no base64, is what the note speaks of.
    for note in
        ["Write data:image/png;base64,iVBORw0KGgo= there.", "The data: base64, it was long."]
    {
        let document = read(note);
        assert_eq!((document.pages[0].text.as_str(), document.warnings.len()), (note, 0));
    }
}

#[test]
fn front_matter_gives_the_title_and_never_fails() {
    let document = read("---\ntitle: \"A note: on it\"\ntags: [a, b]\n---\n\n# Other\n");
    assert_eq!(document.title.as_deref(), Some("A note: on it"));
    assert_eq!(document.blocks[0].kind, BlockKind::Note);
    assert_eq!(document.blocks[1].lines, Some((6, 6)));
    assert_eq!(document.metadata.tags, ["a", "b"]);

    let broken = read("---\ntitle: [unclosed\n---\n\ntext\n");
    assert_eq!(broken.warnings[0].code, "front_matter_malformed");
    assert_eq!(texts(&broken).last(), Some(&"text"));
}

#[test]
fn properties_are_read_in_every_way_of_writing_them() {
    let document = read(
        "---\ntags: \"#work/plan, idea idea\"\naliases: The Plan\ndate: 2026-01-02\n\
         updated: 2026-01-03T10:00\nup: \"[[Home#Start|up]]\"\nrating: 5\nwho:\n  name: Ann\n  \
         jobs: [a, 2]\nempty:\n---\n",
    );
    let metadata = &document.metadata;
    assert_eq!(metadata.tags, ["work/plan", "idea"]);
    assert_eq!(metadata.aliases, ["The Plan"]);
    assert_eq!(metadata.created_at_ms, Some(1_767_312_000_000));
    assert_eq!(metadata.modified_at_ms, Some(1_767_434_400_000));
    let up = Link { line: Some(6), text: Some("up".to_owned()), ..Link::parse("Home#Start") };
    assert_eq!(metadata.links, [up]);
    let property = |name: &str| {
        let found = metadata.properties.iter().find(|one| one.name == name);
        found.map(|Property { value, .. }| value.as_str())
    };
    assert_eq!(property("rating"), Some("5"));
    assert_eq!(property("who.jobs"), Some("a, 2"));
    assert_eq!(property("empty"), None);
    assert!(read("---\ntags:\naliases: []\n---\n").metadata.tags.is_empty());
    assert_eq!(read("---\ntags: [2024, x]\n---\n").metadata.tags, ["2024", "x"]);
}

#[test]
fn block_ids_name_their_block_and_are_not_shown() {
    let document =
        read("A fact. ^fact-1\n\n- a\n- b\n\n^list\n\n- c ^c\n- d\n  - e ^e\n\nx^2 is no id\n");
    assert_eq!(ids(&document), [Some("fact-1"), Some("list"), Some("c"), Some("e"), None]);
    assert_eq!(texts(&document), ["A fact.", "- a\n- b", "- c", "- d\n  - e", "x^2 is no id"]);
    let table = read("| a |\n|---|\n| 1 |\n\n^t\n\n```\ncode ^no\n```\n");
    assert_eq!(ids(&table), [Some("t"), None]);
}

#[test]
fn links_are_shown_by_their_words() {
    let document = read(
        "See [[Note#One#Two|that]], [[a/Note]], [[#Here]] and ![[Other#^id]].\n\n\
         ![[p.png|A pump|300x200]] ![[q.png|300]]\n\n| x |\n|---|\n| [[Note\\|n]] |\n\n\
         [md](Some%20note.md#Part) <https://example.org> [web](https://example.org)\n",
    );
    assert_eq!(
        texts(&document),
        [
            "See that, a/Note, Here and Other > ^id.",
            "A pump q.png",
            "| x |\n|---|\n| n |",
            "[md](Some%20note.md#Part) <https://example.org> [web](https://example.org)"
        ]
    );
    let found: Vec<_> = document
        .metadata
        .links
        .iter()
        .map(|link| (link.target.as_str(), link.embed, link.line))
        .collect();
    assert_eq!(
        found,
        [
            ("Note", false, Some(1)),
            ("a/Note", false, Some(1)),
            ("", false, Some(1)),
            ("Other", true, Some(1)),
            ("p.png", true, Some(3)),
            ("q.png", true, Some(3)),
            ("Note", false, Some(7)),
            ("Some note.md", false, Some(9)),
        ]
    );
    assert_eq!(document.metadata.links[7].heading.as_deref(), Some("Part"));
}

#[test]
fn tags_are_not_code_headings_links_or_numbers() {
    let document = read(
        "# Title #in/heading\n\n#one, #2026 `#no` [[#no]] [x](#no) **#two** a#no $#no$\n\n\
         ```\n#no\n```\n\n- #ONE\n%% #no %%\n<!-- #no -->\n",
    );
    assert_eq!(document.metadata.tags, ["in/heading", "one", "two"]);
}

#[test]
fn comments_are_not_part_of_the_text() {
    let document = read(
        "A %%hidden%% b.\n\n%%\nlong\n\n```\nx\n```\n%%\n\nCode `%%a%%`.\n\n100%% sure\n\n2%% end\n",
    );
    assert_eq!(texts(&document), ["A b.", "Code `%%a%%`.", "100%% sure", "2%% end"]);
    assert_eq!(document.blocks[1].lines, Some((11, 11)));
    assert!(read("%%all\n\nof it%%").blocks.is_empty());
}

#[test]
fn callouts_are_shown_by_their_titles() {
    let document =
        read("> [!warning]- Mind *this*\n> and that\n\n> [!todo]\n> x\n> > [!note] In\n");
    assert_eq!(texts(&document), ["> Mind *this*\n> and that", "> Todo\n> x\n> > In"]);
}

#[test]
fn formulas_and_diagrams_are_blocks() {
    let document =
        read("So $a$ is\n$$\nx = y\n$$\nand so. It costs $5 or $6.\n\n```mermaid\ngraph TD\n```\n");
    let kinds: Vec<&BlockKind> = document.blocks.iter().map(|block| &block.kind).collect();
    let expected =
        [&BlockKind::Paragraph, &BlockKind::Code, &BlockKind::Paragraph, &BlockKind::Code];
    assert_eq!(kinds, expected);
    assert_eq!(texts(&document)[1], "$$\nx = y\n$$");
    // Heading and formula are too long for one chunk; the formula alone is not.
    let formula = format!("$$\n{}\n$$", "a + b ".repeat(24).trim_end());
    let document = read(&format!("# {}\n\n{formula}\n", "long title ".repeat(8)));
    let options = crate::ChunkOptions { max_tokens: 84 };
    let chunks = crate::chunk(&document, &|text: &str| text.split_whitespace().count(), &options);
    assert!(chunks.iter().any(|chunk| chunk.text == formula), "{chunks:?}");
}

#[test]
fn fields_are_properties() {
    let document = read("Rating:: 5\nplain\n\n- due:: [[2026-01-01]]\n\n(place:: Rome) it was\n");
    let found: Vec<(&str, &str)> = document
        .metadata
        .properties
        .iter()
        .map(|one| (one.name.as_str(), one.value.as_str()))
        .collect();
    assert_eq!(found, [("Rating", "5"), ("due", "[[2026-01-01]]"), ("place", "Rome")]);
}

#[test]
fn of_a_drawing_only_its_texts_are_read() {
    let document = read(
        "---\nexcalidraw-plugin: parsed\ntags: [excalidraw]\n---\n==Switch to EXCALIDRAW VIEW==\n\n\
         # Excalidraw Data\n\n## Text Elements\nA pump ^abc12345\n\n[[Valve]] here ^def67890\n\n\
         ## Embedded Files\nhash: [[p.png]]\n\n%%\n## Drawing\n```compressed-json\nN4Ig\n```\n%%\n",
    );
    assert_eq!(texts(&document), ["A pump", "Valve here"]);
    assert_eq!(ids(&document), [Some("abc12345"), Some("def67890")]);
    assert_eq!(document.blocks[0].lines, Some((10, 10)));
    assert_eq!(document.metadata.tags, ["excalidraw"]);
    assert!(document.warnings.is_empty() && document.title.is_none());
}

#[test]
fn an_empty_note_is_a_document_without_blocks() {
    for text in ["", "\n\n", "%%x%%", "\u{feff}"] {
        assert!(read(text).blocks.is_empty(), "{text:?}");
    }
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

/// Pieces of notes, put together in ways that nobody would.
fn note() -> impl Strategy<Value = String> {
    let marks = [
        "---\n",
        "%%",
        "[[",
        "]]",
        "![[",
        "|",
        "#",
        "^id",
        " ^",
        "$$",
        "$",
        "> [!x]",
        "> ",
        "- ",
        "```",
        "`",
        "\n",
        "\n\n",
        " ",
        "a",
        "ä",
        "€😀",
        "::",
        "key:: v",
        "# ",
        "| a | b |\n|---|---|\n",
        "[x](y)",
        "[^1]",
        "[^1]: ",
        "excalidraw-plugin: x\n",
        "## Text Elements\n",
        "\\",
        "<b>",
        "\t",
    ];
    let mark = prop::sample::select(marks.to_vec());
    prop::collection::vec(mark, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_note_panics_and_all_spans_hold(text in note()) {
        let document = read(&text);
        let stored = &document.pages[0].text;
        let breaks = |text: &str| text.matches('\n').count();
        prop_assert!(breaks(stored) <= breaks(&text));
        let mut end = 0;
        for block in &document.blocks {
            prop_assert!(block.span.start >= end, "blocks overlap");
            end = block.span.end;
            let slice = block.span.slice(stored);
            prop_assert!(slice.is_some_and(|slice| !slice.trim().is_empty()));
            let (first, last) = block.lines.expect("text has lines");
            let above: String = stored.chars().take(block.span.start).collect();
            prop_assert_eq!(breaks(&above) + 1, first as usize);
            prop_assert_eq!(last - first, breaks(slice.unwrap_or_default()) as u32);
        }
    }
}

#[test]
fn signs_of_percent_are_no_comments() {
    for note in [
        "Use %%i in loops, then %%j inside them.",
        "The limit is 40%% today, it was 35%% before.",
        "for %%f in (*.txt) do echo %%f",
    ] {
        assert_eq!(read(note).pages[0].text, note);
    }
    for (note, shown) in
        [("a %%hidden%% b", "a b"), ("a %% hidden %% b", "a b"), ("%%hidden 40%% b", "b")]
    {
        assert_eq!(read(note).pages[0].text.trim(), shown, "{note}");
    }
}
