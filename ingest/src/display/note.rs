//! A note's text as a tree: Markdown is read once more, this time to be shown.

use std::ops::Range;

use pulldown_cmark::{Alignment, CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};
use quire_domain::display::{Align, FormulaPlace, LinkTarget, Node, Part};

use super::Page;

/// How deep the tree may be. The page reads it from JSON, in which a part is three levels and 128
/// are the most, and draws it by recursion.
const MAX_DEPTH: usize = 24;

/// The Markdown that is shown, beyond the core of the language.
pub(super) const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_MATH);

/// Shows a range of the page, which is Markdown without front matter.
pub(super) fn nodes(page: &Page<'_>, range: Range<usize>) -> Vec<Node> {
    let mut builder = Builder {
        page,
        frames: Vec::new(),
        shown: Vec::new(),
        skipped: 0,
        run: None,
        at: range.start,
        columns: Vec::new(),
        is_head: false,
    };
    let parser = Parser::new_ext(page.slice(range.clone()), OPTIONS).into_offset_iter();
    for (event, place) in parser {
        builder.take(event, range.start + place.start..range.start + place.end);
    }
    builder.end_run();
    builder.fill(range.end);
    builder.shown
}

/// A part that is open, and what is in it so far.
struct Frame {
    part: Part,
    nodes: Vec<Node>,
}

