//! A page of a document as it is shown: a tree of parts with the stored text at its leaves.
//!
//! Marks of the format are not in it; every leaf says which code points of the stored text it
//! shows, so that a quote, which is a span of that text, can be highlighted wherever it lies.

use serde::{Deserialize, Serialize};

use crate::{DocumentId, Span};

/// A part of a page, or text in one.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// Text.
    Text(Leaf),
    /// A part and what is in it, in reading order.
    Part(Part, Vec<Node>),
}

/// Text that is shown, and where it stands.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Leaf {
    /// What is shown; it may have another length than what it stands for, such as `&` for `&amp;`.
    pub text: String,
    /// Its place in the stored text of the page.
    pub span: Span,
}

/// Text that lies wholly inside a quote, or wholly outside.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Run<'a> {
    /// The text.
    pub text: &'a str,
    /// Whether it is quoted.
    pub quoted: bool,
}

impl Leaf {
    /// Cuts the text where the quote begins and ends; no run is empty. Text that is not shown as it
    /// is stored is quoted as a whole.
    pub fn cut(&self, quote: Option<Span>) -> Vec<Run<'_>> {
        let text = self.text.as_str();
        let length = text.chars().count();
        let within = quote.unwrap_or_default();
        let from = within.start.clamp(self.span.start, self.span.end) - self.span.start;
        let to = within.end.clamp(self.span.start, self.span.end) - self.span.start;
        let (from, to) = if from >= to {
            (length, length)
        } else if length == self.span.len() {
            (from, to)
        } else {
            (0, length)
        };
        let byte = |point: usize| crate::text::byte_offset(text, point).unwrap_or(text.len());
        let (before, rest) = text.split_at(byte(from));
        let (inside, after) = rest.split_at(byte(to) - before.len());
        let runs = [(before, false), (inside, true), (after, false)].into_iter();
        let runs = runs.filter(|(text, _)| !text.is_empty());
        runs.map(|(text, quoted)| Run { text, quoted }).collect()
    }
}

/// What a part is: first blocks, and after [`Part::Rule`] what stands in a line and holds nothing else.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// What a note states about itself: names and values in turn.
    Properties,
    /// The name of a property.
    PropertyName,
    /// One value of the property that was named last.
    PropertyValue,
    /// A heading of this level, from 1.
    Heading(u8),
    /// Running text.
    Paragraph,
    /// What is quoted from elsewhere, or a callout.
    Quotation,
    /// A list; one with numbers has its first.
    List(Option<u64>),
    /// An item of a list; a task tells if it is done.
    Item(Option<bool>),
    /// Program text, with its language if that is stated.
    Code(Option<String>),
    /// Rows of cells.
    Table,
    /// A row of a table.
    Row,
    /// A cell that heads a column.
    HeadCell(Align),
    /// A cell.
    Cell(Align),
    /// The text of a footnote; its first part is its mark.
    Footnote,
    /// A line between what is above and below.
    Rule,
    /// Text of weight.
    Strong,
    /// Stressed text.
    Emphasis,
    /// Text that no longer holds.
    Struck,
    /// Program text in a line.
    InlineCode,
    /// A formula in TeX, in a line or on lines of its own.
    Formula(FormulaPlace),
    /// A link.
    Link(LinkTarget),
    /// What an image shows, in words.
    Image,
    /// The mark of a footnote.
    FootnoteMark,
}

/// Where the text of a cell stands.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// Where its row begins.
    #[default]
    Start,
    /// In the middle.
    Center,
    /// Where its row ends.
    End,
}

/// Where a formula stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FormulaPlace {
    /// In a line.
    Line,
    /// On lines of its own.
    Block,
}

/// Where a link leads.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkTarget {
    /// To an address that begins with `http:`, `https:` or `mailto:`.
    Address(String),
    /// To a document of the collection.
    Document(DocumentId),
    /// Nowhere that can be opened: it is shown, and is no link.
    Nowhere,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, span: (usize, usize), quote: Option<(usize, usize)>, expected: &str) {
        let leaf = Leaf { text: text.to_owned(), span: Span::new(span.0, span.1) };
        let runs = leaf.cut(quote.map(|(start, end)| Span::new(start, end)));
        let shown = |run: &Run<'_>| {
            if run.quoted { format!("[{}]", run.text) } else { run.text.to_owned() }
        };
        let shown: Vec<String> = runs.iter().map(shown).collect();
        assert_eq!(shown.join("|"), expected, "{text} {span:?} {quote:?}");
    }

    #[test]
    fn a_leaf_is_cut_by_code_points_where_the_quote_begins_and_ends() {
        check("Köln ist schön", (10, 24), Some((15, 18)), "Köln |[ist]| schön");
        check("Köln", (10, 14), Some((0, 12)), "[Kö]|ln");
        check("Köln", (10, 14), Some((12, 99)), "Kö|[ln]");
        check("Köln", (10, 14), Some((0, 99)), "[Köln]");
        check("Köln", (10, 14), Some((14, 20)), "Köln");
        check("Köln", (10, 14), Some((3, 10)), "Köln");
        check("Köln", (10, 14), None, "Köln");
        check("", (3, 3), Some((0, 9)), "");
    }

    #[test]
    fn text_of_another_length_is_quoted_as_a_whole() {
        check("&", (4, 9), Some((6, 7)), "[&]");
        check("&", (4, 9), Some((9, 12)), "&");
    }
}
