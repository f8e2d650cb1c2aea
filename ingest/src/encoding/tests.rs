//! Texts in the encodings that files are found in.

use super::*;

#[test]
fn encodings_are_found() {
    let utf16: Vec<u8> = "grün, größer".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: &[(&[u8], &str)] = &[
        ("grün".as_bytes(), "grün"),
        (b"\xef\xbb\xbfgr\xc3\xbcn", "grün"),
        (b"\xfe\xff\0g\0r\0\xfc\0n", "grün"),
        (&utf16, "grün, größer"),
        (
            b"Die B\xe4ume sind gr\xfcn und die H\xe4user sind gro\xdf.",
            "Die Bäume sind grün und die Häuser sind groß.",
        ),
        (b"a\r\nb\rc\n", "a\nb\nc\n"),
    ];
    for (bytes, text) in cases {
        assert_eq!(decode(bytes).0, *text);
    }
}

#[test]
fn lost_bytes_are_warned_about() {
    let (_, decoding) = decode(b"\xef\xbb\xbfbroken \xff\xfe here");
    assert!(decoding.warning().is_some_and(|warning| warning.code == "undecodable_text"));
    assert!(decode("whole".as_bytes()).1.warning().is_none());
}
