//! Text strings of PDF objects, such as titles: UTF-16 or UTF-8 by their mark, else `PDFDocEncoding`.

/// `PDFDocEncoding` from 0x80 to 0xA0, where it differs from Latin-1 (PDF 32000-1, D.2).
const UPPER: &str = "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž\u{fffd}€";

/// Decodes a text string.
pub(super) fn decode(bytes: &[u8]) -> String {
    if let Some((encoding, skip)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode(&bytes[skip..]).0.into_owned();
    }
    // Without a mark it should be PDFDocEncoding, but much software writes UTF-8.
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    bytes
        .iter()
        .map(|byte| match byte {
            0x80..=0xa0 => UPPER.chars().nth(usize::from(byte - 0x80)).unwrap_or('\u{fffd}'),
            byte => char::from(*byte),
        })
        .collect()
}
