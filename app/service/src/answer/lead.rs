//! Leads: what stands above a passage that begins within a table, and tells what its rows are of.
//!
//! A long table is cut between its rows, and the sentence above it often lies in the chunk before. The names of its columns, the
//! line that names a group of rows and `(in millions)` say as much of a figure as its row.

use quire_domain::text::byte_offset;

/// So many lines above a table may belong to it.
const CAPTIONS: usize = 3;
/// So many lines name columns at most.
const NAMES: usize = 3;
/// So many lines right above the passage are looked at for the group that its first row is one of.
const NEAREST: usize = 40;

/// Finds the lead of a passage that begins at `start`, in code points, on a page; empty if it does not begin with a row or
/// right below one.
pub fn find(page: &str, start: usize, passage: &str) -> String {
    let Some(above) = byte_offset(page, start).and_then(|start| page.get(..start)) else {
        return String::new();
    };
    // A passage is cut at lines, or it is no table.
    let lines: Vec<&str> = above.strip_suffix('\n').unwrap_or(above).split('\n').collect();
    let is_blank = |line: &&str| line.trim().is_empty();
    let begins_line = above.is_empty() || above.trim_end_matches([' ', '\t']).ends_with('\n');
    let is_within = lines.last().is_some_and(|line| is_row(line));
    let begins_with_row = passage.lines().next().is_some_and(is_row);
    if !begins_line || !is_within && !begins_with_row {
        return String::new();
    }
    let table = lines.iter().rposition(is_blank).map_or(0, |at| at + 1);
    let (before, rows) = lines.split_at(table);
    let mut captions: Vec<&str> =
        before.iter().rev().filter(|line| !is_blank(line)).take(CAPTIONS).copied().collect();
    captions.reverse();
    let names = &rows[..rows.len().min(NAMES)];
    let nearest = &rows[names.len().max(rows.len().saturating_sub(NEAREST))..];
    let mut lead: Vec<&str> = captions;
    // A blank line sets the table off from what stands above it.
    if !lead.is_empty() {
        lead.push("");
    }
    lead.extend(names);
    lead.extend(nearest);
    let lead = lead.join("\n");
    if lead.trim().is_empty() { String::new() } else { lead + "\n" }
}

fn is_row(line: &str) -> bool {
    line.contains('|')
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "Note 2\n\nÉtat (in millions):\n\n | 2022 | 2021\nNet sales:\nProducts | 63 | 64\nServices | 19 | 17\n\
        Total | 82 | 81\n\nSee the notes.";

    fn lead(passage: &str) -> String {
        let byte = PAGE.find(passage).expect("is there");
        find(PAGE, PAGE[..byte].chars().count(), passage)
    }

    #[test]
    fn a_part_of_a_table_is_led_by_what_heads_it() {
        let captions = "Note 2\nÉtat (in millions):\n\n";
        let names = " | 2022 | 2021\nNet sales:\nProducts | 63 | 64\n";
        assert_eq!(lead("Services | 19 | 17\nTotal"), format!("{captions}{names}"));
        assert_eq!(lead("Total | 82"), format!("{captions}{names}Services | 19 | 17\n"));
        assert_eq!(lead(" | 2022 | 2021\nNet"), captions, "the table begins here");
    }

    #[test]
    fn what_is_no_part_of_a_table_has_none() {
        assert_eq!(lead("Note 2"), "");
        assert_eq!(lead("État (in"), "");
        assert_eq!(lead("See the notes."), "");
        assert_eq!(find(PAGE, 10_000, "x | y"), "", "there is no such place");
    }
}
