//! Limits: the documents that a question may be answered from.

use serde::Serialize;

/// What a question is limited to, in the shape of the body of a question; all documents where it is
/// empty.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Limits {
    /// Documents by their paths, and folders by theirs with a `/` at the end.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
}

impl Limits {
    /// Says whether a path was chosen.
    pub(crate) fn holds(&self, path: &str) -> bool {
        self.paths.iter().any(|chosen| chosen == path)
    }

    /// Chooses a path, or takes it out again. What lies in a chosen folder needs no choice of its
    /// own.
    pub(crate) fn toggle(&mut self, path: &str) {
        if self.holds(path) {
            self.paths.retain(|chosen| chosen != path);
            return;
        }
        if path.ends_with('/') {
            self.paths.retain(|chosen| !chosen.starts_with(path));
        }
        self.paths.push(path.to_owned());
    }

    /// Names the chosen folder that a path lies in.
    pub(crate) fn folder_of(&self, path: &str) -> Option<&str> {
        let is_above = |chosen: &&String| {
            chosen.ends_with('/') && path.starts_with(chosen.as_str()) && chosen.as_str() != path
        };
        self.paths.iter().find(is_above).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_takes_the_place_of_what_lies_in_it() {
        let mut limits = Limits::default();
        limits.toggle("reports/2023/q1.pdf");
        limits.toggle("notes.md");
        limits.toggle("reports/");
        assert_eq!(limits.paths, ["notes.md", "reports/"]);
        assert_eq!(limits.folder_of("reports/2023/q1.pdf"), Some("reports/"));
        assert_eq!(limits.folder_of("reports/"), None);
        assert_eq!(limits.folder_of("reports.md"), None);
        limits.toggle("notes.md");
        assert_eq!(limits.paths, ["reports/"]);
        assert_eq!(serde_json::to_string(&Limits::default()).ok().as_deref(), Some("{}"));
    }
}
