//! What is filled into a form or typed onto a page, where the file leaves it to the program to show it; and the notes
//! that people have put on the page.

use hayro_interpret::kurbo::{Affine, Point};
use hayro_syntax::object::dict::keys::ANNOTS;
use hayro_syntax::object::{Array, Dict, Name, Object, String as PdfString};
use hayro_syntax::page::Page;

use super::glyphs::{Frame, Glyphs};
use super::strings;

/// Fields inherit from their parents, up to this many.
const MAX_PARENTS: usize = 20;
/// More annotations than this are not read from a page.
const MAX_ANNOTATIONS: usize = 20_000;
/// Longer values are cut; a field holds no book.
const LONGEST_VALUE: usize = 100_000;

/// Bits of the flags of annotations and fields (ISO 32000-1, 12.5.3 and 12.7).
const HIDDEN: u32 = 1 << 1;
const PASSWORD: u32 = 1 << 13;
const PUSH_BUTTON: u32 = 1 << 16;

/// Adds to the glyphs of a page what its fields hold and no glyph shows; gives the notes on the page.
pub(super) fn read(page: &Page<'_>, transform: Affine, glyphs: &mut Glyphs<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let Some(annotations) = page.raw().get::<Array<'_>>(ANNOTS) else { return notes };
    for annotation in annotations.iter::<Dict<'_>>().take(MAX_ANNOTATIONS) {
        let flags = annotation.get::<u32>("F").unwrap_or(0);
        let Some(kind) = annotation.get::<Name<'_>>("Subtype").filter(|_| flags & HIDDEN == 0)
        else {
            continue;
        };
        let frame = frame(&annotation, transform);
        match (kind.as_str(), frame) {
            ("Widget", Some(frame)) => {
                let field = Field { annotation: &annotation };
                if let Some(value) = field.value() {
                    glyphs.push_unless_shown(&value, frame);
                }
            }
            ("FreeText", Some(frame)) => {
                if let Some(text) = text(&annotation, "Contents") {
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
                    if !notes.contains(&note) {
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
    let text = strings::decode(dict.get::<PdfString<'_>>(key)?.as_bytes());
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
        let options: Vec<(String, String)> = self
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
        let shown = values.into_iter().map(|value| {
            let option = options.iter().find(|(exported, _)| *exported == value);
            option.map(|(_, shown)| shown.clone()).unwrap_or(value)
        });
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
