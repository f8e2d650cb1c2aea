//! Tables: what heads the rows of a passage. The names of its columns, the line that names a group of rows, and the
//! sentence above the table say as much of a figure as the words beside it.

use std::sync::Arc;

use quire_language::{Lexicon, Meaning};

use crate::quantity::Quantity;
use crate::statement::Statement;

/// A line above a table that is no sentence has at most so many tokens: a title, `(in millions)`.
const LONGEST_TITLE: usize = 24;
/// So many lines above a table may belong to it.
const CAPTIONS: usize = 3;
/// A line between rows with more tokens than this is no name of a group.
const LONGEST_GROUP: usize = 32;

/// A line of a passage.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    /// What it says.
    pub statement: &'a Statement,
    /// Whether a blank line stands above it.
    pub is_set_off: bool,
}

/// What heads a row.
#[derive(Clone, Debug, Default)]
pub struct Heads {
    /// The row that names its columns; of several lines that do, all in one.
    pub header: Option<Arc<Statement>>,
    /// The lines that name the rows that it is one of, the widest group first.
    pub groups: Vec<Arc<Statement>>,
    /// The lines right above the table, the nearest first.
    pub captions: Vec<Arc<Statement>>,
    /// Which table of the passage it is a row of.
    pub table: usize,
    /// Whether it names columns itself.
    pub is_header: bool,
}

/// Finds what heads each of some lines; `None` for what is no row. `known` are lines that are known beside the passage, among
/// which the names of the columns may be.
pub fn find(lines: &[Line<'_>], known: &[Statement], lexicon: &Lexicon) -> Vec<Option<Heads>> {
    let mut reader = Reader {
        lines,
        known: known
            .iter()
            .filter(|line| line.cells.is_some())
            .map(|it| Arc::new(it.clone()))
            .collect(),
        lexicon,
        heads: vec![None; lines.len()],
    };
    let mut start = 0;
    while start < lines.len() {
        let next = (start + 1..lines.len()).find(|at| reader.begins_block(*at));
        start = reader.read(start, next.unwrap_or(lines.len()));
    }
    reader.heads
}

struct Reader<'a> {
    lines: &'a [Line<'a>],
    known: Vec<Arc<Statement>>,
    lexicon: &'a Lexicon,
    heads: Vec<Option<Heads>>,
}

/// The groups that a row stands in.
#[derive(Default)]
struct Groups {
    open: Vec<Arc<Statement>>,
    /// Whether the line before named a group.
    is_named: bool,
    /// Whether a row summed the last one up, so that the next one stands beside it.
    is_closed: bool,
}

impl Groups {
    /// Takes a line that names a group: within the one above it, else in place of the last one.
    fn name(&mut self, line: &Statement) {
        if !self.is_named && !self.is_closed {
            self.open.pop();
        }
        if line.tokens.len() <= LONGEST_GROUP {
            self.open.push(Arc::new(line.clone()));
        }
        (self.is_named, self.is_closed) = (true, false);
    }

    /// Closes what a row sums up, if it does: the group that it names, else the last one.
    fn pass(&mut self, row: &Statement) {
        self.is_named = false;
        let label = label(row);
        let is_sum = label.clone().all(|at| !row.tokens[at].is_word())
            || label.clone().any(|at| is_total(row, at));
        if !is_sum {
            return;
        }
        let names = |group: &Arc<Statement>| {
            let mut words = group.content_tokens().peekable();
            words.peek().is_some()
                && words.all(|at| {
                    let stem = group.tokens[at].terms.first();
                    label.clone().any(|token| row.tokens[token].terms.first() == stem)
                })
        };
        let summed = self.open.iter().rposition(names).or(self.open.len().checked_sub(1));
        if let Some(summed) = summed {
            self.open.truncate(summed);
            self.is_closed = true;
        }
    }
}

