//! Notes put together by chance: leaves follow the text, and no word of it is lost.

use proptest::prelude::*;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::*;

/// Pieces of notes in which every letter and digit is a word to be read.
fn note() -> impl Strategy<Value = String> {
    let marks = [
        "**",
        "*",
        "_",
        "~~",
        "`",
        "```\n",
        "$",
        "$$",
        "> ",
        "- ",
        "- [ ] ",
        "- [x] ",
        "# ",
        "|",
        "\n",
        "\n\n",
        "\n    ",
        "\n> ",
        "| a | b |\n|---|--:|\n| c |",
        "[",
        "]",
        "](",
        ")",
        "![",
        "[^a]",
        "[^a]: b",
        "[a]: b\n",
        "<b>",
        "<br>",
        "<!-- ",
        " -->",
        "<a",
        "\\",
        "&",
        "---\n",
        "a",
        "ä",
        "€😀",
        " ",
        "word",
        "https://a.b/c",
        "[[",
        "%%",
        "\r\n",
        "\t",
    ];
    let mark = prop::sample::select(marks.to_vec());
    prop::collection::vec(mark, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn leaves_follow_the_text_and_lose_no_word(note in note()) {
        let document = read(&note);
        let text = document.pages[0].text.as_str();
        let page = PageToShow { format: Format::Markdown, text, blocks: &document.blocks, links: &[] };
        let nodes = display(&page);
        let is_hidden = hidden(text, &document.blocks);
        let points: Vec<char> = text.chars().collect();
        let mut is_shown = vec![false; points.len()];
        let mut end = 0;
        for leaf in leaves(&nodes) {
            prop_assert!(leaf.span.start >= end && leaf.span.end <= points.len(), "{:?}", leaf);
            end = leaf.span.end;
            let stored: String = points[leaf.span.start..leaf.span.end].iter().collect();
            // Code broken inside a quotation is shown without the marks before its lines.
            if leaf.text.chars().count() == leaf.span.len() && !stored.contains(['\n', '>']) {
                prop_assert_eq!(&leaf.text, &stored);
            }
            is_shown[leaf.span.start..leaf.span.end].fill(true);
        }
        let shown: String = points.iter().zip(&is_shown).map(|(c, shown)| if *shown { *c } else { ' ' }).collect();
        for (at, c) in points.iter().enumerate() {
            let is_word = c.is_alphanumeric() && !is_hidden[at];
            prop_assert!(!is_word || is_shown[at], "{:?} at {} of {:?} is lost: {:?}", c, at, text, shown);
        }
    }
}

/// Finds the code points that a note hides: the addresses and labels of links, the marks of tasks and
/// of footnotes, and what stands behind a fence.
fn hidden(text: &str, blocks: &[Block]) -> Vec<bool> {
    let links = Links::find(text, &[]);
    let page = Page { text, positions: Positions::new(text), links };
    let mut is_hidden = vec![false; text.chars().count()];
    let front = front_matter_end(&page, blocks);
    for tail in link_tails(&text[front..]) {
        let [start, end] = [tail.start, tail.end].map(|at| page.positions.code_point(front + at));
        is_hidden[start..end].fill(true);
    }
    for (at, (byte, _)) in text.char_indices().enumerate() {
        let line = text[..byte].rsplit('\n').next().unwrap_or_default();
        let is_mark = line.ends_with("- [") || line.ends_with("[^");
        is_hidden[at] |= is_mark || line.contains("```") || line.contains("~~~");
    }
    is_hidden
}

/// Finds what stands behind the words of each link and each image: `](address)`, `][label]`.
fn link_tails(note: &str) -> Vec<Range<usize>> {
    let mut tails = Vec::new();
    let mut words_end = Vec::new();
    for (event, place) in Parser::new_ext(note, note::OPTIONS).into_offset_iter() {
        match event {
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => {
                words_end.push(place.start);
                continue;
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                tails.push(words_end.pop().unwrap_or(place.start)..place.end);
            }
            _ => {}
        }
        if let Some(end) = words_end.last_mut() {
            *end = place.end.max(*end);
        }
    }
    tails
}
