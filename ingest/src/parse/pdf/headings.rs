//! Headings: lines that the outline names, or lines set in larger or bolder type than the text.

use std::collections::HashMap;

use super::PageLines;
use super::east_asia;
use super::lines::Line;
use super::outline::Entry;

/// A heading wraps over at most this many lines.
///
/// Set by hand, with the next two: see `docs/decisions/028-the-layout-of-a-pdf-page.md`.
const MAX_LINES: usize = 3;
/// A heading found by type has at most this many characters.
const MAX_LENGTH: usize = 120;
/// Headings found by type have at most this many levels.
const MAX_LEVELS: usize = 4;

/// A heading on a page.
#[derive(Clone, Debug)]
pub(super) struct Heading {
    /// Its level, from 1.
    pub(super) level: u8,
    /// Its title, as the outline or the page has it.
    pub(super) title: String,
    /// The lines it stands on; none if only the outline knows it.
    pub(super) lines: std::ops::Range<usize>,
}

/// Finds the headings of each page, in reading order.
pub(super) fn find(pages: &[PageLines], outline: &[Entry]) -> Vec<Vec<Heading>> {
    let mut found = by_outline(pages, outline);
    let count: usize = found.iter().flatten().filter(|heading| !heading.lines.is_empty()).count();
    if count * 2 < outline.len() || count < 2 {
        found = by_type(pages);
    }
    found
}

fn by_outline(pages: &[PageLines], outline: &[Entry]) -> Vec<Vec<Heading>> {
    let mut found: Vec<Vec<Heading>> = vec![Vec::new(); pages.len()];
    for entry in outline {
        let Some(page) = pages.get(entry.page_index) else { continue };
        let from = found[entry.page_index].last().map_or(0, |heading| heading.lines.end);
        let wanted = squeeze(&entry.title);
        let lines = (from..page.lines.len()).find_map(|start| {
            let mut text = String::new();
            for end in start..page.lines.len().min(start + MAX_LINES) {
                if page.lines[end].row.is_some() {
                    break;
                }
                text.push_str(&page.lines[end].text);
                text.push(' ');
                let letters = squeeze(&text);
                if letters == wanted || without_number(&letters, &text) == wanted {
                    return Some(start..end + 1);
                }
                if letters.len() > wanted.len() + 12 {
                    break;
                }
            }
            None
        });
        found[entry.page_index].push(Heading {
            level: entry.level,
            title: entry.title.clone(),
            lines: lines.unwrap_or(from..from),
        });
    }
    found
}

/// Keeps letters and digits only, in lower case.
fn squeeze(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Leaves out the section number that the page prints before a title.
fn without_number<'a>(letters: &'a str, text: &str) -> &'a str {
    let number = text.split_whitespace().next().unwrap_or_default();
    let is_number = number.starts_with(|c: char| c.is_ascii_digit())
        || (number.len() <= 6 && number.ends_with(['.', ')']))
        || number.contains('.')
        || number.len() == 1;
    let length = squeeze(number).len();
    if is_number { letters.get(length..).unwrap_or(letters) } else { letters }
}

/// Finds headings by their type, if there is no outline to go by.
fn by_type(pages: &[PageLines]) -> Vec<Vec<Heading>> {
    let body = body_size(pages);
    let mut candidates: Vec<Vec<(usize, i32)>> = Vec::new();
    for page in pages {
        let mut on_page = Vec::new();
        for index in 0..page.lines.len() {
            if let Some(size) = heading_size(page, index, body) {
                on_page.push((index, size));
            }
        }
        candidates.push(on_page);
    }
    drop_cover(&mut candidates);
    let mut sizes: Vec<i32> = candidates.iter().flatten().map(|(_, size)| *size).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    sizes.dedup();
    let level = |size: i32| {
        let rank = sizes.iter().position(|other| *other == size).unwrap_or(0);
        (rank.min(MAX_LEVELS - 1) + 1) as u8
    };
    let mut found = Vec::with_capacity(pages.len());
    for (page, on_page) in pages.iter().zip(candidates) {
        let mut headings: Vec<Heading> = Vec::new();
        for (index, size) in on_page {
            let line = &page.lines[index];
            let level = level(size);
            match headings.last_mut() {
                // A heading that wraps: same type, directly below.
                Some(last)
                    if last.lines.end == index
                        && last.level == level
                        && last.lines.len() < MAX_LINES
                        && line.y - page.lines[index - 1].y < line.size * 1.6 =>
                {
                    last.lines.end = index + 1;
                    last.title = format!("{} {}", last.title, line.text);
                }
                _ => headings.push(Heading {
                    level,
                    title: line.text.clone(),
                    lines: index..index + 1,
                }),
            }
        }
        headings.retain(|heading| is_title(&heading.title));
        found.push(headings);
    }
    found
}

