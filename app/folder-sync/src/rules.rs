//! Rules made ready for use: which paths a source mirrors, and why not the others.

mod glob;

use quire_domain::sync::{Rules, SkipReason, SourcePath};

use glob::Globs;

/// A glob that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("`{glob}` is not a glob: {reason}")]
pub struct InvalidGlob {
    /// The glob.
    pub glob: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Rules whose globs were understood.
pub struct RuleSet {
    include: Option<Globs>,
    exclude: Globs,
    extensions: Vec<String>,
    max_bytes: u64,
    takes_attachments: bool,
}

impl RuleSet {
    /// Makes rules ready; `max_file_bytes` is the server's own limit.
    pub fn new(rules: &Rules, max_file_bytes: u64) -> Result<Self, InvalidGlob> {
        let lower = |extension: &String| extension.trim_start_matches('.').to_lowercase();
        Ok(Self {
            include: match rules.include.as_slice() {
                [] => None,
                globs => Some(Globs::new(globs)?),
            },
            exclude: Globs::new(&rules.exclude)?,
            extensions: rules.extensions.iter().map(lower).collect(),
            max_bytes: rules.max_bytes.unwrap_or(u64::MAX).min(max_file_bytes),
            takes_attachments: rules.index_attachments,
        })
    }

    /// Gives the rule by which a file is left out; `None` if it is mirrored.
    pub fn leaves_out(&self, path: &SourcePath, size_bytes: u64) -> Option<SkipReason> {
        let extension = path.extension();
        if self.exclude.matches(path.as_str()) {
            return Some(SkipReason::Excluded);
        }
        if self.include.as_ref().is_some_and(|include| !include.matches(path.as_str())) {
            return Some(SkipReason::NotIncluded);
        }
        if !self.extensions.is_empty() && !self.extensions.contains(&extension) {
            return Some(SkipReason::Extension);
        }
        if !self.takes_attachments && !Rules::NOTE_EXTENSIONS.contains(&extension.as_str()) {
            return Some(SkipReason::Attachment);
        }
        (size_bytes > self.max_bytes).then_some(SkipReason::MaxBytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_must_pass_every_rule() {
        let rules = Rules {
            include: vec!["Notes/**".to_owned(), "*.md".to_owned()],
            exclude: vec!["**/.*/**".to_owned(), "**/{draft,old}-*".to_owned()],
            extensions: vec![".MD".to_owned(), "pdf".to_owned()],
            max_bytes: Some(100),
            index_attachments: false,
            respect_obsidian_excludes: true,
        };
        let rules = RuleSet::new(&rules, 1000).expect("the globs are fine");
        let cases = [
            ("a.md", 100, None),
            ("Notes/a/b.md", 0, None),
            ("Other/a.md", 0, Some(SkipReason::NotIncluded)),
            ("Notes/.hidden/a.md", 0, Some(SkipReason::Excluded)),
            ("Notes/draft-1.md", 0, Some(SkipReason::Excluded)),
            ("Notes/a.txt", 0, Some(SkipReason::Extension)),
            ("Notes/a.pdf", 0, Some(SkipReason::Attachment)),
            ("a.md", 101, Some(SkipReason::MaxBytes)),
        ];
        for (path, size, expected) in cases {
            let path: SourcePath = path.parse().expect("a path");
            assert_eq!(rules.leaves_out(&path, size), expected, "{path}");
        }
    }

    #[test]
    fn the_default_leaves_out_what_is_hidden_and_nothing_else() {
        let rules = RuleSet::new(&Rules::all(), 1000).expect("the globs are fine");
        for (path, taken) in [
            ("a.md", true),
            ("x/Untitled.canvas", true),
            ("img/a.png", true),
            (".obsidian/app.json", false),
            ("x/.trash/a.md", false),
            (".hidden.md", false),
        ] {
            let path: SourcePath = path.parse().expect("a path");
            assert_eq!(rules.leaves_out(&path, 1).is_none(), taken, "{path}");
        }
    }

    #[test]
    fn a_glob_that_cannot_be_read_is_named() {
        let rules = Rules { exclude: vec!["a[".to_owned()], ..Rules::all() };
        let refused = RuleSet::new(&rules, 1);
        assert!(refused.is_err_and(|error| error.glob == "a["));
    }
}
