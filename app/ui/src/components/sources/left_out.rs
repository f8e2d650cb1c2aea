//! What of a source is not searched, and why: its rules in words, and the sorts that are not read.

use leptos::prelude::*;
use quire_domain::sync::Rules;

use super::source_card::Remembered;
use crate::show;

/// How many sorts of files are named.
const NAMED_SORTS: usize = 8;

/// Says what is left out.
#[component]
pub fn LeftOut(
    /// The source.
    id: String,
    /// Its rules.
    rules: Rules,
    /// Sorts of files that are kept and not read, with how many there are.
    unread: Vec<(String, u64)>,
) -> impl IntoView {
    let lines = rules_in_words(&rules).into_iter().chain(unread_in_words(&unread));
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        return ().into_any();
    }
    let items = lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view();
    view! {
        <Remembered key=format!("out {id}") title="What is left out, and why".to_owned()>
            <ul class="small">{items}</ul>
        </Remembered>
    }
    .into_any()
}

fn rules_in_words(rules: &Rules) -> Vec<String> {
    let mut lines = Vec::new();
    if !rules.include.is_empty() {
        lines.push(format!("Everything but {}: only that was chosen.", list(&rules.include)));
    }
    let hidden = |glob: &&String| matches!(glob.as_str(), "**/.*" | "**/.*/**");
    if rules.exclude.iter().any(|glob| hidden(&glob)) {
        lines.push("Hidden files and folders, such as Obsidian's own settings.".to_owned());
    }
    let others: Vec<String> = rules.exclude.iter().filter(|glob| !hidden(glob)).cloned().collect();
    if !others.is_empty() {
        lines.push(format!("{}: excluded in the settings.", list(&others)));
    }
    if !rules.extensions.is_empty() {
        let endings: Vec<String> = rules.extensions.iter().map(|one| format!(".{one}")).collect();
        lines.push(format!("Files that do not end in {}.", list(&endings)));
    }
    if !rules.index_attachments {
        lines.push("Attachments: PDF, images and all else that is no note.".to_owned());
    }
    if let Some(bytes) = rules.max_bytes {
        lines.push(format!("Files over {}.", show::size(bytes)));
    }
    if rules.respect_obsidian_excludes {
        lines.push("What Obsidian's own list of excluded files names.".to_owned());
    }
    lines
}

fn unread_in_words(unread: &[(String, u64)]) -> Option<String> {
    let all: u64 = unread.iter().map(|(_, count)| count).sum();
    let named = unread.iter().take(NAMED_SORTS).map(|(ending, count)| {
        let ending = if ending.is_empty() { "no ending" } else { ending.as_str() };
        format!("{ending} ({})", show::thousands(*count))
    });
    let named: Vec<String> = named.collect();
    let files = show::count(all, "file is", "files are");
    (all > 0).then(|| format!("{files} kept, but of a sort that is not read: {}.", list(&named)))
}

fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_said_in_words() {
        assert_eq!(
            rules_in_words(&Rules::all()),
            [
                "Hidden files and folders, such as Obsidian's own settings.",
                "What Obsidian's own list of excluded files names.",
            ]
        );
        let rules = Rules {
            include: vec!["Notes/**".to_owned(), "*.md".to_owned()],
            exclude: vec!["Private/**".to_owned()],
            extensions: vec!["md".to_owned()],
            max_bytes: Some(2_000_000),
            ..Rules::default()
        };
        assert_eq!(
            rules_in_words(&rules),
            [
                "Everything but Notes/** and *.md: only that was chosen.",
                "Private/**: excluded in the settings.",
                "Files that do not end in .md.",
                "Attachments: PDF, images and all else that is no note.",
                "Files over 2.0 MB.",
            ]
        );
    }

    #[test]
    fn sorts_that_are_not_read_are_counted() {
        let unread = [("png".to_owned(), 1200), (String::new(), 1)];
        let said =
            "1,201 files are kept, but of a sort that is not read: png (1,200) and no ending (1).";
        assert_eq!(unread_in_words(&unread).as_deref(), Some(said));
        assert_eq!(unread_in_words(&[]), None);
    }
}
