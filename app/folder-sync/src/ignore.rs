//! `.gitignore` and `.quireignore`: files that people leave in folders to keep others out.
//!
//! Both have git's syntax, and count for the folder they lie in and those below; the deeper file and
//! the later line win, and `.quireignore` stands over `.gitignore` beside it. As with git, what lies in
//! a folder that is ignored cannot be taken back in. git's own excludes outside of the folder play no
//! part, nor does whether git tracks a file.

use std::path::{Path, PathBuf};

use gix_ignore::Search;
use gix_ignore::glob::pattern::Case;
use gix_ignore::search::Ignore;

/// Names of ignore files; the later one wins.
const NAMES: [&str; 2] = [".gitignore", ".quireignore"];

/// The ignore files from the top of a folder down to where a walk is.
#[derive(Default)]
pub struct IgnoreFiles {
    search: Search,
    /// How many levels of folders each list of patterns lies below the top.
    depths: Vec<usize>,
}

impl IgnoreFiles {
    /// Reads the ignore files of a folder that lies `depth` levels below the top at `relative`, and
    /// forgets those of folders that the walk has left. A file that cannot be read is an error.
    pub fn enter(&mut self, root: &Path, relative: &str, depth: usize) -> std::io::Result<()> {
        self.leave(depth);
        for name in NAMES {
            let source = PathBuf::from(relative).join(name);
            let bytes = match std::fs::read(root.join(&source)) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            self.add(&bytes, source, depth)?;
        }
        Ok(())
    }

    /// Adds the patterns of a file at `source`, whose folder lies `depth` levels below the top.
    pub fn add(&mut self, bytes: &[u8], source: PathBuf, depth: usize) -> std::io::Result<()> {
        let parse = Ignore { support_precious: false };
        self.search.add_patterns_buffer(bytes, source, Some(Path::new("")), parse)?;
        self.depths.push(depth);
        Ok(())
    }

    /// Tells if a path is ignored; the folders above it were asked before.
    pub fn leaves_out(&self, path: &str, is_folder: bool) -> bool {
        let found = self.search.pattern_matching_relative_path(
            path.into(),
            Some(is_folder),
            Case::Sensitive,
        );
        found.is_some_and(|found| !found.pattern.is_negative())
    }

    fn leave(&mut self, depth: usize) {
        let kept = self.depths.iter().take_while(|&&one| one < depth).count();
        self.depths.truncate(kept);
        self.search.patterns.truncate(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deeper_files_and_later_lines_win() {
        let root = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(root.path().join("sub/deep")).expect("folders");
        let write = |path: &str, text: &str| std::fs::write(root.path().join(path), text);
        write(".gitignore", "*.log\n/top.md\nbuild/\n").expect("a file");
        write(".quireignore", "# ours\n!kept.log\ndrafts/*.md\n").expect("a file");
        write("sub/.gitignore", "/only-here.md\n!again.log\n").expect("a file");
        let mut files = IgnoreFiles::default();
        files.enter(root.path(), "", 0).expect("readable");
        for (path, is_folder, expected) in [
            ("a.log", false, true),
            ("x/a.log", false, true),
            ("kept.log", false, false),
            ("top.md", false, true),
            ("x/top.md", false, false),
            ("build", true, true),
            ("build", false, false),
            ("drafts/a.md", false, true),
            ("drafts/x/a.md", false, false),
        ] {
            assert_eq!(files.leaves_out(path, is_folder), expected, "{path}");
        }
        files.enter(root.path(), "sub", 1).expect("readable");
        assert!(files.leaves_out("sub/only-here.md", false));
        assert!(!files.leaves_out("sub/again.log", false));
        files.enter(root.path(), "sub/deep", 2).expect("readable");
        assert!(!files.leaves_out("sub/deep/only-here.md", false));
        files.enter(root.path(), "other", 1).expect("readable");
        assert!(files.leaves_out("other/again.log", false), "`sub` was left");
    }
}
