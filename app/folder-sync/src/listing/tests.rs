//! Which files of a folder are listed, and why the others are not.

use std::fs;

use super::*;

fn listed(root: &Path) -> FolderListing {
    list_folder(root, &Rules::all(), 1000).expect("it is readable")
}

fn paths(listing: &FolderListing) -> Vec<&str> {
    listing.files.keys().map(SourcePath::as_str).collect()
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let file = root.path().join(path);
        fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
        fs::write(file, text).expect("a file");
    }
    root
}

#[test]
fn hidden_ignored_and_excluded_files_are_left_out_and_counted() {
    let root = folder(&[
        ("a.md", "a"),
        ("empty.md", ""),
        ("Notes 🌱/b.md", "b"),
        (".hidden.md", "x"),
        (".trash/a.md", "x"),
        ("Templates/day.md", "x"),
        (".obsidian/app.json", r#"{"userIgnoreFilters": ["Templates/"]}"#),
        (".quireignore", "*.log\n/private/\n"),
        ("x/run.log", "x"),
        ("private/deep/diary.md", "x"),
        ("large.md", &"x".repeat(1001)),
    ]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("a.md", root.path().join("link.md")).expect("a link");
    let listing = listed(root.path());
    assert_eq!(paths(&listing), ["Notes 🌱/b.md", "a.md", "empty.md"]);
    assert_eq!(listing.excluded["hidden"], 4);
    assert_eq!(listing.excluded["ignored"], 2);
    assert_eq!(listing.excluded["excluded in Obsidian"], 1);
    assert_eq!(listing.excluded["too large"], 1);
    #[cfg(unix)]
    assert_eq!(listing.excluded["link"], 1);
    assert!(listing.unreadable.is_empty() && listing.refused.is_empty());
}

#[test]
#[cfg(unix)]
fn names_are_composed_and_two_of_one_name_are_told() {
    let root = folder(&[("u\u{308}.md", "decomposed"), ("o\u{308}.md", "alone")]);
    fs::write(root.path().join("\u{fc}.md"), "composed").expect("a file");
    let listing = listed(root.path());
    assert_eq!(paths(&listing), ["\u{f6}.md", "\u{fc}.md"]);
    let taken = &listing.files[&"\u{fc}.md".parse().expect("a path")];
    assert_eq!(fs::read_to_string(&taken.file).expect("readable"), "composed");
    assert_eq!(listing.refused.len(), 1);
}

#[test]
#[cfg(target_os = "linux")]
fn names_that_differ_in_case_are_told_and_kept() {
    let root = folder(&[("Plan.md", "a"), ("plan.md", "b"), ("a\\b.md", "c")]);
    let listing = listed(root.path());
    assert_eq!(paths(&listing), ["Plan.md", "plan.md"]);
    assert!(listing.collisions[0].reason.contains("`Plan.md`"), "{:?}", listing.collisions);
    assert!(listing.refused[0].reason.contains("backslash"), "{:?}", listing.refused);
}

#[test]
fn what_is_no_folder_is_an_error_and_not_an_empty_listing() {
    let root = folder(&[("a.md", "a")]);
    let gone = list_folder(&root.path().join("gone"), &Rules::all(), 1000);
    assert!(matches!(gone, Err(ListingError::Missing { .. })), "{gone:?}");
    let file = list_folder(&root.path().join("a.md"), &Rules::all(), 1000);
    assert!(matches!(file, Err(ListingError::NotFolder { .. })), "{file:?}");
}
