//! Flat tables: rows whose cells are told apart by blanks alone, as text read from a page has them.
//!
//! Words with wide gaps between them are not enough for a table: a form has them, too. Lines are taken for one if they
//! stand one below the other with as many cells each, and all but the first have a number in every cell behind
//! their label.

use crate::quantity::Quantity;
use crate::statement::Statement;

/// Fewer blanks than this stand between words.
const GAP: usize = 2;

/// Numbers the cells of the lines that make a table.
pub fn find(lines: &mut [Statement]) {
    let cells: Vec<Option<Vec<usize>>> = lines.iter().map(cells).collect();
    let count = |at: usize| cells[at].as_ref().and_then(|one| one.last()).copied();
    let mut first = 0;
    while first < lines.len() {
        let columns = count(first);
        let mut end = first + 1;
        while columns.is_some() && end < lines.len() && count(end) == columns {
            end += 1;
        }
        let has_figures =
            |at: usize| cells[at].as_ref().is_some_and(|one| figures(&lines[at], one));
        let is_table = end - first > 1 && (first + 1..end).all(has_figures);
        if is_table && names_columns(&lines[first]) {
            for at in first..end {
                lines[at].cells.clone_from(&cells[at]);
            }
        }
        first = end;
    }
}

/// Numbers the cells of a line; `None` if it has one only, or is a row already.
fn cells(line: &Statement) -> Option<Vec<usize>> {
    if line.cells.is_some() {
        return None;
    }
    let mut cell = 0;
    let mut end = line.tokens.first()?.span.end;
    let numbered = line.tokens.iter().map(|token| {
        cell += usize::from(token.span.start >= end + GAP);
        end = token.span.end;
        cell
    });
    let numbered: Vec<usize> = numbered.collect();
    (numbered.last() > Some(&0)).then_some(numbered)
}

/// Returns whether every cell behind the label begins with a number or the sign of one, and the label does not.
fn figures(line: &Statement, cells: &[usize]) -> bool {
    let columns = cells.last().copied().unwrap_or_default();
    let begins = |cell: usize| {
        let mut tokens = (0..cells.len()).filter(|at| cells[*at] == cell).take(2);
        tokens.any(|at| line.tokens[at].is_number())
    };
    let has_label = (0..cells.len()).any(|at| cells[at] == 0 && line.tokens[at].is_word());
    has_label && (1..=columns).all(begins)
}

/// Returns whether a line may name columns: it is no field of a form, and has no number that is not a year.
fn names_columns(line: &Statement) -> bool {
    line.quantities.iter().all(Quantity::may_be_year)
        && !line.tokens.iter().any(|token| token.is_mark(':'))
}

#[cfg(test)]
mod tests {
    use quire_domain::Language;
    use quire_language::Lexicon;

    use super::*;

    fn columns(lines: &[&str]) -> Vec<Option<usize>> {
        let lexicon = Lexicon::of(Language::English);
        let mut lines: Vec<Statement> =
            lines.iter().map(|line| Statement::of(line, lexicon)).collect();
        find(&mut lines);
        lines.iter().map(|line| Some(line.cells.as_ref()?.last()? + 1)).collect()
    }

    #[test]
    fn rows_below_the_names_of_their_columns_are_a_table() {
        let lines = ["Task  Installed (MB)  Download (MB)", "Mail  187  52", "Print  64  $19"];
        assert_eq!(columns(&lines), [Some(3); 3]);
        assert_eq!(columns(&["Item  2022  2023", "Rent  410  432"]), [Some(3); 2]);
    }

    #[test]
    fn other_lines_with_gaps_are_not() {
        let form = ["Make:  Orlo  Seats:  1", "Engines:  1 Rotary  Power:  600 hp"];
        assert_eq!(columns(&form), [None; 2]);
        assert_eq!(columns(&["Task  Size (MB)", "Mail  187  52"]), [None; 2]);
        assert_eq!(columns(&["Mail  187  52", "Print  64  19"]), [None; 2]);
    }
}
