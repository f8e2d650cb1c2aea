//! Fonts of symbols, in which letters stand for other signs.

use std::borrow::Cow;

/// A font of symbols.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Symbols {
    /// Greek letters and signs of mathematics.
    Greek,
    /// Boxes, ticks and arrows.
    Dingbats,
}

/// The signs of Symbol from 0x20 on; a blank has no sign.
const GREEK: &str = concat!(
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧ∆ΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼",
    "                                 ",
    "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑"
);

/// Common signs of Wingdings.
const DINGBATS: [(u8, char); 26] = [
    (0x6c, '●'),
    (0x6e, '■'),
    (0x6f, '☐'),
    (0x70, '☐'),
    (0x71, '☐'),
    (0x72, '☐'),
    (0x73, '◆'),
    (0x75, '◆'),
    (0x76, '❖'),
    (0x78, '☒'),
    (0x9e, '•'),
    (0x9f, '•'),
    (0xa7, '▪'),
    (0xa8, '☐'),
    (0xd8, '➢'),
    (0xdf, '←'),
    (0xe0, '→'),
    (0xe1, '↑'),
    (0xe2, '↓'),
    (0xe8, '→'),
    (0xf0, '⇨'),
    (0xfb, '✗'),
    (0xfc, '✓'),
    (0xfd, '☒'),
    (0xfe, '☑'),
    (0xb7, '•'),
];

impl Symbols {
    /// Tells a font of symbols by its name.
    pub(super) fn of(font: &str) -> Option<Self> {
        let font = font.to_lowercase();
        match font.as_str() {
            "symbol" => Some(Self::Greek),
            _ if font.starts_with("wingdings") || font.contains("dingbats") => Some(Self::Dingbats),
            _ => None,
        }
    }
}

/// Reads the letters of a run that is set in a font of symbols.
pub(super) fn read(text: &str, font: Option<Symbols>) -> Cow<'_, str> {
    if font.is_none() && !text.contains(is_private) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter_map(|sign| letter(sign, font)).collect())
}

/// Reads one sign. Those of the private range belong to a font of symbols, whether it is named or not.
pub(super) fn letter(sign: char, font: Option<Symbols>) -> Option<char> {
    let code = match sign as u32 {
        code @ 0xf020..=0xf0ff => (code - 0xf000) as u8,
        code @ 0x20..=0xff if font.is_some() => code as u8,
        _ => return Some(sign).filter(|sign| !is_private(*sign)),
    };
    match font {
        Some(Symbols::Greek) => {
            GREEK.chars().nth(usize::from(code) - 0x20).filter(|sign| *sign != ' ' || code == 0x20)
        }
        // Bullets are the most common signs that come without their font.
        Some(Symbols::Dingbats) | None => {
            let found = DINGBATS.iter().find(|(other, _)| *other == code).map(|(_, sign)| *sign);
            found.or((code == 0x20).then_some(' '))
        }
    }
}

fn is_private(sign: char) -> bool {
    matches!(sign, '\u{e000}'..='\u{f8ff}')
}