struct Builder<'a> {
    page: &'a Page<'a>,
    frames: Vec<Frame>,
    /// What is finished and in no part.
    shown: Vec<Node>,
    /// How many parts are open that are nested too deep to be shown as such.
    skipped: usize,
    /// Text not interrupted by any mark.
    run: Option<Range<usize>>,
    /// Where the source ends that is shown, or is known to be marks.
    at: usize,
    /// How the columns of the table are aligned.
    columns: Vec<Align>,
    is_head: bool,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, range: Range<usize>) {
        let end = range.end;
        match event {
            Event::InlineHtml(tag) if is_line_break(&tag) => self.write("\n", range),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                self.write(&text, range);
            }
            Event::SoftBreak | Event::HardBreak => self.write("\n", range),
            Event::Start(tag) => return self.open(tag, range),
            // What is left out between two items stands in neither.
            Event::End(TagEnd::List(_)) => return self.close(&range),
            Event::End(_) => self.close(&range),
            Event::Code(text) => {
                self.write_inside(Part::InlineCode, &text, code_of(self.page, range));
            }
            Event::InlineMath(text) => {
                let inside = range.start + 1..range.end - 1;
                self.write_inside(Part::Formula(FormulaPlace::Line), &text, inside);
            }
            Event::DisplayMath(text) => {
                let source = self.page.slice(range.start + 2..range.end - 2);
                let start = range.start + 2 + (source.len() - source.trim_start().len());
                let inside = start..start + source.trim().len();
                self.write_inside(Part::Formula(FormulaPlace::Block), text.trim(), inside);
            }
            Event::FootnoteReference(label) => {
                self.write_inside(Part::FootnoteMark, &label, range.start + 2..range.end - 1);
            }
            Event::Rule => {
                self.end_run();
                self.fill(range.start);
                self.push(Node::Part(Part::Rule, Vec::new()));
            }
            Event::TaskListMarker(done) => self.mark_task(done),
        }
        self.at = self.at.max(end);
    }

    fn open(&mut self, tag: Tag<'_>, range: Range<usize>) {
        self.end_run();
        self.fill(range.start);
        self.at = self.at.max(range.start);
        if self.skipped > 0 || self.frames.len() + depth_of(&tag) > MAX_DEPTH {
            self.skipped += 1;
            if !is_inline(&tag) {
                self.push(self.page.leaf_as("\n", range.start..range.start));
            }
            return;
        }
        let part = match tag {
            Tag::Heading { level, .. } => Part::Heading(level as u8),
            Tag::BlockQuote(_) => Part::Quotation,
            Tag::List(first) => Part::List(first),
            Tag::Item => {
                self.at = range.start + marker_length(self.page.slice(range));
                Part::Item(None)
            }
            Tag::CodeBlock(CodeBlockKind::Fenced(info)) => Part::Code(language(&info)),
            Tag::CodeBlock(CodeBlockKind::Indented) => Part::Code(None),
            Tag::HtmlBlock => Part::Code(Some("html".to_owned())),
            Tag::FootnoteDefinition(label) => {
                self.frames.push(Frame { part: Part::Footnote, nodes: Vec::new() });
                let start = range.start + "[^".len();
                self.write_inside(Part::FootnoteMark, &label, start..start + label.len());
                self.at = (start + label.len() + "]:".len()).min(range.end);
                return;
            }
            Tag::Table(columns) => {
                self.columns = columns.into_iter().map(align).collect();
                Part::Table
            }
            Tag::TableHead | Tag::TableRow => {
                self.is_head = matches!(tag, Tag::TableHead);
                Part::Row
            }
            Tag::TableCell => {
                let column = self.frames.last().map_or(0, |row| row.nodes.len());
                let align = self.columns.get(column).copied().unwrap_or_default();
                if self.is_head { Part::HeadCell(align) } else { Part::Cell(align) }
            }
            Tag::Strong => Part::Strong,
            Tag::Emphasis => Part::Emphasis,
            Tag::Strikethrough => Part::Struck,
            Tag::Link { link_type: LinkType::Email, dest_url, .. } => {
                Part::Link(LinkTarget::Address(format!("mailto:{dest_url}")))
            }
            Tag::Link { dest_url, .. } => Part::Link(self.page.links.target(&dest_url)),
            Tag::Image { dest_url, .. } => {
                let nodes = Vec::new();
                self.frames.push(Frame { part: Part::Image, nodes });
                return self.name_image(&dest_url, range);
            }
            _ => Part::Paragraph,
        };
        self.frames.push(Frame { part, nodes: Vec::new() });
    }

    fn close(&mut self, range: &Range<usize>) {
        self.end_run();
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        self.fill(range.end);
        self.fill_row(range.end);
        if let Some(Frame { part, nodes }) = self.frames.pop() {
            self.push(Node::Part(part, nodes));
        }
    }

    /// Adds to the part that is open.
    fn push(&mut self, node: Node) {
        self.frames.last_mut().map_or(&mut self.shown, |frame| &mut frame.nodes).push(node);
    }

    /// Writes text that stands for a range.
    fn write(&mut self, text: &str, range: Range<usize>) {
        if self.run.is_none() {
            self.fill(range.start);
        }
        if self.page.slice(range.clone()) != text {
            self.end_run();
            self.push(self.page.leaf_as(text, range));
            return;
        }
        match &mut self.run {
            Some(run) if run.end == range.start => run.end = range.end,
            _ => {
                self.end_run();
                self.run = Some(range);
            }
        }
    }

    /// Writes a part that is nothing but text.
    fn write_inside(&mut self, part: Part, text: &str, range: Range<usize>) {
        self.end_run();
        self.fill(range.start);
        // In a text broken into lines a blank stands for the break.
        let is_as_stored = self.page.slice(range.clone()).replace('\n', " ") == text;
        let leaf =
            if is_as_stored { self.page.leaf(range) } else { self.page.leaf_as(text, range) };
        self.push(Node::Part(part, vec![leaf]));
    }

    /// Makes leaves of the text that ends here.
    fn end_run(&mut self) {
        let Some(run) = self.run.take() else { return };
        let is_plain = |part: &Part| matches!(part, Part::Link(_) | Part::Code(_));
        if self.frames.iter().any(|frame| is_plain(&frame.part)) {
            self.push(self.page.leaf(run));
        } else {
            for node in self.page.links.linked(self.page, run) {
                self.push(node);
            }
        }
    }

    /// Shows what the parser leaves out up to here, such as the definitions of links.
    fn fill(&mut self, end: usize) {
        let holds_blocks = self.frames.last().is_none_or(|frame| {
            matches!(frame.part, Part::Quotation | Part::Item(_) | Part::Footnote)
        });
        let source = self.page.slice(self.at..end.max(self.at));
        if !holds_blocks || self.skipped > 0 || !source.contains(char::is_alphanumeric) {
            return;
        }
        let mut nodes = Vec::new();
        let mut at = self.at;
        let source = source.trim_end_matches([' ', '\t', '\r', '\n', '>']);
        for line in source.split_inclusive('\n') {
            let content = line.trim_start_matches([' ', '\t', '>']);
            if !content.trim().is_empty() {
                let start = at + (line.len() - content.len());
                nodes.extend(self.page.links.linked(self.page, start..start + content.len()));
            }
            at += line.len();
        }
        self.push(Node::Part(Part::Paragraph, nodes));
        self.at = end;
    }

    /// Shows the cells of a row that are more than its table has columns.
    fn fill_row(&mut self, end: usize) {
        let Some(row) = self.frames.last_mut().filter(|frame| frame.part == Part::Row) else {
            return;
        };
        let mut at = self.at;
        for cell in self.page.slice(at..end.max(at)).split('|') {
            let text = cell.trim();
            if text.contains(char::is_alphanumeric) {
                let start = at + (cell.len() - cell.trim_start().len());
                let leaf = self.page.leaf(start..start + text.len());
                row.nodes.push(Node::Part(Part::Cell(Align::Start), vec![leaf]));
            }
            at += cell.len() + 1;
        }
    }

    /// Says of the item that is open that it is a task.
    fn mark_task(&mut self, done: bool) {
        let mut parts = self.frames.iter_mut().rev().map(|frame| &mut frame.part);
        let item = parts.find(|part| matches!(part, Part::Item(_)));
        if let Some(item) = item.filter(|_| self.skipped == 0) {
            *item = Part::Item(Some(done));
        }
    }

    /// Gives an image without words the name of its file.
    fn name_image(&mut self, address: &str, range: Range<usize>) {
        if self.page.slice(range.clone()).starts_with("![]") {
            let name = address.rsplit('/').next().unwrap_or(address);
            self.push(self.page.leaf_as(name, range));
        }
    }
}

