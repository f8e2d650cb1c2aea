//! JSON that comes a character at a time: whether it may still become whole, and when it is.

/// The deepest nesting, as that of `serde_json`.
const DEEPEST: usize = 127;

/// What came of one more character.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Took {
    /// It goes on.
    More,
    /// It is whole.
    Whole,
    /// It is no JSON.
    Invalid,
}

/// Follows an object or an array to its end.
///
/// Line ends and other control characters inside of strings are let pass, though JSON has them escaped.
#[derive(Clone, Debug, Default)]
pub struct JsonReader {
    /// The closing characters of what is open.
    open: Vec<char>,
    at: At,
    /// The number or word that is being read.
    scalar: String,
    has_key: bool,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum At {
    /// Before the first character.
    #[default]
    Root,
    /// Behind `{`.
    FirstKey,
    /// Behind `,` in an object.
    Key,
    /// Behind `[`.
    FirstItem,
    /// Behind `:`, or behind `,` in an array.
    Value,
    /// Behind a key.
    Colon,
    /// Behind a value.
    Next,
    Text {
        is_key: bool,
    },
    Escape {
        is_key: bool,
    },
    Hex {
        is_key: bool,
        left: u8,
    },
    Scalar,
    End,
}

impl JsonReader {
    /// Returns whether it is inside of a string.
    pub fn is_in_string(&self) -> bool {
        matches!(self.at, At::Text { .. })
    }

    /// Returns whether the outer object has a key, with its colon.
    pub fn has_key(&self) -> bool {
        self.has_key
    }

    /// Takes one more character.
    pub fn push(&mut self, c: char) -> Took {
        let is_blank = matches!(c, ' ' | '\t' | '\n' | '\r');
        self.at = match (self.at, c) {
            (At::Text { is_key: true }, '"') => At::Colon,
            (At::Text { is_key: false }, '"') => At::Next,
            (At::Text { is_key }, '\\') => At::Escape { is_key },
            (At::Text { is_key }, _) => At::Text { is_key },
            (At::Escape { is_key }, 'u') => At::Hex { is_key, left: 4 },
            (At::Escape { is_key }, '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => {
                At::Text { is_key }
            }
            (At::Hex { is_key, left }, c) if c.is_ascii_hexdigit() => match left {
                1 => At::Text { is_key },
                left => At::Hex { is_key, left: left - 1 },
            },
            (At::Scalar, c) if !is_blank && !matches!(c, ',' | '}' | ']') => {
                self.scalar.push(c);
                // A number of some length is one; a word is not.
                if self.scalar.len() > 64 {
                    return Took::Invalid;
                }
                At::Scalar
            }
            (At::Scalar, _) => {
                if !is_scalar(&self.scalar) {
                    return Took::Invalid;
                }
                self.scalar.clear();
                self.at = At::Next;
                return self.push(c);
            }
            (at, _) if is_blank && !matches!(at, At::Escape { .. } | At::Hex { .. }) => at,
            (At::FirstKey, '}') | (At::FirstItem, ']') | (At::Next, '}' | ']') => {
                return self.close(c);
            }
            (At::Next, ',') if self.open.last() == Some(&'}') => At::Key,
            (At::Next, ',') => At::Value,
            (At::FirstKey | At::Key, '"') => At::Text { is_key: true },
            (At::Colon, ':') => {
                self.has_key |= self.open.len() == 1;
                At::Value
            }
            (At::Value | At::FirstItem, '"') => At::Text { is_key: false },
            (At::Root | At::Value | At::FirstItem, '{') => {
                self.open.push('}');
                At::FirstKey
            }
            (At::Root | At::Value | At::FirstItem, '[') => {
                self.open.push(']');
                At::FirstItem
            }
            (At::Value | At::FirstItem, '-' | '0'..='9' | 't' | 'f' | 'n') => {
                self.scalar.push(c);
                At::Scalar
            }
            _ => return Took::Invalid,
        };
        if self.open.len() > DEEPEST { Took::Invalid } else { Took::More }
    }

    fn close(&mut self, c: char) -> Took {
        if self.open.pop() != Some(c) {
            return Took::Invalid;
        }
        if self.open.is_empty() {
            self.at = At::End;
            return Took::Whole;
        }
        self.at = At::Next;
        Took::More
    }
}

/// Returns whether this is a number, `true`, `false` or `null`.
pub fn is_scalar(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text)
        .is_ok_and(|value| value.is_number() || value.is_boolean() || value.is_null())
}

/// Writes a character of a string as JSON has it.
pub fn escape(c: char, text: &mut String) {
    match c {
        '"' => text.push_str("\\\""),
        '\\' => text.push_str("\\\\"),
        c => escape_control(c, text),
    }
}

/// Writes a character of a string that is JSON but for its control characters.
pub fn escape_control(c: char, text: &mut String) {
    match c {
        '\n' => text.push_str("\\n"),
        '\r' => text.push_str("\\r"),
        '\t' => text.push_str("\\t"),
        c if c < ' ' => {
            let code = u32::from(c);
            let digits = [code >> 4, code & 15].map(|digit| char::from_digit(digit, 16));
            text.push_str("\\u00");
            text.extend(digits.into_iter().flatten());
        }
        c => text.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads to the end; gives what came of it and how many characters were not needed.
    fn read(text: &str) -> (Took, usize) {
        let mut reader = JsonReader::default();
        for (index, c) in text.chars().enumerate() {
            match reader.push(c) {
                Took::More => {}
                took => return (took, text.chars().count() - index - 1),
            }
        }
        (Took::More, 0)
    }

    #[test]
    fn json_is_followed_to_its_end() {
        for whole in [
            "{}",
            r#"{ "a" : [ 1 , -2.5e3 , true , null , "x\n\u00e4" , {} , [] ] }"#,
            "[[[]]]",
            "{\"a\": \"line\nline\"}",
        ] {
            assert_eq!(read(whole), (Took::Whole, 0), "{whole}");
            assert_eq!(read(&format!("{whole} more}}")), (Took::Whole, 6), "{whole}");
        }
        for part in ["", "{", r#"{"a"#, r#"{"a": tr"#, r#"{"a": "\u0"#, "[1, "] {
            assert_eq!(read(part), (Took::More, 0), "{part}");
        }
        for wrong in [
            "x",
            "\"a\"",
            "{a: 1}",
            "{'a': 1}",
            r#"{"a" 1}"#,
            r#"{"a": 1,}"#,
            "[1, ]",
            "[1}",
            r#"{"a": truth}"#,
            r#"{"a": 01}"#,
            r#"{"a": "\x"}"#,
            r#"{"a": 1 2}"#,
            "[,]",
        ] {
            assert_eq!(read(wrong).0, Took::Invalid, "{wrong}");
        }
        assert_eq!(read(&"[".repeat(200)).0, Took::Invalid);
    }
}
