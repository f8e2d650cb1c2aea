//! Text of East Asia: lines that run downwards, by their fonts or glyph by glyph, mixed with others, and ruby.

use super::sample::{codes, unicode_font, unicode_map};
use super::*;

/// Adds fonts to a page: `/F7` runs downwards, `/F8` across.
fn sample(page: Page) -> Sample {
    let (downwards, across) =
        (unicode_font("Mincho", "Identity-V"), unicode_font("Mincho", "Identity-H"));
    Sample::new(vec![page]).object(7, &downwards).object(8, &across).object(90, &unicode_map())
}

/// Shows text in one of these fonts; of one that runs downwards the place is the middle of its upper edge.
fn show(page: Page, font: &str, (x, y): (f32, f32), (size, text): (f32, &str)) -> Page {
    page.raw(&format!("BT /{font} {size} Tf {x} {y} Td <{}> Tj ET", codes(text)))
}

/// Shows lines downwards, the first at the right, with a font that runs so.
fn downwards(page: Page, (x, y): (f32, f32), step: f32, lines: &[&str]) -> Page {
    lines.iter().enumerate().fold(page, |page, (at, line)| {
        let inset = line.chars().take_while(|letter| *letter == '\u{3000}').count() as f32;
        let text = line.trim_start_matches('\u{3000}');
        show(page, "F7", (x - step * at as f32, y - 12.0 * inset), (12.0, text))
    })
}

/// Places the letters of a line one below another, with a font that runs across.
fn upright(page: Page, (x, y): (f32, f32), text: &str) -> Page {
    text.chars().enumerate().fold(page, |page, (at, letter)| {
        let y = y - 12.0 * (at as f32 + 0.88);
        show(page, "F8", (x - 6.0, y), (12.0, &letter.to_string()))
    })
}

fn said(page: Page) -> String {
    read(&sample(page)).pages[0].text.clone()
}

#[test]
fn lines_that_run_downwards_are_read_from_right_to_left() {
    let page = show(Page::new(), "F8", (72.0, 740.0), (12.0, "契約書"));
    let lines = [
        "　この契約は二人の間で結ば",
        "れ、三年の後に終わるもの",
        "とする。",
        "　借主は月末に払う。",
    ];
    let page = downwards(page, (500.0, 700.0), 20.0, &lines);
    let page = page.text((300.0, 30.0), 10.0, "7");
    let document = read(&sample(page));
    let paragraphs = [
        "契約書",
        "この契約は二人の間で結ばれ、三年の後に終わるものとする。",
        "借主は月末に払う。",
        "7",
    ];
    assert_eq!(document.pages[0].text, paragraphs.join("\n\n"));
    // The box of the first line that runs downwards is narrow and high, and around its middle.
    let line = document.pages[0].lines[1];
    assert!((485.0..500.0).contains(&line.x0) && (500.0..515.0).contains(&line.x1), "{line:?}");
    assert!(line.y0 < 110.0 && line.y1 > 230.0, "{line:?}");
}

#[test]
fn letters_one_below_another_are_a_line() {
    let page = upright(Page::new(), (500.0, 700.0), "春の海ひねもす");
    let page = upright(page, (478.0, 700.0), "のたりのたりか");
    let page = upright(page, (456.0, 700.0), "な");
    let page = show(page, "F8", (72.0, 740.0), (12.0, "与謝蕪村の句"));
    assert_eq!(said(page), "与謝蕪村の句\n\n春の海ひねもすのたりのたりかな");
}

#[test]
fn digits_side_by_side_and_letters_on_their_side_stay_in_the_line() {
    let page = upright(Page::new(), (500.0, 700.0), "平成");
    // Two digits in the room of one letter.
    let page = page.text((494.0, 665.4), 10.0, "12");
    let page = upright(page, (500.0, 664.0), "年に");
    let page = page.raw("BT /F1 12 Tf 0 -1 1 0 496.4 640 Tm (Linux) Tj ET");
    let page = upright(page, (500.0, 611.0), "を使う");
    assert_eq!(said(page), "平成12年にLinuxを使う");

    let page = downwards(Page::new(), (500.0, 700.0), 20.0, &["平成"]);
    let page = page.text((494.0, 665.4), 10.0, "12");
    let page = downwards(page, (500.0, 664.0), 20.0, &["年に始まる"]);
    assert_eq!(said(page), "平成12年に始まる");
}