/// Finds what stands between the ticks of program text, without the blanks that keep them apart.
fn code_of(page: &Page<'_>, range: Range<usize>) -> Range<usize> {
    let source = page.slice(range.clone());
    let ticks = source.len() - source.trim_start_matches('`').len();
    let inside = range.start + ticks..range.end - ticks;
    let code = page.slice(inside.clone());
    let is_blank = |c: char| matches!(c, ' ' | '\n');
    let is_padded = code.len() > 1 && code.starts_with(is_blank) && code.ends_with(is_blank);
    if is_padded && !code.trim().is_empty() { inside.start + 1..inside.end - 1 } else { inside }
}

/// Measures the mark of an item: `- `, `* `, `12. `.
fn marker_length(item: &str) -> usize {
    let mark = item.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
    let mark = mark.strip_prefix(['-', '*', '+', '.', ')']).unwrap_or(mark);
    item.len() - mark.len()
}

/// Gives the language that a fence names: its first word.
fn language(info: &str) -> Option<String> {
    let word = info.split([' ', ',', '\t', '{']).next().unwrap_or_default();
    let is_name = |c: char| c.is_alphanumeric() || "+#-_.".contains(c);
    (!word.is_empty() && word.chars().all(is_name)).then(|| word.to_owned())
}

fn align(alignment: Alignment) -> Align {
    match alignment {
        Alignment::None | Alignment::Left => Align::Start,
        Alignment::Center => Align::Center,
        Alignment::Right => Align::End,
    }
}

/// Counts the parts that a part cannot be without: text never stands in a list or a table itself.
fn depth_of(tag: &Tag<'_>) -> usize {
    match tag {
        Tag::Table(_) => 3,
        Tag::List(_) => 2,
        _ => 1,
    }
}

fn is_inline(tag: &Tag<'_>) -> bool {
    matches!(
        tag,
        Tag::Strong | Tag::Emphasis | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. }
    )
}

/// The one tag that is followed: nothing else breaks a line in the cell of a table.
fn is_line_break(tag: &str) -> bool {
    let name = tag.trim_start_matches('<').trim_end_matches(['>', '/', ' ']);
    name.eq_ignore_ascii_case("br")
}
