//! A writer of small PDFs: pages of text in Helvetica, an outline, a title.

use std::fmt::Write;

/// The contents of a page of 612 by 792 points.
#[derive(Default)]
pub(in crate::parse::pdf) struct Page(String);

impl Page {
    /// Begins an empty page.
    pub(in crate::parse::pdf) fn new() -> Self {
        Self::default()
    }

    /// Draws text at a place counted from the lower left corner; escapes are those of PDF strings.
    pub(in crate::parse::pdf) fn text(mut self, (x, y): (f32, f32), size: f32, text: &str) -> Self {
        writeln!(self.0, "BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET").expect("a string grows");
        self
    }

    /// Adds instructions as they are.
    pub(in crate::parse::pdf) fn raw(mut self, content: &str) -> Self {
        writeln!(self.0, "{content}").expect("a string grows");
        self
    }

    /// Draws a line between two places.
    pub(in crate::parse::pdf) fn line(
        mut self,
        (x0, y0): (f32, f32),
        (x1, y1): (f32, f32),
    ) -> Self {
        writeln!(self.0, "{x0} {y0} m {x1} {y1} l S").expect("a string grows");
        self
    }
}

/// A document in the making.
pub(in crate::parse::pdf) struct Sample {
    pages: Vec<Page>,
    outline: Vec<(String, usize)>,
    title: String,
    created: String,
    annotations: Vec<String>,
    objects: Vec<(usize, String)>,
    catalog: String,
    is_encrypted: bool,
}

impl Sample {
    /// Begins a document with these pages.
    pub(in crate::parse::pdf) fn new(pages: Vec<Page>) -> Self {
        Self {
            pages,
            outline: Vec::new(),
            title: String::new(),
            created: String::new(),
            annotations: Vec::new(),
            objects: Vec::new(),
            catalog: String::new(),
            is_encrypted: false,
        }
    }

    /// Adds entries of one level with the pages they point to.
    pub(in crate::parse::pdf) fn outline(mut self, entries: &[(&str, usize)]) -> Self {
        self.outline = entries.iter().map(|(title, page)| ((*title).to_owned(), *page)).collect();
        self
    }

