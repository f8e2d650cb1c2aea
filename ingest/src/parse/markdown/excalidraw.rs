//! Excalidraw drawings kept as Markdown: of those only the texts in the drawing are read.

/// Headings that the drawing program writes after the texts.
const SECTIONS_AFTER: &[&str] = &["Drawing", "Embedded Files", "Element Links", "Excalidraw Data"];

/// Gives the section of the texts with the lines that it has in the file, or nothing.
///
/// Each text stands alone and ends with its id as a block's, ` ^id`.
pub(super) fn text_elements(text: &str) -> String {
    let mut kept = String::new();
    let mut is_inside = false;
    for line in text.split_inclusive('\n') {
        let title = line.trim_start_matches('#');
        let title = (title.len() < line.len()).then(|| title.trim());
        if title == Some("Text Elements") {
            is_inside = true;
            kept.push('\n');
        } else if is_inside
            && (line.trim() == "%%" || title.is_some_and(|title| SECTIONS_AFTER.contains(&title)))
        {
            break;
        } else if is_inside {
            kept.push_str(line);
        } else {
            kept.push('\n');
        }
    }
    if is_inside { kept } else { String::new() }
}
