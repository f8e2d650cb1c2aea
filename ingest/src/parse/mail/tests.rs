//! Messages as mail programs and browsers write them.

use super::*;

fn read_text(message: &str) -> (String, Vec<String>) {
    let document = parse(message.replace('\n', "\r\n").as_bytes()).expect("it can be read");
    let codes = document.warnings.iter().map(|warning| warning.code.clone()).collect();
    (document.pages[0].text.clone(), codes)
}

#[test]
fn a_plain_message_is_read_with_its_head() {
    let (text, codes) = read_text(
        "From: =?utf-8?q?J=C3=BCrgen?= <j@x.org>\nTo: Ada <a@x.org>\nSubject: Fl=che\n\
         Date: Tue, 3 Mar 2026 10:00:00 +0100\nContent-Type: text/plain; charset=iso-8859-1\n\
         Content-Transfer-Encoding: quoted-printable\n\nDie Fl=E4che kostet =\n4,20 Euro.\n\nGr=FC=DFe\n",
    );
    assert!(
        text.starts_with(
            "From: Jürgen <j@x.org>\nTo: Ada <a@x.org>\nDate: 2026-03-03T10:00:00+01:00"
        ),
        "{text}"
    );
    assert!(text.ends_with("Die Fläche kostet 4,20 Euro.\n\nGrüße"), "{text}");
    assert!(codes.is_empty());
}

#[test]
fn a_saved_page_is_read_without_its_pictures() {
    let picture = "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4\n".repeat(8);
    let (text, codes) = read_text(&format!(
        "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=\"b1\"\n\n--b1\n\
         Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n\
         <h1>Gr=C3=B6=C3=9Fe</h1><table><tr><th>Year</th></tr><tr><td>2=\n026</td></tr></table>\n\
         --b1\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\
         Content-Location: file:///x.png\n\n{picture}\n--b1--\n"
    ));
    assert_eq!(text, "Größe\n\nYear\n2026");
    assert_eq!(codes, ["embedded_file"]);
}

#[test]
fn attached_files_are_named_and_attached_messages_read() {
    let (text, codes) = read_text(
        "From: a@x.org\nSubject: One\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
         --b\nContent-Type: text/plain\n\nOuter words.\n\
         --b\nContent-Type: message/rfc822\n\nFrom: c@x.org\nSubject: Two\n\nInner words.\n\
         --b\nContent-Type: application/pdf; name=\"bill.pdf\"\nContent-Disposition: attachment\n\
         Content-Transfer-Encoding: base64\n\nJVBERi0xLjQK\n--b--\n",
    );
    assert!(text.contains("Outer words.") && text.contains("Inner words."), "{text}");
    assert!(!text.contains("JVBER"), "{text}");
    assert_eq!(codes, ["attachment_unread"]);
}

#[test]
fn the_page_is_read_and_not_its_plain_copy() {
    let (text, _) = read_text(
        "From: a@x.org\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n\
         plain copy\n--b\nContent-Type: text/html\n\n<p>rich <b>words</b></p>\n--b--\n",
    );
    assert_eq!(text, "From: a@x.org\n\nrich words");
}
