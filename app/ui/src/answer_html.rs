//! An answer as HTML: its Markdown, with a footnote after every sentence that rests on a quote and
//! a mark on every sentence that does not.
//!
//! Nothing in an answer can load or run anything: raw HTML becomes text, images become their
//! descriptions and links become their text with the address beside it.

use std::fmt::Write;

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};
use quire_domain::{Citation, Sentence, Support};

use crate::show::page_suffix;

/// What the page knows of an answer, whole or still growing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AnswerText<'a> {
    /// The text so far.
    pub(crate) text: &'a str,
    /// The sentences checked so far.
    pub(crate) sentences: &'a [Sentence],
    /// The citations they rest on.
    pub(crate) citations: &'a [Citation],
}

/// Renders an answer.
pub(crate) fn answer_html(answer: AnswerText<'_>) -> String {
    let mut footnotes = Footnotes::new(answer);
    let mut events = Vec::new();
    // Where a dropped link led to; links do not nest.
    let mut address = None;
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    for (event, range) in Parser::new_ext(answer.text, options).into_offset_iter() {
        match event {
            Event::Text(text) => footnotes.push_text(&mut events, &text, range),
            Event::Html(text) | Event::InlineHtml(text) => {
                footnotes.push_text(&mut events, &text, range);
            }
            Event::Start(Tag::Link { dest_url, .. }) => address = Some(dest_url),
            Event::End(TagEnd::Link) => {
                if let Some(address) = address.take() {
                    events.push(Event::Text(CowStr::from(format!(" ({address})"))));
                }
            }
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => {}
            Event::Start(Tag::HtmlBlock) => events.push(Event::Start(Tag::Paragraph)),
            Event::End(TagEnd::HtmlBlock) => {
                footnotes.push_until(&mut events, range.end);
                events.push(Event::End(TagEnd::Paragraph));
            }
            Event::Start(tag) => {
                footnotes.push_until(&mut events, range.start);
                events.push(Event::Start(tag));
            }
            Event::End(tag) if is_block(tag) => {
                footnotes.push_until(&mut events, range.end);
                events.push(Event::End(tag));
            }
            other => {
                footnotes.push_until(&mut events, range.start);
                events.push(other);
            }
        }
    }
    footnotes.push_until(&mut events, usize::MAX);
    let mut html = String::with_capacity(answer.text.len() * 2);
    pulldown_cmark::html::push_html(&mut html, events.into_iter());
    html
}

/// Blocks at whose end a footnote may still stand inside them.
fn is_block(tag: TagEnd) -> bool {
    matches!(tag, TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::TableCell)
}

/// A sentence by bytes.
struct Place<'a> {
    start: usize,
    end: usize,
    sentence: &'a Sentence,
}

/// The sentences, and how many of them have their footnotes already.
struct Footnotes<'a> {
    places: Vec<Place<'a>>,
    citations: &'a [Citation],
    next: usize,
}

impl<'a> Footnotes<'a> {
    fn new(answer: AnswerText<'a>) -> Self {
        let offsets: Vec<usize> =
            answer.text.char_indices().map(|(byte, _)| byte).chain([answer.text.len()]).collect();
        let place = |sentence: &'a Sentence| {
            let start = *offsets.get(sentence.start)?;
            let end = *offsets.get(sentence.end)?;
            // White space after a sentence belongs to nothing; the footnote stands before it.
            let end = start + answer.text.get(start..end)?.trim_end().len();
            Some(Place { start, end, sentence })
        };
        let places = answer.sentences.iter().filter_map(place).collect();
        Self { places, citations: answer.citations, next: 0 }
    }

    /// Writes the footnotes of every sentence that ends at or before a byte.
    fn push_until(&mut self, events: &mut Vec<Event<'_>>, byte: usize) {
        while let Some(place) = self.places.get(self.next).filter(|place| place.end <= byte) {
            let continues = self
                .places
                .get(self.next + 1)
                .is_some_and(|next| next.sentence.support == Support::Unsupported);
            let html = after_sentence(place.sentence, self.citations, continues);
            if !html.is_empty() {
                events.push(Event::InlineHtml(CowStr::from(html)));
            }
            self.next += 1;
        }
    }

    /// Writes text, cut where sentences begin and end.
    fn push_text(
        &mut self,
        events: &mut Vec<Event<'_>>,
        text: &str,
        range: std::ops::Range<usize>,
    ) {
        self.push_until(events, range.start);
        let mut rest = text;
        let mut at = range.start;
        // An entity or an escape is shorter on the page than in the source: it is never cut.
        let can_cut = text.len() == range.len();
        while let Some((part, after)) = self
            .next_edge(at + 1..range.end)
            .filter(|_| can_cut)
            .and_then(|edge| rest.split_at_checked(edge - at))
        {
            self.push_run(events, part, at);
            at += part.len();
            rest = after;
            self.push_until(events, at);
        }
        self.push_run(events, rest, at);
    }

    /// Finds where the next sentence begins or ends.
    fn next_edge(&self, within: std::ops::Range<usize>) -> Option<usize> {
        let edges = self.places.iter().flat_map(|place| [place.start, place.end]);
        edges.filter(|edge| within.contains(edge)).min()
    }

    /// Writes text that lies in one sentence or in none.
    fn push_run(&self, events: &mut Vec<Event<'_>>, text: &str, at: usize) {
        let inside = self.places.iter().find(|place| (place.start..place.end).contains(&at));
        let text = Event::Text(CowStr::from(text.to_owned()));
        if inside.is_some_and(|place| place.sentence.support == Support::Unsupported) {
            events.push(Event::InlineHtml(CowStr::from("<span class=\"unsupported\">")));
            events.push(text);
            events.push(Event::InlineHtml(CowStr::from("</span>")));
        } else {
            events.push(text);
        }
    }
}

/// Makes what stands after a sentence: its footnotes, or the word that it has none.
///
/// In a run of unsupported sentences only the last one says so visibly.
fn after_sentence(sentence: &Sentence, citations: &[Citation], continues: bool) -> String {
    if sentence.support == Support::Unsupported {
        let class = if continues { "visually-hidden" } else { "unsupported-label" };
        return format!(" <span class=\"{class}\">(not found in your documents)</span>");
    }
    let mut html = String::new();
    for index in &sentence.citations {
        let Some(citation) = citations.iter().find(|citation| citation.index == *index) else {
            continue;
        };
        // Writing to a string cannot fail.
        let _ = write!(
            html,
            "<a class=\"footnote\" href=\"{url}\" data-citation=\"{index}\" \
             aria-label=\"Source {index}: {title}{page}\" title=\"{title}{page}\">{index}</a>",
            // Links of before carry no words; the citation has them.
            url = attribute(&citation.target().url()),
            title = attribute(&citation.document.title),
            page = page_suffix(citation.page, citation.document.page_kind),
        );
    }
    if html.is_empty() { html } else { format!("<sup class=\"footnotes\">{html}</sup>") }
}

/// Writes a value so that it can stand between double quotes.
fn attribute(value: &str) -> String {
    value.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests;
