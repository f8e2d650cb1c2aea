//! Links of a note: `[[Note#Heading|words]]`, `![[embed]]` and `[words](Note.md#Heading)`.

use percent_encoding::percent_decode_str;
use quire_domain::Link;
use unicode_normalization::UnicodeNormalization;

/// A wikilink and the words that are shown for it.
pub(super) struct WikiLink {
    pub(super) link: Link,
    pub(super) shown: String,
}

/// Reads what stands between `[[` and `]]`.
///
/// Shown is the alias, or else the name with its heading. Of an embed's alias, the size of a
/// picture (`300`, `300x200`) is no word.
pub(super) fn wiki(inside: &str, embed: bool) -> WikiLink {
    // In tables the bar is escaped.
    let mut parts = inside.split('|').map(|part| part.strip_suffix('\\').unwrap_or(part).trim());
    let target: String = parts.next().unwrap_or_default().nfc().collect();
    let is_words = |part: &&str| !part.is_empty() && (!embed || !is_size(part));
    let words: Vec<&str> = parts.filter(is_words).collect();
    let text = (!words.is_empty()).then(|| words.join(" "));
    let link = Link { embed, text, ..Link::parse(&target) };
    let shown = link.text.clone().unwrap_or_else(|| link.shown());
    WikiLink { link, shown }
}

/// Reads the destination of an ordinary link; `None` if it leads out of the vault.
pub(crate) fn ordinary(destination: &str, embed: bool) -> Option<Link> {
    let scheme = destination.split(['/', '#', '?']).next().unwrap_or_default();
    if destination.trim().is_empty() || scheme.contains(':') || destination.starts_with("//") {
        return None;
    }
    let decoded = percent_decode_str(destination).decode_utf8().ok()?;
    let decoded: String = decoded.nfc().collect();
    Some(Link { embed, ..Link::parse(&decoded) })
}

/// Takes the words out of `[words](destination)` or `[words][reference]`.
pub(super) fn words(source: &str) -> Option<String> {
    let inside = source.trim_start_matches('!').strip_prefix('[')?;
    let end = inside.rfind("](").or_else(|| inside.rfind("][")).unwrap_or(inside.len());
    let words = inside[..end].trim_end_matches(']').trim();
    (!words.is_empty()).then(|| words.to_owned())
}

fn is_size(part: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match part.split_once('x') {
        Some((width, height)) => digits(width) && digits(height),
        None => digits(part),
    }
}
