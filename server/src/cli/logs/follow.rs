//! Following a log: what is written to it, also when it is put aside meanwhile and another file takes its place.

use std::io::{self, Read};
use std::path::PathBuf;
use std::time::Duration;

use same_file::Handle;

use super::tail::open;
use crate::log::rotating::aside;

/// How often it is looked for more.
pub const STEP: Duration = Duration::from_millis(200);

/// Takes what was read; an error ends the reading.
pub type Sink<'a> = dyn FnMut(&[u8]) -> io::Result<()> + 'a;

/// Someone who follows a log.
pub struct Follower {
    path: PathBuf,
    /// The file that is read, up to where it was read; none before there is a log.
    file: Option<Handle>,
}

impl Follower {
    /// Follows a log that is not there yet.
    pub fn waiting(path: PathBuf) -> Self {
        Self { path, file: None }
    }

    /// Goes on behind what was read of a log.
    pub fn behind(path: PathBuf, file: Handle) -> Self {
        Self { path, file: Some(file) }
    }

    /// Hands over what has come since the last step.
    pub fn step(&mut self, sink: &mut Sink<'_>) -> io::Result<()> {
        let newest = open(&self.path)?;
        let Some(mut file) = self.file.take() else {
            self.file = newest;
            return self.read(sink);
        };
        // Between two files there is none for a moment.
        let Some(newest) = newest.filter(|newest| *newest != file) else {
            self.file = Some(file);
            return self.read(sink);
        };
        // Nothing is written any more to one that was put aside.
        pass(&mut file, sink)?;
        for mut between in self.put_aside_since(&file)? {
            pass(&mut between, sink)?;
        }
        self.file = Some(newest);
        self.read(sink)
    }

    fn read(&mut self, sink: &mut Sink<'_>) -> io::Result<()> {
        match &mut self.file {
            Some(file) => pass(file, sink),
            None => Ok(()),
        }
    }

    /// Finds the files that were put aside after this one, the oldest first.
    fn put_aside_since(&self, file: &Handle) -> io::Result<Vec<Handle>> {
        let mut since = Vec::new();
        for number in 1.. {
            match open(&aside(&self.path, number))? {
                Some(other) if other != *file => since.push(other),
                // It is the one, or has gone itself, and with it perhaps what came behind it.
                _ => break,
            }
        }
        since.reverse();
        Ok(since)
    }
}

fn pass(file: &mut Handle, sink: &mut Sink<'_>) -> io::Result<()> {
    let mut piece = vec![0; 64 << 10];
    loop {
        let count = file.as_file_mut().read(&mut piece)?;
        if count == 0 {
            return Ok(());
        }
        sink(&piece[..count])?;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::log::rotating::{Limits, RotatingFile};

    #[test]
    fn every_line_is_told_once_whenever_the_log_is_put_aside() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.log");
        let mut follower = Follower::waiting(path.clone());
        let mut told = Vec::new();
        let mut step = |told: &mut Vec<u8>| {
            let mut sink = |bytes: &[u8]| {
                told.extend_from_slice(bytes);
                Ok(())
            };
            follower.step(&mut sink).expect("it can be read");
        };
        step(&mut told);
        let limits = Limits { size_bytes: 20, kept: 3 };
        let mut log = RotatingFile::open(path, limits).expect("it opens");
        let mut expected = String::new();
        // From no line at a time to more than three files of them.
        for count in [1, 0, 2, 3, 1, 6, 2] {
            for number in 0..count {
                let line = format!("{count}-{number}...\n");
                log.write_all(line.as_bytes()).expect("it is written");
                expected.push_str(&line);
            }
            step(&mut told);
        }
        assert_eq!(String::from_utf8_lossy(&told), expected);
    }
}