impl Reader<'_> {
    fn statement(&self, at: usize) -> &Statement {
        self.lines[at].statement
    }

    fn is_row(&self, at: usize) -> bool {
        self.lines.get(at).is_some_and(|line| line.statement.cells.is_some())
    }

    /// Returns whether a line belongs to no table above it. Rows may be set off from each other; then only new names of columns
    /// begin another table.
    fn begins_block(&self, at: usize) -> bool {
        let is_next_row = self.is_row(at) && self.is_row(at - 1);
        self.lines[at].is_set_off && (!is_next_row || self.renames_columns(at))
    }

    /// Returns whether a row names columns where the row above it has figures.
    fn renames_columns(&self, at: usize) -> bool {
        may_name_columns(self.statement(at)) && figures(self.statement(at - 1)) > 0
    }

    /// Reads the lines `start..end`, which may be a table with what stands right above it, and gives the line that the next
    /// one begins with.
    fn read(&mut self, start: usize, end: usize) -> usize {
        let Some(first) = (start..end).find(|at| self.is_row(*at)) else { return end };
        let captions = self.captions(first);
        let (names, rows) = self.header(first, end);
        let header = Arc::new(names);
        let place = (&captions[..], first);
        for at in first..rows {
            let heads = self.heads_of(at, None, &[], place);
            self.heads[at] =
                Some(Heads { is_header: may_name_columns(self.statement(at)), ..heads });
        }
        let mut groups = Groups::default();
        for at in rows..end {
            let line = self.lines[at].statement;
            if !is_group(line) {
                self.heads[at] = Some(self.heads_of(at, Some(&header), &groups.open, place));
                groups.pass(line);
            } else if self.is_row(at + 1) && self.begins_anew(at + 1) {
                return at;
            } else {
                groups.name(line);
            }
        }
        end
    }

    /// Returns whether a row below a line without cells names the columns of the rows below it, so that the line is what
    /// stands above another table.
    fn begins_anew(&self, at: usize) -> bool {
        let has_label = label(self.statement(at)).next().is_some();
        let has_figures = |at: usize| self.is_row(at) && figures(self.statement(at)) > 0;
        !has_label && may_name_columns(self.statement(at)) && has_figures(at + 1)
    }

    /// Reads the lines that name the columns, and gives the line behind them.
    fn header(&self, first: usize, end: usize) -> (Statement, usize) {
        let mut header = self.statement(first).clone();
        let mut next = first + 1;
        while next + 1 < end && self.is_row(next) && goes_on(&header, self.statement(next)) {
            header = joined(&header, self.statement(next), self.lexicon);
            next += 1;
        }
        (header, next)
    }

    /// Lists the lines right above a table: the last one, and titles above it.
    fn captions(&self, first: usize) -> Vec<Arc<Statement>> {
        let above = (0..first).rev().take_while(|at| !self.is_row(*at)).take(CAPTIONS);
        let is_title = |at: &usize| {
            let line = self.statement(*at);
            line.tokens.len() <= LONGEST_TITLE
                && !line.tokens.last().is_some_and(|it| it.is_mark('.'))
        };
        let lines = above.enumerate().take_while(|(place, at)| *place == 0 || is_title(at));
        lines.map(|(_, at)| Arc::new(self.statement(at).clone())).collect()
    }

    fn heads_of(
        &self,
        row: usize,
        header: Option<&Arc<Statement>>,
        groups: &[Arc<Statement>],
        (captions, table): (&[Arc<Statement>], usize),
    ) -> Heads {
        let mut named = header.into_iter().chain(&self.known);
        Heads {
            header: named.find(|it| names_columns(it, self.statement(row))).cloned(),
            groups: groups.to_vec(),
            captions: captions.to_vec(),
            table,
            is_header: false,
        }
    }
}

/// Lists the tokens of a row's label: those of its first cell.
pub fn label(row: &Statement) -> impl Iterator<Item = usize> + Clone + '_ {
    let cells = row.cells.as_deref().unwrap_or_default();
    (0..cells.len()).filter(move |at| cells[*at] == 0 && !row.tokens[*at].is_mark('|'))
}

/// Returns whether a word of a label sums others up: `total`, `all`, and not `the`.
pub fn is_total(row: &Statement, at: usize) -> bool {
    row.has(at, Meaning::Total) && !row.tokens[at].terms.is_empty() || row.has(at, Meaning::All)
}