#[test]
fn ruby_stands_behind_its_word() {
    let across = show(Page::new(), "F8", (72.0, 700.0), (12.0, "東京の夜"));
    let across = show(across, "F8", (72.0, 711.0), (6.0, "とう"));
    let across = show(across, "F8", (84.0, 711.0), (6.0, "きょ"));
    let across = show(across, "F8", (108.0, 711.0), (6.0, "よる"));
    assert_eq!(said(across), "東京（とうきょ）の夜（よる）");

    let page =
        downwards(Page::new(), (500.0, 700.0), 24.0, &["私は漢字を読むのが好き", "でした。"]);
    let page = show(page, "F7", (509.0, 676.0), (6.0, "かんじ"));
    let page = show(page, "F7", (509.0, 640.0), (6.0, "よ"));
    assert_eq!(said(page), "私は漢字（かんじ）を読（よ）むのが好きでした。");
    // Small kana that stand above no word stay where they are.
    let page = show(Page::new(), "F8", (72.0, 700.0), (12.0, "東京"));
    let page = show(page, "F8", (72.0, 600.0), (6.0, "ちいさい"));
    assert_eq!(said(page), "東京\n\nちいさい");
}

#[test]
fn tiers_are_read_one_after_the_other() {
    let upper = [
        "上の段の一行目は長い文です",
        "上の段の二行目も長い文です",
        "上の段の三行目も長い文です",
        "上の段の四行目も長い文です",
    ];
    let lower = [
        "下の段の一行目は長い文です",
        "下の段の二行目も長い文です",
        "下の段の三行目も長い文です",
        "下の段の四行目も長い文です",
    ];
    let page = downwards(Page::new(), (500.0, 700.0), 20.0, &upper);
    let page = downwards(page, (500.0, 500.0), 20.0, &lower);
    assert_eq!(said(page), format!("{}\n\n{}", upper.concat(), lower.concat()));
}

#[test]
fn signs_that_are_turned_are_written_plainly() {
    let page = downwards(Page::new(), (500.0, 700.0), 20.0, &["﹁はい︑そう︒﹂"]);
    assert_eq!(said(page), "「はい、そう。」");
}

#[test]
fn a_font_that_is_numbered_by_a_collection_may_run_downwards() {
    let font = "<< /Type /Font /Subtype /Type0 /BaseFont /Ryumin-Light /Encoding /UniJIS-UTF16-V \
        /DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Ryumin-Light /DW 1000 \
        /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 6 >> >>] >>";
    let page = downwards(
        Page::new(),
        (500.0, 700.0),
        20.0,
        &["日本国民は正当に選挙された", "代表者を通じて行動する。"],
    );
    let text = read(&Sample::new(vec![page]).object(7, font)).pages[0].text.clone();
    assert_eq!(text, "日本国民は正当に選挙された代表者を通じて行動する。");
}

#[test]
fn text_that_runs_across_stays_so() {
    let lines = ["東京都は日本の首都である。人口は", "一千万人を超える。"];
    let page = lines.iter().enumerate().fold(Page::new(), |page, (at, line)| {
        show(page, "F8", (72.0, 700.0 - 18.0 * at as f32), (12.0, line))
    });
    // A letter in each row, drawn column by column.
    let rows = [("有", 500.0), ("無", 480.0), ("有", 460.0)];
    let page =
        rows.iter().fold(page, |page, (sign, y)| show(page, "F8", (300.0, *y), (12.0, sign)));
    let text = said(page);
    assert!(text.starts_with(&lines.concat()), "{text}");
    // A label that runs downwards beside a table is one word.
    let page = show(Page::new(), "F8", (72.0, 700.0), (12.0, "この表は次のとおりである。"));
    let text = said(upright(page, (80.0, 600.0), "受付番号"));
    assert!(text.contains("受付番号"), "{text}");
}
