//! Which models are in memory, as the services tell it.

use quire_domain::{ErrorKind, LoadOptions, ModelId, TimeToLive, Unloading};
use quire_engines::MemoryBudget;
use quire_engines::scripted::ScriptedRuntime;
use quire_service::{AskRequest, Services};

use super::{GARDEN, fixture, fixture_of};

const CHAT: &str = "scripted/generator";
const EMBEDDER: &str = "scripted/embedder";

fn id(name: &str) -> ModelId {
    name.parse().expect("a valid name")
}

fn names(services: &Services) -> Vec<String> {
    services.models.list_loaded().into_iter().map(|model| model.id.to_string()).collect()
}

#[tokio::test]
async fn an_answer_leaves_behind_what_was_asked_for() {
    let fixture = fixture(&["The apple tree was planted in 1987 [1]."]).await;
    fixture.add("garden.md", GARDEN).await;
    fixture.settle().await;
    let ask = async |ttl| {
        let question = "When was the apple tree planted?".to_owned();
        let request = AskRequest { question, ttl, ..AskRequest::default() };
        fixture.services.ask_whole(&fixture.collection, request).await.expect("an answer");
    };
    ask(None).await;
    assert_eq!(names(&fixture.services), [EMBEDDER, CHAT]);
    ask(Some(TimeToLive::from_seconds(0))).await;
    assert_eq!(names(&fixture.services), [EMBEDDER], "the embedder was not meant");
}

#[tokio::test]
async fn a_model_is_loaded_and_unloaded_by_name() {
    let fixture = fixture(&[]).await;
    let models = &fixture.services.models;
    models.load(&id(CHAT), None, LoadOptions::default()).await.expect("it is known");
    assert!(names(&fixture.services).contains(&CHAT.to_owned()));
    let listed = models.list().await.expect("a list");
    assert!(listed.iter().any(|model| model.id == id(CHAT) && model.loaded));
    assert_eq!(models.unload(&id(CHAT)).await.expect("it is known"), Unloading::Unloaded);
    assert!(!names(&fixture.services).contains(&CHAT.to_owned()));

    let error = models
        .load(&id("scripted/generators"), None, LoadOptions::default())
        .await
        .expect_err("it is not known");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("did you mean `scripted/generator`"), "{error}");
}

#[tokio::test]
async fn what_does_not_fit_beside_a_pinned_model_is_refused_with_both_numbers() {
    // Scripted engines are said to take a mebibyte each.
    let engines = ScriptedRuntime::new([])
        .with_residents(TimeToLive::default(), MemoryBudget::Bytes(3 << 19));
    let fixture = fixture_of(engines, |_| {}).await;
    let models = &fixture.services.models;
    models.load(&id(EMBEDDER), None, LoadOptions::default()).await.expect("it fits");
    models
        .load(&id(CHAT), Some(TimeToLive::Never), LoadOptions::default())
        .await
        .expect("it fits instead");
    assert_eq!(names(&fixture.services), [CHAT]);
    let error = models
        .load(&id(EMBEDDER), None, LoadOptions::default())
        .await
        .expect_err("the other is pinned");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let told = error.to_string();
    assert!(told.contains("needs about 1.0 MiB") && told.contains("may take 1.5 MiB"), "{told}");
}
