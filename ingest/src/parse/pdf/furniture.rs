//! Page furniture: running heads and page numbers, which are no part of the text.
//!
//! A line is furniture only if it stands outermost on many pages and says the same words on them, or
//! those of a heading before it, or differs in a number that counts along with the pages. All else
//! at the edge of a page is content, and so are amounts, labels that wait for a value, and type that
//! is larger than the text. Words that the document says nowhere else stay once, and no page is
//! emptied. What is left out is listed.

mod listing;
mod page_number;
mod rows;
mod said;
mod search;

use std::collections::HashSet;

use quire_domain::LeftOut;

use self::rows::Row;
use super::PageLines;

/// Documents with fewer pages have no furniture that could be told from text.
const MIN_PAGES: usize = 3;

/// Removes page furniture and lists what was removed.
pub(super) fn remove(pages: &mut [PageLines]) -> Vec<LeftOut> {
    if pages.len() < MIN_PAGES {
        return Vec::new();
    }
    let count = pages.len();
    let mut found = search::find(pages);
    spare_whole_pages(pages, &mut found);
    keep_words_once(pages, &mut found);
    let left_out = listing::list(&found);
    for (page, dropped) in pages.iter_mut().zip(dropped_lines(&found, count)) {
        let mut at = 0;
        page.lines.retain(|_| {
            at += 1;
            !dropped.contains(&(at - 1))
        });
    }
    left_out
}

/// Gathers the lines of rows by their pages.
fn dropped_lines(rows: &[Row], page_count: usize) -> Vec<HashSet<usize>> {
    let mut dropped = vec![HashSet::new(); page_count];
    for row in rows {
        dropped[row.page].extend(row.lines.iter().copied());
    }
    dropped
}

/// Leaves pages as they are of which nothing would be left.
fn spare_whole_pages(pages: &[PageLines], found: &mut Vec<Row>) {
    let dropped = dropped_lines(found, pages.len());
    found.retain(|row| dropped[row.page].len() < pages[row.page].lines.len());
}

/// Keeps the first row that says words which are said nowhere near it, so that no word is lost.
fn keep_words_once(pages: &mut [PageLines], found: &mut Vec<Row>) {
    let dropped = dropped_lines(found, pages.len());
    let said_on = |index: usize| -> HashSet<String> {
        let lines = pages[index].lines.iter().enumerate();
        let kept = lines.filter(|(at, _)| !dropped[index].contains(at));
        kept.flat_map(|(_, line)| {
            line.text.split("  ").map(letters).chain([letters(&line.text)]).collect::<Vec<_>>()
        })
        .collect()
    };
    // The words of a running head are on the cover, or where its chapter begins.
    let cover: Vec<HashSet<String>> = (0..pages.len().min(3)).map(said_on).collect();
    let mut known: HashSet<String> = HashSet::new();
    let mut kept: HashSet<usize> = HashSet::new();
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by_key(|at| found[*at].page);
    for at in order {
        let row = &found[at];
        let words: Vec<String> = row.cells.iter().map(rows::Cell::words).collect();
        let is_new = |words: &String| {
            !words.is_empty()
                && !known.contains(words)
                && !cover.iter().any(|said| said.contains(words))
                && !(row.page.saturating_sub(2)..=row.page)
                    .any(|page| said_on(page).contains(words))
        };
        if words.iter().any(is_new) {
            kept.insert(at);
        }
        known.extend(words);
    }
    for at in &kept {
        let row = &found[*at];
        for line in &row.lines {
            let line = &mut pages[row.page].lines[*line];
            line.is_running_head = true;
            // It is a paragraph of its own.
            line.area = usize::MAX - at;
        }
    }
    let mut at = 0;
    found.retain(|_| {
        at += 1;
        !kept.contains(&(at - 1))
    });
}

/// Keeps the letters and digits of a text, in lower case.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests;
