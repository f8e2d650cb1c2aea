//! Limits: the documents that a question may be answered from.

use quire_domain::{Day, Scope};
use serde::Serialize;

/// What a question is limited to, in the shape of the body of a question; all documents if it is
/// empty.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Limits {
    /// Paths are those of documents, or of folders with a `/` at the end.
    #[serde(flatten)]
    pub scope: Scope,
}

/// One of the limits.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Limit {
    /// A document, or a folder with a `/` at the end.
    Path(String),
    /// A tag, without `#`.
    Tag(String),
    /// A note, with those that are linked with it.
    LinkedWith(String),
    /// The first day.
    After(Day),
    /// The last day.
    Before(Day),
}

impl Limit {
    /// Names it for people.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::Path(path) => path.clone(),
            Self::Tag(tag) => format!("#{tag}"),
            Self::LinkedWith(note) => format!("linked with {note}"),
            Self::After(day) => format!("from {day}"),
            Self::Before(day) => format!("until {day}"),
        }
    }
}

impl Limits {
    /// Lists the limits.
    pub(crate) fn list(&self) -> Vec<Limit> {
        let Scope { paths, tags, linked_with, after, before, .. } = self.scope.clone();
        let paths = paths.into_iter().map(Limit::Path);
        let days = after.map(Limit::After).into_iter().chain(before.map(Limit::Before));
        let linked = linked_with.into_iter().map(Limit::LinkedWith);
        paths.chain(tags.into_iter().map(Limit::Tag)).chain(linked).chain(days).collect()
    }

    /// Returns whether a path was chosen.
    pub(crate) fn holds(&self, path: &str) -> bool {
        self.scope.paths.iter().any(|chosen| chosen == path)
    }

    /// Returns whether a tag was chosen.
    pub(crate) fn holds_tag(&self, tag: &str) -> bool {
        self.scope.tags.iter().any(|chosen| chosen == tag)
    }

    /// Chooses a path, or takes it out again. What lies in a chosen folder needs no choice of its
    /// own.
    pub(crate) fn toggle(&mut self, path: &str) {
        let holds = self.holds(path);
        let paths = &mut self.scope.paths;
        if holds {
            paths.retain(|chosen| chosen != path);
            return;
        }
        if path.ends_with('/') {
            paths.retain(|chosen| !chosen.starts_with(path));
        }
        paths.push(path.to_owned());
    }

    /// Chooses a tag, or takes it out again.
    pub(crate) fn toggle_tag(&mut self, tag: &str) {
        if self.holds_tag(tag) {
            self.scope.tags.retain(|chosen| chosen != tag);
        } else {
            self.scope.tags.push(tag.to_owned());
        }
    }

    /// Takes a limit out.
    pub(crate) fn remove(&mut self, limit: &Limit) {
        match limit {
            Limit::Path(path) => self.scope.paths.retain(|chosen| chosen != path),
            Limit::Tag(tag) => self.scope.tags.retain(|chosen| chosen != tag),
            Limit::LinkedWith(note) => self.scope.linked_with.retain(|chosen| chosen != note),
            Limit::After(_) => self.scope.after = None,
            Limit::Before(_) => self.scope.before = None,
        }
    }

    /// Names the chosen folder that a path lies in.
    pub(crate) fn folder_of(&self, path: &str) -> Option<&str> {
        let is_above = |chosen: &&String| {
            chosen.ends_with('/') && path.starts_with(chosen.as_str()) && chosen.as_str() != path
        };
        self.scope.paths.iter().find(is_above).map(String::as_str)
    }
}

/// Names what a question was limited to in one line; empty if that was nothing.
pub(crate) fn in_words(scope: &Scope) -> String {
    let limits = Limits { scope: scope.clone() }.list();
    let labels: Vec<String> = limits.iter().map(Limit::label).collect();
    labels.join(", ")
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
        assert_eq!(limits.scope.paths, ["notes.md", "reports/"]);
        assert_eq!(limits.folder_of("reports/2023/q1.pdf"), Some("reports/"));
        assert_eq!(limits.folder_of("reports/"), None);
        assert_eq!(limits.folder_of("reports.md"), None);
        limits.toggle("notes.md");
        assert_eq!(limits.scope.paths, ["reports/"]);
        assert_eq!(serde_json::to_string(&Limits::default()).ok().as_deref(), Some("{}"));
    }

    #[test]
    fn limits_of_every_kind_are_named_and_taken_out() {
        let mut limits = Limits::default();
        limits.toggle("a/");
        limits.toggle_tag("work/urgent");
        limits.scope.linked_with = vec!["Home".to_owned()];
        limits.scope.after = "2026-01-31".parse().ok();
        let expected = "a/, #work/urgent, linked with Home, from 2026-01-31";
        assert_eq!(in_words(&limits.scope), expected);
        for limit in limits.list() {
            limits.remove(&limit);
        }
        assert_eq!(limits, Limits::default());
    }
}
