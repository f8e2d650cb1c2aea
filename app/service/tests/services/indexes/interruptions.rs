//! What happens while an index is built: documents change, the process dies, a model is missing.

use tokio::sync::Semaphore;

use super::*;

/// One batch of the builder and some of the next.
const MANY: usize = 70;
const BATCH: usize = 64;

impl Fixture {
    async fn wait_for_done(&self, done: u64) {
        let mut events = self.services.subscribe();
        while self.next().await.done < done {
            events.recv().await.expect("the service goes on");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_come_change_and_go_meanwhile_are_in_both() {
    let fixture = fixture(&[]).await;
    let gate = Arc::new(Semaphore::new(0));
    fixture.engines.put_embedder(&Arc::new(other().with_gate(Arc::clone(&gate))));
    let mut documents = Vec::new();
    for number in 0..MANY {
        documents.push(fixture.add(&format!("{number}.txt"), &long_text(number)).await);
    }
    fixture.settle().await;
    fixture.change(to_model(OTHER)).await;
    // The first batch gets in; the second stops after two of its documents.
    gate.add_permits(BATCH + 2);
    fixture.wait_for_done(BATCH as u64).await;
    let next = fixture.next().await;
    assert_eq!((next.state, next.total), (IndexState::Building, MANY as u64));
    let early = fixture.services.evaluate(&fixture.collection, on_next()).await;
    assert!(matches!(early.err(), Some(ServiceError::IndexNotReady { .. })));
    for index in [0, BATCH, MANY - 1] {
        fixture.services.documents.delete(&documents[index].id).await.expect("is deleted");
    }
    for index in [1, BATCH + 1, MANY - 2] {
        fixture.add(&format!("{index}.txt"), &format!("Replaced {index}.")).await;
    }
    fixture.add("new.txt", &long_text(99)).await;
    fixture.assert_sound().await;
    assert!(fixture.search("Worda0").await.is_empty(), "gone from the active index");
    fixture.services.collections.switch_index(&fixture.collection).await.expect("is wanted");
    gate.add_permits(1000);
    fixture.settle().await;
    fixture.built().await;

    let now = fixture.collection().await;
    assert_eq!((&now.embedding_model, now.counts.indexed), (&model(OTHER), MANY as u64 - 2));
    fixture.assert_sound().await;
    assert_eq!(fixture.health().await.chunks, now.counts.chunks);
    for index in [1, BATCH + 1, MANY - 2] {
        let path = format!("{index}.txt");
        assert!(fixture.search("Replaced").await.contains(&path));
        assert!(!fixture.search(&long_text(index)[..8]).await.contains(&path));
    }
    assert!(fixture.search("Wordv99").await.contains(&"new.txt".to_owned()));
}

#[test]
fn a_process_that_dies_in_the_middle_goes_on_afterwards() {
    let runtime = || tokio::runtime::Runtime::new().expect("a runtime");
    let gate = Arc::new(Semaphore::new(0));
    let other = Arc::new(other().with_gate(Arc::clone(&gate)));
    let dying = runtime();
    let Fixture { services, engines, store, collection, folder } = dying.block_on(async {
        let fixture = fixture(&[]).await;
        fixture.engines.put_embedder(&other);
        for number in 0..MANY {
            fixture.add(&format!("{number}.txt"), &long_text(number)).await;
        }
        fixture.settle().await;
        let switch = Some(IndexSwitch::WhenReady);
        fixture.change(CollectionChange { switch, ..to_model(OTHER) }).await;
        gate.add_permits(BATCH + 2);
        fixture.wait_for_done(BATCH as u64).await;
        fixture
    });
    // Every task ends where it waits, as in a process that is killed.
    drop(services);
    drop(dying);
    gate.add_permits(1000);
    runtime().block_on(async {
        let services = open_services(&folder, &engines, &store).await;
        services.collections.wait_until_built(&collection).await.expect("is built");
        let now = services.collections.get(&collection).await.expect("is there");
        assert_eq!((now.embedding_model, now.next_index), (model(OTHER), None));
        let health = services.index_health().await.expect("compares");
        assert_eq!((health.orphan_chunks, health.documents_without_chunks), (0, 0));
        assert_eq!(health.chunks, now.counts.chunks);
        services.shut_down().await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_missing_is_told_and_the_index_can_be_gone_on_with() {
    let fixture = fixture(&[]).await;
    let other = Arc::new(other());
    fixture.engines.take_embedder(&model(OTHER));
    fixture.add("a.txt", &long_text(0)).await;
    fixture.settle().await;
    let refused = fixture.services.collections.change(&fixture.collection, to_model(OTHER)).await;
    assert!(matches!(refused, Err(ServiceError::Engine(_))));
    assert_eq!(fixture.collection().await.next_index, None);

    fixture.engines.put_embedder(&other);
    fixture.change(to_model(OTHER)).await;
    fixture.built().await;
    fixture.engines.take_embedder(&model(OTHER));
    fixture.add("b.txt", &long_text(1)).await;
    fixture.settle().await;
    let mut events = fixture.services.subscribe();
    while fixture.next().await.state != IndexState::Failed {
        events.recv().await.expect("the service goes on");
    }
    assert!(fixture.next().await.error.is_some_and(|error| error.contains(OTHER)));
    let refused = fixture.services.collections.switch_index(&fixture.collection).await;
    assert!(matches!(refused, Err(ServiceError::IndexFailed { .. })));
    assert_eq!(fixture.collection().await.counts.indexed, 2, "the active index is not harmed");

    fixture.engines.put_embedder(&other);
    fixture.change(to_model(OTHER)).await;
    fixture.built().await;
    assert_eq!(fixture.next().await.state, IndexState::Ready);
    fixture.assert_sound().await;
    let kept = fixture
        .services
        .collections
        .drop_next_index(&fixture.collection)
        .await
        .expect("is given up");
    assert_eq!(kept.next_index, None);
    fixture.assert_sound().await;
    assert_eq!(fixture.health().await.chunks, kept.counts.chunks);
}
