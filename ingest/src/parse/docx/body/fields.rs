//! What is chosen in the fields of an older form, whose values stand among the field's settings.

use crate::parse::docx::xml::Tree;

/// Writes the entry that a list has chosen, or the mark of a box. What is typed into a field is ordinary text.
pub(super) fn chosen(field: &Tree) -> String {
    for part in &field.inner {
        let setting = |name: &str| part.child(name);
        match part.name.as_str() {
            "ddList" => {
                let number = |name: &str| setting(name)?.value.as_ref()?.parse::<usize>().ok();
                let at = number("result").or_else(|| number("default")).unwrap_or(0);
                let mut entries = part.inner.iter().filter(|inner| inner.name == "listEntry");
                return entries.nth(at).and_then(|entry| entry.value.clone()).unwrap_or_default();
            }
            "checkBox" => {
                let is_checked = setting("checked").or_else(|| setting("default"));
                let is_checked = is_checked.is_some_and(Tree::is_on);
                return if is_checked { "☒ " } else { "☐ " }.to_owned();
            }
            _ => {}
        }
    }
    String::new()
}
