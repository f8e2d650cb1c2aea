//! Where links lead, as Obsidian finds it, and how to link back into Obsidian.

mod obsidian;

use std::collections::HashMap;

pub use obsidian::{ObsidianPlace, VaultFile};

/// The paths of a collection, so arranged that what links name is found at once.
pub struct LinkPaths<'a> {
    /// By file name in lower case, shortest path first.
    by_name: HashMap<String, Vec<&'a str>>,
}

impl<'a> LinkPaths<'a> {
    /// Arranges paths.
    pub fn new(paths: impl IntoIterator<Item = &'a str>) -> Self {
        let mut by_name: HashMap<String, Vec<&'a str>> = HashMap::new();
        for path in paths {
            by_name.entry(file_name(path).to_lowercase()).or_default().push(path);
        }
        for paths in by_name.values_mut() {
            paths.sort_by_key(|path| (path.matches('/').count(), path.len(), *path));
        }
        Self { by_name }
    }

    /// Finds the path that `target` means in the document at `from`.
    ///
    /// Letters of either case are the same and `.md` may be missing. The whole path goes first,
    /// then one relative to the folder of `from`, then whatever ends like the target: if there are
    /// several, the one nearest to the root. An empty target is the document itself.
    pub fn resolve(&self, target: &str, from: &str) -> Option<&'a str> {
        let target = target.trim().replace('\\', "/");
        if target.is_empty() {
            return self.exact(from);
        }
        let rooted = target.strip_prefix('/').unwrap_or(&target);
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        if target.starts_with("./") || target.starts_with("../") {
            return self.find(&join(folder, &target)?, Self::exact);
        }
        self.find(rooted, Self::exact)
            .or_else(|| self.find(&join(folder, rooted)?, Self::exact))
            .or_else(|| self.find(rooted, Self::ending))
    }

    /// Looks for a name as written and with `.md`; a dot in a note's name is not an ending.
    fn find(&self, name: &str, look: fn(&Self, &str) -> Option<&'a str>) -> Option<&'a str> {
        look(self, &format!("{name}.md")).or_else(|| look(self, name))
    }

    fn candidates(&self, name: &str) -> &[&'a str] {
        self.by_name.get(&file_name(name).to_lowercase()).map_or(&[], Vec::as_slice)
    }

    fn exact(&self, name: &str) -> Option<&'a str> {
        let candidates = self.candidates(name);
        let same = candidates.iter().find(|path| **path == name);
        let key = name.to_lowercase();
        same.or_else(|| candidates.iter().find(|path| path.to_lowercase() == key)).copied()
    }

    fn ending(&self, name: &str) -> Option<&'a str> {
        let ending = format!("/{}", name.to_lowercase());
        let ends = |path: &&&str| format!("/{}", path.to_lowercase()).ends_with(&ending);
        self.candidates(name).iter().find(ends).copied()
    }
}

/// Gives the key under which all links that could mean a path are found: its file name in lower
/// case, without `.md`.
pub fn link_key(path: &str) -> String {
    let name = file_name(path.trim()).to_lowercase();
    name.strip_suffix(".md").map_or(name.clone(), str::to_owned)
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Walks from a folder along a relative path; `None` if that leaves the vault.
fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VAULT: &[&str] = &[
        "Home.md",
        "Note.md",
        "Projects/Note.md",
        "Projects/Deep/Plan.md",
        "Projects/Deep/v1.2.md",
        "Archive/Plan.md",
        "Archive/2020/Plan.md",
        "images/Logo.PNG",
        "Überblick.md",
    ];

    fn check(target: &str, from: &str, expected: Option<&str>) {
        let paths = LinkPaths::new(VAULT.iter().copied());
        assert_eq!(paths.resolve(target, from), expected, "[[{target}]] in {from}");
    }

    #[test]
    fn links_lead_where_obsidian_leads() {
        check("Home", "Archive/Plan.md", Some("Home.md"));
        check("home.MD", "Archive/Plan.md", Some("Home.md"));
        check("Projects/Note", "Home.md", Some("Projects/Note.md"));
        check("Note", "Archive/Plan.md", Some("Note.md"));
        check("Deep/Plan", "Home.md", Some("Projects/Deep/Plan.md"));
        check("Plan", "Home.md", Some("Archive/Plan.md"));
        check("Plan", "Projects/Deep/v1.2.md", Some("Projects/Deep/Plan.md"));
        check("v1.2", "Home.md", Some("Projects/Deep/v1.2.md"));
        check("logo.png", "Home.md", Some("images/Logo.PNG"));
        check("überblick", "Home.md", Some("Überblick.md"));
        check("/Archive/Plan", "Projects/Deep/v1.2.md", Some("Archive/Plan.md"));
        check("../Note.md", "Projects/Deep/Plan.md", Some("Projects/Note.md"));
        check("./Plan", "Archive/2020/Plan.md", Some("Archive/2020/Plan.md"));
        check("", "Home.md", Some("Home.md"));
        check("Nowhere", "Home.md", None);
        check("lan", "Home.md", None);
        check("../../../Note", "Projects/Deep/Plan.md", None);
    }

    #[test]
    fn every_link_to_a_path_has_its_key() {
        for (target, path) in [("Plan", "Archive/Plan.md"), ("Deep/plan.md", "a/Deep/Plan.md")] {
            assert_eq!(link_key(target), link_key(path));
        }
        assert_eq!(link_key("images/Logo.PNG"), "logo.png");
    }
}
