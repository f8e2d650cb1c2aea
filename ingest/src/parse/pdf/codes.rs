//! Glyphs without a stated meaning: read by their codes where these spell words, and left out where they do not.

use hayro_interpret::font::Glyph as DrawnGlyph;
use hayro_interpret::hayro_cmap::BfString;

use super::glyphs::Glyph;

/// Where the codes of glyphs without a meaning are kept until the page is read.
const FIRST: u32 = 0xf_0000;
/// Fewer pairs of letters than this are not judged.
const FEWEST_PAIRS: usize = 12;
/// The share of pairs of letters that are common in languages of Europe, in percent. In words it is near 50, in letters
/// by chance near 10.
const LEAST_COMMON_PERCENT: usize = 26;
const COMMON_PAIRS: &str = "th he in er an re nd at on nt ha es st en ed to it ou ea hi is or ti as te et ng of al de \
    se le sa si ar ve ra ld ur ch ei ie un ge be ic ne me li ro ta ri ll co io ma om el la ce";

/// Takes down the code of a glyph.
pub(super) fn placeholder(glyph: &DrawnGlyph<'_>) -> char {
    char::from_u32(FIRST + glyph.char_code())
        .filter(|letter| code(*letter).is_some())
        .unwrap_or('\u{fffd}')
}

/// Says whether a stated meaning is none: programs that know no better write it.
pub(super) fn is_void(text: &BfString) -> bool {
    match text {
        BfString::Char(letter) => matches!(letter, '\0' | '\u{fffd}' | '\u{ffff}'),
        BfString::String(letters) => {
            letters.chars().all(|letter| matches!(letter, '\0' | '\u{fffd}'))
        }
    }
}

fn code(letter: char) -> Option<u8> {
    u8::try_from((letter as u32).checked_sub(FIRST)?).ok()
}

/// Puts letters in the places of codes if they spell words, and signs of doubt if not; gives how many were read so.
pub(super) fn resolve(text: &mut String, glyphs: &mut [Glyph]) -> usize {
    if !text.contains(|letter| code(letter).is_some()) {
        return 0;
    }
    let codes: Vec<Option<u8>> = text.chars().map(code).collect();
    let spells = spells_words(&codes);
    let mut read = 0;
    let mut resolved = String::with_capacity(text.len());
    for glyph in glyphs.iter_mut() {
        let start = resolved.len();
        for letter in text.get(glyph.text.clone()).unwrap_or_default().chars() {
            match code(letter).map(|code| (spells, letter_of(code))) {
                None => resolved.push(letter),
                Some((true, Some(letters))) => {
                    read += 1;
                    resolved.push_str(letters);
                }
                Some(_) => resolved.push('\u{fffd}'),
            }
        }
        glyph.text = start..resolved.len();
    }
    *text = resolved;
    read
}

fn spells_words(codes: &[Option<u8>]) -> bool {
    let letters: Vec<Option<u8>> = codes
        .iter()
        .map(|code| code.filter(u8::is_ascii_alphabetic).map(|letter| letter.to_ascii_lowercase()))
        .collect();
    let pairs = letters.windows(2).filter_map(|pair| Some([pair[0]?, pair[1]?]));
    let (mut all, mut common) = (0, 0);
    for pair in pairs {
        all += 1;
        common +=
            usize::from(COMMON_PAIRS.split_whitespace().any(|other| other.as_bytes() == pair));
    }
    let known = codes.iter().flatten().count();
    let readable = codes.iter().flatten().filter(|code| letter_of(**code).is_some()).count();
    all >= FEWEST_PAIRS && common * 100 >= all * LEAST_COMMON_PERCENT && readable * 20 >= known * 19
}

/// Reads a code as programs of typesetting use it: ASCII, with ligatures and dashes of TeX below and above.
fn letter_of(code: u8) -> Option<&'static str> {
    const ASCII: &str = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";
    match code {
        0x0b => Some("ff"),
        0x0c => Some("fi"),
        0x0d => Some("fl"),
        0x0e => Some("ffi"),
        0x0f => Some("ffl"),
        0x7b => Some("–"),
        0x7c => Some("—"),
        0x20..=0x7e => {
            let at = usize::from(code - 0x20);
            ASCII.get(at..=at)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<Option<u8>> {
        text.bytes().map(Some).collect()
    }

    #[test]
    fn codes_that_spell_words_are_told() {
        assert!(spells_words(&codes("The annual fee of the harbour pilot is six hundred crowns.")));
        assert!(spells_words(&codes("Der Vertrag endet am Ende des Monats.")));
        let shifted: String = "Theannualfeeoftheharbourpilotissixhundredcrowns"
            .chars()
            .map(|c| ((c as u8) ^ 7) as char)
            .collect();
        assert!(!spells_words(&codes(&shifted)));
        assert!(!spells_words(&codes("12 34 56")));
    }
}
