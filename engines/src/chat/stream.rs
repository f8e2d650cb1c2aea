//! From the bytes of tokens to text that may be shown: whole characters, and nothing of a stop text.

use super::mark::unfinished_mark;

/// Collects the bytes of tokens and gives out what is certain.
pub struct TextStream {
    stops: Vec<String>,
    /// Bytes that are not a whole character yet.
    bytes: Vec<u8>,
    /// Text that may yet turn out to begin a stop text.
    held: String,
}

/// What came of some bytes.
#[derive(Debug, Eq, PartialEq)]
pub struct Step {
    /// Text to show, maybe empty.
    pub text: String,
    /// Whether a stop text came: `text` is all there is before it.
    pub stopped: bool,
}

impl TextStream {
    /// Starts a stream that ends before any of `stops`; empty ones are ignored.
    pub fn new(stops: &[String]) -> Self {
        let stops = stops.iter().filter(|stop| !stop.is_empty()).cloned().collect();
        Self { stops, bytes: Vec::new(), held: String::new() }
    }

    /// Takes the bytes of one more token.
    pub fn push(&mut self, bytes: &[u8]) -> Step {
        self.bytes.extend_from_slice(bytes);
        take_characters(&mut self.bytes, &mut self.held);
        let found = self.stops.iter().filter_map(|stop| self.held.find(stop)).min();
        if let Some(end) = found {
            self.held.truncate(end);
            return Step { text: std::mem::take(&mut self.held), stopped: true };
        }
        let stops = self.stops.iter();
        let uncertain = stops.map(|stop| unfinished_mark(&self.held, stop)).max().unwrap_or(0);
        let rest = self.held.split_off(self.held.len() - uncertain);
        Step { text: std::mem::replace(&mut self.held, rest), stopped: false }
    }

    /// Gives what was held back, when no more tokens come.
    pub fn finish(mut self) -> String {
        self.held.push_str(&String::from_utf8_lossy(&self.bytes));
        self.held
    }
}

/// Moves the whole characters from the front of `bytes` to `text`; wrong bytes become U+FFFD.
fn take_characters(bytes: &mut Vec<u8>, text: &mut String) {
    let mut taken = 0;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        taken += chunk.valid().len();
        let invalid = chunk.invalid();
        let at_end = taken + invalid.len() == bytes.len();
        if at_end && is_beginning(invalid) {
            break;
        }
        if !invalid.is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
            taken += invalid.len();
        }
    }
    bytes.drain(..taken);
}

/// Returns whether more bytes could complete these to a character.
fn is_beginning(bytes: &[u8]) -> bool {
    match bytes.first() {
        Some(0xc2..=0xdf) => bytes.len() < 2,
        Some(0xe0..=0xef) => bytes.len() < 3,
        Some(0xf0..=0xf4) => bytes.len() < 4,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `pieces` and gives what was shown and whether it stopped.
    fn run(stops: &[&str], pieces: &[&[u8]]) -> (String, bool) {
        let stops: Vec<String> = stops.iter().map(|stop| (*stop).to_owned()).collect();
        let mut stream = TextStream::new(&stops);
        let mut shown = String::new();
        for piece in pieces {
            let step = stream.push(piece);
            shown.push_str(&step.text);
            for stop in stops.iter().filter(|stop| !stop.is_empty()) {
                assert!(!shown.contains(stop), "`{stop}` leaked into `{shown}`");
            }
            if step.stopped {
                return (shown, true);
            }
        }
        shown.push_str(&stream.finish());
        (shown, false)
    }

    fn check(stops: &[&str], pieces: &[&[u8]], expected: &str, stopped: bool) {
        assert_eq!(run(stops, pieces), (expected.to_owned(), stopped), "{stops:?} {pieces:?}");
    }

    #[test]
    fn characters_are_whole() {
        let grin = "😀".as_bytes();
        check(&[], &[b"a", &grin[..1], &grin[1..3], &grin[3..], b"b"], "a😀b", false);
        check(&[], &["ä".as_bytes(), b"\xff", b"x"], "ä\u{fffd}x", false);
        check(&[], &[b"x", &grin[..2]], "x\u{fffd}", false);
        check(&[], &[&grin[..2], b"y"], "\u{fffd}y", false);
    }

    #[test]
    fn stop_texts_never_leak() {
        check(&["END"], &[b"a", b"E", b"N", b"D", b"b"], "a", true);
        check(&["END"], &[b"a E", b"N", b"N"], "a ENN", false);
        check(&["END"], &[b"EEN", b"D"], "E", true);
        check(&["\n\n", "."], &[b"one\n", b"two. three"], "one\ntwo", true);
        check(&["ab", "b"], &[b"xab"], "x", true);
        check(&[""], &[b"text"], "text", false);
        check(
            &["é!"],
            &["caf".as_bytes(), &"é".as_bytes()[..1], &"é".as_bytes()[1..], b"!"],
            "caf",
            true,
        );
    }

    #[test]
    fn certain_text_comes_at_once() {
        let mut stream = TextStream::new(&["STOP".to_owned()]);
        assert_eq!(stream.push(b"hello S").text, "hello ");
        assert_eq!(stream.push(b"o").text, "So");
    }
}
