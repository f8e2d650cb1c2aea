//! The scripted engines behave as real ones do where others rely on it.

use super::*;

#[tokio::test]
async fn a_dead_embedder_fails_until_it_is_given_out_again() {
    let runtime = ScriptedRuntime::new([]);
    let name: ModelId = "any/name".parse().expect("a valid name");
    let embedder = runtime.get_embedder(&name).await.expect("it is there");
    runtime.embedder.die();
    let text = || vec!["a text".to_owned()];
    let error = embedder.embed(text(), TextRole::Passage).await.expect_err("it has died");
    assert!(matches!(error, EngineError::EngineDied { .. }), "{error}");
    let anew = runtime.get_embedder(&name).await.expect("it is loaded anew");
    anew.embed(text(), TextRole::Passage).await.expect("it works again");
}

#[tokio::test]
async fn the_reranker_puts_shared_words_first_and_counts_what_it_cuts() {
    let runtime = ScriptedRuntime::new([]).with_reranker();
    let name: ModelId = "any/name".parse().expect("a valid name");
    let reranker = runtime.get_reranker(&name).await.expect("it was put in");
    let long = "word ".repeat(300);
    let passages = ["Wheat prices fell", "The bearing is greased monthly", long.as_str()];
    let passages = passages.map(str::to_owned).to_vec();
    let query = "When is the bearing greased?".to_owned();
    let ranked = reranker.rerank(query, passages).await.expect("scores");
    assert!(ranked.scores[1] > ranked.scores[0]);
    assert!(ranked.scores.iter().all(|score| (0.0..1.0).contains(score)));
    assert_eq!(ranked.cut_count, 1);
    let error = reranker.rerank(long, Vec::new()).await.expect_err("too long a question");
    assert!(matches!(error, EngineError::QueryTooLong { tokens: 300, .. }), "{error}");
    let none = ScriptedRuntime::new([]).get_judge(&name).await;
    assert!(matches!(none, Err(EngineError::NotInstalled { .. })));
    let none = ScriptedRuntime::new([]).get_reranker(&name).await;
    assert!(matches!(none, Err(EngineError::NotInstalled { .. })));
}
