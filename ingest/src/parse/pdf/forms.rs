//! What is filled into a form or typed onto a page, where the file leaves it to the program to show it; and the notes
//! that people have put on the page.

use std::collections::{HashMap, HashSet};

use hayro_interpret::kurbo::{Affine, Point};
use hayro_syntax::object::dict::keys::ANNOTS;
use hayro_syntax::object::{Array, Dict, Name, Object, String as PdfString};
use hayro_syntax::page::Page;
use quire_domain::Warning;

use super::glyphs::{Frame, Glyphs};
use super::strings;

/// Fields inherit from their parents, up to this many.
const MAX_PARENTS: usize = 20;
/// More annotations than this are not read from a page.
const MAX_ANNOTATIONS: usize = 20_000;
/// Longer values are cut; a field holds no book.
const LONGEST_VALUE: usize = 100_000;

/// So many bytes of values and notes are read from a document; a form is no book either.
const MAX_VALUE_BYTES: usize = 4 << 20;
/// So many glyphs of a document are looked at to tell if they show what its fields hold.
const MAX_LOOKED_AT: usize = 1 << 30;

/// What the fields of a document may still cost.
pub(super) struct Budget {
    bytes: usize,
    glyphs: usize,
    /// How many fields and notes were left out.
    left_out: usize,
}

impl Budget {
    /// Begins a document.
    pub(super) fn new() -> Self {
        Self { bytes: MAX_VALUE_BYTES, glyphs: MAX_LOOKED_AT, left_out: 0 }
    }

    /// Takes what a value costs on a page with so many glyphs. Without room it is left out, and counted.
    fn take(&mut self, bytes: usize, glyphs: usize) -> bool {
        let left = self.bytes.checked_sub(bytes).zip(self.glyphs.checked_sub(glyphs));
        match left {
            Some((bytes, glyphs)) => (self.bytes, self.glyphs) = (bytes, glyphs),
            None => self.left_out += 1,
        }
        left.is_some()
    }

    /// Says whether so much was used up that nothing more is looked at.
    fn is_spent(&self) -> bool {
        self.left_out > MAX_ANNOTATIONS
    }

    /// Says what was left out.
    pub(super) fn warning(&self) -> Option<Warning> {
        let message = format!(
            "The values of {} fields and notes were not read: together they are longer than a form should be.",
            self.left_out
        );
        (self.left_out > 0).then(|| Warning::new("form_values_left_out", message))
    }
}

/// Bits of the flags of annotations and fields (ISO 32000-1, 12.5.3 and 12.7).
const HIDDEN: u32 = 1 << 1;
const PASSWORD: u32 = 1 << 13;
const PUSH_BUTTON: u32 = 1 << 16;

/// Adds to the glyphs of a page what its fields hold and no glyph shows; gives the notes on the page.
pub(super) fn read(
    page: &Page<'_>,
    transform: Affine,
    glyphs: &mut Glyphs<'_>,
    budget: &mut Budget,
) -> Vec<String> {
    let mut notes = Vec::new();
    let mut known: HashSet<String> = HashSet::new();
    if budget.is_spent() {
        return notes;
    }
    let Some(annotations) = page.raw().get::<Array<'_>>(ANNOTS) else { return notes };
    for (count, annotation) in annotations.iter::<Dict<'_>>().enumerate() {
        if count >= MAX_ANNOTATIONS {
            budget.left_out += 1;
            continue;
        }
        let flags = annotation.get::<u32>("F").unwrap_or(0);
        let Some(kind) = annotation.get::<Name<'_>>("Subtype").filter(|_| flags & HIDDEN == 0)
        else {
            continue;
        };
        let frame = frame(&annotation, transform);
        match (kind.as_str(), frame) {
            ("Widget", Some(frame)) => {
                let field = Field { annotation: &annotation };
                let value = field.value();
                let on_page = glyphs.list.len();
                if let Some(value) = value.filter(|value| budget.take(value.len(), on_page)) {
                    glyphs.push_unless_shown(&value, frame);
                }
            }
            ("FreeText", Some(frame)) => {
                let text = text(&annotation, "Contents");
                let on_page = glyphs.list.len();
                if let Some(text) = text.filter(|text| budget.take(text.len(), on_page)) {
                    glyphs.push_unless_shown(&text, frame);
                }
            }
            (
                "Widget" | "FreeText" | "Link" | "Popup" | "PrinterMark" | "TrapNet" | "Watermark",
                _,
            ) => {}
            _ => {
                if let Some(contents) = text(&annotation, "Contents") {
                    let note = match text(&annotation, "T") {
                        Some(author) => format!("Comment by {author}: {contents}"),
                        None => format!("Comment: {contents}"),
                    };
                    if !known.contains(&note) && budget.take(note.len(), 0) {
                        known.insert(note.clone());
                        notes.push(note);
                    }
                }
            }
        }
    }
    notes
}

