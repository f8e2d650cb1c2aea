//! How documents were read: the report of a stored text, and files that are hard to read beside one that is not.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_report_tells_how_a_document_was_read() {
    let fixture = fixture(&[]).await;
    let table = fixture.add("sums.csv", "name,sum\nÄpfel,4\nBirnen,5\n").await;
    fixture.settle().await;
    let report = fixture.services.documents.get_report(&table.id).await.expect("was read");
    assert_eq!(report.encoding.as_deref(), Some("UTF-8"));
    assert_eq!((report.tables, report.text_version), (1, quire_domain::TEXT_VERSION));
    assert_eq!(report.blocks[0].text, "name | sum\nÄpfel | 4\nBirnen | 5");
    assert_eq!(report.blocks[0].locator.rows, Some((1, 2)));
    assert_eq!((report.took_ms, report.sha256), (None, table.sha256));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_without_a_text_has_no_report() {
    let fixture = fixture(&[]).await;
    let broken = fixture.add("broken.xlsx", "PK\u{3}\u{4} and then nothing").await;
    fixture.settle().await;
    let error = fixture.services.documents.get_report(&broken.id).await.expect_err("has no text");
    assert!(matches!(error, ServiceError::NoText { .. }), "{error}");
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_made_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let taken = folder.path().join("taken");
    std::fs::write(&taken, "a file").expect("is written");
    let said =
        quire_service::check_data_folder(&taken.join("data")).expect_err("a file is no folder");
    let said = said.to_string();
    assert!(said.contains("taken/data") && said.contains("`--data`"), "{said}");
}

/// Mail threads that nobody closed, pictures in the text, and packages that are none.
fn hostile(number: usize) -> (String, String) {
    let picture = || "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ9Zk3".repeat(48_000);
    let (name, text) = match number % 6 {
        0 => ("deep.html", format!("<p>Kept</p>{}", "<blockquote>".repeat(100_000))),
        1 => ("picture.md", format!("# Trip\n\n![x](data:image/png;base64,{})\n\nEnd.", picture())),
        2 => ("quotes.md", format!("{} deep", ">".repeat(100_000))),
        3 => ("brackets.md", "[".repeat(200_000)),
        4 => ("wide.csv", format!("{}\n", "x,".repeat(100_000))),
        _ => ("none.xlsx", "PK\u{3}\u{4} and then nothing".to_owned()),
    };
    (format!("{number}/{name}"), text)
}

#[tokio::test(flavor = "multi_thread")]
async fn twelve_hard_files_do_not_keep_a_note_from_being_found() {
    let fixture = fixture(&[]).await;
    for number in 0..12 {
        let (path, text) = hostile(number);
        fixture.add(&path, &text).await;
    }
    fixture.add("note.md", "The spare key lies under the stone.").await;
    let settled = tokio::time::timeout(Duration::from_mins(2), fixture.settle()).await;
    settled.expect("no file takes for ever");
    assert_eq!(fixture.search("spare key").await, ["note.md"]);
    let health = fixture.health().await;
    assert!(health.pauses.is_empty(), "{:?}", health.pauses);
}
