//! Glyphs as they are drawn: what each says, where it stands, and how large it is.

use std::collections::HashMap;
use std::ops::Range;

use hayro_interpret::font::{Glyph as DrawnGlyph, GlyphRun};
use hayro_interpret::hayro_cmap::{BfString, WritingMode};
use hayro_interpret::kurbo::{Affine, BezPath, Shape};
use hayro_interpret::{
    BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, SoftMask,
};
use hayro_syntax::object::{Dict, String as PdfString};

use unicode_normalization::UnicodeNormalization;

use super::fonts::Fonts;
use super::rules::Rules;
use super::{codes, direction, east_asia, ruby, strings, type3, vertical};

/// A longer replacement text stands for more than a ligature or a hyphen and is not used.
const LONGEST_ACTUAL_TEXT: usize = 8;
/// No more glyphs than this are taken from one page.
const MAX_GLYPHS: usize = 1_000_000;

/// One glyph; coordinates are in points from the top left corner of the page as it is shown.
#[derive(Clone, Debug)]
pub(super) struct Glyph {
    /// Its text in [`Glyphs::text`].
    pub(super) text: Range<usize>,
    /// Where it begins along its line.
    pub(super) x0: f32,
    /// Where it ends along its line.
    pub(super) x1: f32,
    /// The baseline.
    pub(super) y: f32,
    /// The font size.
    pub(super) size: f32,
    /// Quarter turns of the writing direction, clockwise; `x0`, `x1` and `y` are turned back.
    pub(super) turns: u8,
    /// The look of its font.
    pub(super) style: Style,
    /// Whether drawing instructions make it (Type 3), whose font sizes mean nothing by themselves.
    pub(super) is_drawn: bool,
}

/// The look of a font, as far as structure can be read from it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Style {
    /// Whether it is bold.
    pub(super) is_bold: bool,
    /// Whether all its glyphs are of one width.
    pub(super) is_monospace: bool,
}

/// A place on the page, as it is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// Left edge.
    pub(super) x0: f32,
    /// Upper edge.
    pub(super) y0: f32,
    /// Right edge.
    pub(super) x1: f32,
    /// Lower edge.
    pub(super) y1: f32,
}

/// Takes down the glyphs of one page in drawing order.
pub(super) struct Glyphs<'f> {
    /// The glyphs.
    pub(super) list: Vec<Glyph>,
    /// Their text, one after the other.
    pub(super) text: String,
    /// How many have no meaning that could be found.
    pub(super) undecodable: usize,
    /// Width and height of the page.
    pub(super) page_size: (f32, f32),
    /// Glyphs whose meaning was told by the code that selects them.
    pub(super) guessed: usize,
    /// How much of the page pictures cover, in square points; what lies on another picture counts twice.
    pub(super) pictured: f32,
    /// The lines that are drawn along and across the page.
    pub(super) rules: Rules,
    fonts: &'f Fonts<'f>,
    marked: Vec<Marked>,
    /// Where each character was drawn, to find it drawn twice for boldness.
    drawn: HashMap<(char, i32), Vec<(f32, f32)>>,
}

/// Which way the glyphs of a run follow each other.
#[derive(Clone, Copy)]
enum Mode {
    /// Along the baseline.
    Along,
    /// Below each other, as in books of East Asia.
    Downwards,
}

/// A marked part of the content.
enum Marked {
    /// Nothing of interest.
    Plain,
    /// Text that replaces the glyphs; taken by the first of them.
    ActualText(Option<String>),
}

impl<'f> Glyphs<'f> {
    /// Begins a page.
    pub(super) fn new(page_size: (f32, f32), fonts: &'f Fonts<'f>) -> Self {
        Self {
            list: Vec::new(),
            text: String::new(),
            undecodable: 0,
            page_size,
            guessed: 0,
            pictured: 0.0,
            rules: Rules::default(),
            fonts,
            marked: Vec::new(),
            drawn: HashMap::new(),
        }
    }

    /// Ends a page: what is known only from all glyphs together is filled in.
    pub(super) fn finish(&mut self) {
        type3::unite_sizes(&mut self.list);
        let guessed = codes::resolve(&mut self.text, &mut self.list);
        self.guessed = guessed;
        self.undecodable -= guessed.min(self.undecodable);
        vertical::turn(&mut self.list, &self.text, self.page_size);
        ruby::write_behind(&mut self.list, &mut self.text);
        self.rules.finish();
    }

