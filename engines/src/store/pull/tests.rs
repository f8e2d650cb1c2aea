//! Downloads from a server of the test's own.

mod server;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;

use quire_domain::ErrorKind;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::super::tests::{gguf, id, put};
use super::super::{Checked, ModelStore, PullOptions, PulledFile, record};
use super::hexadecimal;
use crate::EngineError;

use server::{Served, paths, serve, served};

const BYTES: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

fn hex(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// A store that knows one model, `a/b`, to be had from these repositories in turn.
fn store(folder: &Path, repositories: &[&str], sha256: &str) -> ModelStore {
    let file = json!({"name": "b.gguf", "size_bytes": BYTES.len(), "sha256": sha256});
    store_of(folder, repositories, &file)
}

/// Such a store whose catalog states nothing of the file.
fn trusting_store(folder: &Path, repository: &str) -> ModelStore {
    store_of(folder, &[repository], &json!({"name": "b.gguf"}))
}

fn store_of(folder: &Path, repositories: &[&str], file: &serde_json::Value) -> ModelStore {
    let sources: Vec<_> = repositories
        .iter()
        .map(|it| json!({"type": "hugging_face", "repository": it, "revision": "main"}))
        .collect();
    let catalog = json!({"models": [{
        "id": "a/b", "kind": "chat", "licence": "MIT", "sources": sources,
        "files": [file],
    }]});
    let catalog = serde_json::from_value(catalog).expect("a catalog");
    ModelStore::new(folder).with_catalog(catalog)
}

fn options(address: SocketAddr) -> PullOptions {
    PullOptions { hf_endpoint: format!("http://{address}"), ..PullOptions::default() }
}

async fn pull(store: &ModelStore, options: &PullOptions) -> Result<(), EngineError> {
    let model = store.catalog().find(&id("a/b")).expect("the model");
    super::pull(model, store.folder(), options, &|_| {}).await
}

#[tokio::test]
async fn a_download_falls_back_is_checked_and_is_not_made_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let served = served(Served { bytes: BYTES.to_vec(), ..Served::default() });
    let options = options(serve(served).await);
    let store = store(folder.path(), &["missing/b", "there/b"], &hex(BYTES));
    let seen = Mutex::new(Vec::new());
    let model = store.catalog().find(&id("a/b")).expect("the model");
    super::pull(model, folder.path(), &options, &|progress| {
        seen.lock().expect("the log").push(progress);
    })
    .await
    .expect("the second place has it");
    assert_eq!(fs::read(folder.path().join("a/b/b.gguf")).expect("the file"), BYTES);
    assert!(!folder.path().join(".downloads").exists(), "nothing is left behind");
    let last = seen.into_inner().expect("the log").pop().expect("progress");
    assert_eq!((last.done_bytes, last.total_bytes), (BYTES.len() as u64, BYTES.len() as u64));
    assert!(last.source.contains("there/b"), "{}", last.source);
    pull(&store, &options).await.expect("it is there");
    let asked = served.requests.lock().expect("the log").len();
    assert_eq!(asked, 2, "the second pull asked nobody");
}

#[tokio::test]
async fn what_was_begun_is_gone_on_with() {
    let folder = tempfile::tempdir().expect("a folder");
    let served = served(Served { bytes: BYTES.to_vec(), ..Served::default() });
    let options = options(serve(served).await);
    let store = store(folder.path(), &["there/b"], &hex(BYTES));
    put(folder.path(), ".downloads/a--b/b.gguf.part", &BYTES[..10]);
    pull(&store, &options).await.expect("the rest comes");
    assert_eq!(fs::read(folder.path().join("a/b/b.gguf")).expect("the file"), BYTES);
    let (_, range) = served.requests.lock().expect("the log")[0].clone();
    assert_eq!(range.as_deref(), Some("bytes=10-"));
}

#[tokio::test]
async fn a_broken_connection_is_made_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let served =
        served(Served { bytes: BYTES.to_vec(), breaks_after: Some(7), ..Served::default() });
    let options = options(serve(served).await);
    let store = store(folder.path(), &["there/b"], &hex(BYTES));
    pull(&store, &options).await.expect("the second connection brings the rest");
    assert_eq!(fs::read(folder.path().join("a/b/b.gguf")).expect("the file"), BYTES);
    let ranges: Vec<_> =
        served.requests.lock().expect("the log").iter().map(|(_, range)| range.clone()).collect();
    assert_eq!(ranges, [None, Some("bytes=7-".to_owned())]);
}

#[tokio::test]
async fn a_wrong_file_is_refused_and_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wrong = BYTES.to_vec();
    wrong[3] = b'!';
    let served = served(Served { bytes: wrong, ..Served::default() });
    let options = options(serve(served).await);
    let store = store(folder.path(), &["there/b"], &hex(BYTES));
    let error = pull(&store, &options).await.expect_err("it is not the file");
    assert!(matches!(error, EngineError::Checksum { .. }), "{error}");
    assert!(error.to_string().contains("b.gguf"), "{error}");
    assert!(!folder.path().join("a/b/b.gguf").exists());
    assert!(!folder.path().join(".downloads/a--b/b.gguf.part").exists());
}

