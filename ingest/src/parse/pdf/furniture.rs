//! Page furniture: running headers, footers and page numbers, which are no part of the text.
//!
//! A line is furniture when the outermost line of many pages stands at the same height, and what it
//! says comes again on other pages once numbers are left out.

use std::collections::HashMap;

use super::PageLines;
use super::lines::Line;

/// Documents with fewer pages have no furniture that could be told from text.
const MIN_PAGES: usize = 3;
/// Headers and footers of more lines than this are left in.
const MAX_LINES: usize = 4;
/// Furniture stands in this share of the page's height, above and below.
const MARGIN: f32 = 0.14;

/// Removes page furniture.
pub(super) fn remove(pages: &mut [PageLines]) {
    if pages.len() < MIN_PAGES {
        return;
    }
    for edge in [Edge::Top, Edge::Bottom] {
        for _ in 0..MAX_LINES {
            if !remove_once(pages, edge) {
                break;
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Edge {
    Top,
    Bottom,
}

/// The outermost line of a page.
struct Candidate {
    page: usize,
    /// The lines at that height, which columns may have kept apart.
    lines: Vec<usize>,
    /// The height, in steps of three points.
    slot: i32,
    /// Whether it stands where furniture is expected.
    in_margin: bool,
    /// What it says without numbers, by parts.
    parts: Vec<String>,
}

fn remove_once(pages: &mut [PageLines], edge: Edge) -> bool {
    let found: Vec<Candidate> = pages
        .iter()
        .enumerate()
        .filter_map(|(number, page)| candidate(number, page, edge))
        .collect();
    let mut slots: HashMap<i32, Vec<&Candidate>> = HashMap::new();
    for candidate in &found {
        slots.entry(candidate.slot).or_default().push(candidate);
    }
    let mut texts: HashMap<&str, usize> = HashMap::new();
    for candidate in &found {
        let mut parts: Vec<&str> = candidate.parts.iter().map(String::as_str).collect();
        parts.sort_unstable();
        parts.dedup();
        for part in parts {
            *texts.entry(part).or_default() += 1;
        }
    }
    let mut dropped: Vec<(usize, Vec<usize>)> = Vec::new();
    for candidate in &found {
        let near: Vec<&&Candidate> = [-1, 0, 1]
            .iter()
            .filter_map(|step| slots.get(&(candidate.slot + step)))
            .flatten()
            .collect();
        let repeats = |other: &&&Candidate| {
            other.parts.iter().any(|part| texts.get(part.as_str()).is_some_and(|count| *count >= 2))
        };
        let repeated = near.iter().filter(|other| repeats(other)).count();
        let is_often = near.len() >= MIN_PAGES && near.len() * 5 >= pages.len();
        let own = candidate.parts.iter().filter_map(|part| texts.get(part.as_str())).max();
        let own = own.copied().unwrap_or_default();
        let in_slot = candidate.in_margin
            && is_often
            && repeated * 10 >= near.len() * 6
            && (own >= 2 || repeated * 10 >= near.len() * 8);
        let share = if candidate.in_margin { 5 } else { 3 };
        let by_itself = own >= MIN_PAGES.max(pages.len() / share);
        if in_slot || by_itself {
            dropped.push((candidate.page, candidate.lines.clone()));
        }
    }
    for (page, lines) in &dropped {
        let mut index = 0;
        pages[*page].lines.retain(|_| {
            index += 1;
            !lines.contains(&(index - 1))
        });
    }
    !dropped.is_empty()
}

fn candidate(number: usize, page: &PageLines, edge: Edge) -> Option<Candidate> {
    let upright = || page.lines.iter().enumerate().filter(|(_, line)| line.turns == 0);
    let outermost = match edge {
        Edge::Top => upright().min_by(|a, b| a.1.y.total_cmp(&b.1.y)),
        Edge::Bottom => upright().max_by(|a, b| a.1.y.total_cmp(&b.1.y)),
    };
    let (_, outer) = outermost?;
    let height = page.size.1;
    let in_margin = match edge {
        Edge::Top => outer.y < height * MARGIN,
        Edge::Bottom => outer.y > height * (1.0 - MARGIN),
    };
    let beside: Vec<(usize, &Line)> =
        upright().filter(|(_, line)| (line.y - outer.y).abs() < 2.0).collect();
    let parts = beside.iter().flat_map(|(_, line)| line.text.split("  ")).map(without_numbers);
    Some(Candidate {
        page: number,
        parts: parts.collect(),
        lines: beside.iter().map(|(index, _)| *index).collect(),
        slot: (outer.y / 3.0).round() as i32,
        in_margin,
    })
}

/// Replaces numbers, Arabic and Roman, by one sign.
fn without_numbers(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let lower = word.to_lowercase();
        let is_roman =
            lower.len() <= 7 && lower.chars().all(|c| matches!(c, 'i' | 'v' | 'x' | 'l' | 'c'));
        if is_roman {
            words.push("#".to_owned());
            continue;
        }
        let mut shape = String::new();
        for letter in lower.chars() {
            if !letter.is_ascii_digit() {
                shape.push(letter);
            } else if !shape.ends_with('#') {
                shape.push('#');
            }
        }
        words.push(shape);
    }
    words.join(" ")
}
