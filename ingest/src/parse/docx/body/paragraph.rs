//! One paragraph with its marks, and the notes and boxes that hang on it.

use quick_xml::events::{BytesStart, Event};

use super::symbols::{self, Symbols};
use super::{Item, PartKind, Walker, fields, flatten};
use crate::parse::docx::numbering::DEEPEST_LEVEL;
use crate::parse::docx::xml::Tree;
use crate::parse::docx::{styles, xml};
use crate::parse::{omml, raised};

/// What a paragraph's properties say.
#[derive(Default)]
struct Properties {
    style: Option<String>,
    level: Option<u8>,
    list: Option<String>,
    list_level: Option<usize>,
}

impl Walker<'_, '_> {
    /// Reads the paragraph just begun.
    pub(super) fn read_paragraph(&mut self, items: &mut Vec<Item>) -> Option<()> {
        let mut text = String::new();
        let mut attached = Vec::new();
        let mut properties = Properties::default();
        let mut run = Run::default();
        let mut depth = 0;
        // What was read before damage is kept.
        let ended = loop {
            let Some(event) = self.next() else { break None };
            match event {
                Event::Start(start) => {
                    let name = start.local_name();
                    let done = match name.as_ref() {
                        "r" => {
                            run = Run::default();
                            depth += 1;
                            Some(())
                        }
                        "rPr" => {
                            Tree::read(&mut self.reader, &start).map(|tree| run = Run::of(&tree))
                        }
                        "t" => xml::text(&mut self.reader).map(|part| run.push(&part, &mut text)),
                        "oMath" => Tree::read(&mut self.reader, &start)
                            .map(|formula| text.push_str(&omml::linear(&formula))),
                        "ffData" => Tree::read(&mut self.reader, &start)
                            .map(|field| text.push_str(&fields::chosen(&field))),
                        "pPr" => self.read_properties(&mut properties),
                        "txbxContent" => {
                            let mut inner = Vec::new();
                            let read = self.read_inner(&mut inner);
                            let content = flatten(&inner);
                            if !content.is_empty() {
                                attached.push(Item::Note(content));
                            }
                            read
                        }
                        "del" | "moveFrom" | "Fallback" | "instrText" | "delText"
                        | "delInstrText" | "fldData" | "rt" | "sdtPr" | "binData" => {
                            xml::skip(&mut self.reader)
                        }
                        _ => {
                            self.push_mark(&start, &mut text, &mut attached);
                            depth += 1;
                            Some(())
                        }
                    };
                    if done.is_none() {
                        break None;
                    }
                }
                Event::Empty(start) => self.push_mark(&start, &mut text, &mut attached),
                Event::End(_) if depth == 0 => break Some(()),
                Event::End(_) => depth -= 1,
                _ => {}
            }
        };
        self.finish(&properties, text.trim(), items);
        items.append(&mut attached);
        ended
    }

    /// Writes what an element says that stands for text.
    fn push_mark(&self, start: &BytesStart<'_>, text: &mut String, attached: &mut Vec<Item>) {
        let kind = match start.local_name().as_ref() {
            "tab" | "ptab" => return text.push('\t'),
            "br" | "cr" => return text.push('\n'),
            "noBreakHyphen" => return text.push('-'),
            "sym" => return text.extend(symbol(start)),
            "chart" | "relIds" | "altChunk" => return attached.extend(PartKind::of(start)),
            "footnoteReference" => "footnotes",
            "endnoteReference" => "endnotes",
            "commentReference" => "comments",
            _ => return,
        };
        let id = xml::attribute(start, "id").unwrap_or_default();
        let Some(note) = self.notes.find(kind, &id) else { return };
        if kind != "comments" {
            text.push_str(note.split(' ').next().unwrap_or_default());
        }
        attached.push(Item::Note(note.clone()));
    }

    fn read_properties(&mut self, properties: &mut Properties) -> Option<()> {
        let mut depth = 0;
        loop {
            match self.next()? {
                Event::Start(start) => {
                    // Properties of the paragraph's mark, and those before a tracked change.
                    if matches!(start.local_name().as_ref(), "rPr" | "pPrChange" | "sectPr") {
                        xml::skip(&mut self.reader)?;
                    } else {
                        properties.take(&start);
                        depth += 1;
                    }
                }
                Event::Empty(start) => properties.take(&start),
                Event::End(_) if depth == 0 => return Some(()),
                Event::End(_) => depth -= 1,
                _ => {}
            }
        }
    }

    fn finish(&mut self, properties: &Properties, text: &str, items: &mut Vec<Item>) {
        let style = properties.style.as_ref().and_then(|id| self.context.styles.get(id));
        let level = properties.level.or(style.and_then(|style| style.level));
        let by_style = style.and_then(|style| style.numbering.clone());
        let list = properties.list.clone().or(by_style.as_ref().map(|(list, _)| list.clone()));
        let list_level = properties.list_level.or(by_style.map(|(_, level)| level)).unwrap_or(0);
        let list_level = list_level.min(DEEPEST_LEVEL);
        let list = list.filter(|list| list != "0");
        if text.is_empty() {
            return;
        }
        let mark = list.as_ref().and_then(|list| self.context.numbering.mark(list, list_level));
        let is_listed = mark.is_some();
        let text = mark.map_or_else(|| text.to_owned(), |mark| format!("{mark} {text}"));
        items.push(match level {
            Some(level) => {
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                Item::Heading(level, text)
            }
            None if is_listed => Item::Listed(format!("{}{text}", "  ".repeat(list_level))),
            None => Item::Paragraph(text),
        });
    }
}

impl Properties {
    fn take(&mut self, start: &BytesStart<'_>) {
        let value = || xml::attribute(start, "val");
        match start.local_name().as_ref() {
            "pStyle" => self.style = value(),
            "outlineLvl" => self.level = value().and_then(|value| styles::outline_level(&value)),
            "numId" => self.list = value(),
            "ilvl" => self.list_level = value().and_then(|value| value.parse().ok()),
            _ => {}
        }
    }
}

/// How a run of text is set.
#[derive(Default)]
struct Run {
    /// Whether it is raised (`Some(true)`) or lowered.
    raised: Option<bool>,
    /// Its font, where that is one of symbols.
    symbols: Option<Symbols>,
}

impl Run {
    fn of(properties: &Tree) -> Self {
        let mut run = Self::default();
        for property in &properties.inner {
            match (property.name.as_str(), property.value.as_deref()) {
                ("vertAlign", Some("superscript")) => run.raised = Some(true),
                ("vertAlign", Some("subscript")) => run.raised = Some(false),
                ("rFonts", _) => run.symbols = property.font.as_deref().and_then(Symbols::of),
                _ => {}
            }
        }
        run
    }

    /// Writes a part of the run's text.
    fn push(&self, part: &str, text: &mut String) {
        let part = symbols::read(part, self.symbols);
        match self.raised {
            Some(true) => raised::push_raised(text, &part),
            Some(false) => raised::push_lowered(text, &part),
            None => text.push_str(&part),
        }
    }
}

/// Reads a symbol; of those that no table has nothing is said.
fn symbol(start: &BytesStart<'_>) -> Option<char> {
    let code = u32::from_str_radix(&xml::attribute(start, "char")?, 16).ok()?;
    let font = xml::attribute(start, "font").unwrap_or_default();
    symbols::letter(char::from_u32(code)?, Symbols::of(&font))
}