/// Finds where an annotation lies on the page as it is shown.
fn frame(annotation: &Dict<'_>, transform: Affine) -> Option<Frame> {
    let [x0, y0, x1, y1] = annotation.get::<[f32; 4]>("Rect")?;
    let one = transform * Point::new(f64::from(x0), f64::from(y0));
    let other = transform * Point::new(f64::from(x1), f64::from(y1));
    Some(Frame {
        x0: one.x.min(other.x) as f32,
        y0: one.y.min(other.y) as f32,
        x1: one.x.max(other.x) as f32,
        y1: one.y.max(other.y) as f32,
    })
}

fn text(dict: &Dict<'_>, key: &str) -> Option<String> {
    let text = dict.get::<PdfString<'_>>(key)?;
    let bytes = text.as_bytes();
    // A letter has at most four bytes, behind a mark of the encoding.
    let text = strings::decode(&bytes[..bytes.len().min(LONGEST_VALUE * 4 + 4)]);
    let text: String = text.replace('\r', "\n").chars().take(LONGEST_VALUE).collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// A field of a form.
struct Field<'d, 'a> {
    annotation: &'d Dict<'a>,
}

impl Field<'_, '_> {
    /// Tells what it holds, as a page would show it.
    fn value(&self) -> Option<String> {
        let kind =
            self.find(|dict| dict.get::<Name<'_>>("FT").map(|name| name.as_str().to_owned()))?;
        let flags = self.find(|dict| dict.get::<u32>("Ff")).unwrap_or(0);
        match kind.as_str() {
            "Tx" if flags & PASSWORD == 0 => self.find(|dict| text(dict, "V")),
            "Ch" => Some(self.chosen()?.join(", ")),
            "Btn" if flags & PUSH_BUTTON == 0 => self.is_on().then(|| "☒".to_owned()),
            _ => None,
        }
    }

    /// Looks something up in the field, or in those that it inherits from.
    fn find<T>(&self, look: impl Fn(&Dict<'_>) -> Option<T>) -> Option<T> {
        let mut dict = self.annotation.clone();
        for _ in 0..MAX_PARENTS {
            if let Some(found) = look(&dict) {
                return Some(found);
            }
            dict = dict.get::<Dict<'_>>("Parent")?;
        }
        None
    }

    /// Lists what is chosen, in the words that are shown for it.
    fn chosen(&self) -> Option<Vec<String>> {
        let values = self.find(|dict| match dict.get::<Object<'_>>("V")? {
            Object::String(one) => Some(vec![strings::decode(one.as_bytes())]),
            Object::Array(some) => {
                let some = some.iter::<PdfString<'_>>();
                Some(some.map(|one| strings::decode(one.as_bytes())).collect())
            }
            _ => None,
        })?;
        let options: HashMap<String, String> = self
            .find(|dict| {
                let options = dict.get::<Array<'_>>("Opt")?;
                let pairs = options.iter::<Array<'_>>().filter_map(|pair| {
                    let mut pair = pair.iter::<PdfString<'_>>();
                    let mut next = || Some(strings::decode(pair.next()?.as_bytes()));
                    Some((next()?, next()?))
                });
                Some(pairs.collect())
            })
            .unwrap_or_default();
        let shown = values.into_iter().map(|value| options.get(&value).cloned().unwrap_or(value));
        Some(shown.filter(|value| !value.trim().is_empty()).collect::<Vec<_>>())
            .filter(|shown| !shown.is_empty())
    }

    /// Says whether a box or a button is marked.
    fn is_on(&self) -> bool {
        if let Some(state) = self.annotation.get::<Name<'_>>("AS") {
            return state.as_str() != "Off";
        }
        let value =
            self.find(|dict| dict.get::<Name<'_>>("V").map(|name| name.as_str().to_owned()));
        let Some(value) = value.filter(|value| value != "Off") else { return false };
        let states = self.annotation.get::<Dict<'_>>("AP").and_then(|all| all.get::<Dict<'_>>("N"));
        states.is_none_or(|states| states.contains_key(value.as_bytes()))
    }
}
