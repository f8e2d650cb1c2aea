//! The stored text of each page, with its blocks and the box of every line.

use quire_domain::{Block, BlockKind, LineBox, PageText, Span};

use super::PageLines;
use super::glyphs::Frame;
use super::headings::Heading;
use super::hyphens::{Join, Vocabulary};
use super::lines::Line;
use super::paragraphs::{self, Group, Kind};
use super::tables;

/// Ascent and descent as shares of the font size, for fonts that are not asked.
const ASCENT: f32 = 0.8;
const DESCENT: f32 = 0.22;

/// Writes the stored text of all pages.
pub(super) fn compose(
    pages: &[PageLines],
    headings: Vec<Vec<Heading>>,
    vocabulary: &Vocabulary,
) -> (Vec<PageText>, Vec<Block>) {
    let mut texts = Vec::with_capacity(pages.len());
    let mut blocks = Vec::new();
    let mut open: Vec<(u8, String)> = Vec::new();
    let mut carried: Option<Carried> = None;
    for (index, (page, headings)) in pages.iter().zip(headings).enumerate() {
        let mut writer = PageWriter {
            lines: &page.lines,
            vocabulary,
            text: String::new(),
            length: 0,
            boxes: Vec::new(),
        };
        let mut named = headings.iter().enumerate().peekable();
        let mut last: Option<Carried> = None;
        for (number, group) in paragraphs::group(&page.lines, &headings).iter().enumerate() {
            // Headings that only the outline knows take effect where they would stand.
            while let Some((_, heading)) = named.next_if(|(_, heading)| {
                heading.lines.is_empty() && heading.lines.start <= group.lines.start
            }) {
                enter(&mut open, heading);
            }
            let heading = match group.kind {
                Kind::Heading(number) => headings.get(number),
                _ => None,
            };
            if let Some(heading) = heading {
                open.retain(|(level, _)| *level < heading.level);
            }
            let (span, kind) = writer.write(group, heading.map_or(1, |heading| heading.level));
            let above = carried.take().filter(|_| number == 0);
            let lines = page.lines.get(group.lines.clone()).unwrap_or_default();
            let (kind, table) = continue_table(kind, lines, above);
            last = table;
            blocks.push(Block {
                kind,
                page_index: index,
                span,
                heading: open.iter().map(|(_, title)| title.clone()).collect(),
                lines: None,
                rows: None,
                block_id: None,
            });
            if let Some(heading) = heading {
                open.push((heading.level, heading.title.clone()));
                named.next_if(|(_, other)| other.lines == heading.lines);
            }
        }
        carried = last;
        for (_, heading) in named {
            if heading.lines.is_empty() {
                enter(&mut open, heading);
            }
        }
        for note in &page.notes {
            blocks.push(Block {
                kind: BlockKind::Note,
                page_index: index,
                span: writer.write_note(note),
                heading: open.iter().map(|(_, title)| title.clone()).collect(),
                lines: None,
                rows: None,
                block_id: None,
            });
        }
        texts.push(PageText {
            number: Some(index as u32 + 1),
            text: writer.text,
            size: Some(page.size),
            lines: writer.boxes,
            recognised: page.recognised.clone(),
        });
    }
    (texts, blocks)
}

/// The names of the columns of a table that ends a page.
struct Carried {
    header: String,
    columns: usize,
}

/// Gives a table that begins a page without names of columns those of the table that ends the page before, if it has as many
/// columns. Gives what the next page goes on with, too.
fn continue_table(
    kind: BlockKind,
    lines: &[Line],
    above: Option<Carried>,
) -> (BlockKind, Option<Carried>) {
    let BlockKind::Table { header } = kind else { return (kind, None) };
    if lines.iter().any(|line| line.row.is_none()) {
        return (BlockKind::Table { header }, None);
    }
    let count = |line: &Line| line.text.split(tables::BETWEEN_CELLS).count();
    let columns = lines.iter().map(count).max().unwrap_or(0);
    let header = match above.filter(|above| header.is_empty() && above.columns == columns) {
        Some(above) => above.header,
        None => header,
    };
    let carried = Carried { header: header.clone(), columns };
    (BlockKind::Table { header }, Some(carried).filter(|carried| !carried.header.is_empty()))
}

