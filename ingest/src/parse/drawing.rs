//! Text in shapes, as Office keeps it on slides and sheets: paragraphs with levels and marks, and tables.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::xml::Tree;
use super::{omml, raised, xml};

/// Levels deeper than this are written as this one.
const DEEPEST_LEVEL: usize = 8;

/// What stands before a paragraph.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Mark {
    /// What the layout says, which is a sign in lists and nothing elsewhere.
    #[default]
    ByLayout,
    /// Nothing.
    Nothing,
    /// A sign.
    Sign,
    /// A number.
    Number,
}

/// A paragraph of a shape.
#[derive(Clone, Debug, Default)]
pub(super) struct Paragraph {
    pub(super) text: String,
    pub(super) level: usize,
    pub(super) mark: Mark,
}

/// A table of a slide.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) rows: Vec<String>,
    /// Whether its first row is set apart.
    pub(super) has_header: bool,
}

/// Reads the text of the body just begun.
pub(super) fn read_body(reader: &mut Reader<&[u8]>) -> Option<Vec<Paragraph>> {
    let mut paragraphs = Vec::new();
    let mut depth = 0_usize;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) if start.local_name().as_ref() == "p" => {
                let paragraph = read_paragraph(reader)?;
                if !paragraph.text.trim().is_empty() {
                    paragraphs.push(paragraph);
                }
            }
            Event::Start(_) => depth += 1,
            Event::End(_) if depth == 0 => return Some(paragraphs),
            Event::End(_) => depth -= 1,
            Event::Eof => return None,
            _ => {}
        }
    }
}

fn read_paragraph(reader: &mut Reader<&[u8]>) -> Option<Paragraph> {
    let mut paragraph = Paragraph::default();
    let mut depth = 0_usize;
    let mut baseline = 0_i32;
    loop {
        let event = reader.read_event().ok()?;
        match event {
            Event::Start(start) => match start.local_name().as_ref() {
                "t" => {
                    let part = xml::text(reader)?;
                    match baseline {
                        1.. => raised::push_raised(&mut paragraph.text, &part),
                        0 => paragraph.text.push_str(&part),
                        _ => raised::push_lowered(&mut paragraph.text, &part),
                    }
                }
                "oMath" => {
                    let formula = Tree::read(reader, &start)?;
                    paragraph.text.push_str(&omml::linear(&formula));
                }
                "Fallback" => xml::skip(reader)?,
                _ => {
                    take(&start, &mut paragraph, &mut baseline);
                    depth += 1;
                }
            },
            Event::Empty(start) => take(&start, &mut paragraph, &mut baseline),
            Event::End(_) if depth == 0 => break,
            Event::End(_) => depth -= 1,
            Event::Eof => return None,
            _ => {}
        }
    }
    let lines =
        paragraph.text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    paragraph.text = lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    Some(paragraph)
}

/// Takes what an element says of a paragraph or of the run that begins.
fn take(start: &BytesStart<'_>, paragraph: &mut Paragraph, baseline: &mut i32) {
    match start.local_name().as_ref() {
        "pPr" => {
            let level = xml::attribute(start, "lvl").and_then(|level| level.parse().ok());
            paragraph.level = level.unwrap_or(0_usize).min(DEEPEST_LEVEL);
        }
        "buNone" => paragraph.mark = Mark::Nothing,
        "buChar" | "buBlip" => paragraph.mark = Mark::Sign,
        "buAutoNum" => paragraph.mark = Mark::Number,
        "r" => *baseline = 0,
        "rPr" => {
            let stated = xml::attribute(start, "baseline").and_then(|part| part.parse().ok());
            *baseline = stated.unwrap_or(0);
        }
        "br" => paragraph.text.push('\n'),
        "tab" => paragraph.text.push(' '),
        _ => {}
    }
}

