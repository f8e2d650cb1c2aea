//! Text as part of a URL.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but letters, digits and the unreserved marks of RFC 3986.
pub(crate) const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Writes one part of a URL's path, or a value of its query, so that any text can stand in it.
pub fn url_part(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// Reads one part of a URL's path; `None` if what is escaped in it is no text. A percent sign that escapes nothing
/// stands for itself.
pub fn read_url_part(part: &str) -> Option<String> {
    percent_decode_str(part).decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::{read_url_part, url_part};

    #[test]
    fn any_text_can_stand_in_a_url() {
        assert_eq!(url_part("Übung 2.1_a"), "%C3%9Cbung%202.1_a");
        assert_eq!(url_part("a/b?c#d&e"), "a%2Fb%3Fc%23d%26e");
    }

    #[test]
    fn what_was_written_is_read() {
        for text in ["Übung 2.1_a", "a/b?c#d&e", "50 % off", "a+b"] {
            assert_eq!(read_url_part(&url_part(text)).as_deref(), Some(text));
        }
        assert_eq!(read_url_part("50%").as_deref(), Some("50%"));
        assert_eq!(read_url_part("%C3"), None, "half a character");
    }
}
