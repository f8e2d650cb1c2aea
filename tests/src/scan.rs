//! Scans, made of pages of text: the pages are drawn, and the drawings put into a PDF as a scanner does.

use std::collections::HashMap;
use std::fmt::Write;

use hayro_syntax::Pdf;
use quire_ocr::{Drawn, Picture};

/// The size of a page: A4, in points.
const SIZE: (f32, f32) = (595.0, 842.0);

/// Writes a PDF of one page with lines of text in Helvetica of 11 points; what is not ASCII is written as in Latin-1.
pub fn text_page(lines: &[&str]) -> Vec<u8> {
    let mut content = "BT /F1 11 Tf 15 TL 60 770 Td\n".to_owned();
    for line in lines {
        let letters = line.chars().fold(String::new(), |mut letters, letter| {
            match letter {
                '(' | ')' | '\\' => letters.extend(['\\', letter]),
                ' '..='~' => letters.push(letter),
                _ => write!(letters, "\\{:03o}", u32::from(letter)).expect("a string grows"),
            }
            letters
        });
        writeln!(content, "({letters}) Tj T*").expect("a string grows");
    }
    content.push_str("ET");
    let font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>";
    assemble(&[Page { resources: format!("/Font << /F1 {font} >>"), content, picture: None }])
}

/// Draws a page of a PDF, from 0, as a scanner at 150 an inch sees it.
///
/// # Panics
/// If there is no such page, or it cannot be drawn.
pub fn draw_page(bytes: &[u8], index: usize) -> Picture {
    let pdf = Pdf::new(bytes.to_vec()).expect("it is a PDF");
    let page = pdf.pages().get(index).expect("it has such a page");
    let Drawn { picture, .. } = quire_ocr::draw(page).expect("it can be drawn");
    picture
}

/// Writes a PDF with a picture on each page, which lies on it turned by `tilt_degrees`.
pub fn pdf(pictures: &[Picture], tilt_degrees: f32) -> Vec<u8> {
    let (sin, cos) = tilt_degrees.to_radians().sin_cos();
    let (width, height) = SIZE;
    let pages: Vec<Page<'_>> = pictures
        .iter()
        .map(|picture| Page {
            resources: String::new(),
            content: format!(
                "q {} {} {} {} 0 0 cm /P Do Q",
                width * cos,
                width * sin,
                -height * sin,
                height * cos
            ),
            picture: Some(picture),
        })
        .collect();
    assemble(&pages)
}

/// Gives the F1 of words, with repetitions: how much two texts have in common.
pub fn word_f1(wanted: &str, found: &str) -> f32 {
    let count = |text: &str| {
        let mut words: HashMap<String, usize> = HashMap::new();
        for word in text.split_whitespace() {
            *words.entry(word.to_owned()).or_default() += 1;
        }
        words
    };
    let (wanted, found) = (count(wanted), count(found));
    let in_both =
        |(word, count): (&String, &usize)| found.get(word).copied().unwrap_or(0).min(*count);
    let common: usize = wanted.iter().map(in_both).sum();
    let all = wanted.values().sum::<usize>() + found.values().sum::<usize>();
    2.0 * common as f32 / all.max(1) as f32
}

/// A page in the making.
struct Page<'a> {
    resources: String,
    content: String,
    picture: Option<&'a Picture>,
}

fn assemble(pages: &[Page<'_>]) -> Vec<u8> {
    let mut objects: Vec<Vec<u8>> = vec![b"<< /Type /Catalog /Pages 2 0 R >>".to_vec()];
    let kids: Vec<String> =
        (0..pages.len()).map(|index| format!("{} 0 R", 3 + 3 * index)).collect();
    let list = format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len());
    objects.push(list.into_bytes());
    let (width, height) = SIZE;
    for (index, page) in pages.iter().enumerate() {
        let (content, picture) = (4 + 3 * index, 5 + 3 * index);
        let resources = match page.picture {
            Some(_) => format!("/XObject << /P {picture} 0 R >>"),
            None => page.resources.clone(),
        };
        objects.push(
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Contents {content} 0 R \
                 /Resources << {resources} >> >>"
            )
            .into_bytes(),
        );
        objects.push(stream("", page.content.as_bytes()));
        objects.push(match page.picture {
            Some(picture) => {
                let (width, height) = (picture.width(), picture.height());
                let entries = format!(
                    "/Type /XObject /Subtype /Image /Width {width} /Height {height} \
                     /ColorSpace /DeviceRGB /BitsPerComponent 8"
                );
                stream(&entries, picture.rgb())
            }
            None => b"null".to_vec(),
        });
    }
    let mut file = b"%PDF-1.5\n".to_vec();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(file.len());
        file.extend(format!("{} 0 obj\n", index + 1).bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let start = file.len();
    file.extend(format!("xref\n0 {}\n0000000000 65535 f \n", offsets.len() + 1).bytes());
    for offset in &offsets {
        file.extend(format!("{offset:010} 00000 n \n").bytes());
    }
    let trailer = format!(
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n",
        offsets.len() + 1
    );
    file.extend(trailer.bytes());
    file
}

fn stream(entries: &str, content: &[u8]) -> Vec<u8> {
    let mut stream = format!("<< /Length {} {entries} >>\nstream\n", content.len()).into_bytes();
    stream.extend(content);
    stream.extend(b"\nendstream");
    stream
}
