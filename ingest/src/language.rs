//! Which of the index's languages a text is in.

use quire_domain::Language;
use whatlang::{Detector, Lang};

const KNOWN: &[(Lang, Language)] = &[
    (Lang::Eng, Language::English),
    (Lang::Deu, Language::German),
    (Lang::Nld, Language::Dutch),
    (Lang::Fra, Language::French),
    (Lang::Spa, Language::Spanish),
    (Lang::Ita, Language::Italian),
    (Lang::Por, Language::Portuguese),
    (Lang::Swe, Language::Swedish),
    (Lang::Dan, Language::Danish),
    (Lang::Nob, Language::Norwegian),
    (Lang::Fin, Language::Finnish),
    (Lang::Rus, Language::Russian),
];

/// How many code points of a text are looked at; more changes nothing.
const SAMPLE: usize = 4_000;

/// Finds the language of a text, or `Unknown` if there is too little of it to be sure.
pub fn detect_language(text: &str) -> Language {
    let allowed = KNOWN.iter().map(|(lang, _)| *lang).collect();
    let sample: String = text
        .chars()
        .map(|letter| if letter.is_alphabetic() || letter == '\'' { letter } else { ' ' })
        .take(SAMPLE)
        .collect();
    let Some(found) = Detector::with_allowlist(allowed).detect(&sample) else {
        return Language::Unknown;
    };
    if !found.is_reliable() {
        return Language::Unknown;
    }
    KNOWN
        .iter()
        .find(|(lang, _)| *lang == found.lang())
        .map_or(Language::Unknown, |(_, language)| *language)
}

/// Finds the language of a document from three places in it.
pub(crate) fn detect_document_language<'a>(pages: impl Iterator<Item = &'a str>) -> Language {
    let pages: Vec<&str> = pages.filter(|page| !page.trim().is_empty()).collect();
    let mut votes: Vec<(Language, usize)> = Vec::new();
    for part in 0..3 {
        let Some(page) = pages.get(pages.len() * part / 3) else { continue };
        let skip = if pages.len() < 3 { page.len() / 3 * part } else { 0 };
        let start = (skip..page.len()).find(|at| page.is_char_boundary(*at)).unwrap_or(0);
        let language = detect_language(&page[start..]);
        if language == Language::Unknown {
            continue;
        }
        match votes.iter_mut().find(|vote| vote.0 == language) {
            Some(vote) => vote.1 += 1,
            None => votes.push((language, 1)),
        }
    }
    let best = votes.iter().map(|vote| vote.1).max().unwrap_or_default();
    votes.iter().find(|vote| vote.1 == best).map_or(Language::Unknown, |vote| vote.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_apart_and_short_text_is_not_guessed() {
        let cases = [
            (
                "Der Vertrag endet am Ende des Monats, wenn ihn keine der beiden Parteien durch eine schriftliche Erklärung um ein weiteres Jahr verlängert.",
                "de",
            ),
            (
                "The contract ends at the end of the month unless one of the parties renews it for another year by a written declaration.",
                "en",
            ),
            (
                "Het contract eindigt aan het einde van de maand, tenzij een van de partijen het met een schriftelijke verklaring verlengt.",
                "nl",
            ),
            (
                "Le contrat prend fin à la fin du mois, sauf si une des parties le renouvelle pour une année par une déclaration écrite.",
                "fr",
            ),
            ("12.5 | 33 | 7", "und"),
            ("", "und"),
        ];
        for (text, code) in cases {
            assert_eq!(detect_language(text).code(), code, "{text}");
        }
    }
}
