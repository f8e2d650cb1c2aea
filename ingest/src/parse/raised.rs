//! Raised and lowered text: it keeps a mark of its own, so that `10` and a raised `6` are no `106`.

/// Signs with their raised and lowered forms.
const FORMS: [(char, char, char); 15] = [
    ('0', '⁰', '₀'),
    ('1', '¹', '₁'),
    ('2', '²', '₂'),
    ('3', '³', '₃'),
    ('4', '⁴', '₄'),
    ('5', '⁵', '₅'),
    ('6', '⁶', '₆'),
    ('7', '⁷', '₇'),
    ('8', '⁸', '₈'),
    ('9', '⁹', '₉'),
    ('+', '⁺', '₊'),
    ('-', '⁻', '₋'),
    ('=', '⁼', '₌'),
    ('(', '⁽', '₍'),
    (')', '⁾', '₎'),
];

/// Endings of ordinal numbers and marks of trade, which are read as if they stood on the line.
const ON_THE_LINE: [&str; 22] = [
    "st", "nd", "rd", "th", "er", "re", "e", "ème", "eme", "è", "de", "ste", "o", "a", "os", "as",
    "ª", "º", "tm", "sm", "®", "™",
];

/// Signs that are marks by themselves, raised or not.
const MARKS: [char; 9] = ['*', '†', '‡', '§', '°', '′', '″', '®', '™'];

/// Writes raised text behind what stands before it.
pub(super) fn push_raised(text: &mut String, raised: &str) {
    push(text, raised, true);
}

/// Writes lowered text behind what stands before it. The digits of a chemical formula stay plain, as people look for
/// them: `CO2`.
pub(super) fn push_lowered(text: &mut String, lowered: &str) {
    if text.ends_with(|before: char| before.is_ascii_digit() || before == ')') {
        push(text, lowered, false);
    } else {
        text.push_str(lowered);
    }
}

/// Writes a raised mark that begins a text, such as the number of a note.
pub(super) fn push_mark(text: &mut String, raised: &str) {
    let small = small(raised, true).filter(|_| raised.chars().any(|sign| sign.is_ascii_digit()));
    text.push_str(small.as_deref().unwrap_or(raised));
}

fn push(text: &mut String, part: &str, is_raised: bool) {
    let trimmed = part.trim();
    let follows =
        text.ends_with(char::is_alphanumeric) || text.ends_with([')', ']', '%', '.', ',']);
    let lower = trimmed.to_lowercase();
    if trimmed.is_empty() || !follows || ON_THE_LINE.contains(&lower.as_str()) {
        text.push_str(part);
        return;
    }
    text.push_str(&part[..part.len() - part.trim_start().len()]);
    match small(trimmed, is_raised) {
        Some(small) => text.push_str(&small),
        None if is_raised => {
            let is_simple = trimmed.chars().all(char::is_alphanumeric);
            text.push_str(if is_simple { "^" } else { "^(" });
            text.push_str(trimmed);
            text.push_str(if is_simple { "" } else { ")" });
        }
        None => {
            text.push('_');
            text.push_str(trimmed);
        }
    }
    text.push_str(&part[part.trim_end().len()..]);
}

/// Writes text with the small forms of its signs, if all have one.
fn small(text: &str, is_raised: bool) -> Option<String> {
    let mut small = String::new();
    for sign in text.chars() {
        let plain = if matches!(sign, '−' | '–') { '-' } else { sign };
        if MARKS.contains(&sign) || (is_raised && is_small(sign)) || matches!(sign, ',' | ' ') {
            small.push(sign);
            continue;
        }
        let (_, raised, lowered) = FORMS.iter().find(|(form, _, _)| *form == plain)?;
        small.push(if is_raised { *raised } else { *lowered });
    }
    Some(small)
}

fn is_small(sign: char) -> bool {
    FORMS.iter().any(|(_, raised, lowered)| *raised == sign || *lowered == sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raised_text_keeps_a_mark() {
        for (before, raised, expected) in [
            ("10", "6", "10⁶"),
            ("1,250", "3", "1,250³"),
            ("10", "−6", "10⁻⁶"),
            ("sales", "1", "sales¹"),
            ("sales", "(1)", "sales⁽¹⁾"),
            ("sales", "1, 2", "sales¹, ²"),
            ("980", "*", "980*"),
            ("1", "st", "1st"),
            ("2", "1.5", "2^(1.5)"),
            ("x", "n", "x^n"),
            ("1,250", "a", "1,250a"),
            ("", "1", "1"),
            ("5 ", "1", "5 1"),
            ("e", "2x", "e^2x"),
        ] {
            let mut text = before.to_owned();
            push_raised(&mut text, raised);
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn lowered_digits_are_plain_behind_letters_only() {
        for (before, lowered, expected) in [
            ("CO", "2", "CO2"),
            ("1010", "2", "1010₂"),
            ("(OH)", "2", "(OH)₂"),
            ("log", "10", "log10"),
        ] {
            let mut text = before.to_owned();
            push_lowered(&mut text, lowered);
            assert_eq!(text, expected);
        }
    }
}
