//! Sync on a real data folder, with an in-memory store and scripted engines.

mod convergence;
mod journeys;
mod races;

use std::sync::Arc;

use quire_domain::sync::{
    BatchReply, DeviceId, FileHash, PlanFile, PlanReply, PlanRequest, Rules, Scope, SourceId,
    SourceKind, SourceRequest,
};
use quire_domain::{CollectionName, SearchMode};
use quire_engines::scripted::ScriptedRuntime;
use quire_folder_sync::file_hash;
use quire_service::{NewCollection, Parts, SearchRequest, ServiceConfig, ServiceError, Services};
use quire_vectorstore::MemoryStore;
use serde_json::{Value, json};

struct Fixture {
    services: Services,
    engines: Arc<ScriptedRuntime>,
    source: SourceId,
    device: DeviceId,
    collection: CollectionName,
    folder: tempfile::TempDir,
}

fn source_id(number: u32) -> SourceId {
    format!("{number:08}-0000-4000-8000-000000000000").parse().expect("a UUID")
}

async fn fixture() -> Fixture {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = ServiceConfig::scripted(folder.path().join("data"));
    let engines = Arc::new(ScriptedRuntime::new([]));
    let parts =
        Parts { store: Arc::new(MemoryStore::default()), models: Arc::clone(&engines) as _ };
    let services = Services::open(config, parts).await.expect("opens");
    services.start_ingest();
    let fixture = Fixture {
        services,
        engines,
        source: source_id(1),
        device: "desk".parse().expect("an id"),
        collection: "notes".parse().expect("a valid name"),
        folder,
    };
    fixture.make_source(&fixture.source, fixture.collection.as_str(), None).await;
    fixture
}

impl Fixture {
    /// Makes a source and, if it is missing, its collection; gives the name of its rules.
    async fn make_source(&self, id: &SourceId, collection: &str, rules: Option<Rules>) -> String {
        let collection: CollectionName = collection.parse().expect("a valid name");
        if self.services.collections.get(&collection).await.is_err() {
            let new =
                NewCollection { name: collection.clone(), embedding_model: None, language: None };
            self.services.collections.create(new).await.expect("is made");
        }
        let request = SourceRequest {
            kind: SourceKind::Obsidian,
            collection,
            name: "Vault".to_owned(),
            folder: String::new(),
            vault: None,
            device: None,
            rules,
        };
        self.services.sources.put(id, request, None).await.expect("is made").rules_hash
    }

    async fn batch_of(&self, source: &SourceId, ops: Vec<Value>) -> BatchReply {
        let done = self.services.sources.write_batch(source, Some(&self.device), ops).await;
        done.expect("a batch is never refused as a whole")
    }

    async fn batch(&self, ops: Vec<Value>) -> BatchReply {
        self.batch_of(&self.source, ops).await
    }

    async fn settle(&self) {
        self.services.wait_until_idle(&self.collection).await.expect("settles");
    }

    async fn plan(&self, files: Vec<PlanFile>) -> Result<PlanReply, ServiceError> {
        let status = self.services.sources.get(&self.source).await.expect("is there");
        let request = PlanRequest {
            plan_id: None,
            rules_hash: status.source.rules_hash,
            scope: Scope::default(),
            complete: true,
            device_time: None,
            page: None,
            of: None,
            files,
        };
        self.services.sources.plan(&self.source, Some(&self.device), request).await
    }

    async fn search(&self, query: &str) -> Vec<String> {
        let request = SearchRequest {
            query: query.to_owned(),
            mode: SearchMode::Keyword,
            ..SearchRequest::default()
        };
        let found = self.services.search(&self.collection, request).await.expect("searches");
        found.hits.into_iter().map(|hit| hit.document.path.to_string()).collect()
    }

    /// Lists path and status of the source's files.
    async fn files(&self) -> Vec<(String, String)> {
        let page = self.services.sources.list_files(&self.source, "", None, 1000).await;
        let files = page.expect("lists").files.into_iter();
        let status = |status| serde_json::to_value(status).expect("a word");
        files
            .map(|file| {
                (file.path.to_string(), status(file.status).as_str().unwrap_or("").to_owned())
            })
            .collect()
    }

    fn originals(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("data/files")).expect("lists").count()
    }
}

fn put(path: &str, text: &str, mtime: i64) -> Value {
    json!({ "op": "put", "path": path, "text": text, "mtime": mtime })
}

fn delete(path: &str, ts: i64) -> Value {
    json!({ "op": "delete", "path": path, "ts": ts })
}

fn hash(text: &str) -> FileHash {
    file_hash(text.as_bytes())
}

fn row(path: &str, text: &str, mtime_ms: i64) -> PlanFile {
    PlanFile {
        path: path.to_owned(),
        hash: Some(hash(text)),
        mtime_ms,
        size_bytes: text.len() as u64,
    }
}

/// Shows the results of a batch: status and what was done or refused.
fn results(reply: &BatchReply) -> Vec<(u16, String)> {
    let word = |one: &quire_domain::sync::OpResult| match (&one.result, &one.error) {
        (Some(result), _) => serde_json::to_value(result).expect("a word"),
        (None, Some(error)) => error.code.clone().into(),
        (None, None) => Value::Null,
    };
    let show = |one| word(one).as_str().unwrap_or_default().to_owned();
    reply.results.iter().map(|one| (one.status, show(one))).collect()
}
