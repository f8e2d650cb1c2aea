//! Mail is told by its head: fields of which at least one is written by mail programs alone.

use crate::encoding;

/// Fields that begin mail; one of them and two others make a head.
const SURE_FIELDS: [&str; 4] = ["received", "message-id", "return-path", "mime-version"];
const FIELDS: [&str; 10] = [
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "reply-to",
    "sender",
    "delivered-to",
    "content-type",
    "content-transfer-encoding",
];

/// The head of a message is looked for in so many bytes; mail that went through many hands has a long one.
const MAX_HEAD_BYTES: usize = 256 << 10;

/// Gives the bytes up to the first blank line, or the whole lines of the first few if there is none.
pub(super) fn head(bytes: &[u8]) -> &[u8] {
    let mut start = 0;
    for line in bytes[..bytes.len().min(MAX_HEAD_BYTES)].split_inclusive(|byte| *byte == b'\n') {
        let is_cut = !line.ends_with(b"\n") && start + line.len() < bytes.len();
        if is_cut || line.trim_ascii().is_empty() {
            break;
        }
        start += line.len();
    }
    &bytes[..start]
}

/// Says whether a file that is not named as mail begins with the head of a message.
pub(super) fn is_mail(extension: &str, head: &[u8]) -> bool {
    if !matches!(extension, "" | "txt" | "text" | "html" | "htm" | "msg") {
        return false;
    }
    let (text, _) = encoding::decode(head);
    let (mut sure, mut known) = (0, 0);
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) || (number == 0 && line.starts_with("From ")) {
            continue;
        }
        let Some((name, _)) = line.split_once(':') else { return false };
        let name = name.to_ascii_lowercase();
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
            return false;
        }
        sure += usize::from(SURE_FIELDS.contains(&name.as_str()));
        known += usize::from(FIELDS.contains(&name.as_str()));
    }
    sure > 0 && sure + known >= 3
}