    /// States a title.
    pub(in crate::parse::pdf) fn title(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    /// States when it was made, as PDF writes dates.
    pub(in crate::parse::pdf) fn created(mut self, date: &str) -> Self {
        date.clone_into(&mut self.created);
        self
    }

    /// Puts annotations on each page, as dictionaries.
    pub(in crate::parse::pdf) fn annotations(mut self, annotations: &[&str]) -> Self {
        self.annotations = annotations.iter().map(|one| (*one).to_owned()).collect();
        self
    }

    /// Adds an object; those from 3 to 9 that are free can be fonts that pages name by `/F` and their number.
    pub(in crate::parse::pdf) fn object(mut self, number: usize, object: &str) -> Self {
        self.objects.push((number, object.to_owned()));
        self
    }

    /// Adds entries to the catalog.
    pub(in crate::parse::pdf) fn catalog(mut self, entries: &str) -> Self {
        entries.clone_into(&mut self.catalog);
        self
    }

    /// Claims encryption with a password that nobody knows.
    pub(in crate::parse::pdf) fn encrypted(mut self) -> Self {
        self.is_encrypted = true;
        self
    }

    /// Writes the file.
    pub(in crate::parse::pdf) fn bytes(&self) -> Vec<u8> {
        let count = self.pages.len();
        let page = |index: usize| 10 + 2 * index;
        let entry = |index: usize| 10 + 2 * count + index;
        let kids: Vec<String> = (0..count).map(|index| format!("{} 0 R", page(index))).collect();
        let mut objects = vec![
            (1, format!("<< /Type /Catalog /Pages 2 0 R /Outlines 4 0 R {} >>", self.catalog)),
            (2, format!("<< /Type /Pages /Kids [{}] /Count {count} >>", kids.join(" "))),
            (
                3,
                "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
                    .to_owned(),
            ),
            (5, format!("<< /Title ({}) /CreationDate ({}) >>", self.title, self.created)),
        ];
        if !self.outline.is_empty() {
            let last = entry(self.outline.len() - 1);
            objects.push((4, format!("<< /First {} 0 R /Last {last} 0 R >>", entry(0))));
        }
        for (index, content) in self.pages.iter().enumerate() {
            objects.push((
                page(index),
                format!(
                    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {} 0 R \
                     /Resources << /Font << /F1 3 0 R /F7 7 0 R /F8 8 0 R >> >> /Annots [{}] >>",
                    page(index) + 1,
                    self.annotations.join(" ")
                ),
            ));
            let length = content.0.len();
            let stream = format!("<< /Length {length} >>\nstream\n{}endstream", content.0);
            objects.push((page(index) + 1, stream));
        }
        for (index, (title, target)) in self.outline.iter().enumerate() {
            let next = if index + 1 < self.outline.len() {
                format!("/Next {} 0 R", entry(index + 1))
            } else {
                String::new()
            };
            let target = page(*target);
            let item = format!("<< /Title ({title}) /Dest [{target} 0 R /Fit] {next} >>");
            objects.push((entry(index), item));
        }
        objects.extend(self.objects.iter().cloned());
        self.assemble(objects)
    }

    fn assemble(&self, mut objects: Vec<(usize, String)>) -> Vec<u8> {
        let mut trailer = "/Root 1 0 R /Info 5 0 R".to_owned();
        if self.is_encrypted {
            let junk = "00112233445566778899aabbccddeeff".repeat(2);
            objects.push((
                6,
                format!(
                    "<< /Filter /Standard /V 2 /R 3 /Length 128 /P -44 /O <{junk}> /U <{junk}> >>"
                ),
            ));
            trailer.push_str(" /Encrypt 6 0 R /ID [<0123456789abcdef> <0123456789abcdef>]");
        }
        objects.sort_by_key(|object| object.0);
        let size = objects.last().map_or(0, |object| object.0) + 1;
        let mut file = "%PDF-1.5\n".to_owned();
        let mut offsets = vec![None; size];
        for (number, text) in objects {
            offsets[number] = Some(file.len());
            writeln!(file, "{number} 0 obj\n{text}\nendobj").expect("a string grows");
        }
        let start = file.len();
        writeln!(file, "xref\n0 {size}").expect("a string grows");
        for offset in offsets {
            match offset {
                Some(offset) => writeln!(file, "{offset:010} 00000 n "),
                None => writeln!(file, "0000000000 65535 f "),
            }
            .expect("a string grows");
        }
        write!(file, "trailer\n<< /Size {size} {trailer} >>\nstartxref\n{start}\n%%EOF\n")
            .expect("a string grows");
        file.into_bytes()
    }
}

/// Writes a text as the codes of its letters, for fonts whose codes are those of Unicode.
pub(super) fn codes(text: &str) -> String {
    text.encode_utf16().fold(String::new(), |mut codes, unit| {
        write!(codes, "{unit:04x}").expect("a string grows");
        codes
    })
}

/// Writes a font whose codes are those of Unicode; [`unicode_map`] must be object 90.
pub(super) fn unicode_font(name: &str, encoding: &str) -> String {
    format!(
        "<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /{encoding} /ToUnicode 90 0 R \
         /DescendantFonts [<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{name} /DW 1000 \
         /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>] >>"
    )
}

/// Writes the map that says so.
pub(super) fn unicode_map() -> String {
    let ranges: Vec<String> =
        (0..=255).map(|high| format!("<{high:02x}00> <{high:02x}ff> <{high:02x}00>\n")).collect();
    let blocks: Vec<String> = ranges
        .chunks(64)
        .map(|block| format!("64 beginbfrange\n{}endbfrange\n", block.concat()))
        .collect();
    let map = format!(
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /All def\n\
         1 begincodespacerange <0000> <ffff> endcodespacerange\n{}endcmap end end",
        blocks.concat()
    );
    format!("<< /Length {} >>\nstream\n{map}\nendstream", map.len())
}