fn enter(open: &mut Vec<(u8, String)>, heading: &Heading) {
    open.retain(|(level, _)| *level < heading.level);
    open.push((heading.level, heading.title.clone()));
}

/// The stored text of one page in the making.
struct PageWriter<'a> {
    lines: &'a [Line],
    vocabulary: &'a Vocabulary,
    text: String,
    length: usize,
    boxes: Vec<LineBox>,
}

impl PageWriter<'_> {
    fn write(&mut self, group: &Group, level: u8) -> (Span, BlockKind) {
        if !self.text.is_empty() {
            self.append("\n\n");
        }
        let start = self.length;
        let kind = match group.kind {
            Kind::Heading(_) => {
                self.write_joined(group);
                BlockKind::Heading(level)
            }
            Kind::Paragraph => {
                self.write_joined(group);
                BlockKind::Paragraph
            }
            Kind::Item => {
                self.write_joined(group);
                BlockKind::List
            }
            Kind::Table { header_rows } => {
                self.write_lines(group, |_| 0);
                let rows = self.lines.get(group.lines.clone()).unwrap_or_default();
                let names = rows.iter().take(header_rows).map(|line| line.text.as_str());
                BlockKind::Table { header: names.collect::<Vec<_>>().join("\n") }
            }
            Kind::Code => {
                let rows = self.lines.get(group.lines.clone()).unwrap_or_default();
                let left = rows.iter().map(|line| line.x0).fold(f32::MAX, f32::min);
                self.write_lines(group, |line| indent(line, left));
                BlockKind::Code
            }
        };
        (Span::new(start, self.length), kind)
    }

    /// Writes what was noted on the page, which stands on no line of it.
    fn write_note(&mut self, note: &str) -> Span {
        if !self.text.is_empty() {
            self.append("\n\n");
        }
        let start = self.length;
        self.append(note);
        Span::new(start, self.length)
    }

    /// Writes lines as one paragraph.
    fn write_joined(&mut self, group: &Group) {
        let lines = self.lines.get(group.lines.clone()).unwrap_or_default();
        for (number, line) in lines.iter().enumerate() {
            let next = lines.get(number + 1);
            let join = next.map(|next| self.vocabulary.join(&line.text, &next.text));
            let text = match join {
                Some(Join::DropHyphen) => {
                    line.text.strip_suffix(['-', '\u{2010}']).unwrap_or(&line.text)
                }
                _ => &line.text,
            };
            if matches!(group.kind, Kind::Heading(_)) {
                self.append_line(&text.replace("  ", " "), line);
            } else {
                self.append_line(text, line);
            }
            if join == Some(Join::Blank) {
                self.append(" ");
            }
        }
    }

    /// Writes lines as they are.
    fn write_lines(&mut self, group: &Group, indent: impl Fn(&Line) -> usize) {
        let lines = self.lines.get(group.lines.clone()).unwrap_or_default();
        for (number, line) in lines.iter().enumerate() {
            if number > 0 {
                self.append("\n");
                self.append(&" ".repeat(indent(line)));
            }
            self.append_line(&line.text, line);
        }
    }

    fn append_line(&mut self, text: &str, line: &Line) {
        let start = self.length;
        self.append(text);
        let upright = || Frame {
            x0: line.x0,
            y0: line.y - line.rise - line.size * ASCENT,
            x1: line.x1,
            y1: line.y + line.size * DESCENT,
        };
        let Frame { x0, y0, x1, y1 } = line.frame.unwrap_or_else(upright);
        self.boxes.push(LineBox { span: Span::new(start, self.length), x0, y0, x1, y1 });
    }

    fn append(&mut self, text: &str) {
        self.text.push_str(text);
        self.length += text.chars().count();
    }
}

/// Counts the blanks that set a line of program text in from the left edge of its block.
fn indent(line: &Line, left: f32) -> usize {
    let letters = line.text.chars().count().max(1) as f32;
    let width = ((line.x1 - line.x0) / letters).max(1.0);
    ((line.x0 - left) / width).round().clamp(0.0, 40.0) as usize
}
