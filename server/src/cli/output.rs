//! The only place that writes to standard output and standard error.
//!
//! Whoever closes the pipe does not want the rest, so what cannot be written is let go.
#![expect(clippy::print_stderr, reason = "this is what a command line does")]

use std::io::Write;

use serde::Serialize;

/// Prints a line of the result.
pub fn line(text: &str) {
    piece(&format!("{text}\n"));
}

/// Prints a part of a line of the result, at once.
pub fn piece(text: &str) {
    let mut output = std::io::stdout().lock();
    let _closed = output.write_all(text.as_bytes()).and_then(|()| output.flush());
}

/// Prints bytes of the result, at once; whoever has closed the pipe is a `BrokenPipe`.
pub fn bytes(bytes: &[u8]) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    output.write_all(bytes).and_then(|()| output.flush())
}

/// Prints the result as JSON.
pub fn json(value: &impl Serialize) -> anyhow::Result<()> {
    line(&serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Prints a part of the result as JSON on one line.
pub fn json_line(value: &impl Serialize) -> anyhow::Result<()> {
    line(&serde_json::to_string(value)?);
    Ok(())
}

/// Tells the user something beside the result.
pub fn note(text: &str) {
    eprintln!("{text}");
}

/// Tells the user what went wrong.
pub fn error(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}

/// Prints rows under a heading, with columns as wide as they need.
pub fn table(heading: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([heading.get(column).map_or(0, |cell| cell.len())]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let show = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        line(padded.collect::<Vec<_>>().join("  ").trim_end());
    };
    show(&heading.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>());
    for row in rows {
        show(row);
    }
}

/// Shows a number of bytes for people.
pub fn size(bytes: u64) -> String {
    indicatif::BinaryBytes(bytes).to_string()
}
