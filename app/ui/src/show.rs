//! How numbers, sizes and times are shown to people.

use quire_domain::{Collection, Document, DocumentStatus, Language, ModelId, PageKind, Timings};

/// Shows a size with a unit: `83 MB`.
pub fn size(bytes: u64) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    let name = units.get(unit).copied().unwrap_or("bytes");
    if unit == 0 || value >= 9.95 {
        format!("{value:.0} {name}")
    } else {
        format!("{value:.1} {name}")
    }
}

/// Shows a count with its noun: `1 page`, `1,204 pages`.
pub fn count(number: u64, singular: &str, plural: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { singular } else { plural })
}

/// Shows a number with commas between thousands.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// Shows a duration: `340 ms`, `4.2 s`.
pub fn duration(milliseconds: u64) -> String {
    if milliseconds < 1000 {
        return format!("{milliseconds} ms");
    }
    format!("{:.1} s", milliseconds as f64 / 1000.0)
}

/// Shows how long the steps of an answer took, without those that it did not have: `120 ms to search, 4.2 s to the
/// first word, 9.0 s in all`.
pub fn times(timings: Timings) -> String {
    let Timings { retrieve_ms, evidence_ms, first_token_ms, total_ms } = timings;
    let steps = [
        (retrieve_ms, "to search"),
        (evidence_ms, "to the best quotes"),
        (first_token_ms, "to the first word"),
    ];
    let taken = steps.into_iter().filter(|(taken_ms, _)| *taken_ms > 0);
    let taken = taken.map(|(taken_ms, step)| format!("{} {step}", duration(taken_ms)));
    let parts: Vec<String> = taken.chain([format!("{} in all", duration(total_ms))]).collect();
    parts.join(", ")
}

/// Shows how long something will take, roughly: `under a minute`, `about 4 min`, `about 2 h`.
pub fn estimate(milliseconds: u64) -> String {
    match milliseconds.div_ceil(60_000) {
        0 | 1 => "under a minute".to_owned(),
        minutes @ 2..90 => format!("about {minutes} min"),
        minutes => format!("about {} h", (minutes + 30) / 60),
    }
}

/// Shows the languages that a model was made for: a few by name, more by number.
pub fn languages(languages: &[Language]) -> String {
    let names: Vec<&str> = languages.iter().map(|language| language.name()).collect();
    match names.as_slice() {
        [] => "Other languages".to_owned(),
        all if all.len() == Language::ALL.len() => "Many languages".to_owned(),
        [first, second, rest @ ..] if rest.len() > 1 => {
            format!("{first}, {second} and {} more", rest.len())
        }
        few => few.join(", "),
    }
}

/// Shows a model's name without its publisher.
pub fn model_name(model: &ModelId) -> String {
    model.as_str().rsplit('/').next().unwrap_or_default().to_owned()
}

/// Shows a document's state in a word or two.
pub fn status(document: &Document) -> &'static str {
    match document.status {
        DocumentStatus::Accepted => "Waiting",
        DocumentStatus::Parsed => "Reading",
        DocumentStatus::Embedded => "Indexing",
        DocumentStatus::Indexed if document.warnings.is_empty() => "Ready",
        DocumentStatus::Indexed => "Ready, with gaps",
        DocumentStatus::Failed => "Could not be read",
        DocumentStatus::Unsupported => "Not supported",
    }
}

/// Shows the language of a collection's keyword index.
pub fn language(collection: &Collection) -> &'static str {
    match collection.language {
        Language::Unknown => "Language detected on upload",
        language => language.name(),
    }
}

/// Shows a page as part of a place: `, page 3`, or nothing.
pub fn page_suffix(page: Option<u32>, kind: PageKind) -> String {
    page.map(|page| format!(", {} {page}", kind.as_str())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_people_write_them() {
        assert_eq!(size(0), "0 bytes");
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(1500), "1.5 kB");
        assert_eq!(size(1_117_320_768), "1.1 GB");
        assert_eq!(size(83_000_000), "83 MB");
        assert_eq!(count(1, "page", "pages"), "1 page");
        assert_eq!(count(1_234_567, "page", "pages"), "1,234,567 pages");
        assert_eq!(duration(999), "999 ms");
        assert_eq!(duration(4210), "4.2 s");
    }

    #[test]
    fn estimates_are_rough() {
        let check = |at_ms: u64, shown: &str| assert_eq!(estimate(at_ms), shown);
        check(0, "under a minute");
        check(60_000, "under a minute");
        check(200_000, "about 4 min");
        check(6_000_000, "about 2 h");
    }

    #[test]
    fn few_languages_are_named_and_more_are_counted() {
        use Language::{Dutch, English, French, German};
        let check = |given: &[Language], shown: &str| assert_eq!(languages(given), shown);
        check(&[English], "English");
        check(&[English, German, Dutch], "English, German, Dutch");
        check(&[English, German, Dutch, French], "English, German and 2 more");
        check(Language::ALL, "Many languages");
    }
}
