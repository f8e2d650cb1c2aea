//! Bytes as programs write them, in many encodings.

use encoding_rs::{GBK, ISO_2022_JP, KOI8_R, SHIFT_JIS, WINDOWS_1251};

use super::*;

fn codes(decoding: &Decoding) -> Vec<String> {
    decoding.warnings().into_iter().map(|warning| warning.code).collect()
}

fn check(bytes: &[u8], expected: &str, expected_codes: &[&str]) {
    let (text, decoding) = decode(bytes);
    assert_eq!(text, expected);
    assert_eq!(codes(&decoding), expected_codes, "{expected}");
    assert!(!is_binary(bytes), "{expected}");
}

fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(order).collect()
}

#[test]
fn line_endings_and_byte_order_marks_go() {
    check(b"\xef\xbb\xbfa\r\nb\rc", "a\nb\nc", &[]);
    check(b"\xff\xfea\0\r\0\n\0", "a\n", &[]);
    check("Größe".as_bytes(), "Größe", &[]);
    check(b"", "", &[]);
}

#[test]
fn one_bad_byte_is_one_replaced_letter() {
    let text = "Prüfung der Übergänge, große Fläche.\n".repeat(20);
    for at in [0, text.find("der").expect("it is there"), text.len()] {
        let (before, after) = text.split_at(at);
        let bytes = [before.as_bytes(), b"\xe9", after.as_bytes()].concat();
        check(&bytes, &format!("{before}\u{fffd}{after}"), &["undecodable_text"]);
    }
    let (_, decoding) = decode("Übergänge\nFläche, groß".as_bytes());
    assert!(decoding.warnings().is_empty());
    let (_, decoding) = decode(&[text.as_bytes(), b"\n\xff"].concat());
    assert!(decoding.warnings()[0].message.contains("line 22"), "{decoding:?}");
}

#[test]
fn utf16_without_a_mark_is_read_in_any_script() {
    for text in [
        "Plain words, and a break.\n",
        "Договор вступает в силу с 1 марта.\n",
        "Η σύμβαση αρχίζει την 1η Μαρτίου.\n",
        "החוזה ייכנס לתוקף במרץ.\n",
        "يبدأ العقد في أول مارس.\n",
        "สัญญาเริ่มวันที่ 1 มีนาคม\n",
        "契約は三月一日に始まります。\n家賃は月末に払います。\n",
        "合同自三月一日起生效。租金每月月底支付。\n",
        "계약은 3월 1일에 시작됩니다.\n",
        "Größe, Übergänge: señal, façade\r\n",
    ] {
        let expected = text.replace('\r', "");
        check(&utf16(&text.repeat(9), u16::to_le_bytes), &expected.repeat(9), &[]);
        check(&utf16(&text.repeat(9), u16::to_be_bytes), &expected.repeat(9), &[]);
    }
}

#[test]
fn encodings_of_one_script_are_told() {
    let russian = "Договор вступает в силу с первого марта. Оплата производится ежемесячно.";
    for encoding in [WINDOWS_1251, KOI8_R] {
        let (bytes, _, _) = encoding.encode(russian);
        assert_eq!(decode(&bytes).0, russian, "{}", encoding.name());
    }
    let japanese = "契約は三月一日に始まります。家賃は月末に払います。カタカナもあります。";
    for encoding in [ISO_2022_JP, SHIFT_JIS] {
        let (bytes, _, _) = encoding.encode(japanese);
        assert_eq!(decode(&bytes).0, japanese, "{}", encoding.name());
    }
    let (bytes, _, _) = GBK.encode("合同自三月一日起生效。租金每月月底支付。");
    assert_eq!(decode(&bytes).0, "合同自三月一日起生效。租金每月月底支付。");
}

#[test]
fn windows_letters_are_read() {
    let text = "Die Prüfung der Übergänge ist für nächste Woche geplant, sagt Herr Müßig.";
    let (bytes, _, _) = WINDOWS_1252.encode(text);
    assert_eq!(decode(&bytes).0, text);
    let quotes = "He said \u{201c}don\u{2019}t\u{201d} \u{2013} and left the caf\u{e9}.";
    let (bytes, _, _) = WINDOWS_1252.encode(quotes);
    assert_eq!(decode(&bytes).0, quotes);
}

#[test]
fn letters_of_dos_are_read_and_doubted() {
    check(
        b"M\x81ller, Gr\x94\xe1e 4, K\x84se, \x9abergabe, Fran\x87ais, se\xa4or\r\n",
        "Müller, Größe 4, Käse, Übergabe, Français, señor\n",
        &["guessed_encoding"],
    );
    check(
        b"\xc4\xc4\xc4\xc4\xc4\xc4\r\nStra\xe1e: B\x84ckerweg\r\n\xc4\xc4\xc4\xc4\r\n",
        "──────\nStraße: Bäckerweg\n────\n",
        &["guessed_encoding"],
    );
}

#[test]
fn a_log_with_a_few_zeros_is_text() {
    let line = "2026-03-01 12:00:01 pump 4 started\n";
    let zeros = "\0".repeat(900);
    let torn = format!("{line}{zeros}{line}");
    check(torn.as_bytes(), &line.repeat(2), &["zero_bytes"]);
    check(format!("{zeros}{line}").as_bytes(), line, &["zero_bytes"]);
    check(format!("{}\0{line}", line.repeat(3)).as_bytes(), &line.repeat(4), &["zero_bytes"]);
}

#[test]
fn programs_and_pictures_are_binary() {
    assert!(is_binary(&[0, 1, 2, 3, 250, 0, 0, 7]));
    assert!(is_binary(&[0; 400]));
    let numbers: Vec<u8> = (0..400_u32).flat_map(|n| (n * 7919).to_le_bytes()).collect();
    assert!(is_binary(&numbers));
    let samples: Vec<u8> =
        (0..2_000_i32).flat_map(|n| ((n * n % 701 - 350) as i16).to_le_bytes()).collect();
    assert!(is_binary(&samples));
}

#[test]
fn a_letter_that_the_end_of_the_sample_cuts_is_no_hole() {
    let line = "合同自三月一日起生效。租金每月月底支付。\n".repeat(40_000);
    let (line, _, _) = GBK.encode(&line);
    for shift in ["", "a"] {
        let bytes = [shift.as_bytes(), &line].concat();
        assert!(bytes.len() > GUESS_BYTES);
        let (text, decoding) = decode(&bytes);
        assert!(text.ends_with("支付。\n"));
        assert!(codes(&decoding).is_empty(), "{shift}: {:?}", codes(&decoding));
    }
}
