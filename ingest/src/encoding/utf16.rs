//! UTF-16 without a byte order mark, in any script.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

/// How many bytes are looked at.
const SAMPLE_BYTES: usize = 4096;
/// Of so many letters, all but one are of few scripts.
const COHERENT: usize = 20;
/// A text is in no more scripts than this,
const MOST_SCRIPTS: usize = 3;
/// and in a second and third one only if it has so many letters for each.
const LETTERS_A_SCRIPT: usize = 8;

/// Finds UTF-16 by what it says: in one order of its bytes it is a text in few scripts, with blanks
/// or breaks of lines; in the other it is letters from everywhere. Text in other encodings has no
/// control characters, which UTF-16 is full of.
pub(super) fn guess(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(SAMPLE_BYTES) & !1];
    let is_control = |byte: &u8| matches!(byte, 0..=8 | 0x0e..=0x1a | 0x1c..=0x1f);
    let controls = sample.iter().filter(|byte| is_control(byte)).count();
    if sample.len() < 4 || controls * 100 < sample.len() {
        return None;
    }
    let little = coherence(sample, u16::from_le_bytes);
    let big = coherence(sample, u16::from_be_bytes);
    match (little, big) {
        (Some(little), Some(big)) if big > little => Some(UTF_16BE),
        (Some(_), _) => Some(UTF_16LE),
        (None, Some(_)) => Some(UTF_16BE),
        (None, None) => None,
    }
}

/// Counts the characters that are of the text's own scripts; `None` if it is no text.
fn coherence(sample: &[u8], unit: fn([u8; 2]) -> u16) -> Option<usize> {
    let units = sample.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let mut letters: Vec<char> = Vec::with_capacity(sample.len() / 2);
    for letter in char::decode_utf16(units) {
        match letter {
            Ok(letter) => letters.push(letter),
            // A sample may cut a pair in half.
            Err(_) if letters.len() + 1 >= sample.len() / 2 => {}
            Err(_) => return None,
        }
    }
    let mut zeros = 0;
    let mut scripts: Vec<(u32, usize)> = Vec::new();
    let (mut plain, mut others) = (0, 0);
    for letter in &letters {
        match letter {
            '\0' => zeros += 1,
            '\u{1}'..='\u{8}'
            | '\u{e}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{e000}'..='\u{f8ff}'
            | '\u{fff0}'..='\u{fffc}'
            | '\u{fffe}'
            | '\u{ffff}' => others += 1,
            '\t'
            | '\n'
            | '\r'
            | ' '..='~'
            | '\u{2010}'..='\u{203a}'
            | '\u{3000}'..='\u{303f}'
            | '\u{ff00}'..='\u{ff65}'
            | '\u{feff}' => plain += 1,
            letter => match scripts.iter_mut().find(|(script, _)| *script == script_of(*letter)) {
                Some((_, count)) => *count += 1,
                None => scripts.push((script_of(*letter), 1)),
            },
        }
    }
    scripts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    // A few letters of several scripts are numbers.
    let most = MOST_SCRIPTS.min(1 + letters.len() / LETTERS_A_SCRIPT);
    let own: usize = scripts.iter().take(most).map(|(_, count)| count).sum();
    let foreign: usize = scripts.iter().skip(most).map(|(_, count)| count).sum();
    let is_text = plain + own > 0 && (foreign + others + zeros) * COHERENT <= letters.len();
    is_text.then_some(plain * 2 + own)
}

/// Tells the block of a letter, about as Unicode has them; those of Chinese, Japanese and Korean are large.
fn script_of(letter: char) -> u32 {
    match letter {
        '\u{a0}'..='\u{24f}' => 1,
        '\u{3040}'..='\u{30ff}' => 2,
        '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => 3,
        '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7ff}' => 4,
        letter => 0x100 + (letter as u32 >> 7),
    }
}
