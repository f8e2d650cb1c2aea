//! Books made by hand.

use super::super::packed::{codes, pack, shown};
use super::*;

const CONTAINER: &str =
    "<container><rootfiles><rootfile full-path='OEBPS/book.opf'/></rootfiles></container>";

fn book(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut all = vec![("mimetype", "application/epub+zip"), ("META-INF/container.xml", CONTAINER)];
    all.extend(parts);
    pack(&all)
}

const PACKAGE: &str = "<package><metadata><dc:title>The Sea</dc:title><dc:creator>A. Diver</dc:creator>\
    <dc:date>2020-05-01</dc:date></metadata><manifest>\
    <item id='nav' href='nav.xhtml' media-type='application/xhtml+xml' properties='nav'/>\
    <item id='b' href='text/two%20b.xhtml' media-type='application/xhtml+xml'/>\
    <item id='a' href='text/one.xhtml' media-type='application/xhtml+xml'/>\
    <item id='p' href='cover.svg' media-type='image/svg+xml'/></manifest>\
    <spine><itemref idref='p'/><itemref idref='nav'/><itemref idref='a'/><itemref idref='b'/>\
    <itemref idref='a'/><itemref idref='lost'/></spine></package>";

#[test]
fn chapters_stand_in_the_order_of_the_spine() {
    let one = "<?xml version='1.0'?><html><head><title/><script src='x.js'/></head><body><h1>Waves</h1>\
        <p>They <a id='x'/>break.<sup>1</sup></p><aside><p>1 At the shore.</p></aside></body></html>";
    let two = "<html><body><p>Nobody lives here.<![CDATA[ <yet> ]]></p><table><tr><th>Depth</th><th>Light</th></tr>\
        <tr><td>10</td><td>much</td></tr></table></body></html>";
    let nav = "<html><nav><ol><li><a href='text/one.xhtml'>One</a></li>\
        <li><a href='text/two%20b.xhtml#top'>The <b>deep</b></a></li></ol></nav></html>";
    let document = parse(
        &book(&[
            ("OEBPS/book.opf", PACKAGE),
            ("OEBPS/nav.xhtml", nav),
            ("OEBPS/text/one.xhtml", one),
            ("OEBPS/text/two b.xhtml", two),
        ]),
        &ParseLimits::default(),
    )
    .expect("is read");
    assert_eq!(
        shown(&document),
        [
            "1 h1 Waves",
            "1 p They break.¹",
            "1 p 1 At the shore.",
            "2 h1 The deep",
            "2 p Nobody lives here. <yet>",
            "2 table[Depth | Light] Depth | Light\n10 | much",
        ]
    );
    assert_eq!(document.title.as_deref(), Some("The Sea"));
    assert_eq!(codes(&document), ["part_unread"]);
}

#[test]
fn a_locked_book_says_so_and_hidden_fonts_are_no_lock() {
    let lock = |way: &str| {
        let xml = format!("<encryption><EncryptionMethod Algorithm=\"{way}\"/></encryption>");
        let parts = [("META-INF/encryption.xml", xml.as_str()), ("OEBPS/book.opf", PACKAGE)];
        parse(&book(&parts), &ParseLimits::default()).map(|_| ())
    };
    assert_eq!(lock("http://www.w3.org/2001/04/xmlenc#aes128-cbc"), Err(ParseError::Encrypted));
    assert_eq!(lock("http://www.idpf.org/2008/embedding"), Ok(()));
    let odd = "<encryption><EncryptionMethod Algorithm=\u{201c}x\u{201d}/></encryption>";
    let parts = [("META-INF/encryption.xml", odd), ("OEBPS/book.opf", PACKAGE)];
    let read = parse(&book(&parts), &ParseLimits::default());
    assert_eq!(read.map(|_| ()), Err(ParseError::Encrypted));
}

#[test]
fn paths_that_lead_out_of_the_book_lead_nowhere() {
    let package = "<package><manifest><item id='a' href='../../../../etc/passwd' media-type='text/html'/>\
        <item id='b' href='b.html' media-type='text/html'/></manifest>\
        <spine><itemref idref='a'/><itemref idref='b'/></spine></package>";
    let parts = [("OEBPS/book.opf", package), ("OEBPS/b.html", "<p>Here.</p>")];
    let document = parse(&book(&parts), &ParseLimits::default()).expect("is read");
    assert_eq!(shown(&document), ["2 p Here."]);
    assert_eq!(codes(&document), ["part_unread"]);
}

#[test]
fn a_chapter_without_a_heading_stands_under_the_one_of_the_contents() {
    let package = "<package><manifest><item id='n' href='toc.ncx' media-type='application/x-dtbncx+xml'/>\
        <item id='a' href='a.html' media-type='text/html'/></manifest><spine toc='n'><itemref idref='a'/></spine></package>";
    let contents = "<ncx><navMap><navPoint><navLabel><text>Dünen</text></navLabel><content src='a.html'/></navPoint></navMap></ncx>";
    let parts = [
        ("OEBPS/book.opf", package),
        ("OEBPS/toc.ncx", contents),
        ("OEBPS/a.html", "<p>Sand.</p><p>Wind.</p>"),
    ];
    let document = parse(&book(&parts), &ParseLimits::default()).expect("is read");
    assert_eq!(shown(&document), ["1 h1 Dünen", "1 p Sand.", "1 p Wind."]);
    assert_eq!(document.blocks[2].heading, ["Dünen"]);
    assert_eq!(document.pages[0].text, "Dünen\n\nSand.\n\nWind.");
}
