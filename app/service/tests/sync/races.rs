//! Files that change while a folder is mirrored: between the look at it and the sending.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use quire_folder_sync::{DeleteLimit, Round, RoundReport, Step, SyncedFolder};
use quire_service::SqliteFolders;
use quire_service::sync::LocalMirror;

use super::{Fixture, fixture};

/// A folder beside the data of a fixture, with these files.
async fn folder_of(fixture: &Fixture, files: &[(&str, &str)]) -> SyncedFolder {
    let root = fixture.folder.path().join("notes");
    fs::create_dir(&root).expect("a folder");
    for (path, text) in files {
        fs::write(root.join(path), text).expect("a file");
    }
    let memory = SqliteFolders::open(&fixture.folder.path().join("folders.sqlite")).await;
    SyncedFolder { root, memory: Arc::new(memory.expect("opens")) }
}

/// Runs a round in which the folder is meddled with, and one more.
async fn rounds(
    fixture: &Fixture,
    folder: &SyncedFolder,
    meddle: impl FnOnce(&Path) + Send,
) -> [RoundReport; 2] {
    let mirror = LocalMirror {
        sources: Arc::clone(&fixture.services.sources),
        source: fixture.source.clone(),
        device: fixture.device.clone(),
    };
    let meddle = Mutex::new(Some(meddle));
    // What is to be sent is known then, and nothing has been read for it.
    let on_step = |step| {
        if let Step::Sending(_) = step
            && let Some(meddle) = meddle.lock().expect("not poisoned").take()
        {
            meddle(&folder.root);
        }
    };
    let limit = DeleteLimit::default();
    let round = Round { folder, mirror: &mirror, limit, on_step: &on_step };
    [round.run().await.expect("runs"), round.run().await.expect("runs")]
}

fn later(report: &RoundReport) -> Vec<&str> {
    report.later.iter().map(quire_domain::sync::SourcePath::as_str).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_before_it_is_sent_goes_with_the_next_round() {
    let fixture = fixture().await;
    let files = [("changed.md", "an old plan"), ("gone.md", "a plan"), ("kept.md", "a rule")];
    let folder = folder_of(&fixture, &files).await;
    let [first, second] = rounds(&fixture, &folder, |root| {
        fs::write(root.join("changed.md"), "a new and longer plan").expect("a file");
        fs::remove_file(root.join("gone.md")).expect("it was there");
    })
    .await;
    assert_eq!((first.uploaded, later(&first)), (1, vec!["changed.md", "gone.md"]));
    assert!(first.failed.is_empty() && second.failed.is_empty(), "{first:?} {second:?}");
    assert_eq!((second.uploaded, later(&second).len()), (1, 0));
    fixture.settle().await;
    let paths: Vec<String> = fixture.files().await.into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["changed.md", "kept.md"]);
    assert_eq!(fixture.search("longer").await, ["changed.md"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_that_changes_or_goes_before_it_is_sent_is_no_mixture() {
    for goes in [false, true] {
        let fixture = fixture().await;
        let old = "The old plan has many words.\n".repeat(100_000);
        let folder = folder_of(&fixture, &[("large.md", &old)]).await;
        let [first, second] = rounds(&fixture, &folder, move |root| {
            let file = root.join("large.md");
            if goes {
                fs::remove_file(file).expect("it was there");
            } else {
                fs::write(file, "The new plan has many words.\n".repeat(100_000)).expect("a file");
            }
        })
        .await;
        assert_eq!((first.uploaded, later(&first)), (0, vec!["large.md"]), "goes: {goes}");
        assert!(first.failed.is_empty(), "{first:?}");
        assert_eq!(second.uploaded, u64::from(!goes));
        let digest =
            fixture.services.sources.get_digest(&fixture.source, 0).await.expect("is made");
        let look = folder.look(quire_domain::sync::Rules::all(), u64::MAX).await.expect("looks");
        assert_eq!(Some(digest.digest), look.digest());
    }
}
