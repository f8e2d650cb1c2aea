//! JSON as clients are known to write it: whole numbers as `8.0`, halves of surrogate pairs alone, and `null` for a field that
//! is left out. It is tried only when strict reading has failed.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// The largest whole number up to which a float knows all of them.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Reads a body leniently; nothing if it is wrong in other ways.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let text = std::str::from_utf8(body).ok()?;
    let mut value: Value = serde_json::from_str(&without_halves(text)).ok()?;
    make_whole(&mut value);
    // Only the fields of the body itself: below them a `null` may be a value that somebody means.
    if let Value::Object(fields) = &mut value {
        fields.retain(|_, value| !value.is_null());
    }
    serde_json::from_value(value).ok()
}

/// Turns numbers such as `8.0` into `8`.
fn make_whole(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let float = number.as_f64().filter(|_| number.is_f64());
            if let Some(float) = float.filter(|float| float.fract() == 0.0 && float.abs() <= EXACT)
            {
                *value = (float as i64).into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(make_whole),
        Value::Object(fields) => fields.values_mut().for_each(make_whole),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Replaces each escaped half of a surrogate pair that stands alone by U+FFFD.
fn without_halves(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find('\\') {
        mended.push_str(&rest[..place]);
        rest = &rest[place..];
        let length = match unit(rest) {
            Some(0xd800..=0xdbff)
                if matches!(rest.get(6..).and_then(unit), Some(0xdc00..=0xdfff)) =>
            {
                12
            }
            Some(0xd800..=0xdfff) => {
                mended.push_str("\\ufffd");
                rest = &rest[6..];
                continue;
            }
            Some(_) => 6,
            // A backslash and whatever it escapes.
            None => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
        };
        mended.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    mended + rest
}

/// Reads an escape such as `\u00e4` at the beginning of a text.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn halves_are_replaced_and_pairs_stay() {
        let read = |text: &str| read::<Value>(text.as_bytes());
        for (text, expected) in [
            (r#""\ud83d""#, json!("\u{fffd}")),
            (r#""a\ude00b""#, json!("a\u{fffd}b")),
            (r#""\ud83d\ud83d\ude00""#, json!("\u{fffd}😀")),
            (r#""\\ud83d \n ä""#, json!("\\ud83d \n ä")),
        ] {
            assert_eq!(read(text), Some(expected), "{text}");
        }
        assert_eq!(read("{"), None);
        assert_eq!(read(r#""\"#), None);
    }

    #[test]
    fn a_null_is_a_field_that_is_left_out() {
        #[derive(Debug, PartialEq, serde::Deserialize)]
        struct Body {
            #[serde(default)]
            is_on: bool,
            size: u32,
        }
        let read = |text: &str| read::<Body>(text.as_bytes());
        assert_eq!(read(r#"{"is_on": null, "size": 1}"#), Some(Body { is_on: false, size: 1 }));
        assert_eq!(read(r#"{"size": null}"#), None);
    }

    #[test]
    fn whole_numbers_may_be_written_as_floats() {
        let read = |text: &str| read::<Option<i64>>(text.as_bytes());
        assert_eq!(read("8.0"), Some(Some(8)));
        assert_eq!(read("8.5"), None);
        assert_eq!(read("null"), Some(None));
    }
}
