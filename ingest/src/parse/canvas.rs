//! JSON Canvas: cards on a plane, with files, links and arrows between them (jsoncanvas.org, 1.0).
//!
//! The stored text has the cards from top to bottom and from left to right, a block a card with
//! the card's id, and then a line for every arrow that says something.

use std::collections::HashMap;

use quire_domain::{BlockKind, Format, Link, ParsedDocument};
use serde::Deserialize;

use super::markdown;
use super::stored::StoredText;
use crate::{ParseError, encoding};

/// The longest name of a card in the line of an arrow, in code points.
const LONGEST_NAME: usize = 60;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Canvas {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Node {
    id: String,
    x: f64,
    y: f64,
    text: Option<String>,
    file: Option<String>,
    subpath: Option<String>,
    url: Option<String>,
    label: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Edge {
    from_node: String,
    to_node: String,
    label: Option<String>,
}

/// Reads a canvas.
pub(super) fn parse(bytes: &[u8]) -> Result<ParsedDocument, ParseError> {
    let (json, decoding) = encoding::decode(bytes);
    let mut stored = StoredText::default();
    stored.warnings.extend(decoding.warnings());
    if json.trim().is_empty() {
        return Ok(stored.finish(Format::Canvas));
    }
    let mut canvas: Canvas = serde_json::from_str(&json).map_err(|error| {
        let reason = format!("it is not a JSON canvas: {error}");
        ParseError::Malformed { reason }
    })?;
    canvas.nodes.sort_by(|a, b| a.y.total_cmp(&b.y).then(a.x.total_cmp(&b.x)));
    let mut names: HashMap<&str, String> = HashMap::new();
    for node in &canvas.nodes {
        let text = card(node, &mut stored);
        let name = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let name = name.trim_start_matches(['#', ' ']).chars().take(LONGEST_NAME).collect();
        stored.push_anchored(BlockKind::Paragraph, &text, &node.id);
        names.insert(&node.id, name);
    }
    stored.metadata.unite_tags();
    let arrows = canvas.edges.iter().filter_map(|edge| {
        let label = edge.label.as_deref().map(str::trim).filter(|label| !label.is_empty())?;
        let (from, to) = (names.get(edge.from_node.as_str())?, names.get(edge.to_node.as_str())?);
        Some(format!("{from} -{label}-> {to}"))
    });
    let arrows: Vec<String> = arrows.collect();
    stored.push(BlockKind::List, &arrows.join("\n"));
    Ok(stored.finish(Format::Canvas))
}

/// Gives the text of a card and takes down its links and tags.
fn card(node: &Node, stored: &mut StoredText) -> String {
    let metadata = &mut stored.metadata;
    if let Some(text) = &node.text {
        let read = markdown::read(text);
        metadata.tags.extend(read.metadata.tags);
        let links = read.metadata.links.into_iter();
        metadata.links.extend(links.map(|link| Link { line: None, ..link }));
        stored.warnings.extend(read.warnings);
        return read.text;
    }
    if let Some(file) = &node.file {
        let written = format!("{file}{}", node.subpath.as_deref().unwrap_or_default());
        let link = Link { embed: true, ..Link::parse(&written) };
        let shown = link.shown();
        metadata.links.push(link);
        return shown;
    }
    node.url.as_ref().or(node.label.as_ref()).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_read_from_top_to_bottom() {
        let canvas = r##"{"nodes": [
            {"id": "b", "type": "text", "x": 0, "y": 50, "text": "See [[Plan|the plan]] #work\n\nmore"},
            {"id": "a", "type": "group", "x": 0, "y": 0, "label": "Pumps"},
            {"id": "c", "type": "file", "x": 9, "y": 50, "file": "Notes/Pump.md", "subpath": "#Care"},
            {"id": "d", "type": "link", "x": 0, "y": 90, "url": "https://example.org"}],
            "edges": [{"id": "e", "fromNode": "b", "toNode": "c", "label": "explains"},
                {"id": "f", "fromNode": "b", "toNode": "d"}]}"##;
        let document = parse(canvas.as_bytes()).expect("is read");
        let text = &document.pages[0].text;
        let blocks: Vec<(Option<&str>, &str)> = document
            .blocks
            .iter()
            .map(|block| (block.block_id.as_deref(), block.span.slice(text).expect("inside")))
            .collect();
        assert_eq!(
            blocks,
            [
                (Some("a"), "Pumps"),
                (Some("b"), "See the plan #work\n\nmore"),
                (Some("c"), "Notes/Pump.md > Care"),
                (Some("d"), "https://example.org"),
                (None, "See the plan #work -explains-> Notes/Pump.md > Care"),
            ]
        );
        assert_eq!(document.metadata.tags, ["work"]);
        let targets: Vec<&str> =
            document.metadata.links.iter().map(|link| link.target.as_str()).collect();
        assert_eq!(targets, ["Plan", "Notes/Pump.md"]);
    }

    #[test]
    fn an_empty_canvas_is_no_error_and_another_file_is() {
        for empty in ["", "{}", "{\"nodes\": []}"] {
            assert!(parse(empty.as_bytes()).expect("is read").blocks.is_empty());
        }
        assert!(parse(b"[[not a canvas").is_err());
    }
}