/// Tells a title from a sentence in large type: it is short, and begins as a sentence does not go on.
fn is_title(text: &str) -> bool {
    let length = text.chars().count();
    let is_sentence = text.ends_with('.') && length > 60;
    length <= MAX_LENGTH && !is_sentence && !text.starts_with(char::is_lowercase)
}

/// Drops what is set large on the first page only: a cover's lines head no sections.
fn drop_cover(candidates: &mut [Vec<(usize, i32)>]) {
    let Some((cover, others)) = candidates.split_first_mut() else { return };
    if others.len() > 1 {
        cover.retain(|(_, size)| others.iter().flatten().any(|(_, other)| other == size));
    }
}

/// Finds the size that most of the text is set in, in tenths of a point.
pub(super) fn body_size(pages: &[PageLines]) -> i32 {
    let mut sizes: HashMap<i32, usize> = HashMap::new();
    for line in pages.iter().flat_map(|page| &page.lines) {
        *sizes.entry(tenths(line.size)).or_default() += line.text.len();
    }
    sizes.into_iter().max_by_key(|(size, count)| (*count, *size)).map_or(0, |(size, _)| size)
}

fn tenths(size: f32) -> i32 {
    (size * 10.0).round() as i32
}

/// Gives the size of a line that looks like a heading; bold type counts as a little larger.
fn heading_size(page: &PageLines, index: usize, body: i32) -> Option<i32> {
    let line = page.lines.get(index)?;
    let letters = line.text.chars().filter(|c| c.is_alphabetic()).count();
    let length = line.text.chars().count();
    if line.cells > 1
        || letters * 2 < length
        || letters < 3
        || length > MAX_LENGTH
        || (line.turns != 0 && !is_downwards(line))
        || line.is_running_head
        || line.row.is_some()
    {
        return None;
    }
    let size = tenths(line.size);
    // Steps of half a point, so that rounding makes no levels.
    let step = size / 5 * 5;
    if size * 100 >= body * 115 {
        return Some(step * 2);
    }
    let above = index.checked_sub(1).and_then(|above| page.lines.get(above));
    let stands_apart = above.is_none_or(|above| {
        above.area != line.area || line.y - above.y > line.size * 1.5 || above.y > line.y
    });
    // A label between the rows of a table heads some of its rows, not a section.
    let in_table = above.is_some_and(|above| {
        above.cells > 1 && line.y > above.y && line.y - above.y < line.size * 3.2
    });
    let next = page.lines.get(index + 1);
    let leads = next.is_some_and(|next| !(next.is_bold && is_close(line, next)));
    let ends_open = !line.text.ends_with(['.', ',', ';', ':']);
    (line.is_bold
        && !in_table
        && size * 100 >= body * 95
        && stands_apart
        && leads
        && ends_open
        && length <= 80)
        .then_some(step * 2 + 1)
        .map(|size| size.min(body * 2 + 1))
}

/// Says whether a line of East Asia runs downwards; other turned lines stand beside tables and pictures.
fn is_downwards(line: &Line) -> bool {
    line.turns == 1 && line.text.contains(east_asia::is_square)
}

fn is_close(line: &Line, next: &Line) -> bool {
    next.y >= line.y && next.y - line.y < line.size * 1.5
}
