//! Obsidian bases: of the views on notes, what people have named in them.

use quire_domain::{BlockKind, Format, ParsedDocument};
use serde_json::Value;

use super::stored::StoredText;
use crate::{ParseError, encoding};

/// Reads a base: the names of its views, their filters, its formulas and the columns' names.
pub(super) fn parse(bytes: &[u8]) -> Result<ParsedDocument, ParseError> {
    let (yaml, decoding) = encoding::decode(bytes);
    let mut stored = StoredText::default();
    stored.warnings.extend(decoding.warnings());
    if yaml.trim().is_empty() {
        return Ok(stored.finish(Format::Base));
    }
    let base: Value = serde_saphyr::from_str(&yaml).map_err(|error| {
        let reason = format!("it is not valid YAML: {error}");
        ParseError::Malformed { reason }
    })?;
    let mut shared = Vec::new();
    expressions(&base["filters"], &mut shared);
    push_line(&mut stored, "Filters", &shared);
    for view in base["views"].as_array().into_iter().flatten() {
        let mut filters = Vec::new();
        expressions(&view["filters"], &mut filters);
        let name = view["name"].as_str().unwrap_or("View");
        push_line(&mut stored, name, &filters);
    }
    push_line(&mut stored, "Formulas", &keys(&base["formulas"]));
    let columns = base["properties"].as_object().into_iter().flatten();
    let columns = columns.filter_map(|(_, column)| column["displayName"].as_str());
    push_line(&mut stored, "Columns", &columns.map(str::to_owned).collect::<Vec<_>>());
    Ok(stored.finish(Format::Base))
}

/// Writes a name with what belongs to it; a view's name stands for itself.
fn push_line(stored: &mut StoredText, name: &str, parts: &[String]) {
    let is_view = !matches!(name, "Filters" | "Formulas" | "Columns");
    if !parts.is_empty() {
        stored.push(BlockKind::List, &format!("{name}: {}", parts.join(", ")));
    } else if is_view {
        stored.push(BlockKind::List, name);
    }
}

/// Collects the expressions of filters, which nest by `and`, `or` and `not`.
fn expressions(filter: &Value, found: &mut Vec<String>) {
    match filter {
        Value::String(expression) => found.push(expression.clone()),
        Value::Array(filters) => filters.iter().for_each(|filter| expressions(filter, found)),
        Value::Object(filters) => filters.values().for_each(|filter| expressions(filter, found)),
        _ => {}
    }
}

fn keys(value: &Value) -> Vec<String> {
    value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_known_by_its_names() {
        let base = "filters:\n  and:\n    - file.hasTag(\"book\")\n    - not:\n        - done\n\
            formulas:\n  age: now() - published\nproperties:\n  formula.age:\n    displayName: Age\n\
            views:\n  - type: table\n    name: Unread books\n    filters: status != \"read\"\n  \
            - type: cards\n    name: All\n";
        let document = parse(base.as_bytes()).expect("is read");
        assert_eq!(
            document.pages[0].text,
            "Filters: file.hasTag(\"book\"), done\n\nUnread books: status != \"read\"\n\nAll\n\n\
             Formulas: age\n\nColumns: Age"
        );
        assert!(parse(b"").expect("is read").blocks.is_empty());
    }
}
