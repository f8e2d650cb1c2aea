//! What single letters and numbers come to: raised ones, rows of them, fonts that say little, and other directions.

use super::*;

/// Sets text on a line, with parts of it raised (`^`) or lowered (`_`) in smaller type.
fn set(parts: &[(&str, f32, f32)]) -> Page {
    let part =
        |(text, size, rise): &(&str, f32, f32)| format!("/F1 {size} Tf {rise} Ts ({text}) Tj ");
    let content: Vec<String> = parts.iter().map(part).collect();
    Page::new().raw(&format!("BT 72 700 Td {}ET", content.concat()))
}

fn text(page: Page) -> String {
    read(&Sample::new(vec![page])).pages[0].text.clone()
}

#[test]
fn raised_and_lowered_type_keeps_a_mark() {
    for (parts, expected) in [
        (
            vec![("Net sales were 1,250", 10.0, 0.0), ("3", 6.0, 4.0), (" in all", 10.0, 0.0)],
            "Net sales were 1,250³ in all",
        ),
        (vec![("4 x 10", 10.0, 0.0), ("6", 6.0, 4.0), (" in", 10.0, 0.0)], "4 x 10⁶ in"),
        (vec![("10", 10.0, 0.0), ("-6", 6.0, 4.0)], "10⁻⁶"),
        (vec![("Sales", 10.0, 0.0), ("(1)", 6.0, 4.0)], "Sales⁽¹⁾"),
        (
            vec![("CO", 10.0, 0.0), ("2", 6.0, -2.0), (" per m", 10.0, 0.0), ("2", 6.0, 4.0)],
            "CO2 per m²",
        ),
        (vec![("the 21", 10.0, 0.0), ("st", 6.0, 4.0), (" day", 10.0, 0.0)], "the 21st day"),
        (vec![("2", 6.0, 4.0), ("Without tax", 10.0, 0.0)], "²Without tax"),
        (vec![("x", 10.0, 0.0), ("n", 6.0, 4.0), (" = 5", 10.0, 0.0)], "x^n = 5"),
        (vec![("1010", 10.0, 0.0), ("2", 6.0, -2.0)], "1010₂"),
        (vec![("Large", 14.0, 0.0), (" and small", 9.0, 0.0)], "Large and small"),
    ] {
        assert_eq!(text(set(&parts)), expected);
    }
}

#[test]
fn raised_type_that_is_drawn_later_keeps_its_mark() {
    // Five letters of Helvetica 10 are 25.02 points wide.
    let page = Page::new().text((72.0, 700.0), 10.0, "1,250").text((97.1, 704.0), 6.0, "3");
    assert_eq!(text(page), "1,250³");
    let page = Page::new().text((72.0, 700.0), 10.0, "Total").text((160.0, 703.0), 6.0, "2,918");
    assert_eq!(text(page), "Total  2,918");
}

#[test]
fn short_numbers_in_a_row_stay_apart() {
    let row = |numbers: &[&str], step: f32| {
        numbers.iter().enumerate().fold(Page::new(), |page, (at, number)| {
            page.text((72.0 + step * at as f32, 700.0), 10.0, number)
        })
    };
    for (numbers, step) in [
        (vec!["8", "9", "10", "11", "12", "13"], 14.0),
        (vec!["3", "1", "2", "4", "5", "2"], 8.5),
        (vec!["3", "1", "2", "4", "5", "2"], 12.0),
        (vec!["0", "20", "40", "60", "80", "100"], 18.0),
        (vec!["A", "B", "C", "D", "E", "F"], 14.0),
    ] {
        let expected = numbers.join(" ");
        let read = text(row(&numbers, step));
        assert_eq!(read.split_whitespace().collect::<Vec<_>>().join(" "), expected);
    }
    // A heading that is spaced out is one word.
    assert_eq!(text(row(&["R", "E", "P", "O", "R", "T"], 9.5)), "REPORT");
}

#[test]
fn type_that_is_drawn_has_any_size() {
    for (matrix, size, unit, gap) in [
        ("1 0 0 1 0 0", 0.24, 28.0, -14_000.0),
        // Some drivers set words as far apart as a hair.
        ("1 0 0 1 0 0", 0.24, 28.0, -900.0),
        ("0.01 0 0 0.01 0 0", 10.0, 60.0, -300.0),
        ("0.001 0 0 0.001 0 0", 10.0, 550.0, -275.0),
    ] {
        let letters = "balncewordtis";
        let names: Vec<String> = letters.chars().map(|c| format!("{} /{c}", c as u8)).collect();
        let procs: Vec<String> = letters.chars().map(|c| format!("/{c} 8 0 R")).collect();
        let widths = vec![unit.to_string(); 26].join(" ");
        let font = format!(
            "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 0 0] /FontMatrix [{matrix}] /FirstChar 97 /LastChar 122 \
             /Widths [{widths}] /Encoding << /Differences [{}] >> /CharProcs << {} >> /Resources << >> >>",
            names.join(" "),
            procs.join(" ")
        );
        let program = format!("{unit} 0 0 0 20 30 d1 0 0 20 30 re f");
        let stream = format!("<< /Length {} >>\nstream\n{program}\nendstream", program.len());
        let content =
            format!("BT /F7 {size} Tf 72 600 Td [(balance) {gap} (to) {gap} (words)] TJ ET");
        let page = Page::new().text((72.0, 700.0), 11.0, "Statement").raw(&content);
        let sample = Sample::new(vec![page]).object(7, &font).object(8, &stream);
        let text = read(&sample).pages[0].text.clone();
        let words: Vec<&str> = text.split_whitespace().collect();
        assert!(words.contains(&"balance") && words.contains(&"words"), "{matrix}: {text}");
    }
}

#[test]
fn codes_are_read_where_they_spell_words_and_else_left_out() {
    let font = |shift: u8| {
        let names: Vec<String> = (32..127).map(|code| format!("/x{}", code + shift)).collect();
        format!(
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /FirstChar 32 /LastChar 126 /Widths [{}] \
             /Encoding << /Differences [32 {}] >> >>",
            "500 ".repeat(95),
            names.join(" ")
        )
    };
    let words = "The annual fee of the harbour pilot is six hundred crowns and the tide";
    let page = Page::new().raw(&format!("BT /F7 10 Tf 72 700 Td ({words}) Tj ET"));
    let document = read(&Sample::new(vec![page]).object(7, &font(0)));
    assert_eq!(document.pages[0].text, words);
    assert_eq!(document.warnings[0].code, "guessed_letters");

    let shifted: String = words
        .chars()
        .map(|c| if c == ' ' { c } else { (((c as u8 - 33) ^ 5) % 90 + 35) as char })
        .collect();
    let shifted = shifted.replace(['\\', '(', ')'], "x");
    let page = Page::new()
        .text((72.0, 720.0), 10.0, "Known words")
        .raw(&format!("BT /F7 10 Tf 72 700 Td ({shifted}) Tj ET"));
    let document = read(&Sample::new(vec![page]).object(7, &font(0)));
    assert_eq!(document.pages[0].text, "Known words");
    assert_eq!(document.warnings[0].code, "undecodable_text");
    assert_eq!(document.warnings[0].page, Some(1));
}
