//! Another model: built beside the old one, compared with it, switched to, gone back from.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_old_model_answers_until_the_switch_and_can_be_gone_back_to() {
    let reply = "The apple tree was planted in 1987 [1].";
    let fixture = fixture(&[reply, reply]).await;
    let other = Arc::new(other());
    fixture.engines.put_embedder(&other);
    let garden = fixture.add("garden.md", GARDEN).await;
    fixture.add("long.txt", &long_text(1)).await;
    fixture.settle().await;
    let old = fixture.collection().await;

    fixture.change(to_model(OTHER)).await;
    fixture.built().await;
    let next = fixture.next().await;
    assert_eq!((next.state, next.done, next.total), (IndexState::Ready, 2, 2));
    assert_eq!(next.switch, IndexSwitch::OnRequest);
    assert_eq!(fixture.collection().await.embedding_model, old.embedding_model);
    let asked = other.embedded_count();
    assert!(fixture.dense("apple tree").await.contains(&"garden.md".to_owned()));
    assert_eq!(other.embedded_count(), asked, "the old model embeds the questions");
    fixture.assert_sound().await;

    let switched =
        fixture.services.collections.switch_index(&fixture.collection).await.expect("switches");
    assert_eq!((&switched.embedding_model, &switched.next_index), (&model(OTHER), &None));
    assert_eq!(switched.index_id, next.index_id);
    assert!(switched.counts.chunks > old.counts.chunks, "its chunks are smaller");
    let health = fixture.health().await;
    assert_eq!(health.chunks, switched.counts.chunks, "those of the active index count");
    assert!(fixture.dense("apple tree").await.contains(&"garden.md".to_owned()));
    assert_eq!(other.embedded_count(), asked + 1, "the new model embeds the questions");
    let ask =
        AskRequest { question: "When was the apple tree planted?".into(), ..Default::default() };
    let answer = fixture.services.ask_whole(&fixture.collection, ask).await.expect("answers");
    assert_eq!(answer.citations[0].document.id, garden.id);
    fixture.assert_sound().await;

    let back = fixture.services.collections.go_back(&fixture.collection).await.expect("goes back");
    assert_eq!((&back.index_id, &back.counts), (&old.index_id, &old.counts), "nothing was changed");
    assert_eq!(back.previous_index.map(|kept| kept.index_id), Some(next.index_id));
    assert!(fixture.dense("apple tree").await.contains(&"garden.md".to_owned()));

    let dropped = fixture.services.collections.drop_previous_index(&fixture.collection).await;
    assert_eq!(dropped.expect("goes").previous_index, None);
    let none = fixture
        .services
        .collections
        .go_back(&fixture.collection)
        .await
        .expect_err("nothing is there");
    assert_eq!(none.kind(), quire_domain::ErrorKind::Conflict);
    fixture.assert_sound().await;
    assert_eq!(fixture.health().await.chunks, old.counts.chunks);
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_takes_along_what_changed_since() {
    let fixture = fixture(&[]).await;
    fixture.engines.put_embedder(&Arc::new(other()));
    let gone = fixture.add("gone.txt", &long_text(0)).await;
    fixture.add("changed.txt", &long_text(1)).await;
    fixture.settle().await;
    let switch = Some(IndexSwitch::WhenReady);
    fixture.change(CollectionChange { switch, ..to_model(OTHER) }).await;
    fixture.built().await;
    assert_eq!(fixture.collection().await.embedding_model, model(OTHER));
    fixture.services.documents.delete(&gone.id).await.expect("is deleted");
    fixture.add("changed.txt", HOUSE).await;
    fixture.add("new.txt", GARDEN).await;
    fixture.settle().await;
    fixture.assert_sound().await;

    fixture.services.collections.go_back(&fixture.collection).await.expect("goes back");
    fixture.built().await;
    assert_eq!(fixture.collection().await.embedding_model, model("scripted/embedder"));
    let mut found = fixture.dense("anything").await;
    found.sort();
    found.dedup();
    assert_eq!(found, ["changed.txt", "new.txt"]);
    assert_eq!(fixture.search("heating").await, ["changed.txt"]);
    fixture.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_indexes_can_be_evaluated() {
    let fixture = fixture(&["It was planted in 1987 [1]."]).await;
    fixture.engines.put_embedder(&Arc::new(other()));
    fixture.add("garden.md", GARDEN).await;
    fixture.add("house.txt", HOUSE).await;
    fixture.settle().await;
    let none = fixture.services.evaluate(&fixture.collection, on_next()).await;
    assert_eq!(none.err().expect("there is none").kind(), quire_domain::ErrorKind::Conflict);
    fixture.change(to_model(OTHER)).await;
    fixture.built().await;
    let request = EvaluationRequest { answers: true, ..on_next() };
    let report = fixture.services.evaluate_whole(&fixture.collection, request).await;
    let report = report.expect("is evaluated");
    assert_eq!((report.index, report.embedding_model), (IndexChoice::Next, model(OTHER)));
    assert!((report.modes["dense"].hit_at_5 - 1.0).abs() < 1e-9);
    let request = EvaluationRequest { index: IndexChoice::Active, ..on_next() };
    let report = fixture.services.evaluate_whole(&fixture.collection, request).await;
    assert_eq!(report.expect("is evaluated").embedding_model, model("scripted/embedder"));
}
