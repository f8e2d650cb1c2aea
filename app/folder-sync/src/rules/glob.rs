//! Globs over paths, as the protocol defines them.
//!
//! `?` is one character and `*` any number of them, neither a slash; `**` as a whole part is any
//! number of parts; `{a,b}` is either; `[a-z]` and `[!a-z]` are classes; `\` takes the next
//! character as it is. Case counts. A glob matches a whole path.

use regex::RegexSet;

use super::InvalidGlob;

/// Globs, each of which may match.
pub(super) struct Globs(RegexSet);

impl Globs {
    /// Understands globs.
    pub(super) fn new(globs: &[String]) -> Result<Self, InvalidGlob> {
        let patterns = globs.iter().map(|glob| {
            let refuse = |reason: &str| refuse(glob, reason);
            let pattern = to_regex(glob).map_err(refuse)?;
            // One by one, so that a glob that cannot be read is named.
            regex::Regex::new(&pattern).map_err(|_| refuse("a class in it is not well-formed"))?;
            Ok(pattern)
        });
        let patterns = patterns.collect::<Result<Vec<_>, InvalidGlob>>()?;
        let set = RegexSet::new(&patterns);
        set.map(Self).map_err(|error| refuse(&globs.join(", "), &error.to_string()))
    }

    /// Tells if any of them matches.
    pub(super) fn matches(&self, path: &str) -> bool {
        self.0.is_match(path)
    }
}

fn refuse(glob: &str, reason: &str) -> InvalidGlob {
    InvalidGlob { glob: glob.to_owned(), reason: reason.to_owned() }
}

/// Writes a glob as a regular expression.
fn to_regex(glob: &str) -> Result<String, &'static str> {
    let mut pattern = "(?s)^".to_owned();
    let mut depth = 0usize;
    let mut rest = glob;
    let mut at_start_of_part = true;
    while let Some(first) = rest.chars().next() {
        let starts_part = std::mem::replace(&mut at_start_of_part, first == '/');
        if starts_part && let Some(after) = rest.strip_prefix("**/") {
            pattern.push_str("(?:.*/)?");
            (rest, at_start_of_part) = (after, true);
            continue;
        }
        if starts_part && rest == "**" {
            pattern.push_str(".*");
            break;
        }
        rest = &rest[first.len_utf8()..];
        match first {
            '*' => {
                rest = rest.trim_start_matches('*');
                pattern.push_str("[^/]*");
            }
            '?' => pattern.push_str("[^/]"),
            '{' => {
                depth += 1;
                pattern.push_str("(?:");
            }
            '}' if depth > 0 => {
                depth -= 1;
                pattern.push(')');
            }
            ',' if depth > 0 => pattern.push('|'),
            '[' => {
                // A bracket right at the start of a class is part of it.
                let skip = rest.chars().take_while(|c| matches!(c, '!' | ']')).count();
                let end = rest[skip..].find(']').ok_or("a `[` has no `]`")? + skip;
                let (class, after) = (&rest[..end], &rest[end + 1..]);
                let (sign, class) = match class.strip_prefix('!') {
                    Some(class) => ("^/", class),
                    None => ("", class),
                };
                pattern.push('[');
                pattern.push_str(sign);
                for c in class.chars() {
                    // What means something in a class of a regular expression, but not of a glob.
                    if matches!(c, '\\' | '[' | ']' | '^' | '&' | '~') {
                        pattern.push('\\');
                    }
                    pattern.push(c);
                }
                pattern.push(']');
                rest = after;
            }
            '\\' => {
                let next = rest.chars().next().ok_or("a `\\` stands at its end")?;
                pattern.push_str(&regex::escape(next.encode_utf8(&mut [0; 4])));
                rest = &rest[next.len_utf8()..];
            }
            plain => pattern.push_str(&regex::escape(plain.encode_utf8(&mut [0; 4]))),
        }
    }
    if depth > 0 {
        return Err("a `{` has no `}`");
    }
    pattern.push('$');
    Ok(pattern)
}

#[cfg(test)]
mod tests {
    use super::Globs;

    #[test]
    fn globs_match_whole_paths_and_stars_stay_within_a_part() {
        let cases = [
            ("*.md", "a.md", true),
            ("*.md", "x/a.md", false),
            ("**/*.md", "a.md", true),
            ("**/*.md", "x/y/a.md", true),
            ("Notes/**", "Notes/a/b", true),
            ("Notes/**", "Notes", false),
            ("a/**/b", "a/b", true),
            ("a/**/b", "a/x/y/b", true),
            ("a/**/b", "ab", false),
            ("a**b", "axxb", true),
            ("a**b", "ax/xb", false),
            ("**/.*", ".hidden", true),
            ("**/.*/**", "x/.git/config", true),
            ("**/.*/**", "x/a.git/config", false),
            ("{draft,old}-?.md", "old-1.md", true),
            ("{draft,old}-?.md", "old-12.md", false),
            ("[a-c]?.md", "bx.md", true),
            ("[!a-c].md", "b.md", false),
            ("[!a-c].md", "d.md", true),
            ("[]x].md", "].md", true),
            ("a.md", "aXmd", false),
            ("a+(b).md", "a+(b).md", true),
            ("\\*.md", "*.md", true),
            ("\\*.md", "a.md", false),
            ("Ü*", "Übung.md", true),
            ("A.md", "a.md", false),
            ("a,b", "a,b", true),
        ];
        for (glob, path, expected) in cases {
            let globs = Globs::new(&[glob.to_owned()]).expect("the glob is fine");
            assert_eq!(globs.matches(path), expected, "`{glob}` on `{path}`");
        }
        assert!(!Globs::new(&[]).expect("no globs are fine").matches("a"));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for glob in ["a[", "{a", "a\\", "[z-a]"] {
            assert!(Globs::new(&[glob.to_owned()]).is_err(), "`{glob}`");
        }
    }
}
