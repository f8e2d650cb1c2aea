//! Links: what an address may be opened, which words name another document, and addresses that
//! stand in the text as they are.

use std::ops::Range;

use quire_domain::display::{LinkTarget, Node, Part};
use quire_domain::{DocumentId, ResolvedLink};

use super::Page;
use crate::parse::links::ordinary;

/// How addresses that are opened begin.
const SCHEMES: &[&str] = &["http://", "https://", "mailto:"];
/// How addresses begin that are links without any mark around them.
const BARE_SCHEMES: &[&str] = &["https://", "http://"];

/// The links of a page.
pub(super) struct Links<'a> {
    resolved: &'a [ResolvedLink],
    /// Words that name documents, in bytes, by place.
    named: Vec<(Range<usize>, DocumentId)>,
}

impl<'a> Links<'a> {
    /// Finds the words that stand for links between double brackets, which the stored text does not
    /// have any more. Those with words of their own are not known by them.
    pub(super) fn find(text: &str, resolved: &'a [ResolvedLink]) -> Self {
        let mut named: Vec<(Range<usize>, DocumentId)> = Vec::new();
        if resolved.iter().any(|one| one.document.is_some()) {
            let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
            let starts: Vec<usize> = [0].into_iter().chain(breaks).chain([text.len()]).collect();
            for ResolvedLink { link, document } in resolved {
                let (Some(document), Some(line)) = (document, link.line) else { continue };
                let line = (line as usize).saturating_sub(1);
                let (Some(start), Some(end)) = (starts.get(line), starts.get(line + 1)) else {
                    continue;
                };
                // Two links of a line to the same document have two places.
                let from = named.last().map_or(0, |(before, _)| before.end).clamp(*start, *end);
                let found = find_words(&text[from..*end], &link.shown());
                named.extend(found.map(|at| (from + at.start..from + at.end, document.id.clone())));
            }
        }
        named.sort_by_key(|(range, _)| range.start);
        Self { resolved, named }
    }

    /// Tells where an ordinary link leads.
    pub(super) fn target(&self, destination: &str) -> LinkTarget {
        if begins(destination, SCHEMES) {
            return LinkTarget::Address(destination.to_owned());
        }
        let link = ordinary(destination, false);
        let same = link.and_then(|link| {
            self.resolved.iter().find(|one| one.link.target == link.target)?.document.as_ref()
        });
        same.map_or(LinkTarget::Nowhere, |document| LinkTarget::Document(document.id.clone()))
    }

    /// Makes leaves of a range, and links of what in it names a document or is an address.
    pub(super) fn linked(&self, page: &Page<'_>, range: Range<usize>) -> Vec<Node> {
        let mut nodes = Vec::new();
        let mut at = range.start;
        for (place, target) in self.inside(page, range.clone()) {
            if place.start < at {
                continue;
            }
            if place.start > at {
                nodes.push(page.leaf(at..place.start));
            }
            at = place.end;
            nodes.push(Node::Part(Part::Link(target), vec![page.leaf(place)]));
        }
        if at < range.end {
            nodes.push(page.leaf(at..range.end));
        }
        nodes
    }

    fn inside(&self, page: &Page<'_>, range: Range<usize>) -> Vec<(Range<usize>, LinkTarget)> {
        let first = self.named.partition_point(|(place, _)| place.start < range.start);
        let named = self.named[first..].iter().take_while(|(place, _)| place.end <= range.end);
        let named = named.map(|(place, id)| (place.clone(), LinkTarget::Document(id.clone())));
        let text = page.slice(range.clone());
        let bare = bare_addresses(text).into_iter().map(|place| {
            let target = LinkTarget::Address(text[place.clone()].to_owned());
            (range.start + place.start..range.start + place.end, target)
        });
        let mut found: Vec<_> = named.chain(bare).collect();
        found.sort_by_key(|(place, _)| place.start);
        found
    }
}

fn begins(address: &str, schemes: &[&str]) -> bool {
    let begins = |scheme: &&str| {
        address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    schemes.iter().any(begins)
}

/// Finds words that stand apart from the letters around them.
fn find_words(text: &str, words: &str) -> Option<Range<usize>> {
    if words.is_empty() {
        return None;
    }
    let is_apart = |at: usize| {
        let before = text[..at].chars().next_back();
        let after = text[at + words.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    };
    let (at, _) = text.match_indices(words).find(|(at, _)| is_apart(*at))?;
    Some(at..at + words.len())
}

/// Finds addresses that stand in the text as they are, without the punctuation that ends a sentence.
fn bare_addresses(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, _) in text.match_indices("://") {
        let scheme = text[..at].trim_end_matches(|c: char| c.is_ascii_alphanumeric()).len();
        if !begins(&text[scheme..], BARE_SCHEMES) || found.last().is_some_and(|f| f.end > scheme) {
            continue;
        }
        let is_end = |c: char| c.is_whitespace() || "<>\"`|".contains(c);
        let end = text[at..].find(is_end).map_or(text.len(), |length| at + length);
        let address = without_punctuation(&text[scheme..end]);
        if address.len() > at + "://".len() - scheme {
            found.push(scheme..scheme + address.len());
        }
    }
    found
}

fn without_punctuation(address: &str) -> &str {
    let opened = address.matches('(').count();
    let mut unopened = address.matches(')').count().saturating_sub(opened);
    let mut kept = address;
    loop {
        kept = kept.trim_end_matches(|c: char| ".,;:!?'*_~]}".contains(c));
        match kept.strip_suffix(')') {
            Some(shorter) if unopened > 0 => kept = shorter,
            _ => return kept,
        }
        unopened -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_end_before_the_punctuation_of_the_sentence() {
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<&str> = bare_addresses(text).into_iter().map(|at| &text[at]).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("See https://a.b/c?d=e#f.", &["https://a.b/c?d=e#f"]);
        check("(HTTP://a.b/c) and https://a/b_(c),", &["HTTP://a.b/c", "https://a/b_(c)"]);
        check("https://a.b/?u=http://c.d", &["https://a.b/?u=http://c.d"]);
        check("ftp://a.b javascript://x https:// shttp://a ://", &[]);
        check("Ü https://ü.de/ä…", &["https://ü.de/ä…"]);
    }

    #[test]
    fn only_known_schemes_lead_anywhere() {
        let links = Links { resolved: &[], named: Vec::new() };
        let check = |destination: &str, opens: bool| {
            let target = links.target(destination);
            let expected = LinkTarget::Address(destination.to_owned());
            assert_eq!(target == expected, opens, "{destination}");
            assert!(opens || target == LinkTarget::Nowhere, "{destination}");
        };
        for address in ["https://a.b", "HTTP://a.b", "mailto:a@b.c"] {
            check(address, true);
        }
        for other in [
            "javascript:alert(1)",
            "JAVASCRIPT:alert(1)",
            " https://a.b",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "//a.b",
            "https:a",
            "",
            "é",
        ] {
            check(other, false);
        }
    }
}
