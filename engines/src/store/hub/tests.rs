//! A hub that plays Hugging Face's part: search, repositories, files with redirects, ranges and checksums.

use std::net::SocketAddr;
use std::sync::Mutex;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use quire_domain::ErrorKind;
use quire_domain::hex::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::*;
use crate::ModelStore;
use crate::key::Key;
use crate::store::Reference;
use crate::store::tests::{gguf, projector, put};

/// The path, the range and the token of a request.
type Asked = (String, Option<String>, Option<String>);

/// What the hub has, and what it was asked.
struct Server {
    files: Vec<(&'static str, Vec<u8>)>,
    asked: Mutex<Vec<Asked>>,
}

async fn serve(files: Vec<(&'static str, Vec<u8>)>) -> (&'static Server, PullOptions) {
    let server: &'static Server = Box::leak(Box::new(Server { files, asked: Mutex::default() }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address: SocketAddr = listener.local_addr().expect("an address");
    let app = Router::new().fallback(answer).with_state(server);
    tokio::spawn(async move { axum::serve(listener, app).await });
    let token = Key::new("hf_secret");
    let options =
        PullOptions { hf_endpoint: format!("http://{address}/"), token, ..PullOptions::default() };
    (server, options)
}

async fn answer(State(server): State<&'static Server>, uri: Uri, headers: HeaderMap) -> Response {
    let text = |name| {
        headers.get(name).map(|it: &header::HeaderValue| it.to_str().expect("text").to_owned())
    };
    let range: Option<String> = text(header::RANGE);
    let asked = (uri.to_string(), range.clone(), text(header::AUTHORIZATION));
    server.asked.lock().expect("the log").push(asked);
    let json = |value: Value| {
        ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
    };
    match uri.path() {
        "/api/models" => json(json!([{"id": "pub/b-GGUF", "downloads": 7, "likes": 1}])),
        "/api/models/pub/b-GGUF" => json(json!({
            "id": "pub/b-GGUF", "sha": "0".repeat(40), "gated": "manual",
            "cardData": {"license": "apache-2.0"},
            "siblings": server.files.iter().map(|(name, bytes)| json!({
                "rfilename": name, "size": bytes.len(),
                "lfs": {"sha256": hex(&Sha256::digest(bytes)), "size": bytes.len()},
            })).collect::<Vec<_>>(),
        })),
        path => {
            let start = format!("/pub/b-GGUF/resolve/{}/", "0".repeat(40));
            let (name, is_stored) = match path.strip_prefix(&start) {
                Some(name) => (name, false),
                None => (path.strip_prefix("/stored/").unwrap_or_default(), true),
            };
            let Some((_, bytes)) = server.files.iter().find(|(file, _)| *file == name) else {
                return StatusCode::NOT_FOUND.into_response();
            };
            if !is_stored {
                let there = format!("/stored/{name}");
                return (StatusCode::FOUND, [(header::LOCATION, there)]).into_response();
            }
            let from =
                range.and_then(|it| it.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
            match from {
                Some(from) => {
                    let from: usize = from;
                    (StatusCode::PARTIAL_CONTENT, bytes[from..].to_vec()).into_response()
                }
                None => bytes.clone().into_response(),
            }
        }
    }
}

fn parse(text: &str) -> Reference {
    text.parse().expect("a reference")
}

#[tokio::test]
async fn a_repository_is_found_with_what_it_has() {
    let files = vec![
        ("b-Q8_0.gguf", gguf("llama")),
        ("b-Q4_K_M.gguf", gguf("qwen2")),
        ("../../evil-Q4_0.gguf", gguf("llama")),
        ("README.md", b"# b".to_vec()),
    ];
    let (server, options) = serve(files).await;
    let found = search("small & good", 5, &options).await.expect("a list");
    assert_eq!((found[0].id.as_str(), found[0].downloads), ("pub/b-GGUF", 7));
    let repository = read_repository(&found[0].id, &options).await.expect("it is there");
    assert!(repository.is_gated);
    assert_eq!(repository.licence.as_deref(), Some("apache-2.0"));
    let variants = find_variants(&repository);
    let names: Vec<_> = variants.iter().map(Variant::name).collect();
    assert_eq!(names, ["Q4_K_M", "Q8_0"], "and nothing that leaves its folder");
    let asked = server.asked.lock().expect("the log");
    assert!(asked[0].0.contains("search=small%20%26%20good"), "{asked:?}");
    assert!(asked.iter().all(|one| one.2.as_deref() == Some("Bearer hf_secret")));
    assert!(!format!("{options:?}").contains("secret"));
}

#[tokio::test]
async fn all_parts_come_are_checked_and_lie_side_by_side() {
    let (first, second) = (gguf("llama"), gguf("qwen2"));
    let files = vec![
        ("Q4_K_M/b-Q4_K_M-00001-of-00002.gguf", first.clone()),
        ("Q4_K_M/b-Q4_K_M-00002-of-00002.gguf", second.clone()),
    ];
    let (server, options) = serve(files).await;
    let folder = tempfile::tempdir().expect("a folder");
    let part = ".downloads/pub--b-GGUF/b-Q4_K_M-00001-of-00002.gguf.part";
    put(folder.path(), part, &first[..10]);
    let store = ModelStore::new(folder.path());
    let reference = parse("hf.co/pub/b-GGUF");
    let pull = || store.pull_reference(&reference, &options, &|_| {});
    let stored = pull().await.expect("both parts come");
    assert_eq!(stored.model.id.as_str(), "pub/b-GGUF");
    assert_eq!(stored.model.size_bytes, (first.len() + second.len()) as u64);
    let ranges: Vec<_> =
        server.asked.lock().expect("the log").iter().filter_map(|one| one.1.clone()).collect();
    assert!(ranges.contains(&"bytes=10-".to_owned()), "what was begun is gone on with: {ranges:?}");
    server.asked.lock().expect("the log").clear();
    pull().await.expect("they are there");
    assert_eq!(server.asked.lock().expect("the log").len(), 1, "only the list was asked for");
}

#[tokio::test]
async fn what_is_not_there_or_no_model_is_told() {
    let (_server, options) = serve(vec![("b-Q8_0.gguf", b"GGUF, or so it says".to_vec())]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let store = ModelStore::new(folder.path());
    let pull = async |name: &str| {
        store.pull_reference(&parse(name), &options, &|_| {}).await.expect_err(name)
    };
    let error = pull("pub/b-GGUF:Q2_K").await;
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("no `Q2_K`; it has Q8_0"), "{error}");
    let error = pull("pub/b-GGUF").await;
    assert!(error.to_string().contains("not a model that can be used"), "{error}");
    assert!(!folder.path().join("pub/b-GGUF/b-Q8_0.gguf").exists(), "it was removed");
    let error = pull("who/knows").await;
    assert!(error.to_string().contains("$HF_TOKEN"), "{error}");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let offline = PullOptions { offline: true, ..options.clone() };
    let error = read_repository("pub/b-GGUF", &offline).await.expect_err("it may not");
    assert!(error.to_string().contains("switched off"), "{error}");
}

#[tokio::test]
async fn a_file_comes_from_any_address_without_the_token() {
    let (server, options) = serve(vec![("b-q4.gguf", gguf("llama"))]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let store = ModelStore::new(folder.path());
    let address = format!("{}stored/b-q4.gguf", options.hf_endpoint);
    let stored = store.pull_reference(&parse(&address), &options, &|_| {}).await.expect("it comes");
    assert_eq!(stored.model.id.as_str(), "127.0.0.1/b-q4");
    assert!(server.asked.lock().expect("the log").iter().all(|one| one.2.is_none()));
}

#[tokio::test]
async fn a_projector_comes_with_its_model() {
    let files = vec![
        ("b-Q4_K_M.gguf", gguf("llama")),
        ("b-Q8_0.gguf", gguf("llama")),
        ("mmproj-b-BF16.gguf", projector(32)),
        ("mmproj-b-F16.gguf", projector(1)),
        ("mmproj-b-Q8_0.gguf", projector(7)),
    ];
    let (_server, options) = serve(files).await;
    let folder = tempfile::tempdir().expect("a folder");
    let store = ModelStore::new(folder.path());
    let reference = parse("pub/b-GGUF:Q8_0");
    let stored = store.pull_reference(&reference, &options, &|_| {}).await.expect("it comes");
    assert!(stored.model.reads_images);
    let name = |path: &std::path::Path| path.file_name().map(std::borrow::ToOwned::to_owned);
    let projector = stored.projector.as_deref().and_then(name);
    assert_eq!(projector.as_deref(), Some("mmproj-b-F16.gguf".as_ref()));
    let mut pulled: Vec<String> =
        stored.pulled_files().expect("a record").into_iter().map(|file| file.name).collect();
    pulled.sort();
    assert_eq!(pulled, ["b-Q8_0.gguf", "mmproj-b-F16.gguf"]);
    assert!(!folder.path().join("pub/b-GGUF/mmproj-b-Q8_0.gguf").exists());
}
