//! Text encodings: what the bytes of a text file say, and what could not be told for sure.

mod dos;
mod utf16;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, WINDOWS_1252};
use quire_domain::Warning;

/// How many bytes are looked at to guess an encoding.
const GUESS_BYTES: usize = 1 << 20;
/// An encoding that is told by fewer letters than this is doubted.
const FEWEST_LETTERS: usize = 3;
/// The first places that a warning names.
const NAMED_PLACES: usize = 3;

/// Decodes text, and says how.
///
/// Line endings become `\n`, so that lines of the text are the lines an editor shows. Zero bytes
/// are left out, for a text has none.
pub(crate) fn decode(bytes: &[u8]) -> (String, Decoding) {
    let Guess { encoding, is_weak } = guess(bytes);
    let (text, decoding) = encoding.map_or_else(|| decode_dos(bytes), |it| decode_as(it, bytes));
    (text, Decoding { is_weak, ..decoding })
}

/// Names the encoding that [`decode`] reads a text by.
pub(crate) fn find_name(bytes: &[u8]) -> &'static str {
    guess(bytes).encoding.map_or(dos::NAME, |encoding| encoding.name())
}

/// Decodes text whose encoding is stated elsewhere; a byte order mark still wins.
pub(crate) fn decode_as(encoding: &'static Encoding, bytes: &[u8]) -> (String, Decoding) {
    let (text, encoding, had_errors) = encoding.decode(bytes);
    let (replaced, places) = if had_errors { replacements(&text) } else { (0, Vec::new()) };
    let (text, zeros) = clean(text.into_owned());
    (text, Decoding { name: encoding.name(), is_weak: false, zeros, replaced, places })
}

fn decode_dos(bytes: &[u8]) -> (String, Decoding) {
    let (text, zeros) = clean(dos::decode(bytes));
    (text, Decoding { name: dos::NAME, is_weak: true, zeros, replaced: 0, places: Vec::new() })
}

/// How a text was decoded.
#[derive(Clone, Debug)]
pub(crate) struct Decoding {
    /// The encoding used.
    name: &'static str,
    /// Whether the encoding is a guess that others come near to.
    is_weak: bool,
    /// How many zero bytes were left out.
    zeros: usize,
    /// How many letters could not be read.
    replaced: usize,
    /// The lines of the first of them, from 1.
    places: Vec<usize>,
}

impl Decoding {
    /// Makes a warning of each thing that was lost or guessed.
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let name = self.name;
        if self.replaced > 0 {
            let lines: Vec<String> = self.places.iter().map(usize::to_string).collect();
            let more = if self.replaced > lines.len() { " and others" } else { "" };
            let (count, lines) = (self.replaced, lines.join(", "));
            let message = format!(
                "{count} places are not valid {name} and were replaced by `\u{fffd}`: line {lines}{more}."
            );
            warnings.push(Warning::new("undecodable_text", message));
        }
        if self.is_weak {
            let message = format!(
                "The file does not state its encoding. It was read as {name}, which is a guess: \
                 letters outside of ASCII may be wrong. Save it as UTF-8 to be sure."
            );
            warnings.push(Warning::new("guessed_encoding", message));
        }
        if self.zeros > 0 {
            let message = format!("{} zero bytes stand in the text and were left out.", self.zeros);
            warnings.push(Warning::new("zero_bytes", message));
        }
        warnings
    }
}

/// Counts what was replaced, and names the lines of the first places.
fn replacements(text: &str) -> (usize, Vec<usize>) {
    let mut places = Vec::new();
    let mut count = 0;
    for (number, line) in (1..).zip(text.split('\n')) {
        let here = line.matches('\u{fffd}').count();
        count += here;
        if here > 0 && places.len() < NAMED_PLACES {
            places.push(number);
        }
    }
    (count, places)
}

/// Makes line endings one, and counts the zero characters it takes out.
fn clean(mut text: String) -> (String, usize) {
    if text.contains('\r') {
        text = text.replace("\r\n", "\n").replace('\r', "\n");
    }
    let zeros = text.bytes().filter(|byte| *byte == 0).count();
    if zeros > 0 {
        text.retain(|letter| letter != '\0');
    }
    (text, zeros)
}

