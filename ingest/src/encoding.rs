//! From bytes to text: byte order marks, UTF-8, UTF-16 without a mark, and old encodings by guess.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How many bytes are looked at to guess an encoding.
const GUESS_BYTES: usize = 1 << 20;

/// Decodes text; the second value says whether some bytes could not be decoded.
///
/// Line endings become `\n`, so that lines of the text are the lines an editor shows.
pub(crate) fn decode(bytes: &[u8]) -> (String, Decoding) {
    decode_as(guess(bytes), bytes)
}

/// Decodes text whose encoding is stated elsewhere; a byte order mark still wins.
pub(crate) fn decode_as(encoding: &'static Encoding, bytes: &[u8]) -> (String, Decoding) {
    let (text, encoding, had_errors) = encoding.decode(bytes);
    let text = if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text.into_owned()
    };
    (text, Decoding { encoding, had_errors })
}

/// How a text was decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decoding {
    /// The encoding used.
    pub(crate) encoding: &'static Encoding,
    /// Whether some bytes made no sense in it.
    pub(crate) had_errors: bool,
}

impl Decoding {
    /// Makes a warning when something was lost.
    pub(crate) fn warning(self) -> Option<quire_domain::Warning> {
        self.had_errors.then(|| {
            let name = self.encoding.name();
            let message =
                format!("Some bytes are not valid {name} and were replaced by `\u{fffd}`.");
            quire_domain::Warning::new("undecodable_text", message)
        })
    }
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    if let Some(encoding) = guess_utf16(bytes) {
        return encoding;
    }
    let head = &bytes[..bytes.len().min(GUESS_BYTES)];
    let valid = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        // A character cut in half at the end of a sniffed head is no sign of another encoding.
        Err(error) => error.error_len().is_none() && error.valid_up_to() > 0,
    };
    if valid {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(head, head.len() == bytes.len());
    let encoding = detector.guess(None, Utf8Detection::Allow);
    if encoding == UTF_8 { WINDOWS_1252 } else { encoding }
}

/// Finds UTF-16 without a byte order mark by its zero bytes: Latin text has one in every pair.
fn guess_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(4096) & !1];
    if head.len() < 4 {
        return None;
    }
    let zeros = |offset: usize| head.iter().skip(offset).step_by(2).filter(|b| **b == 0).count();
    let (even, odd, pairs) = (zeros(0), zeros(1), head.len() / 2);
    if odd * 10 >= pairs * 7 && even * 10 < pairs {
        return Some(UTF_16LE);
    }
    (even * 10 >= pairs * 7 && odd * 10 < pairs).then_some(UTF_16BE)
}

/// Says whether bytes are not text in any encoding: zero bytes outside UTF-16, or many controls.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    if Encoding::for_bom(bytes).is_some() || guess_utf16(bytes).is_some() {
        return false;
    }
    let controls =
        bytes.iter().filter(|byte| matches!(byte, 0..=8 | 0x0e..=0x1a | 0x1c..=0x1f)).count();
    let zeros: usize = bytes.iter().map(|byte| usize::from(*byte == 0)).sum();
    // One stray zero byte in a table export is a blemish; one in a hundred is a binary file.
    zeros * 100 > bytes.len().max(100) * 2 || controls * 10 > bytes.len().max(10)
}

#[cfg(test)]
mod tests;
