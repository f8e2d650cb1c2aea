//! A file of lines that is put aside when it has grown: `server.log` becomes `server.log.1`, which was `server.log.2`
//! before, and so on; the oldest goes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How much is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// How many bytes a file has at most, if no line alone has more.
    pub size_bytes: u64,
    /// How many files that were put aside are kept.
    pub kept: usize,
}

impl Default for Limits {
    /// 10 MiB, and three files put aside: weeks of a server that is in use.
    fn default() -> Self {
        Self { size_bytes: 10 << 20, kept: 3 }
    }
}

/// The file that is written to. Each call of `write` takes whole lines, and puts none of them into two files.
#[derive(Debug)]
pub struct RotatingFile {
    path: PathBuf,
    file: File,
    size_bytes: u64,
    limits: Limits,
}

impl RotatingFile {
    /// Opens it, with its folder, to add to it.
    pub fn open(path: PathBuf, limits: Limits) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            make_for_owner(folder)?;
        }
        let file = open(&path)?;
        let size_bytes = file.metadata()?.len();
        Ok(Self { path, file, size_bytes, limits })
    }

    fn put_aside(&mut self) -> io::Result<()> {
        for number in (0..self.limits.kept).rev() {
            let from = aside(&self.path, number);
            match fs::rename(from, aside(&self.path, number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        self.file = open(&self.path)?;
        self.size_bytes = self.file.metadata()?.len();
        Ok(())
    }
}

impl Write for RotatingFile {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let is_full = self.size_bytes + lines.len() as u64 > self.limits.size_bytes;
        if is_full && self.size_bytes > 0 {
            // What cannot be put aside is written to all the same: a long log is better than none.
            let _stays = self.put_aside();
        }
        self.file.write_all(lines)?;
        self.size_bytes += lines.len() as u64;
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Names the file that was put aside as the `number`th, counted from the newest; 0 is the file itself.
pub fn aside(path: &Path, number: usize) -> PathBuf {
    if number == 0 {
        return path.to_owned();
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

fn open(path: &Path) -> io::Result<File> {
    for_owner(OpenOptions::new().append(true).create(true)).open(path)
}

/// Makes a file that nobody else may read, if it has to be made.
pub fn for_owner(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Makes a folder that nobody else may look into, if it is missing.
pub fn make_for_owner(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_are_kept_in_order_and_the_oldest_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("logs").join("server.log");
        let limits = Limits { size_bytes: 20, kept: 2 };
        let mut file = RotatingFile::open(path.clone(), limits).expect("it opens");
        for number in 0..8 {
            file.write_all(format!("line {number}\n").as_bytes()).expect("it is written");
        }
        drop(file);
        let read = |number| fs::read_to_string(aside(&path, number)).unwrap_or_default();
        assert_eq!(read(0), "line 6\nline 7\n");
        assert_eq!(read(1), "line 4\nline 5\n");
        assert_eq!(read(2), "line 2\nline 3\n");
        assert!(!aside(&path, 3).exists());

        let mut again = RotatingFile::open(path.clone(), limits).expect("it opens");
        again.write_all(format!("{}\n", "x".repeat(50)).as_bytes()).expect("it is written");
        assert_eq!(read(1), "line 6\nline 7\n", "it goes on with what was there");
        assert_eq!(read(0).len(), 51, "a long line is whole");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("logs").join("server.log");
        let _file = RotatingFile::open(path.clone(), Limits::default()).expect("it opens");
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
}
