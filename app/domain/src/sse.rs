//! Server-sent events, read as section 9.2 of the HTML standard says, however the bytes arrive.
//!
//! The command line, the page and the tests read them here; writing them is axum's. A crate for this
//! would be another dependency of the page: the one that most programs use was last changed in
//! 2022, and its successors are younger than this.

/// One event.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SseEvent {
    /// Its name; empty if it has none.
    pub name: String,
    /// Its data, without the line break at the end.
    pub data: String,
}

/// The beginning of a stream whose next bytes have not come yet.
///
/// Identifiers and times to reconnect are not kept, as nobody here reconnects by them.
#[derive(Clone, Debug, Default)]
pub struct SseParser {
    /// Bytes of a line that has not ended, so that no character is split.
    line: Vec<u8>,
    /// The last byte was a carriage return, which a line feed may belong to.
    ended_by_return: bool,
    /// The first line has been read, which may begin with a byte order mark.
    has_begun: bool,
    name: String,
    data: Option<String>,
}

impl SseParser {
    /// Takes more bytes, and gives every event that is complete now.
    pub fn push(&mut self, mut bytes: &[u8]) -> Vec<SseEvent> {
        let mut events = Vec::new();
        while let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (piece, rest) = bytes.split_at(end);
            let is_second_half = piece.is_empty() && self.ended_by_return && rest[0] == b'\n';
            self.ended_by_return = rest[0] == b'\r';
            bytes = &rest[1..];
            if is_second_half {
                continue;
            }
            self.line.extend_from_slice(piece);
            let line = std::mem::take(&mut self.line);
            events.extend(self.take_line(&line));
        }
        self.ended_by_return &= bytes.is_empty();
        self.line.extend_from_slice(bytes);
        events
    }

    /// Adds a line to an event; a blank line completes it.
    fn take_line(&mut self, line: &[u8]) -> Option<SseEvent> {
        let text = String::from_utf8_lossy(line);
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        let text = if is_first { text.strip_prefix('\u{feff}').unwrap_or(&text) } else { &text };
        if text.is_empty() {
            let name = std::mem::take(&mut self.name);
            return self.data.take().map(|data| SseEvent { name, data });
        }
        let (field, value) = text.split_once(':').unwrap_or((text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match (field, &mut self.data) {
            ("event", _) => value.clone_into(&mut self.name),
            ("data", Some(data)) => {
                data.push('\n');
                data.push_str(value);
            }
            ("data", empty @ None) => *empty = Some(value.to_owned()),
            // A comment, or a field that is not kept.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a stream that arrives in two parts, cut at each place.
    fn check(stream: &str, expected: &[(&str, &str)]) {
        let stream = stream.as_bytes();
        let event = |(name, data): &(&str, &str)| {
            let (name, data) = ((*name).to_owned(), (*data).to_owned());
            SseEvent { name, data }
        };
        let expected: Vec<SseEvent> = expected.iter().map(event).collect();
        for cut in 0..=stream.len() {
            let mut parser = SseParser::default();
            let mut read = parser.push(&stream[..cut]);
            read.extend(parser.push(&stream[cut..]));
            assert_eq!(read, expected, "cut at {cut}");
        }
        let mut parser = SseParser::default();
        let read: Vec<SseEvent> = stream.iter().flat_map(|byte| parser.push(&[*byte])).collect();
        assert_eq!(read, expected, "byte by byte");
    }

    #[test]
    fn events_survive_any_cut() {
        check(
            ": keep-alive\n\nevent: a\ndata: {\"x\":\"ü\"}\n\ndata: [DONE]\n\n",
            &[("a", "{\"x\":\"ü\"}"), ("", "[DONE]")],
        );
    }

    #[test]
    fn lines_end_in_each_of_the_ways_that_the_standard_knows() {
        for end in ["\n", "\r\n", "\r"] {
            let stream = ["event: a", "data: 1", "data:2", "", "data: 3", "", ""].join(end);
            check(&stream, &[("a", "1\n2"), ("", "3")]);
        }
        check("data: 1\r\n\ndata: 2\r\r\ndata: 3\n\r", &[("", "1"), ("", "2"), ("", "3")]);
    }

    #[test]
    fn what_the_standard_ignores_is_ignored() {
        check("\u{feff}data: 1\n\n", &[("", "1")]);
        check("id: 7\nretry: 10\ndata:  1\nother: x\n\n", &[("", " 1")]);
        check("event: a\n\ndata: 1\n\n", &[("", "1")]);
        check("data\n\ndata:\ndata:\n\n", &[("", ""), ("", "\n")]);
        check("data: 1\n\ndata: without an end", &[("", "1")]);
    }
}
