//! What stands above the rows of a table: titles, and the names of its columns.

use csv::StringRecord;

/// Numbers that go up in even steps are names of columns if they are this many.
const LEAST_STEPS: usize = 3;

/// Finds how many rows stand above the table, and how wide most rows are.
///
/// Titles and comments above a table have a single cell while the table has several.
pub(in crate::parse) fn shape(rows: &[StringRecord]) -> (usize, usize) {
    let mut counts: std::collections::BTreeMap<usize, usize> = std::collections::BTreeMap::new();
    for row in rows {
        *counts.entry(row.len()).or_default() += 1;
    }
    let usual = counts.iter().max_by_key(|(width, count)| (**count, **width));
    let usual = usual.map(|(width, _)| *width).unwrap_or_default();
    let is_above = |row: &&StringRecord| {
        usual > 1 && row.iter().filter(|cell| !cell.trim().is_empty()).count() <= 1
    };
    let above = rows.iter().take_while(is_above).count();
    (if above < rows.len() { above } else { 0 }, usual)
}

/// Says whether the first row names the columns: its cells are distinct, and those that are numbers or dates count up or
/// are unlike what stands below them.
pub(in crate::parse) fn has_header(rows: &[StringRecord]) -> bool {
    let Some((first, rest)) = rows.split_first() else { return false };
    if rest.is_empty() {
        return false;
    }
    let names: Vec<&str> = first.iter().map(str::trim).collect();
    let filled = names.iter().filter(|name| !name.is_empty()).count();
    let mut distinct: Vec<&str> = names.iter().copied().filter(|name| !name.is_empty()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    if filled * 2 <= names.len() || distinct.len() * 4 < filled * 3 {
        return false;
    }
    let values: Vec<usize> = (0..names.len()).filter(|column| is_value(names[*column])).collect();
    values.is_empty() || counts_up(&names, &values, rest) || differs(&names, &values, rest)
}

/// Says whether the first row has a name in every cell, with numbers below at least one of them.
pub(in crate::parse) fn names_numbers(rows: &[StringRecord]) -> bool {
    let Some((first, rest)) = rows.split_first() else { return false };
    let is_name = |cell: &str| cell.chars().any(char::is_alphabetic);
    let is_number = |cell: &str| cell.chars().any(|c| c.is_ascii_digit()) && !is_name(cell);
    let holds_numbers = |column: usize| {
        let cells =
            || rest.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.is_empty());
        cells().count() * 2 > rest.len() && cells().all(is_number)
    };
    first.len() > 1 && first.iter().all(is_name) && (0..first.len()).any(holds_numbers)
}

/// Says whether the numbers of a row go up in even steps, as no row below does.
fn counts_up(names: &[&str], columns: &[usize], rest: &[StringRecord]) -> bool {
    let is_even = |cells: Vec<&str>| {
        let numbers: Option<Vec<i64>> = cells.iter().map(|cell| cell.trim().parse().ok()).collect();
        numbers.is_some_and(|numbers| {
            let mut steps = numbers.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
            let first = steps.next().filter(|step| *step > 0);
            numbers.len() >= LEAST_STEPS
                && first.is_some_and(|first| steps.all(|step| step == first))
        })
    };
    let below = |row: &&StringRecord| {
        is_even(columns.iter().map(|at| row.get(*at).unwrap_or("")).collect())
    };
    is_even(columns.iter().map(|at| names[*at]).collect())
        && rest.iter().filter(below).count() * 4 < rest.len()
}

/// Says whether numbers are written unlike those below: `2024-01` above `17.5`.
fn differs(names: &[&str], columns: &[usize], rest: &[StringRecord]) -> bool {
    let is_unlike = |column: &&usize| {
        let name = pattern(names[**column]);
        let cells = rest.iter().filter_map(|row| row.get(**column));
        let filled: Vec<&str> = cells.map(str::trim).filter(|cell| !cell.is_empty()).collect();
        let alike = filled.iter().filter(|cell| pattern(cell) == name).count();
        !filled.is_empty() && alike * 10 < filled.len()
    };
    columns.len() >= 2 && columns.iter().all(|column| is_unlike(&column))
}

/// Writes a cell with one sign for each run of digits.
fn pattern(cell: &str) -> String {
    let mut pattern = String::new();
    for letter in cell.chars() {
        match letter {
            '0'..='9' if pattern.ends_with('0') => {}
            '0'..='9' => pattern.push('0'),
            letter => pattern.push(letter),
        }
    }
    pattern
}

/// Says whether a cell is a number, a date or the like, as headers rarely are.
fn is_value(cell: &str) -> bool {
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    let letters = cell.chars().filter(|letter| letter.is_alphabetic()).count();
    // A year as a column's name is common.
    let is_year = cell.len() == 4 && (cell.starts_with("19") || cell.starts_with("20"));
    digits > 0 && letters == 0 && !is_year
}