    /// Writes text into a frame, unless the glyphs in it say the same.
    pub(super) fn push_unless_shown(&mut self, text: &str, frame: Frame) {
        let plain = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        let is_inside = |glyph: &&Glyph| {
            (frame.x0 - 1.0..=frame.x1 + 1.0).contains(&f32::midpoint(glyph.x0, glyph.x1))
                && (frame.y0 - 1.0..=frame.y1 + 3.0).contains(&glyph.y)
        };
        let inside = self.list.iter().filter(is_inside);
        let shown = plain(&inside.map(|glyph| &self.text[glyph.text.clone()]).collect::<String>());
        let wanted = plain(text);
        let is_mark = !wanted.contains(char::is_alphanumeric);
        if wanted.is_empty() || shown.contains(&wanted) || (is_mark && !shown.is_empty()) {
            return;
        }
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let step = (frame.y1 - frame.y0) / lines.len().max(1) as f32;
        let size = (step * 0.7).clamp(4.0, 11.0);
        for (number, line) in lines.into_iter().enumerate() {
            let start = self.text.len();
            self.text.extend(line.chars().map(|c| if c.is_whitespace() { ' ' } else { c }));
            let (x0, y) = (frame.x0 + 1.0, frame.y0 + step * (number as f32 + 0.75));
            let x1 = x0 + line.chars().count() as f32 * size * 0.5;
            let (text, style) = (start..self.text.len(), Style::default());
            self.list.push(Glyph { text, x0, x1, y, size, turns: 0, style, is_drawn: false });
        }
    }

    fn push(&mut self, glyph: &DrawnGlyph<'_>, transform: Affine, (style, mode): (Style, Mode)) {
        let [right_x, right_y, up_x, up_y, left, base] =
            transform.as_coeffs().map(|value| value as f32);
        let size = up_x.hypot(up_y) * 1000.0;
        let (width, size, is_drawn) = match glyph {
            DrawnGlyph::Outline(glyph) => {
                let advance = glyph.advance_width().unwrap_or(500.0).clamp(0.0, 5000.0);
                (advance * right_x.hypot(right_y), size, false)
            }
            DrawnGlyph::Type3(glyph) => {
                let width = glyph.advance_width().unwrap_or(500.0).abs() * right_x.hypot(right_y);
                (width, type3::likely_size(width, size), true)
            }
        };
        let finite = size.is_finite() && left.is_finite() && base.is_finite() && width.is_finite();
        let (page_width, page_height) = self.page_size;
        let is_on_page =
            (-1.0..=page_width + 1.0).contains(&left) && (-1.0..=page_height + 1.0).contains(&base);
        if !finite || !is_on_page || size < 0.5 || self.list.len() >= MAX_GLYPHS {
            return;
        }
        let start = self.text.len();
        self.decode(glyph);
        let (turns, x, y, width) = match mode {
            // Text that runs downwards is read as turned text: its columns go from right to left.
            Mode::Downwards => {
                let is_square = self.text[start..].starts_with(east_asia::is_square);
                let narrow = (!is_square).then(|| drawn_middle(glyph, transform)).flatten();
                let middle = narrow.unwrap_or(left + size / 2.0);
                let top = base - size * vertical::TOP;
                let (x, y) = turned_back((middle, top), 1, self.page_size);
                (1, x, y + vertical::BASELINE * size, size)
            }
            Mode::Along => {
                let turns = quarter_turns(right_x, right_y);
                let (x, y) = turned_back((left, base), turns, self.page_size);
                (turns, x, y, width)
            }
        };
        let letter = self.text[start..].chars().next();
        if let Some(letter) = letter.filter(|letter| !letter.is_whitespace())
            && self.is_drawn_again(letter, (x, y), size)
        {
            self.text.truncate(start);
            return;
        }
        // All square letters are of one width, and no program text.
        let is_square = self.text[start..].starts_with(east_asia::is_square);
        let style = Style { is_monospace: style.is_monospace && !is_square, ..style };
        let text = start..self.text.len();
        self.list.push(Glyph { text, x0: x, x1: x + width, y, size, turns, style, is_drawn });
    }

    fn decode(&mut self, glyph: &DrawnGlyph<'_>) {
        for marked in self.marked.iter_mut().rev() {
            if let Marked::ActualText(text) = marked {
                direction::push_glyph(&mut self.text, &text.take().unwrap_or_default());
                return;
            }
        }
        let known = glyph.as_unicode().filter(|text| !codes::is_void(text));
        match known.or_else(|| self.fonts.letter(glyph)) {
            Some(BfString::Char(letter)) => push_letter(&mut self.text, letter),
            Some(BfString::String(letters)) => {
                let start = self.text.len();
                for letter in letters.chars() {
                    push_letter(&mut self.text, letter);
                }
                let text = self.text.split_off(start);
                direction::push_glyph(&mut self.text, &text);
            }
            None => {
                self.undecodable += 1;
                self.text.push(codes::placeholder(glyph));
            }
        }
    }

    /// Says whether the same character was drawn at the same place before.
    fn is_drawn_again(&mut self, letter: char, (x, y): (f32, f32), size: f32) -> bool {
        let near = size * 0.12;
        let cell = y.round() as i32;
        for row in cell - 1..=cell + 1 {
            let places = self.drawn.get(&(letter, row)).map(Vec::as_slice).unwrap_or_default();
            let is_near =
                |place: &&(f32, f32)| (place.0 - x).abs() < near && (place.1 - y).abs() < near;
            if places.iter().rev().take(200).any(|place| is_near(&place)) {
                return true;
            }
        }
        self.drawn.entry((letter, cell)).or_default().push((x, y));
        false
    }
}

