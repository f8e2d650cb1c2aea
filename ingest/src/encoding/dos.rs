//! The code page of Western DOS, 850, in which old programs still write their lists.

/// What it is called.
pub(super) const NAME: &str = "DOS code page 850";

/// The letters of the bytes from 0x80 on.
const LETTERS: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

/// Decodes text.
pub(super) fn decode(bytes: &[u8]) -> String {
    let letters: Vec<char> = LETTERS.chars().collect();
    let letter = |byte: &u8| match byte.checked_sub(0x80) {
        None => char::from(*byte),
        Some(high) => letters.get(usize::from(high)).copied().unwrap_or('\u{fffd}'),
    };
    bytes.iter().map(letter).collect()
}

/// Says whether the bytes between letters are letters of DOS, where other encodings have signs: Windows has
/// quotes and dashes there, and a word has none inside.
pub(super) fn is_likely(bytes: &[u8]) -> bool {
    let (mut inside, mut lines, mut others) = (0, 0, 0);
    for (at, byte) in bytes.iter().enumerate().filter(|(_, byte)| **byte >= 0x80) {
        let is_letter = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphabetic)
        };
        let is_like = |at: Option<usize>| at.and_then(|at| bytes.get(at)) == Some(byte);
        let (before, after) = (at.checked_sub(1), at.checked_add(1));
        match byte {
            // The common letters: ü é â ä à å ç ê ë è ï î ì Ä Å É æ ô ö ò û ù Ö Ü ø Ø á í ó ú ñ ß.
            0x81..=0x94 | 0x96 | 0x97 | 0x99..=0x9b | 0x9d | 0xa0..=0xa5
                if is_letter(before) || is_letter(after) =>
            {
                inside += 1;
            }
            // Windows has an `á` here, which is as common.
            0xe1 if is_letter(before) => lines += 1,
            // Frames are drawn with rows of one sign.
            0xc4 | 0xcd | 0xb3 | 0xba if is_like(before) || is_like(after) => lines += 1,
            _ => others += 1,
        }
    }
    inside > 0 && (inside + lines) > others * 4 && !ends_words_in_quotes(bytes)
}

/// Says whether these signs stand at the edges of words as often as quotes and dashes do.
fn ends_words_in_quotes(bytes: &[u8]) -> bool {
    let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
    let signs = bytes.iter().enumerate().filter(|(_, byte)| (0x80..0xa0).contains(*byte));
    let (mut inner, mut outer) = (0, 0);
    for (at, _) in signs {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        // An apostrophe stands between letters as well: `don’t`.
        let is_apostrophe = bytes[at] == 0x92;
        if is_letter(before) && is_letter(bytes.get(at + 1)) && !is_apostrophe {
            inner += 1;
        } else {
            outer += 1;
        }
    }
    outer > inner
}
