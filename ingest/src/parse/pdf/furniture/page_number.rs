//! Numbers that may be the page's: set apart from other words, or named as a page.

use super::letters;

/// Words for a page before or after its number, in lower case and without a full stop.
const PAGE_WORDS: [&str; 32] = [
    "page",
    "pages",
    "p",
    "pg",
    "pp",
    "seite",
    "seiten",
    "s",
    "pagina",
    "blz",
    "bladzijde",
    "pag",
    "página",
    "pág",
    "pàgina",
    "sida",
    "sid",
    "side",
    "sivu",
    "страница",
    "стр",
    "с",
    "strona",
    "str",
    "strana",
    "oldal",
    "sayfa",
    "pagină",
    "σελίδα",
    "lk",
    "lpp",
    "psl",
];
/// Words between a page's number and the number of all pages.
const OF_WORDS: [&str; 17] = [
    "of", "von", "van", "de", "sur", "di", "af", "av", "från", "fra", "из", "z", "ze", "din",
    "kpl", "out", "/",
];
/// Words before a number that is somebody else's than the page's.
const LABELS: [&str; 14] = [
    "no", "nos", "nr", "nrs", "n°", "nº", "№", "#", "num", "núm", "number", "nummer", "numero",
    "número",
];
/// Signs that set a number apart from what it stands beside.
const DIVIDERS: [char; 12] = ['|', '-', '–', '—', '•', '·', '/', '~', '*', '\u{2010}', '¦', '‖'];

/// A number that could be the page's.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Candidate {
    /// The text around it, with a sign in its place.
    pub(super) template: String,
    /// What the text says beside the page's number, as letters.
    pub(super) words: String,
    /// What it counts.
    pub(super) value: i64,
    /// Whether a word or the number of all pages says that it is a page's.
    pub(super) is_worded: bool,
    /// Whether there is nothing else but dividers around it.
    pub(super) is_alone: bool,
}

/// Finds the numbers in a text that could be the page's.
pub(super) fn candidates(text: &str) -> Vec<Candidate> {
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    (0..words.len()).filter_map(|at| candidate(&words, at)).collect()
}

fn candidate(words: &[&str], at: usize) -> Option<Candidate> {
    let word = words.get(at)?;
    let number = Number::read(word)?;
    let before = at.checked_sub(1).and_then(|before| words.get(before)).copied();
    let after = words.get(at + 1).copied();
    let total = |word: &&str| trimmed(word).parse().is_ok_and(|total: i64| total >= number.value);
    let is_of_total = number.has_total
        || (after.is_some_and(|word| is_one_of(word, &OF_WORDS))
            && words.get(at + 2).is_some_and(total));
    let is_page = |word: Option<&str>| word.is_some_and(|word| is_one_of(word, &PAGE_WORDS));
    let begins = before.is_none_or(|word| word.ends_with(DIVIDERS)) || word.starts_with(DIVIDERS);
    let ends = after.is_none_or(|word| word.starts_with(DIVIDERS)) || word.ends_with(DIVIDERS);
    // `3 Seite` and `3. oldal` name the page after its number; `3 pages` in a sentence does not.
    let is_named_after = is_page(after) && at + 2 == words.len();
    let is_worded = number.is_named || is_page(before) || is_named_after || is_of_total;
    let is_set_apart = (begins || is_page(before)) && (ends || is_named_after || is_of_total);
    if !is_set_apart {
        return None;
    }
    let mut of_number = at - usize::from(is_page(before))..at + 1;
    of_number.end +=
        usize::from(is_named_after) + 2 * usize::from(is_of_total && !number.has_total);
    let others = || words.iter().enumerate().filter(|(index, _)| !of_number.contains(index));
    let with_sign = |(index, word): (usize, &&str)| {
        if index == at { number.template.clone() } else { (*word).to_owned() }
    };
    Some(Candidate {
        template: words.iter().enumerate().map(with_sign).collect::<Vec<_>>().join(" "),
        words: others().map(|(_, word)| letters(word)).collect(),
        value: number.value,
        is_worded,
        is_alone: others().all(|(_, word)| !word.contains(char::is_alphanumeric)),
    })
}

