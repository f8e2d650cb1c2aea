//! Another index beside the active one: built, compared, switched to, gone back from.

mod interruptions;
mod languages;
mod models;

use quire_domain::{
    EvaluationQuestion, IndexChoice, IndexState, IndexSwitch, Language, ModelId, NextIndex,
};
use quire_engines::scripted::HashEmbedder;
use quire_service::{CollectionChange, EvaluationRequest};

use super::*;

const OTHER: &str = "scripted/other";

fn model(name: &str) -> ModelId {
    name.parse().expect("a valid name")
}

/// An embedder whose chunks and vectors are unlike those of the default one.
fn other() -> HashEmbedder {
    HashEmbedder::new(model(OTHER), 32).with_max_tokens(60)
}

fn to_language(language: Language) -> CollectionChange {
    CollectionChange { language: Some(language), ..CollectionChange::default() }
}

fn to_model(name: &str) -> CollectionChange {
    CollectionChange { embedding_model: Some(model(name)), ..CollectionChange::default() }
}

/// A text of several chunks for either embedder, with a word of its own.
fn long_text(number: usize) -> String {
    let word = char::from(b'a' + (number % 26) as u8);
    format!("Word{word}{number} stands here. {}", "The meadow is green and wide. ".repeat(6))
}

impl Fixture {
    async fn change(&self, change: CollectionChange) {
        let changed = self.services.collections.change(&self.collection, change).await;
        changed.expect("is changed");
    }

    async fn built(&self) {
        self.services.collections.wait_until_built(&self.collection).await.expect("is built");
    }

    async fn next(&self) -> NextIndex {
        self.collection().await.next_index.expect("an index is being built")
    }

    async fn dense(&self, query: &str) -> Vec<String> {
        let request = SearchRequest {
            query: query.to_owned(),
            k: 100,
            mode: SearchMode::Dense,
            ..SearchRequest::default()
        };
        let found = self.services.search(&self.collection, request).await.expect("searches");
        found.hits.into_iter().map(|hit| hit.document.path.to_string()).collect()
    }

    async fn assert_sound(&self) {
        let health = self.health().await;
        assert_eq!((health.orphan_chunks, health.documents_without_chunks), (0, 0), "{health:?}");
    }
}

fn on_next() -> EvaluationRequest {
    let question = EvaluationQuestion {
        id: "q".to_owned(),
        question: "When was the apple tree planted?".to_owned(),
        documents: vec!["garden.md".to_owned()],
        answerable: true,
        ..EvaluationQuestion::default()
    };
    let questions = Some(vec![question]);
    EvaluationRequest { questions, index: IndexChoice::Next, ..EvaluationRequest::default() }
}

async fn open_services(
    folder: &tempfile::TempDir,
    engines: &Arc<ScriptedRuntime>,
    store: &Arc<MemoryStore>,
) -> Services {
    let services = open(folder, engines, store).await.expect("opens");
    services.start_ingest();
    services
}