/// Finds the middle of a glyph by its outline: where text runs downwards, its width is not told.
fn drawn_middle(glyph: &DrawnGlyph<'_>, transform: Affine) -> Option<f32> {
    let DrawnGlyph::Outline(glyph) = glyph else { return None };
    let outline = glyph.outline();
    outline.elements().first()?;
    let bounds = (transform * outline).bounding_box();
    let middle = f64::midpoint(bounds.x0, bounds.x1) as f32;
    middle.is_finite().then_some(middle)
}

/// Finds which way text runs, from the direction of its baseline.
fn quarter_turns(x: f32, y: f32) -> u8 {
    match (x.abs() >= y.abs(), x >= 0.0, y > 0.0) {
        (true, true, _) => 0,
        (true, false, _) => 2,
        (false, _, true) => 1,
        (false, _, false) => 3,
    }
}

/// Turns a place so that text with this many quarter turns runs to the right.
pub(super) fn turned_back(
    (x, y): (f32, f32),
    turns: u8,
    (width, height): (f32, f32),
) -> (f32, f32) {
    match turns {
        0 => (x, y),
        1 => (y, width - x),
        2 => (width - x, height - y),
        _ => (height - y, x),
    }
}

/// Turns a box of text with this many quarter turns to where it stands on the page.
pub(super) fn turned_forth(
    (x0, y0, x1, y1): (f32, f32, f32, f32),
    turns: u8,
    (width, height): (f32, f32),
) -> (f32, f32, f32, f32) {
    match turns {
        0 => (x0, y0, x1, y1),
        1 => (width - y1, x0, width - y0, x1),
        2 => (width - x1, height - y1, width - x0, height - y0),
        _ => (y0, height - x1, y1, height - x0),
    }
}

/// Writes a letter; ligatures and blanks of odd widths become the plain letters they stand for.
fn push_letter(text: &mut String, letter: char) {
    match letter {
        'ﬀ' => text.push_str("ff"),
        'ﬁ' => text.push_str("fi"),
        'ﬂ' => text.push_str("fl"),
        'ﬃ' => text.push_str("ffi"),
        'ﬄ' => text.push_str("ffl"),
        'ﬅ' | 'ﬆ' => text.push_str("st"),
        // Bullets of the Symbol and Wingdings fonts.
        '\u{f0b7}' | '\u{f0a7}' | '\u{f076}' | '\u{f0d8}' => text.push('•'),
        '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{200b}' => {}
        '\u{fe10}'..='\u{fe19}' | '\u{fe30}'..='\u{fe48}' => {
            text.push(east_asia::plain_form(letter).unwrap_or(letter));
        }
        // Shapes of letters as they stand in a word; the plain letters are looked for.
        '\u{fb1d}'..='\u{fdfb}' | '\u{fe70}'..='\u{fefc}' => {
            direction::push_glyph(text, &letter.nfkc().collect::<String>());
        }
        letter if letter.is_whitespace() || letter.is_control() => text.push(' '),
        letter => text.push(letter),
    }
}

fn style(glyph: &DrawnGlyph<'_>) -> Style {
    let DrawnGlyph::Outline(outline) = glyph else { return Style::default() };
    let Some(font) = outline.font_data() else { return Style::default() };
    let name = font.postscript_name.unwrap_or_default().to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    Style {
        is_bold: font.weight.is_some_and(|weight| weight >= 600)
            || says(&["bold", "black", "heavy", "semibold"]),
        is_monospace: font.is_monospace || says(&["mono", "courier", "consol", "typewriter"]),
    }
}

impl<'a> Device<'a> for Glyphs<'_> {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        let Some(first) = run.glyphs().first() else { return };
        let style = style(first);
        let mode = match run.writing_mode() {
            WritingMode::Vertical => Mode::Downwards,
            WritingMode::Horizontal => Mode::Along,
        };
        for glyph in run.glyphs() {
            self.push(glyph, props.transform * glyph.transform(), (style, mode));
        }
    }

    // What a program marks as header or footer may be the number of an invoice: `furniture` decides.
    fn begin_marked_content(&mut self, _: &[u8], properties: Option<&Dict<'_>>) {
        let actual =
            properties.and_then(|properties| properties.get::<PdfString<'_>>("ActualText"));
        let text = actual.map(|text| strings::decode(text.as_bytes()));
        let text = text.filter(|text| text.chars().count() <= LONGEST_ACTUAL_TEXT);
        self.marked.push(text.map_or(Marked::Plain, |text| Marked::ActualText(Some(text))));
    }

    fn end_marked_content(&mut self) {
        self.marked.pop();
    }

    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        self.rules.push(path, &props, mode);
    }

    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let pixels = f64::from(image.width()) * f64::from(image.height());
        self.pictured += (props.transform.determinant().abs() * pixels) as f32;
    }
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}
