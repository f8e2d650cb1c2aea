//! Text as part of a URL.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but letters, digits and the unreserved marks of RFC 3986.
pub(crate) const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Writes one part of a URL's path, or a value of its query, so that any text can stand in it.
pub fn url_part(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::url_part;

    #[test]
    fn any_text_can_stand_in_a_url() {
        assert_eq!(url_part("Übung 2.1_a"), "%C3%9Cbung%202.1_a");
        assert_eq!(url_part("a/b?c#d&e"), "a%2Fb%3Fc%23d%26e");
    }
}