/// Returns whether a line names the columns of a row. Empty cells at the end of a row may be left out.
fn names_columns(header: &Statement, row: &Statement) -> bool {
    let (own, theirs) = (cell_count(header), cell_count(row));
    let has_none = figures(header) == 0 && figures(row) > 0;
    let has_fewer = header.quantities.len() < row.quantities.len().max(1);
    has_none && own >= theirs || has_fewer && own == theirs
}

/// Returns whether a row may name columns: it has no figures, and words or times behind its label.
fn may_name_columns(row: &Statement) -> bool {
    let Some(cells) = &row.cells else { return false };
    let says =
        |at: usize| row.tokens[at].is_word() || row.is_in_time(at) || row.tokens[at].is_number();
    figures(row) == 0 && (0..cells.len()).any(|at| cells[at] > 0 && says(at))
}

/// Returns whether a line goes on naming columns: it has no label, and no figures but years.
fn goes_on(header: &Statement, line: &Statement) -> bool {
    let has_label = label(line).next().is_some();
    !has_label
        && figures(header) == 0
        && may_name_columns(line)
        && cell_count(header) <= cell_count(line)
}

/// Puts two lines that name columns together: a name above that has none to its right holds for the columns there, too.
fn joined(upper: &Statement, lower: &Statement, lexicon: &Lexicon) -> Statement {
    let mut above = String::new();
    let cells = (0..cell_count(lower)).map(|cell| {
        let name = text_of(upper, cell);
        if cell == 0 {
            return name;
        }
        if !name.is_empty() {
            above = name;
        }
        format!("{above} {}", text_of(lower, cell))
    });
    let line = cells.collect::<Vec<_>>().join(" | ");
    Statement::of(&line, lexicon)
}

/// Writes a cell of a row.
fn text_of(row: &Statement, cell: usize) -> String {
    let cells = row.cells.as_deref().unwrap_or_default();
    let mut text = String::new();
    let mut end = None;
    for (at, token) in row.tokens.iter().enumerate() {
        if cells.get(at) != Some(&cell) || token.is_mark('|') {
            continue;
        }
        if end.is_some_and(|end| end < token.span.start) {
            text.push(' ');
        }
        text.push_str(&token.text);
        end = Some(token.span.end);
    }
    text
}

/// Returns whether a line between rows names those below it: it has no cells, or nothing but a label.
fn is_group(line: &Statement) -> bool {
    let Some(cells) = &line.cells else { return true };
    let has_label = label(line).any(|at| line.tokens[at].is_word());
    has_label && (0..cells.len()).all(|at| cells[at] == 0 || line.tokens[at].is_mark('|'))
}

/// Counts the cells behind the label that hold a figure: a number that is no year, with nothing but its sign, magnitude and unit.
fn figures(row: &Statement) -> usize {
    let Some(cells) = &row.cells else { return 0 };
    let is_figure = |cell: usize| {
        let tokens = || (0..cells.len()).filter(|at| cells[*at] == cell);
        let counted = |at: usize| {
            row.quantities.iter().find(|one| (one.tokens.0..=one.tokens.1).contains(&at))
        };
        tokens().any(|at| counted(at).is_some_and(|one| !Quantity::may_be_year(one)))
            && tokens().all(|at| !row.tokens[at].is_word() || counted(at).is_some())
    };
    (1..cell_count(row)).filter(|cell| is_figure(*cell)).count()
}

fn cell_count(row: &Statement) -> usize {
    row.cells.as_ref().and_then(|cells| cells.last()).map_or(0, |last| last + 1)
}

#[cfg(test)]
mod tests {
    use quire_domain::Language;

    use super::*;

    const STATEMENT: &str = "Results (in millions)\n\n | Three Months Ended June 25, 2022 | Nine Months Ended June 25, 2022\n\
        Net sales:\nProducts | $63 | $245\nServices | 19 | 58\nTotal net sales | 82 | 304\nGross margin | 35 | 132\n\
        Earnings per share:\nBasic | $1.20 | $4.86\nDiluted | $1.20";

