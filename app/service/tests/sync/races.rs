//! Files that change while a folder is mirrored: between the look at it and the sending.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use quire_domain::sync::{
    BatchOp, BatchReply, CommitReply, CommitRequest, DigestReply, FileHash, PlanReply, PlanRequest,
};
use quire_service::SqliteFolders;
use quire_service::sync::BlobState;
use quire_service::sync::folder::{
    DeleteLimit, Mirror, MirrorError, MirrorTerms, Round, RoundReport, SyncedFolder,
};

use super::{Fixture, fixture};

type Meddling = Box<dyn FnOnce() + Send>;

/// The source of a fixture; what is to happen to the folder happens right after it was planned.
struct MeddledMirror<'a> {
    fixture: &'a Fixture,
    meddling: Mutex<Option<Meddling>>,
}

#[async_trait]
impl Mirror for MeddledMirror<'_> {
    async fn terms(&self) -> Result<MirrorTerms, MirrorError> {
        Ok((&self.fixture.services.get_source(&self.fixture.source).await?.source).into())
    }

    async fn renew_terms(&self) -> Result<MirrorTerms, MirrorError> {
        self.terms().await
    }

    async fn digest(&self) -> Result<DigestReply, MirrorError> {
        Ok(self.fixture.services.get_source_digest(&self.fixture.source, 0).await?)
    }

    async fn plan(&self, request: PlanRequest) -> Result<PlanReply, MirrorError> {
        let Fixture { services, source, device, .. } = self.fixture;
        let plan = services.plan_sync(source, Some(device), request).await?;
        if let Some(meddle) = self.meddling.lock().expect("not poisoned").take() {
            meddle();
        }
        Ok(plan)
    }

    async fn batch(&self, ops: Vec<BatchOp>) -> Result<BatchReply, MirrorError> {
        let ops = ops.iter().map(|op| serde_json::to_value(op).expect("JSON")).collect();
        Ok(self.fixture.batch(ops).await)
    }

    async fn find_blob(&self, hash: &FileHash) -> Result<BlobState, MirrorError> {
        Ok(self.fixture.services.get_blob(hash).await?)
    }

    async fn append_blob(
        &self,
        hash: &FileHash,
        offset: u64,
        length: u64,
        piece: Vec<u8>,
    ) -> Result<(), MirrorError> {
        self.fixture.services.append_blob(hash, offset, length, &piece).await?;
        Ok(())
    }

    async fn commit(&self, request: CommitRequest) -> Result<CommitReply, MirrorError> {
        let Fixture { services, source, device, .. } = self.fixture;
        Ok(services.commit_sync(source, Some(device), request).await?)
    }
}

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
    meddle: impl FnOnce(&Path) + Send + 'static,
) -> [RoundReport; 2] {
    let root = folder.root.clone();
    let meddling: Meddling = Box::new(move || meddle(&root));
    let mirror = MeddledMirror { fixture, meddling: Mutex::new(Some(meddling)) };
    let on_step = |_| {};
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
        let digest = fixture.services.get_source_digest(&fixture.source, 0).await.expect("is made");
        let look = folder.look(quire_domain::sync::Rules::all(), u64::MAX).await.expect("looks");
        assert_eq!(Some(digest.digest), look.digest());
    }
}
