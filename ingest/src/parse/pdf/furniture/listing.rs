//! The list of what was left out: each line once, with the pages it stood on.

use std::collections::HashMap;

use quire_domain::{LeftOut, LeftOutReason};

use super::rows::Row;

/// Lists rows, those that differ in their page number only as one.
pub(super) fn list(rows: &[Row]) -> Vec<LeftOut> {
    let mut order: Vec<&Row> = rows.iter().collect();
    order.sort_by_key(|row| row.page);
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut list: Vec<LeftOut> = Vec::new();
    for row in order {
        let has_number = row.cells.iter().any(|cell| !cell.numbers.is_empty());
        let template = joined(row.cells.iter().map(|cell| {
            cell.numbers.first().map_or(cell.text.as_str(), |number| number.template.as_str())
        }));
        let place = *places.entry(template).or_insert(list.len());
        if place == list.len() {
            list.push(LeftOut {
                text: joined(row.cells.iter().map(|cell| cell.text.as_str())),
                pages: Vec::new(),
                reason: if has_number {
                    LeftOutReason::PageNumber
                } else {
                    LeftOutReason::RepeatedLine
                },
            });
        }
        let page = row.page as u32 + 1;
        if let Some(entry) = list.get_mut(place).filter(|entry| entry.pages.last() != Some(&page)) {
            entry.pages.push(page);
        }
    }
    list
}

fn joined<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    cells.collect::<Vec<_>>().join("  ")
}
