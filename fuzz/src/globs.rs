//! Rules: globs, ignore files and Obsidian's filters, over paths that keep to the protocol.

use std::collections::BTreeSet;

use quire_domain::sync::{Rules, SkipReason, SourcePath};
use quire_folder_sync::RuleSet;
use quire_folder_sync::ignore::IgnoreFiles;
use quire_folder_sync::obsidian::ObsidianExcludes;

use crate::fields;

/// Each path makes globs of its own, and a glob is slow to make ready.
const MOST_PATHS: usize = 16;

/// Reads a plain glob; globs, paths and Obsidian's filters, one a line; and an ignore file.
pub(crate) fn check(data: &[u8]) {
    let (_, [plain, globs, paths, filters, ignore]) = fields::split(data);
    let paths = fields::text(paths);
    let paths = paths.split('\n').filter_map(|path| path.parse().ok());
    let paths: BTreeSet<SourcePath> = paths.take(MOST_PATHS).collect();
    for path in &paths {
        check_path(path);
        let own: String = path.as_str().chars().flat_map(|c| ['\\', c]).collect();
        assert!(excludes(&own, path), "`{own}` does not match the path that it was made from");
        assert!(excludes("**", path), "`**` does not match `{path}`");
    }
    let plain: String = fields::text(plain).chars().filter(|c| is_plain(*c)).collect();
    for path in &paths {
        let expected = matches(&meaning(&plain), path.as_str());
        assert_eq!(excludes(&plain, path), expected, "`{plain}` on `{path}`");
    }
    let globs = fields::text(globs).split('\n').map(str::to_owned).collect();
    if let Ok(rules) = RuleSet::new(&Rules { include: globs, ..Rules::all() }, 1000) {
        for path in &paths {
            rules.leaves_out(path, 1);
        }
    }
    let mut ignores = IgnoreFiles::default();
    // What cannot be read is refused; that is no broken promise.
    let _ = ignores.add(ignore, ".gitignore".into(), 0);
    let filters = fields::text(filters);
    let filters: Vec<&str> = filters.split('\n').collect();
    let settings = serde_json::json!({ "userIgnoreFilters": filters }).to_string();
    let excludes = ObsidianExcludes::parse(settings.as_bytes());
    for path in &paths {
        ignores.leaves_out(path.as_str(), false);
        excludes.leave_out(path.as_str());
    }
}

/// Tells if a character means itself in a glob, or is one whose meaning [`meaning`] knows.
fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '/' | '*' | '?' | '-' | ' ')
}

/// A path is its own normal form, and below a folder stays below it.
fn check_path(path: &SourcePath) {
    assert_eq!(path.as_str().parse::<SourcePath>().as_ref(), Ok(path));
    let below = std::path::Path::new("/root").join(path.as_str());
    let climbs = below.components().any(|part| part == std::path::Component::ParentDir);
    assert!(below.starts_with("/root") && !climbs, "`{path}` leaves its folder");
}

fn excludes(glob: &str, path: &SourcePath) -> bool {
    let rules = Rules { exclude: vec![glob.to_owned()], ..Rules::all() };
    let rules = RuleSet::new(&rules, 1000).expect("the glob is well-formed");
    rules.leaves_out(path, 1) == Some(SkipReason::Excluded)
}

/// One step of a glob, as slow and as plain as can be.
#[derive(Debug)]
enum Step {
    Same(char),
    One,
    Any,
    /// `**/` as whole parts.
    Parts,
    /// `**` as the last part.
    All,
}

fn meaning(glob: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let parts: Vec<&str> = glob.split('/').collect();
    for (number, part) in parts.iter().enumerate() {
        let is_last = number + 1 == parts.len();
        if *part == "**" {
            steps.push(if is_last { Step::All } else { Step::Parts });
            continue;
        }
        steps.extend(part.chars().map(|c| match c {
            '*' => Step::Any,
            '?' => Step::One,
            plain => Step::Same(plain),
        }));
        if !is_last {
            steps.push(Step::Same('/'));
        }
    }
    steps
}

/// Tells if steps lead through a whole path.
fn matches(steps: &[Step], path: &str) -> bool {
    let path: Vec<char> = path.chars().collect();
    // Which places of the path can be reached after each step.
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    for step in steps {
        let mut next = vec![false; path.len() + 1];
        for at in (0..=path.len()).filter(|at| reached[*at]) {
            let part = path[at..].iter().position(|c| *c == '/').map_or(path.len(), |end| at + end);
            match step {
                Step::Same(c) if path.get(at) == Some(c) => next[at + 1] = true,
                Step::One if at < part => next[at + 1] = true,
                Step::Same(_) | Step::One => {}
                Step::Any => next[at..=part].fill(true),
                Step::All => next[at..].fill(true),
                Step::Parts => {
                    next[at] = true;
                    for end in (at..path.len()).filter(|end| path[*end] == '/') {
                        next[end + 1] = true;
                    }
                }
            }
        }
        reached = next;
    }
    reached[path.len()]
}
