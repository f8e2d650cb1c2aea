//! The last lines of a log, those included that were put aside.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use same_file::Handle;

use crate::log::rotating::aside;

/// The end of a log.
pub struct Tail {
    /// Its last lines, the oldest first.
    pub lines: Vec<u8>,
    /// The file that is written to, read to its end.
    pub file: Handle,
}

/// Reads the last lines; `None` if there is no log.
pub fn read(path: &Path, count: usize) -> io::Result<Option<Tail>> {
    let Some(mut newest) = open(path)? else { return Ok(None) };
    let mut lines = whole(newest.as_file_mut())?;
    let mut number = 1;
    while count_lines(&lines) < count {
        let Some(mut older) = open(&aside(path, number))? else { break };
        number += 1;
        // It may have been put aside since it was opened.
        if older != newest {
            let before = whole(older.as_file_mut())?;
            lines.splice(0..0, before);
        }
    }
    lines.drain(..beginning(&lines, count));
    Ok(Some(Tail { lines, file: newest }))
}

/// Opens a file of a log, if it is there.
pub fn open(path: &Path) -> io::Result<Option<Handle>> {
    match Handle::from_path(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn whole(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn count_lines(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').count() - 1
}

/// Finds where the last lines begin; one that is not ended yet is none.
fn beginning(bytes: &[u8], count: usize) -> usize {
    let ends = bytes.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n');
    // The end of the line before the first that is wanted.
    ends.skip(count).map(|(at, _)| at + 1).next().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_last_lines_are_told_from_whichever_files_they_are_in() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.log");
        assert!(read(&path, 5).expect("it can be looked for").is_none());
        fs::write(aside(&path, 2), "1\n2\n").expect("a file");
        fs::write(aside(&path, 1), "3\n4\n").expect("a file");
        fs::write(&path, "5\n6\n").expect("a file");
        for (count, expected) in [
            (0, ""),
            (1, "6\n"),
            (2, "5\n6\n"),
            (3, "4\n5\n6\n"),
            (6, "1\n2\n3\n4\n5\n6\n"),
            (9, "1\n2\n3\n4\n5\n6\n"),
        ] {
            let tail = read(&path, count).expect("it can be read").expect("it is there");
            assert_eq!(String::from_utf8_lossy(&tail.lines), expected, "{count}");
        }
    }
}
