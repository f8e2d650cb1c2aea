//! Sentences: where they begin and end in an answer and in stored text.

mod abbreviations;

use quire_domain::Span;
use unicode_segmentation::UnicodeSegmentation;

use abbreviations::{BEFORE_ANYTHING, BEFORE_NUMBER, BEFORE_ORDINAL, BEGINNINGS, MONTHS};

/// Cuts text into sentences, each without the blanks around it. A line's end is a sentence's end.
///
/// Follows Unicode's sentence boundaries (UAX #29), mended at abbreviations, ordinals and the numbers
/// of lists. Text may grow at its end: then sentences that something follows stay as they are.
pub fn split(text: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut open: Option<(usize, String)> = None;
    let mut position = 0;
    for line in text.split_inclusive('\n') {
        let mut parts = line.split_sentence_bounds().peekable();
        while let Some(part) = parts.next() {
            let length = part.chars().count();
            let (start, mut sentence) = open.take().unwrap_or((position, String::new()));
            sentence.push_str(part);
            position += length;
            if continues(&sentence, parts.peek().copied()) {
                open = Some((start, sentence));
            } else {
                spans.extend(trimmed(start, &sentence));
            }
        }
        if let Some((start, sentence)) = open.take() {
            spans.extend(trimmed(start, &sentence));
        }
    }
    spans
}

/// Cuts stored text into sentences as [`split`] does, but leaves rows of tables whole, whose cells have bars between them: a full
/// stop in a row ends no sentence (`2. Quartal | 3. Quartal`).
pub fn split_stored(text: &str) -> Vec<Span> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.chars().count();
        lines.push((end, line.contains(" | ") || line.trim_start().starts_with('|')));
        start = end;
    }
    let mut spans: Vec<Span> = Vec::new();
    let (mut at, mut row) = (0, None);
    for span in split(text) {
        while lines.get(at).is_some_and(|(end, _)| *end <= span.start) {
            at += 1;
        }
        let is_row = lines.get(at).is_some_and(|line| line.1);
        match spans.last_mut() {
            Some(last) if is_row && row == Some(at) => last.end = span.end,
            _ => spans.push(span),
        }
        row = is_row.then_some(at);
    }
    spans
}

/// Returns whether what looks like a sentence goes on after its last full stop, with `next`.
fn continues(sentence: &str, next: Option<&str>) -> bool {
    if sentence.ends_with('\n') {
        return false;
    }
    let trimmed = sentence.trim();
    let mut words = trimmed.split_whitespace().rev().map(bare_start);
    let Some(last) = words.next() else { return true };
    let bare = trimmed.trim_start_matches(['-', '*', '#', '>', ' ']);
    let numbering =
        bare.strip_suffix(['.', ')']).is_some_and(|number| number.len() <= 3 && is_number(number));
    if numbering || bare.is_empty() {
        return true;
    }
    let is_letter = |part: &str| part.chars().filter(|c| c.is_alphanumeric()).count() <= 1;
    let initials = last.ends_with('.')
        && last.split('.').all(is_letter)
        && last.chars().any(char::is_alphabetic);
    if initials || BEFORE_ANYTHING.contains(last.as_str()) {
        return true;
    }
    let next = || next.map(bare_start).unwrap_or_default();
    if BEFORE_NUMBER.contains(last.as_str()) {
        return next().starts_with(|c: char| c.is_ascii_digit());
    }
    let is_day = last.strip_suffix('.').is_some_and(|day| day.len() <= 2 && is_number(day));
    is_day && is_counted(&words.next().unwrap_or_default(), &next())
}

/// Returns whether `next` is what a number with a full stop counts, `before` standing before that.
fn is_counted(before: &str, next: &str) -> bool {
    let name = next.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    if name.is_empty() {
        return false;
    }
    // While the text grows, the name of a month may not be whole yet.
    let may_grow = |month: &&str| name == next && month.starts_with(name);
    let is_month = MONTHS.contains(name) || MONTHS.iter().any(may_grow);
    is_month || BEFORE_ORDINAL.contains(before) && !BEGINNINGS.contains(name)
}