/// What an encoding was guessed to be.
struct Guess {
    /// The encoding; `None` is the code page of DOS.
    encoding: Option<&'static Encoding>,
    /// Whether another one is about as likely.
    is_weak: bool,
}

impl Guess {
    fn sure(encoding: &'static Encoding) -> Self {
        Self { encoding: Some(encoding), is_weak: false }
    }
}

fn guess(bytes: &[u8]) -> Guess {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return Guess::sure(encoding);
    }
    if let Some(encoding) = utf16::guess(bytes) {
        return Guess::sure(encoding);
    }
    if is_iso_2022_jp(bytes) {
        return Guess::sure(ISO_2022_JP);
    }
    let utf8 = Utf8::of(bytes);
    if utf8.is_meant() {
        return Guess::sure(UTF_8);
    }
    let head = &bytes[..bytes.len().min(GUESS_BYTES)];
    if dos::is_likely(head) {
        return Guess { encoding: None, is_weak: true };
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(head, head.len() == bytes.len());
    let encoding = detector.guess(None, Utf8Detection::Deny);
    let foreign = head.iter().filter(|byte| !byte.is_ascii()).count();
    // An encoding that leaves holes in a text is not its own.
    let has_holes = has_holes(encoding, head, head.len() == bytes.len());
    let encoding = if encoding == UTF_8 { WINDOWS_1252 } else { encoding };
    Guess { encoding: Some(encoding), is_weak: has_holes || foreign < FEWEST_LETTERS }
}

/// Says whether bytes are not all letters of an encoding. A letter that is cut in half by the end of a sample is no hole.
fn has_holes(encoding: &'static Encoding, sample: &[u8], is_whole: bool) -> bool {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(sample.len()).unwrap_or(0));
    decoder.decode_to_string(sample, &mut text, is_whole).2
}

/// How much of some bytes is valid UTF-8.
struct Utf8 {
    /// Letters of more than one byte.
    letters: usize,
    /// Places that are not valid.
    faults: usize,
}

impl Utf8 {
    fn of(bytes: &[u8]) -> Self {
        let mut counts = Self { letters: 0, faults: 0 };
        let mut rest = bytes;
        loop {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    counts.letters += letters(valid.as_bytes());
                    return counts;
                }
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    counts.letters += letters(valid);
                    // A letter that is cut in half by the end is no sign of another encoding.
                    let Some(length) = error.error_len() else { return counts };
                    counts.faults += 1;
                    rest = after.get(length..).unwrap_or_default();
                }
            }
        }
    }

    /// Says whether the text was written in UTF-8, be it with a few faults. Letters of several
    /// bytes hardly ever come about by chance.
    fn is_meant(&self) -> bool {
        self.faults == 0 || self.letters >= self.faults.saturating_mul(4).min(self.faults + 40)
    }
}

/// Counts the letters of several bytes in valid UTF-8.
fn letters(valid: &[u8]) -> usize {
    valid.iter().filter(|byte| **byte >= 0xc0).count()
}

/// Says whether bytes are Japanese in seven bits, which switches between sets by escapes.
fn is_iso_2022_jp(bytes: &[u8]) -> bool {
    const TO_KANJI: [&[u8]; 2] = [b"\x1b$B", b"\x1b$@"];
    let switches = || bytes.windows(3).any(|window| TO_KANJI.contains(&window));
    bytes.is_ascii() && switches() && !ISO_2022_JP.decode_without_bom_handling(bytes).1
}

/// Says whether bytes are not text in any encoding: zero bytes outside UTF-16, or many controls.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    if bytes.is_empty() || Encoding::for_bom(bytes).is_some() || utf16::guess(bytes).is_some() {
        return false;
    }
    let is_control = |byte: &u8| matches!(byte, 1..=8 | 0x0e..=0x1a | 0x1c..=0x1f);
    let controls = bytes.iter().filter(|byte| is_control(byte)).count();
    // A log that was cut off by a power failure has a long run of zeros; a program has many runs.
    let (mut runs, mut zeros, mut before) = (0, 0, 1);
    for byte in bytes {
        zeros += usize::from(*byte == 0);
        runs += usize::from(*byte == 0 && before != 0);
        before = *byte;
    }
    let rest = bytes.len() - zeros;
    rest == 0 || runs * 50 > rest.max(100) || controls * 20 > rest.max(20)
}

#[cfg(test)]
mod tests;
