//! Front matter as names and values, read line by line so that every word keeps its place.
//!
//! What it means is read elsewhere, as YAML; here it is only shown.

use std::ops::Range;

use quire_domain::display::{Node, Part};

use super::Page;

/// Shows front matter with the `---` lines around it; nothing if it states nothing.
pub(super) fn nodes(page: &Page<'_>, range: Range<usize>) -> Vec<Node> {
    let mut properties = Vec::new();
    let mut at = range.start;
    for line in page.slice(range).split_inclusive('\n') {
        properties.extend(line_nodes(page, at, line));
        at += line.len();
    }
    if properties.is_empty() { properties } else { vec![Node::Part(Part::Properties, properties)] }
}

fn line_nodes(page: &Page<'_>, start: usize, line: &str) -> Vec<Node> {
    if matches!(line.trim_end(), "---" | "...") {
        return Vec::new();
    }
    let named = line.split_once(':').filter(|(name, _)| is_name(name));
    let (name, value) = named.map_or((None, line), |(name, value)| (Some(name), value));
    let name = name.map(|name| {
        let leaf = page.leaf(start..start + name.trim_end().len());
        Node::Part(Part::PropertyName, vec![leaf])
    });
    let value_start = start + (line.len() - value.len());
    let content = value.trim_start();
    let content = content.strip_prefix("- ").filter(|_| name.is_none()).unwrap_or(content).trim();
    let at = value_start + value.find(content).unwrap_or(0);
    let value = (!content.is_empty())
        .then(|| Node::Part(Part::PropertyValue, page.links.linked(page, at..at + content.len())));
    name.into_iter().chain(value).collect()
}

/// Says whether a line's beginning is the name of a property: it is not indented, no entry of a
/// list and no comment.
fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && !name.starts_with([' ', '\t', '-', '#', '[', '{'])
}