#[tokio::test]
async fn a_failure_names_every_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let served = served(Served::default());
    let address = serve(served).await;
    let store = store(folder.path(), &["missing/one", "missing/two"], &hex(BYTES));
    let error = pull(&store, &options(address)).await.expect_err("nobody has it").to_string();
    for part in ["`a/b`", "missing/one", "missing/two", "404"] {
        assert!(error.contains(part), "`{part}` is not in `{error}`");
    }
    let offline = PullOptions { offline: true, ..options(address) };
    let error = pull(&store, &offline).await.expect_err("it may not").to_string();
    assert!(error.contains("switched off"), "{error}");
    let unknown = store.pull(&id("who/knows"), &offline, &|_| {}).await.expect_err("unknown");
    assert_eq!(unknown.kind(), ErrorKind::NotFound);
}

fn record(store: &ModelStore) -> PulledFile {
    let files = record::read(&store.folder().join("a/b")).expect("a record");
    let [file] = files.as_slice() else { panic!("{files:?}") };
    assert_eq!(
        (file.name.as_str(), file.size_bytes, file.sha256.as_str()),
        ("b.gguf", BYTES.len() as u64, hex(BYTES).as_str())
    );
    file.clone()
}

#[tokio::test]
async fn the_servers_checksum_serves_where_the_catalog_has_none() {
    let tags = [
        // As Hugging Face states it, beside the redirect; then as a mirror may, after one.
        (Some(format!("\"{}\"", hex(BYTES))), None, "there/b", "/storage/b/resolve/main/b.gguf"),
        (None, Some(format!("W/\"{}\"", hex(BYTES))), "moved/b", "/there/b/resolve/main/b.gguf"),
    ];
    for (linked_etag, etag, repository, place) in tags {
        let folder = tempfile::tempdir().expect("a folder");
        let served =
            served(Served { bytes: BYTES.to_vec(), linked_etag, etag, ..Served::default() });
        let options = options(serve(served).await);
        let store = trusting_store(folder.path(), repository);
        pull(&store, &options).await.expect("it is what the server said");
        assert_eq!(record(&store).checked, Checked::Server);
        let asked = paths(served);
        assert!(asked[0].starts_with("HEAD /"), "{asked:?}");
        assert_eq!(asked.last().map(String::as_str), Some(place));
        pull(&store, &options).await.expect("it is there");
        assert!(paths(served).is_empty(), "the second pull asked nobody");

        // Without the record, what is there is compared with what the server says.
        fs::remove_file(folder.path().join("a/b/.pulled.json")).expect("the record goes");
        pull(&store, &options).await.expect("it is there, and right");
        assert!(paths(served).iter().all(|path| path.starts_with("HEAD ")));
        assert_eq!(record(&store).checked, Checked::Server);
    }
}

#[tokio::test]
async fn a_file_that_is_not_what_the_server_said_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let linked_etag = Some(format!("\"{}\"", hex(b"another file")));
    let served = served(Served { bytes: BYTES.to_vec(), linked_etag, ..Served::default() });
    let options = options(serve(served).await);
    let error = pull(&trusting_store(folder.path(), "there/b"), &options).await;
    let error = error.expect_err("it is not the file");
    assert!(matches!(error, EngineError::Checksum { .. }), "{error}");
    assert!(!folder.path().join("a/b/b.gguf").exists());
}

#[tokio::test]
async fn a_file_without_any_checksum_comes_whole_and_is_recorded_as_unchecked() {
    let folder = tempfile::tempdir().expect("a folder");
    // Of a small file Hugging Face states a git hash, which has 40 digits.
    let etag = Some("\"da39a3ee5e6b4b0d3255bfef95601890afd80709\"".to_owned());
    let served = served(Served { bytes: BYTES.to_vec(), etag, ..Served::default() });
    let options = options(serve(served).await);
    let store = trusting_store(folder.path(), "there/b");
    put(folder.path(), ".downloads/a--b/b.gguf.part", b"of an older version");
    pull(&store, &options).await.expect("it comes");
    assert_eq!(fs::read(folder.path().join("a/b/b.gguf")).expect("the file"), BYTES);
    assert_eq!(record(&store).checked, Checked::Nothing);
    let ranges =
        served.requests.lock().expect("the log").iter().filter(|it| it.1.is_some()).count();
    assert_eq!(ranges, 0, "nothing was gone on with");
    paths(served);
    pull(&store, &options).await.expect("it is there");
    assert!(paths(served).is_empty(), "the second pull asked nobody");
    put(folder.path(), "a/b/b.gguf", b"changed meanwhile, to the same size");
    pull(&store, &options).await.expect("it comes again");
    assert_eq!(record(&store).checked, Checked::Nothing);
}

#[tokio::test]
async fn a_pulled_model_says_what_it_was_checked_against_and_goes_with_its_record() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = gguf("llama");
    let served = served(Served { bytes: bytes.clone(), ..Served::default() });
    let options = options(serve(served).await);
    let file = json!({"name": "b.gguf", "sha256": hex(&bytes)});
    let store = store_of(folder.path(), &["there/b"], &file);
    let stored = store.pull(&id("a/b"), &options, &|_| {}).await.expect("it comes");
    let [pulled] = stored.pulled_files().expect("a record").try_into().expect("one file");
    assert_eq!((pulled.checked, pulled.size_bytes), (Checked::Catalog, bytes.len() as u64));
    store.delete(&id("a/b")).expect("it is deleted");
    assert!(!folder.path().join("a").exists(), "the record stayed behind");
}
