//! Measures text recognition: draws pages of PDFs that have text, puts the drawings into PDFs as a scanner
//! does, has those read, and compares the words.
//!
//! ```text
//! cargo run --release -p quire-tests --example word_f1 -- MODEL FILE.pdf:PAGE...
//! ```
//!
//! `MODEL` is the folder of a model: `<models folder>/PaddlePaddle/PP-OCRv6-small`. For each page it prints the
//! F1 of its words, with repetitions, how sure the model is, and the seconds that reading took. A PDF without text
//! beside it, such as a page that another program has drawn, is read as it is: `FILE.pdf=TEXT.txt`.

#![expect(clippy::print_stdout, reason = "this is a tool whose output is the point")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use quire_engines::OCR_FILES;
use quire_ingest::{ParseLimits, parse, parse_with};
use quire_ocr::{ModelFiles, OcrModel};
use quire_tests::scan;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("name the folder of a model")?;
    let [detector, recogniser] = OCR_FILES.map(|file| Path::new(&folder).join(file));
    let model = OcrModel::open("measured/model".parse()?, &ModelFiles { detector, recogniser })?;
    let (path, limits) = ("scan.pdf".parse()?, ParseLimits::default());
    let mut scores = Vec::new();
    for argument in arguments {
        let (wanted, scanned) = if let Some((file, text)) = argument.split_once('=') {
            (std::fs::read_to_string(text)?, std::fs::read(file)?)
        } else {
            let (file, page) = argument.rsplit_once(':').ok_or("name pages as FILE.pdf:PAGE")?;
            let (number, bytes) = (page.parse::<usize>()?, std::fs::read(file)?);
            let mut pages = parse(&path, &bytes, &limits)?.pages;
            let picture = scan::draw_page(&bytes, number - 1);
            (pages.swap_remove(number - 1).text, scan::pdf(&[picture], 0.0))
        };
        let start = Instant::now();
        let read = parse_with(&path, &scanned, &limits, &model)?;
        let seconds = start.elapsed().as_secs_f32();
        let page = read.pages.first().ok_or("it has no page")?;
        let sure = page.recognised.as_ref().and_then(|one| one.confidence).unwrap_or_default();
        let score = scan::word_f1(&wanted, &page.text);
        println!("{argument}: F1 {score:.3}, sure {sure:.3}, {seconds:.1} s");
        scores.push(score);
    }
    let mean = scores.iter().sum::<f32>() / scores.len() as f32;
    println!("mean of {} pages: F1 {mean:.3}", scores.len());
    Ok(())
}