/// A number as one word of a text has it.
struct Number {
    value: i64,
    /// The word with a sign in the number's place.
    template: String,
    /// The number of all pages follows it in the same word: `3/10`.
    has_total: bool,
    /// A word for a page stands before it in the same word: `p.3`.
    is_named: bool,
}

impl Number {
    fn read(word: &str) -> Option<Self> {
        let core = trimmed(word);
        let (shown, total) = match core.split_once('/') {
            Some((shown, total)) => (shown, Some(total)),
            None => (core, None),
        };
        let total = total
            .map(|total| total.parse::<i64>().ok())
            .map_or(Some(None), |total| total.map(Some))?;
        // `F-12` and `p.12`: what stands before the last sign stays the same from page to page.
        let sign = shown.rfind(['-', '.', '\u{2010}', '–']);
        let (prefix, digits) = sign.map_or(("", shown), |at| {
            let length = shown[at..].chars().next().map_or(1, char::len_utf8);
            shown.split_at(at + length)
        });
        let is_named = !prefix.is_empty() && is_one_of(prefix, &PAGE_WORDS);
        let is_section = prefix.chars().count() <= 4 && !prefix.contains('.');
        if !(is_named || is_section) {
            return None;
        }
        let value = counted(digits)?;
        if total.is_some_and(|total| total < value) {
            return None;
        }
        let start = word.find(core)? + prefix.len();
        let rest = word.get(start + digits.len()..)?;
        Some(Self {
            value,
            template: format!("{}#{rest}", word.get(..start)?),
            has_total: total.is_some(),
            is_named,
        })
    }
}

/// Reads an Arabic or a Roman number.
fn counted(digits: &str) -> Option<i64> {
    if (1..=5).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits.parse().ok();
    }
    roman(digits)
}

/// Reads a Roman number below 200, written as Romans are today, in letters of one case.
fn roman(digits: &str) -> Option<i64> {
    const PARTS: [(&str, i64); 9] = [
        ("c", 100),
        ("xc", 90),
        ("l", 50),
        ("xl", 40),
        ("x", 10),
        ("ix", 9),
        ("v", 5),
        ("iv", 4),
        ("i", 1),
    ];
    let lower = digits.to_lowercase();
    if digits.is_empty() || (digits != lower && digits != digits.to_uppercase()) {
        return None;
    }
    let mut value = 0;
    let mut rest = lower.as_str();
    let mut written = String::new();
    for (letters, worth) in PARTS {
        while let Some(next) = rest.strip_prefix(letters) {
            written.push_str(letters);
            value += worth;
            rest = next;
        }
    }
    // Reading takes `iiii`; writing does not.
    let is_usual = !["iiii", "xxxx", "cc", "vv", "ll", "ivi", "ixi", "ixv", "xcx", "xlx"]
        .iter()
        .any(|bad| written.contains(bad));
    (rest.is_empty() && is_usual).then_some(value)
}

/// Tells if a text ends in a label that a value follows, such as `Invoice No.` or `Total:`.
pub(super) fn is_label(text: &str) -> bool {
    let last = text.rsplit(' ').next().unwrap_or_default();
    text.ends_with([':', '#', '№']) || is_one_of(last, &LABELS)
}

/// Tells if a text states a sum of money: a currency's sign, or a number with two decimals.
pub(super) fn states_amount(text: &str) -> bool {
    let has_cents = |word: &str| {
        let core = word.trim_matches(|c: char| !c.is_ascii_digit());
        let cut = core.rfind(['.', ',']);
        cut.is_some_and(|cut| {
            core.len() - cut == 3 && core[..cut].ends_with(|c: char| c.is_ascii_digit())
        })
    };
    text.contains(['$', '€', '£', '¥', '₽', '₹']) || text.split(' ').any(has_cents)
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    let word = word.trim_matches(['.', ',', '(', ')', '|', '[', ']']).to_lowercase();
    words.contains(&word.as_str())
}

/// Takes away brackets, dividers and punctuation around a word.
fn trimmed(word: &str) -> &str {
    let outer = |c: char| DIVIDERS.contains(&c) || "()[]{}<>.,:;".contains(c);
    word.trim_matches(outer)
}

#[cfg(test)]
mod tests;
