//! What Obsidian knows of a vault: its name and id, and which files its owner has excluded.

use std::path::{Path, PathBuf};

use quire_domain::sync::Vault;
use regex::Regex;
use serde_json::Value;

/// Tells if a folder is an Obsidian vault.
pub fn is_vault(root: &Path) -> bool {
    root.join(".obsidian").is_dir()
}

/// Finds name and id of a vault. The name that Obsidian's links use is that of the folder; the id
/// stands in Obsidian's list of vaults, if Obsidian runs on this machine.
pub fn find_vault(root: &Path) -> Option<Vault> {
    let name = root.file_name()?.to_str()?.to_owned();
    let lists = list_files();
    let mut lists = lists.iter().filter_map(|path| std::fs::read(path).ok());
    let id = lists.find_map(|bytes| id_in_list(&bytes, root));
    is_vault(root).then_some(Vault { name, id })
}

/// Where Obsidian keeps its list of vaults: plain, in Flatpak and in Snap, on macOS, on Windows.
fn list_files() -> Vec<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let below_home = [
        ".config/obsidian",
        ".var/app/md.obsidian.Obsidian/config/obsidian",
        "snap/obsidian/current/.config/obsidian",
        "Library/Application Support/obsidian",
    ];
    let home = folder("HOME");
    let homes = below_home.iter().filter_map(|below| Some(home.as_ref()?.join(below)));
    let others = ["XDG_CONFIG_HOME", "APPDATA"];
    let others = others.iter().filter_map(|name| Some(folder(name)?.join("obsidian")));
    others.chain(homes).map(|folder| folder.join("obsidian.json")).collect()
}

fn id_in_list(list: &[u8], root: &Path) -> Option<String> {
    let list: Value = serde_json::from_slice(list).ok()?;
    let is_ours = |vault: &Value| {
        let path = vault.get("path").and_then(Value::as_str).map(Path::new);
        path.is_some_and(|path| path.canonicalize().is_ok_and(|path| path == root))
    };
    let mut vaults = list.get("vaults")?.as_object()?.iter();
    vaults.find(|(_, vault)| is_ours(vault)).map(|(id, _)| id.clone())
}

/// The filters of Obsidian's setting "Excluded files".
#[derive(Default)]
pub struct ObsidianExcludes {
    /// Beginnings of paths, in lower case.
    prefixes: Vec<String>,
    expressions: Vec<Regex>,
}

impl ObsidianExcludes {
    /// Reads the filters of a vault; a folder that is none has none.
    pub fn read(root: &Path) -> Self {
        Self::parse(&std::fs::read(root.join(".obsidian").join("app.json")).unwrap_or_default())
    }

    /// Takes the filters from Obsidian's settings; what are none has none.
    pub fn parse(settings: &[u8]) -> Self {
        let settings: Value = serde_json::from_slice(settings).unwrap_or_default();
        let filters = settings.get("userIgnoreFilters").and_then(Value::as_array);
        let filters = filters.into_iter().flatten().filter_map(Value::as_str);
        filters.fold(Self::default(), |mut all, filter| {
            let expression = filter.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
            match expression.filter(|expression| !expression.is_empty()) {
                // One that Rust cannot read, such as one that looks ahead, excludes nothing.
                Some(expression) => all.expressions.extend(Regex::new(expression).ok()),
                None if filter.is_empty() => {}
                None => all.prefixes.push(filter.to_lowercase()),
            }
            all
        })
    }

    /// Tells if a file is excluded; a filter is the beginning of a path or, between slashes, a
    /// regular expression.
    pub fn leave_out(&self, path: &str) -> bool {
        let lower = if self.prefixes.is_empty() { String::new() } else { path.to_lowercase() };
        self.prefixes.iter().any(|prefix| lower.starts_with(prefix))
            || self.expressions.iter().any(|expression| expression.is_match(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_beginnings_or_expressions() {
        let root = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(root.path().join(".obsidian")).expect("a folder");
        let settings = r#"{"userIgnoreFilters": ["Templates/", "/draft-[0-9]+/", "/(?!x)/", ""]}"#;
        std::fs::write(root.path().join(".obsidian/app.json"), settings).expect("a file");
        let excludes = ObsidianExcludes::read(root.path());
        for (path, expected) in [
            ("Templates/day.md", true),
            ("templates/day.md", true),
            ("Notes/Templates/day.md", false),
            ("Notes/draft-12.md", true),
            ("Notes/draft-x.md", false),
        ] {
            assert_eq!(excludes.leave_out(path), expected, "{path}");
        }
        assert!(!ObsidianExcludes::read(Path::new("/nowhere")).leave_out("a.md"));
    }

    #[test]
    fn the_id_of_a_vault_is_that_of_its_folder() {
        let root = tempfile::tempdir().expect("a folder");
        let root = root.path().canonicalize().expect("it is there");
        let list = serde_json::json!({"vaults": {
            "0123456789abcdef": {"path": "/somewhere/else", "ts": 1},
            "fedcba9876543210": {"path": root, "ts": 2, "open": true},
        }});
        let found = id_in_list(list.to_string().as_bytes(), &root);
        assert_eq!(found.as_deref(), Some("fedcba9876543210"));
        assert_eq!(id_in_list(b"no json", &root), None);
        assert_eq!(find_vault(&root), None, "it has no `.obsidian`");
        std::fs::create_dir(root.join(".obsidian")).expect("a folder");
        assert!(find_vault(&root).is_some_and(|vault| root.ends_with(vault.name)));
    }
}