    fn heads(text: &str, known: &str) -> Vec<(String, Option<Heads>)> {
        let lexicon = Lexicon::of(Language::English);
        let mut lines = Vec::new();
        let mut is_set_off = false;
        for line in text.lines() {
            if !line.trim().is_empty() {
                lines.push((Statement::of(line.trim(), lexicon), is_set_off, line.to_owned()));
            }
            is_set_off = line.trim().is_empty();
        }
        let read: Vec<Line<'_>> = lines
            .iter()
            .map(|(statement, is_set_off, _)| Line { statement, is_set_off: *is_set_off })
            .collect();
        let known = [Statement::of(known, lexicon)];
        let heads = find(&read, &known, lexicon);
        lines.iter().map(|(_, _, line)| line.clone()).zip(heads).collect()
    }

    fn words(statement: &Statement) -> String {
        let words = statement.tokens.iter().map(|token| token.text.as_str());
        words.collect::<Vec<_>>().join(" ")
    }

    /// Shows the group and the first name of a column of the row that begins so.
    fn shown(text: &str, row: &str) -> (String, String) {
        let found = heads(text, "");
        let (_, heads) =
            found.into_iter().find(|(line, _)| line.starts_with(row)).expect("is there");
        let heads = heads.expect("is a row");
        let groups: Vec<String> = heads.groups.iter().map(|group| words(group)).collect();
        (groups.join(" / "), heads.header.map(|header| words(&header)).unwrap_or_default())
    }

    #[test]
    fn a_row_has_its_columns_past_the_lines_that_name_groups() {
        let header = "| Three Months Ended June 25 , 2022 | Nine Months Ended June 25 , 2022";
        for (row, group) in [
            ("Services", "Net sales :"),
            ("Total net", "Net sales :"),
            ("Gross margin", ""),
            ("Diluted", "Earnings per share :"),
        ] {
            assert_eq!(shown(STATEMENT, row), (group.to_owned(), header.to_owned()), "{row}");
        }
        let found = heads(STATEMENT, "");
        let captions = &found[3].1.as_ref().expect("is a row").captions;
        assert_eq!(
            captions.iter().map(|line| words(line)).collect::<Vec<_>>(),
            ["Results ( in millions )"]
        );
    }

    #[test]
    fn groups_within_groups_end_where_they_are_summed_up() {
        let text = " | 2022 | 2021\nNet revenue:\nClient Computing\nDesktop | $18 | $26\nOther | 4 | 7\n | 22 | 33\n\
            Mobileye | 4 | 3\nTotal net revenue | $26 | $36\nOperating income:\nMobileye | 1 | 2";
        assert_eq!(shown(text, "Other").0, "Net revenue : / Client Computing");
        assert_eq!(shown(text, "Mobileye | 4").0, "Net revenue :");
        assert_eq!(shown(text, "Mobileye | 1").0, "Operating income :");
    }

    #[test]
    fn names_of_columns_in_two_lines_are_put_together() {
        let text = "Item | Three Months Ended | | Six Months Ended\n | 2022 | 2021 | 2022 | 2021\nRent | 10 | 12 | 20 | 24";
        let joined = "Item | Three Months Ended 2022 | Three Months Ended 2021 | Six Months Ended 2022 | \
            Six Months Ended 2021";
        assert_eq!(shown(text, "Rent").1, joined);
        let rows =
            "| | H1 2024 | Change |\n|---|---|---|\n| Tiles | 4,310 | +4 % |\n| Profit | 412 | |";
        assert_eq!(shown(rows, "| Profit").1, "| | H1 2024 | Change |");
    }

    #[test]
    fn tables_one_below_the_other_have_names_of_their_own() {
        let text = " | June 25, 2022 Cost\nCash | $12\n\n | September 25, 2021 Cost\nCash | $17";
        assert_eq!(shown(text, "Cash | $12").1, "| June 25 , 2022 Cost");
        assert_eq!(shown(text, "Cash | $17").1, "| September 25 , 2021 Cost");
        let text = "A (in millions)\n | 2022\nRent | 10\nB (in thousands)\n | 2021\nRent | 12";
        assert_eq!(shown(text, "Rent | 12"), (String::new(), "| 2021".to_owned()));
        let found = heads("Water | 30 | 35", "Item | 2022 | 2023");
        let known = found[0].1.as_ref().and_then(|heads| heads.header.as_deref()).map(words);
        assert_eq!(known.as_deref(), Some("Item | 2022 | 2023"), "it is known beside the passage");
    }
}
