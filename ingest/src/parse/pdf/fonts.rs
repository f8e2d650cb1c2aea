//! What glyphs mean where the file does not say: told by the embedded font, or by the collection of
//! characters that a font of East Asia is numbered by.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use hayro_interpret::font::{Glyph as DrawnGlyph, OutlineGlyph};
use hayro_interpret::hayro_cmap::{self, BfString, CMap, CMapName};
use hayro_syntax::Pdf;
use hayro_syntax::object::dict::keys::{BASE_FONT, DESCENDANT_FONTS, ENCODING};
use hayro_syntax::object::{Array, Dict, Name, Object, Stream, String as PdfString};
use skrifa::MetadataProvider;

/// The fonts of a file that need such help, looked up when the first glyph does.
pub(super) struct Fonts<'p> {
    pdf: &'p Pdf,
    /// How fonts of East Asia are numbered, by their names.
    collections: OnceCell<HashMap<String, Collection>>,
    /// Letters by the glyphs of embedded fonts, by the fonts' own keys.
    programs: RefCell<Programs>,
}

/// Letters by the numbers of glyphs, by the keys of fonts.
type Programs = HashMap<u128, HashMap<u32, char>>;

/// How a font is numbered.
struct Collection {
    /// From codes to the numbers of characters; `None` if they are the same.
    encoding: Option<CMap>,
    letters: CMap,
}

impl<'p> Fonts<'p> {
    /// Begins a file.
    pub(super) fn new(pdf: &'p Pdf) -> Self {
        Self { pdf, collections: OnceCell::new(), programs: RefCell::default() }
    }

    /// Finds the letter of a glyph.
    pub(super) fn letter(&self, glyph: &DrawnGlyph<'_>) -> Option<BfString> {
        let DrawnGlyph::Outline(glyph) = glyph else { return None };
        let font = glyph.font_data()?;
        let collections = self.collections.get_or_init(|| collections(self.pdf));
        let collection = font.postscript_name.as_ref().and_then(|name| collections.get(name));
        if let Some(letter) = collection.and_then(|collection| collection.letter(glyph)) {
            return Some(letter);
        }
        let id = glyph.glyph_id().to_u32();
        let known = self.programs.borrow().get(&font.cache_key).map(|all| all.get(&id).copied());
        let letter = known.unwrap_or_else(|| {
            let found = letters((*font.data).as_ref());
            let letter = found.get(&id).copied();
            self.programs.borrow_mut().insert(font.cache_key, found);
            letter
        });
        letter.map(BfString::Char)
    }
}

/// Lists the fonts that are numbered by a collection and do not say what they mean.
fn collections(pdf: &Pdf) -> HashMap<String, Collection> {
    let fonts = pdf.objects().into_iter().filter_map(Object::into_dict);
    let silent = fonts.filter(|font| {
        font.contains_key(DESCENDANT_FONTS) && font.get::<Stream<'_>>("ToUnicode").is_none()
    });
    silent.filter_map(|font| Collection::read(&font)).collect()
}

impl Collection {
    fn read(font: &Dict<'_>) -> Option<(String, Self)> {
        let name = font.get::<Name<'_>>(BASE_FONT)?;
        let descendant = font.get::<Array<'_>>(DESCENDANT_FONTS)?.iter::<Dict<'_>>().next()?;
        let system = descendant.get::<Dict<'_>>("CIDSystemInfo")?;
        let ordering = system.get::<PdfString<'_>>("Ordering")?;
        let letters = match ordering.as_bytes() {
            b"Japan1" => CMapName::AdobeJapan1Ucs2,
            b"GB1" => CMapName::AdobeGb1Ucs2,
            b"CNS1" => CMapName::AdobeCns1Ucs2,
            b"Korea1" => CMapName::AdobeKorea1Ucs2,
            _ => return None,
        };
        let encoding = match font.get::<Name<'_>>(ENCODING) {
            Some(name) if name.as_str().starts_with("Identity") => None,
            Some(name) => {
                Some(parse(hayro_cmap::load_embedded(CMapName::from_bytes(name.as_ref()))?)?)
            }
            None => {
                let stream = font.get::<Stream<'_>>(ENCODING)?;
                Some(parse(&stream.decoded_data().ok()?)?)
            }
        };
        let collection = Self { encoding, letters: parse(hayro_cmap::load_embedded(letters)?)? };
        Some((plain_name(name.as_str()).to_owned(), collection))
    }

    fn letter(&self, glyph: &OutlineGlyph) -> Option<BfString> {
        let code = glyph.char_code();
        let number = match &self.encoding {
            None => code,
            Some(encoding) => (1..=4).find_map(|length| encoding.lookup_cid_code(code, length))?,
        };
        self.letters.lookup_bf_string(number)
    }
}

fn parse(data: &[u8]) -> Option<CMap> {
    CMap::parse(data, hayro_cmap::load_embedded)
}

/// Takes away the mark of a subset: `ABCDEF+Name`.
fn plain_name(name: &str) -> &str {
    match name.split_once('+') {
        Some((mark, rest)) if mark.len() == 6 => rest,
        _ => name,
    }
}

/// Turns a font's own table of characters round.
fn letters(data: &[u8]) -> HashMap<u32, char> {
    let mut letters: HashMap<u32, char> = HashMap::new();
    let Ok(font) = skrifa::FontRef::new(data) else { return letters };
    for (code, glyph) in font.charmap().mappings() {
        // Fonts of symbols have the codes of letters in a range of their own.
        let code = if (0xf020..=0xf07e).contains(&code) { code - 0xf000 } else { code };
        let Some(letter) = char::from_u32(code).filter(|letter| !letter.is_control()) else {
            continue;
        };
        let known = letters.entry(glyph.to_u32()).or_insert(letter);
        // Of several letters that look alike the common one comes first in Unicode.
        *known = letter.min(*known);
    }
    letters
}