/// Writes paragraphs as lines, with their marks; `is_list` says that the layout puts signs before them.
pub(super) fn lines(paragraphs: &[Paragraph], is_list: bool) -> Vec<String> {
    let mut numbers = [0_u32; DEEPEST_LEVEL + 1];
    let line = |paragraph: &Paragraph| {
        let indent = "  ".repeat(paragraph.level);
        let text = paragraph.text.replace('\n', " ");
        for number in &mut numbers[paragraph.level + 1..] {
            *number = 0;
        }
        match paragraph.mark {
            Mark::Number => {
                numbers[paragraph.level] += 1;
                format!("{indent}{}. {text}", numbers[paragraph.level])
            }
            Mark::Sign => format!("{indent}- {text}"),
            Mark::ByLayout if is_list => format!("{indent}- {text}"),
            Mark::ByLayout | Mark::Nothing => text,
        }
    };
    paragraphs.iter().map(line).collect()
}

/// Joins paragraphs to one line.
pub(super) fn flatten(paragraphs: &[Paragraph]) -> String {
    let texts: Vec<&str> = paragraphs.iter().flat_map(|one| one.text.lines()).collect();
    texts.join(" ")
}

/// Reads the table just begun. Cells that a merged one covers hold its text.
pub(super) fn read_table(reader: &mut Reader<&[u8]>) -> Option<Table> {
    let mut table = Table::default();
    let mut above: Vec<String> = Vec::new();
    let mut row: Vec<String> = Vec::new();
    let mut covered = Covered::default();
    let mut depth = 0_usize;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => match start.local_name().as_ref() {
                "txBody" => {
                    let text = flatten(&read_body(reader)?);
                    let up = above.get(row.len().saturating_sub(1));
                    if let Some(cell) = row.last_mut() {
                        *cell = covered.fill(text, up, cell);
                    }
                }
                name => {
                    if name == "tc" {
                        covered = Covered::of(&start);
                        let left = row.last().cloned().unwrap_or_default();
                        row.push(if covered.is_right { left } else { String::new() });
                    } else if name == "tr" {
                        above = std::mem::take(&mut row);
                    } else if name == "tblPr" {
                        table.has_header = is_on(&start, "firstRow");
                    }
                    depth += 1;
                }
            },
            Event::Empty(start) if start.local_name().as_ref() == "tblPr" => {
                table.has_header = is_on(&start, "firstRow");
            }
            Event::End(_) if depth == 0 => break,
            Event::End(end) => {
                if end.local_name().as_ref() == "tr" && row.iter().any(|cell| !cell.is_empty()) {
                    table.rows.push(row.join(" | "));
                }
                depth -= 1;
            }
            Event::Eof => return None,
            _ => {}
        }
    }
    table.has_header &= table.rows.len() > 1;
    Some(table)
}

/// Which neighbour a merged cell belongs to.
#[derive(Clone, Copy, Default)]
struct Covered {
    is_right: bool,
    is_below: bool,
}

impl Covered {
    fn of(start: &BytesStart<'_>) -> Self {
        Self { is_right: is_on(start, "hMerge"), is_below: is_on(start, "vMerge") }
    }

    /// Gives the text of a cell: its own, or that of the cell above or to the left which covers it.
    fn fill(self, own: String, up: Option<&String>, left: &str) -> String {
        match (own.is_empty(), self.is_below) {
            (false, _) => own,
            (true, true) => up.cloned().unwrap_or_default(),
            (true, false) => left.to_owned(),
        }
    }
}

fn is_on(start: &BytesStart<'_>, name: &str) -> bool {
    xml::attribute(start, name).is_some_and(|on| matches!(on.as_str(), "1" | "true"))
}

/// Reads the words of the shapes of a drawing, a shape after the other.
pub(super) fn shapes(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut reader = xml::reader(source);
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(start) => match start.local_name().as_ref() {
                "txBody" => {
                    let Some(body) = read_body(&mut reader) else { break };
                    found.push(lines(&body, false).join("\n"));
                }
                "Fallback" if xml::skip(&mut reader).is_none() => break,
                _ => {}
            },
            Event::Eof => break,
            _ => {}
        }
    }
    found.retain(|text| !text.trim().is_empty());
    found
}
