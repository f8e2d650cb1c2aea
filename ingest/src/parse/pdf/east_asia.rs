//! Letters of East Asia, whose lines have no blanks between words and may run downwards.

/// Says whether a letter fills a square and stands beside others of its kind without blanks; Korean is written with blanks.
pub(super) fn is_wide(letter: char) -> bool {
    matches!(letter,
        '\u{3001}'..='\u{30ff}'
        | '\u{3100}'..='\u{312f}'
        | '\u{31a0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff01}'..='\u{ff60}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Says whether a letter fills a square, and so may stand below another in a line that runs downwards.
pub(super) fn is_square(letter: char) -> bool {
    is_wide(letter) || matches!(letter, '\u{ac00}'..='\u{d7a3}')
}

/// Says whether a letter tells how others sound: kana and bopomofo.
pub(super) fn is_phonetic(letter: char) -> bool {
    matches!(letter, '\u{3041}'..='\u{30ff}' | '\u{3105}'..='\u{312f}' | '\u{31a0}'..='\u{31bf}')
}

/// Says whether a letter stands for a word or a part of one.
pub(super) fn is_ideograph(letter: char) -> bool {
    matches!(letter,
        '\u{3005}'..='\u{3007}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Counts the letters of a text by the room that they take: those that fill a square count twice.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(|letter| 1 + usize::from(is_square(letter))).sum()
}

/// Gives the plain form of a sign that has another shape where lines run downwards.
pub(super) fn plain_form(letter: char) -> Option<char> {
    Some(match letter {
        '\u{fe10}' => '，',
        '\u{fe11}' => '、',
        '\u{fe12}' => '。',
        '\u{fe13}' => '：',
        '\u{fe14}' => '；',
        '\u{fe15}' => '！',
        '\u{fe16}' => '？',
        '\u{fe17}' => '〖',
        '\u{fe18}' => '〗',
        '\u{fe19}' => '…',
        '\u{fe30}' => '‥',
        '\u{fe31}' => '—',
        '\u{fe32}' => '–',
        '\u{fe33}' => '＿',
        '\u{fe35}' => '（',
        '\u{fe36}' => '）',
        '\u{fe37}' => '｛',
        '\u{fe38}' => '｝',
        '\u{fe39}' => '〔',
        '\u{fe3a}' => '〕',
        '\u{fe3b}' => '【',
        '\u{fe3c}' => '】',
        '\u{fe3d}' => '《',
        '\u{fe3e}' => '》',
        '\u{fe3f}' => '〈',
        '\u{fe40}' => '〉',
        '\u{fe41}' => '「',
        '\u{fe42}' => '」',
        '\u{fe43}' => '『',
        '\u{fe44}' => '』',
        '\u{fe47}' => '［',
        '\u{fe48}' => '］',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_told_by_how_they_are_set() {
        assert!("東京タワー、「」１".chars().all(is_wide));
        assert!("서울".chars().all(|letter| is_square(letter) && !is_wide(letter)));
        assert!(!"Tokyo 12é．".chars().take(9).any(is_square));
        assert!("とうきょうータワㄅ".chars().all(is_phonetic) && !is_phonetic('東'));
        assert!("東々".chars().all(is_ideograph) && !is_ideograph('と'));
        assert_eq!(columns("東京 12"), 7);
        let plain: Option<String> = "︑︒﹁﹂︵︶".chars().map(plain_form).collect();
        assert_eq!(plain.as_deref(), Some("、。「」（）"));
    }
}