/// Gives a text in lower case, without the brackets and quotation marks before it.
fn bare_start(text: &str) -> String {
    text.trim_start_matches(['(', '[', '"', '“', '„', '«', '§', ' ']).to_lowercase()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn trimmed(start: usize, text: &str) -> Option<Span> {
    let before = text.chars().take_while(|c| c.is_whitespace()).count();
    let length = text.trim().chars().count();
    (length > 0).then(|| Span::new(start + before, start + before + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, sentences: &[&str]) {
        let found: Vec<&str> =
            split(text).into_iter().map(|span| span.slice(text).expect("lies within")).collect();
        assert_eq!(found, sentences);
    }

    #[test]
    fn sentences_end_where_people_end_them() {
        check("One. Two? Three", &["One.", "Two?", "Three"]);
        check(
            "Net sales were $82,959.5 million. Äpfel.",
            &["Net sales were $82,959.5 million.", "Äpfel."],
        );
        check(
            "Under U.S. GAAP it fell. See e.g. Note 3.",
            &["Under U.S. GAAP it fell.", "See e.g. Note 3."],
        );
        check(
            "1. First item.\n2. Second item\n- third",
            &["1. First item.", "2. Second item", "- third"],
        );
        check("  \n\n ", &[]);
    }

    #[test]
    fn days_ordinals_and_abbreviations_end_no_sentence() {
        for whole in [
            "Der Vertrag läuft am 3. Mai 2027 aus.",
            "Vom 1. bis 5. Oktober ist zu.",
            "Im 19. Jahrhundert kam die 2. Auflage.",
            "Das sind 3,5 Mio. Euro inkl. Mehrwertsteuer gem. Vertrag.",
            "Siehe (Abb. 3) und § 5 Abs. 3 Satz 2, z. B. Nummer 1.",
            "Dhr. Jansen betaalt 3 mln. Euro, zie art. 5 BW.",
            "M. Dupont habite av. J.-C. et cf. Paris.",
            "See Fig. 3 and No. 5 Main St. London, as of Dec. 31 That Year.",
        ] {
            check(whole, &[whole]);
        }
        check(
            "The answer is no. The rest is art. We go.",
            &["The answer is no.", "The rest is art.", "We go."],
        );
        check("Es waren 12. Danach kam nichts.", &["Es waren 12.", "Danach kam nichts."]);
        check("Er kam am 3. Sie blieb.", &["Er kam am 3.", "Sie blieb."]);
        check("It rose to 3. Mainly that.", &["It rose to 3.", "Mainly that."]);
    }

    #[test]
    fn rows_of_stored_tables_stay_whole() {
        let text = "Umsatz. In Euro.\n | Im 2. Quartal. A | Nr. 3. B\nErlöse ges. Summe | 5 | 6\nDas ist. Alles.";
        let found =
            split_stored(text).into_iter().map(|span| span.slice(text).expect("lies within"));
        let expected = [
            "Umsatz.",
            "In Euro.",
            "| Im 2. Quartal. A | Nr. 3. B",
            "Erlöse ges. Summe | 5 | 6",
            "Das ist.",
            "Alles.",
        ];
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_is_complete_stays_as_it_is_while_text_grows() {
        let text = "Er läuft am 3. Mai aus. Es waren 12. Danach, im 2. Jahr, kam Nr. 5. Das war am 4. Die \
                    Zahl ist 3. Mainz liegt am Rhein, s. Art. 5. Ende.";
        let whole = split(text);
        for (end, _) in text.char_indices() {
            let begun = split(&text[..end]);
            let complete = begun.len().saturating_sub(1);
            assert_eq!(begun[..complete], whole[..complete], "{}", &text[..end]);
        }
    }
}
