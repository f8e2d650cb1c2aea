//! Upstreams that work, and upstreams that fail in every way.

mod server;

use std::sync::Arc;
use std::time::{Duration, Instant};

use quire_domain::{ErrorKind, LoadOptions, ModelId, ModelKind};
use serde_json::{Value, json};

use self::server::{Answer, End, Server, said, serve, words};
use super::{
    CompositeRuntime, CompositeTokenizers, KeyPlace, RemoteModelSettings, Upstream, UpstreamName,
    UpstreamSettings, read_upstreams, write_upstreams,
};
use crate::key::Key;
use crate::scripted::ScriptedRuntime;
use crate::{
    ChatMessage, ChatRole, EngineError, FinishReason, GenerateEvent, GenerateRequest, ModelRuntime,
    Prompt, TextRole, Tokenizers, Written,
};

fn id(name: &str) -> ModelId {
    name.parse().expect("a name")
}

fn settings(url: &str) -> UpstreamSettings {
    let name = "office".parse().expect("a name");
    UpstreamSettings {
        timeout_seconds: 1,
        retries: 2,
        retry_pause_ms: 1,
        ..UpstreamSettings::new(name, url)
    }
}

fn runtime_of(settings: UpstreamSettings) -> CompositeRuntime {
    let upstream = Arc::new(Upstream::open(settings).expect("an upstream"));
    let local = ScriptedRuntime::new(["Local words.".to_owned()]);
    CompositeRuntime::new(Arc::new(local), vec![upstream])
}

async fn runtime(answers: impl IntoIterator<Item = Answer>) -> (&'static Server, CompositeRuntime) {
    let (server, url) = serve(answers).await;
    (server, runtime_of(settings(&url)))
}

fn question() -> GenerateRequest {
    GenerateRequest::new(Prompt::chat(vec![ChatMessage::new(ChatRole::User, "Who?")]))
}

async fn ask(runtime: &CompositeRuntime) -> Result<Written, EngineError> {
    let generator = runtime.get_generator(&id("office/chat")).await?;
    Written::wait_for(generator.generate(question()).await?).await
}

async fn fails(answers: impl IntoIterator<Item = Answer>) -> (&'static Server, EngineError) {
    let (server, runtime) = runtime(answers).await;
    (server, ask(&runtime).await.expect_err("it fails"))
}

fn failure(status: u16, message: &str) -> Answer {
    Answer::Json(status, None, json!({"error": {"message": message}}))
}

#[tokio::test]
async fn its_models_stand_beside_those_of_this_machine_and_say_where_they_are() {
    let (server, runtime) = runtime([said("Far words.")]).await;
    let models = runtime.list_models().await.expect("a list");
    let remote: Vec<_> = models.iter().filter(|model| model.is_remote()).collect();
    let names: Vec<_> = remote.iter().map(|model| (model.id.as_str(), model.kind)).collect();
    let expected = [
        ("office/chat", ModelKind::Chat),
        ("office/embed", ModelKind::Embedding),
        ("office/rerank", ModelKind::Reranker),
    ];
    assert_eq!(names, expected);
    assert!(remote.iter().all(|model| {
        model.remote_host.as_deref().is_some_and(|host| host.starts_with("127.0.0.1:"))
    }));
    let far = ask(&runtime).await.expect("it answers");
    assert_eq!((far.text.as_str(), far.reason), ("Far words.", Some(FinishReason::Stop)));
    assert_eq!((far.read_tokens, far.completion_tokens), (5, 2), "as the upstream counts");
    let [asked] = server.asked().try_into().ok().expect("one request");
    assert_eq!(asked.call, "POST /v1/chat/completions");
    assert_eq!((&asked.body["model"], &asked.authorization), (&json!("chat"), &None));
    let near = runtime.get_generator(&id("chat")).await.expect("the scripted one answers to all");
    assert_eq!(near.info().model, id("scripted/generator"), "a short name stays on this machine");
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn names_are_checked_where_the_upstream_tells_them() {
    let (_server, runtime) = runtime([]).await;
    let error = runtime.get_generator(&id("office/chatt")).await.err().expect("unknown");
    assert!(error.to_string().contains("did you mean `office/chat`"), "{error}");
    let error = runtime.get_generator(&id("office/embed")).await.err().expect("wrong");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let error = runtime.get_judge(&id("office/chat")).await.err().expect("there are none");
    assert!(error.to_string().contains("judge entailment"), "{error}");
}

#[tokio::test]
async fn a_preset_holds_for_a_model_of_an_upstream() {
    let (_server, url) = serve([]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = runtime_of(settings(&url)).with_presets_of(folder.path().to_owned());
    let preset_of =
        async |name: &str| runtime.find_model(&id(name)).await.expect("it is there").preset;
    assert_eq!(preset_of("office/chat").await, None);
    let settled = r#"{"presets": {"office/chat": {"system": "Be brief.", "temperature": 0.25}}}"#;
    std::fs::write(folder.path().join("settings.json"), settled).expect("a file");
    let preset = preset_of("office/chat").await.expect("it was settled");
    assert_eq!((preset.system.as_deref(), preset.temperature), (Some("Be brief."), Some(0.25)));
    assert_eq!(preset_of("office/embed").await, None);
    let models = runtime.list_models().await.expect("a list");
    let with_presets = models.iter().filter(|model| model.preset.is_some());
    assert_eq!(with_presets.map(|model| model.id.as_str()).collect::<Vec<_>>(), ["office/chat"]);
}

#[tokio::test]
async fn what_passes_is_waited_for() {
    let later = Answer::Json(429, Some(("retry-after", "1")), json!({"error": "slow down"}));
    let (server, runtime) = runtime([failure(500, "oops"), later, said("At last.")]).await;
    let begun = Instant::now();
    assert_eq!(ask(&runtime).await.expect("the third try").text, "At last.");
    assert!(begun.elapsed() >= Duration::from_secs(1), "it wanted a second");
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn patience_ends() {
    let (server, error) = fails((0..9).map(|_| failure(500, "no room"))).await;
    assert_eq!(server.asked().len(), 3, "one try and two more");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    for part in ["office/chat", "not on this machine", "127.0.0.1", "500", "no room"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    let hour = Answer::Json(429, Some(("retry-after", "3600")), json!({}));
    let (server, error) = fails([hour]).await;
    assert_eq!((server.asked().len(), error.kind()), (1, ErrorKind::Busy));
    assert!(error.to_string().contains("3600 seconds"), "{error}");
}

#[tokio::test]
async fn what_does_not_pass_is_told_at_once() {
    for (answer, kind, words) in [
        (failure(400, "`n` is wrong"), ErrorKind::InvalidInput, "`n` is wrong"),
        (failure(404, "no `chat`"), ErrorKind::NotFound, "no `chat`"),
        (failure(501, ""), ErrorKind::Unavailable, "501"),
        (
            Answer::Json(302, Some(("location", "http://evil.example/")), json!({})),
            ErrorKind::Unavailable,
            "evil.example",
        ),
    ] {
        let (server, error) = fails([answer]).await;
        assert_eq!((error.kind(), server.asked().len()), (kind, 1), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    let long = json!({"error": {"message": "too long", "code": "context_length_exceeded"}});
    let (_, error) = fails([Answer::Json(400, None, long)]).await;
    assert!(matches!(error, EngineError::ContextExceeded { .. }), "{error}");
}

#[tokio::test]
async fn one_that_is_not_there_or_says_nothing_costs_no_more_than_its_time() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let runtime = runtime_of(settings(&format!("http://{address}/v1")));
    let error = ask(&runtime).await.expect_err("nobody is there").to_string();
    assert!(error.contains("cannot be reached"), "{error}");
    let local = runtime.list_models().await.expect("this machine's own");
    assert!(local.iter().all(|model| !model.is_remote()));

    let begun = Instant::now();
    let (server, error) = fails([Answer::Silence, said("never")]).await;
    assert!(error.to_string().contains("said nothing for 1 seconds"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(3));
    assert_eq!(server.asked().len(), 1, "silence is not waited for twice");
    let (_, error) = fails([Answer::Events(vec![words("One")], End::Hangs)]).await;
    assert!(error.to_string().contains("said nothing"), "{error}");
}

#[tokio::test]
async fn a_stream_that_breaks_is_begun_anew_only_before_its_first_word() {
    let cut = |events| Answer::Events(events, End::Cut);
    let opening = json!({"choices": [{"delta": {"role": "assistant", "content": ""}}]});
    let (server, runtime) = runtime([cut(vec![opening.to_string()]), said("All of it.")]).await;
    assert_eq!(ask(&runtime).await.expect("the second stream").text, "All of it.");
    assert_eq!(server.asked().len(), 2);

    server.say([cut(vec![words("Half")]), said("never")]);
    let generator = runtime.get_generator(&id("office/chat")).await.expect("it is listed");
    let mut generation = generator.generate(question()).await.expect("it begins");
    let mut text = String::new();
    let error = loop {
        match generation.recv().await.expect("a last word") {
            GenerateEvent::Text(more) => text += &more,
            GenerateEvent::Failed(error) => break error,
            GenerateEvent::Finished { .. } => panic!("it was cut"),
            _ => {}
        }
    };
    assert_eq!(text, "Half");
    assert!(error.to_string().contains("in the middle of its reply"), "{error}");
    assert_eq!(server.asked().len(), 1, "nothing is said twice");
}

#[tokio::test]
async fn garbage_is_an_error_and_a_whole_reply_is_none() {
    let (_, error) = fails([Answer::Text("data: {\"choices\": [}\n\n")]).await;
    assert!(error.to_string().contains("no JSON"), "{error}");
    let (_, error) = fails((0..3).map(|_| Answer::Text("<html>Welcome</html>"))).await;
    assert!(error.to_string().contains("in the middle"), "{error}");
    let gave_up = json!({"error": {"message": "CUDA out of memory"}}).to_string();
    let (_, error) = fails([Answer::Events(vec![gave_up], End::Whole)]).await;
    assert!(error.to_string().contains("CUDA out of memory"), "{error}");
    let message = json!({"role": "assistant", "content": "All at once."});
    let whole = json!({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4}});
    let (_, runtime) = runtime([Answer::Json(200, None, whole)]).await;
    let written = ask(&runtime).await.expect("it answers");
    assert_eq!((written.text.as_str(), written.completion_tokens), ("All at once.", 4));
}

#[tokio::test]
async fn whoever_leaves_ends_the_work_there() {
    let (server, runtime) = runtime([Answer::Events(vec![words("One")], End::Hangs)]).await;
    let generator = runtime.get_generator(&id("office/chat")).await.expect("it is listed");
    let mut generation = generator.generate(question()).await.expect("it begins");
    generation.recv().await.expect("it has begun");
    drop(generation);
    tokio::time::timeout(Duration::from_millis(900), server.left.notified())
        .await
        .expect("the connection ends before the upstream's time is over");
}

#[tokio::test]
async fn the_key_goes_there_and_nowhere_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key");
    std::fs::write(&path, "sk-secret-1\n").expect("a file");
    let repeats = failure(400, "the key sk-secret-1 is odd");
    let refused = failure(401, "Incorrect API key: sk-secret-1");
    let gives_up = json!({"error": {"message": "sk-secret-1 has no credit left"}}).to_string();
    let gives_up = Answer::Events(vec![words("One"), gives_up], End::Whole);
    let (server, url) = serve([repeats, refused, gives_up]).await;
    let key = Some(KeyPlace::File(path.clone()));
    let settings = UpstreamSettings { key, ..settings(&url) };
    let runtime = runtime_of(settings.clone());
    let odd = ask(&runtime).await.expect_err("it does not like it").to_string();
    assert!(odd.contains("the key [key] is odd"), "{odd}");
    let refused = ask(&runtime).await.expect_err("it refuses").to_string();
    assert!(refused.contains(&format!("refuses the key in `{}`", path.display())), "{refused}");
    let broken = ask(&runtime).await.expect_err("it gives up in the middle").to_string();
    assert!(broken.contains("[key] has no credit left"), "{broken}");
    assert!(
        server
            .asked()
            .iter()
            .all(|asked| { asked.authorization.as_deref() == Some("Bearer sk-secret-1") })
    );
    let shown = format!("{settings:?} {:?} {odd} {refused}", Key::new("sk-secret-1"));
    assert!(!shown.contains("secret"), "{shown}");
    std::fs::remove_file(&path).expect("it goes");
    let missing = ask(&runtime).await.expect_err("there is no key").to_string();
    assert!(missing.contains("its key is not in"), "{missing}");
    assert!(server.asked().is_empty(), "nothing was sent without it");
}

#[tokio::test]
async fn the_limit_is_named_as_the_model_wants_it() {
    let wants = json!({"error": {
        "message": "use max_completion_tokens", "param": "max_tokens",
        "code": "unsupported_parameter",
    }});
    let refuses = Answer::Json(400, None, wants);
    let (server, url) = serve([refuses, said("Yes."), said("Yes.")]).await;
    let model = RemoteModelSettings {
        id: "chat".to_owned(),
        leave_out: vec!["temperature".to_owned()],
        ..RemoteModelSettings::default()
    };
    let runtime = runtime_of(UpstreamSettings { models: vec![model], ..settings(&url) });
    for _ in 0..2 {
        let generator = runtime.get_generator(&id("office/chat")).await.expect("it is listed");
        let request = GenerateRequest::greedy(question().prompt, 5);
        let generation = generator.generate(request).await.expect("it begins");
        Written::wait_for(generation).await.expect("it answers");
    }
    let asked = server.asked();
    assert_eq!(asked.len(), 3, "it is told once");
    assert_eq!(asked[2].body["max_completion_tokens"], 5);
    assert!(asked.iter().all(|asked| asked.body.get("temperature").is_none()));
}

fn vectors(of: &[[f32; 2]]) -> Answer {
    let data: Vec<Value> = of
        .iter()
        .enumerate()
        .map(|(index, vector)| json!({"index": index, "embedding": vector}))
        .collect();
    Answer::Json(200, None, json!({"data": data}))
}

#[tokio::test]
async fn texts_are_embedded_and_another_length_is_an_error() {
    let (server, url) = serve([vectors(&[[1.0, 0.0]]), vectors(&[[3.0, 4.0], [0.0, 2.0]])]).await;
    let model = RemoteModelSettings {
        id: "embed".to_owned(),
        query_prefix: "query: ".to_owned(),
        ..RemoteModelSettings::default()
    };
    let runtime = runtime_of(UpstreamSettings { models: vec![model], ..settings(&url) });
    let embedder = runtime.get_embedder(&id("office/embed")).await.expect("it is probed");
    assert_eq!(embedder.info().dimensions, 2);
    let texts = vec!["a".to_owned(), String::new()];
    let made = embedder.embed(texts, TextRole::Query).await.expect("vectors");
    assert_eq!(made.vectors, [[0.6, 0.8], [0.0, 1.0]], "of length 1");
    let asked = server.asked();
    assert_eq!(asked[1].body["input"], json!(["query: a", "query: "]));

    let wrong = Answer::Json(200, None, json!({"data": [{"embedding": [1.0, 2.0, 3.0]}]}));
    server.say([wrong]);
    let error = embedder.embed(vec!["a".to_owned()], TextRole::Passage).await;
    let error = error.expect_err("it has another length").to_string();
    assert!(error.contains("3 numbers, and 2 before"), "{error}");
    let long = "word ".repeat(1000);
    let error = embedder.embed(vec![long], TextRole::Passage).await.expect_err("too long");
    assert!(matches!(error, EngineError::InputTooLong { index: 0, .. }), "{error}");
    let again = runtime.get_embedder(&id("office/embed")).await.expect("it is known");
    assert_eq!(again.info().fingerprint, embedder.info().fingerprint);
    assert_eq!(server.asked().len(), 1, "it is not probed again, and what is too long not sent");
}

#[tokio::test]
async fn passages_are_ranked_and_cut_here() {
    let scores = |scores: [f32; 2]| {
        let [first, second] = scores;
        let results = json!([
            {"index": 1, "relevance_score": second}, {"index": 0, "relevance_score": first},
        ]);
        Answer::Json(200, None, json!({"results": results}))
    };
    let (server, runtime) = runtime([scores([0.25, 0.75]), scores([-2.0, 3.0])]).await;
    let reranker = runtime.get_reranker(&id("office/rerank")).await.expect("it is listed");
    let passages = || vec!["short".to_owned(), "long ".repeat(100)];
    let ranked = reranker.rerank("Who?".to_owned(), passages()).await.expect("scores");
    assert_eq!((ranked.scores, ranked.cut_count), (vec![0.25, 0.75], 1));
    let sent = server.asked()[0].body["documents"][1].as_str().map(str::len);
    assert!(sent.is_some_and(|length| length <= 64 * 3), "{sent:?}");
    let ranked = reranker.rerank("Who?".to_owned(), passages()).await.expect("scores");
    assert!(ranked.scores.iter().all(|score| (0.0..=1.0).contains(score)), "{ranked:?}");
    assert!(ranked.scores[0] < ranked.scores[1]);
    // What it tells is known from then on, whoever asks.
    server.say([scores([0.25, 0.75])]);
    let again = runtime.get_reranker(&id("office/rerank")).await.expect("it is listed");
    let ranked = again.rerank("Who?".to_owned(), passages()).await.expect("scores");
    assert!((ranked.scores[0] - 0.5622).abs() < 1e-3, "{ranked:?}");
    assert_eq!(server.asked().len(), 2);
    let none = reranker.rerank("Who?".to_owned(), Vec::new()).await.expect("nothing to do");
    assert_eq!((none.scores.len(), server.asked().len()), (0, 0));
}

#[tokio::test]
async fn no_more_requests_at_a_time_than_it_is_to_have() {
    let hangs = || Answer::Events(vec![words("One")], End::Hangs);
    let (server, url) = serve([hangs(), said("Two.")]).await;
    let runtime = runtime_of(UpstreamSettings { max_concurrent: 1, ..settings(&url) });
    let generator = runtime.get_generator(&id("office/chat")).await.expect("it is listed");
    let mut first = generator.generate(question()).await.expect("it begins");
    first.recv().await.expect("it has begun");
    let waits = generator.generate(question());
    let waited = tokio::time::timeout(Duration::from_millis(100), waits).await;
    assert!(waited.is_err(), "the second waits");
    assert_eq!(server.asked().len(), 1);
    drop(first);
    assert_eq!(ask(&runtime).await.expect("there is room").text, "Two.");
}

#[tokio::test]
async fn whoever_leaves_while_others_are_served_is_not_asked_for() {
    let opening = json!({"choices": [{"delta": {"role": "assistant", "content": ""}}]});
    let cut = Answer::Events(vec![opening.to_string()], End::Cut);
    let hangs = Answer::Events(vec![words("One")], End::Hangs);
    let (server, url) = serve([cut, hangs, said("Nobody hears it.")]).await;
    let patient = UpstreamSettings { max_concurrent: 1, retry_pause_ms: 200, ..settings(&url) };
    let runtime = runtime_of(patient);
    let generator = runtime.get_generator(&id("office/chat")).await.expect("it is listed");
    // Its stream breaks, and it is to be asked for again.
    let first = generator.generate(question()).await.expect("it begins");
    let mut second = generator.generate(question()).await.expect("it begins when there is room");
    second.recv().await.expect("it has begun");
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop(first);
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(second);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn models_of_this_machine_are_told_apart() {
    let (_server, runtime) = runtime([]).await;
    let local = runtime.list_local_models().await.expect("a list");
    assert!(!local.is_empty() && local.iter().all(|model| !model.is_remote()), "{local:?}");
    let options = LoadOptions { context_tokens: Some(64), ..LoadOptions::default() };
    let error = runtime.configure(&id("office/chat"), options).await.expect_err("it is elsewhere");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn tokens_are_estimated_alike_with_and_without_the_runtime() {
    let (_server, runtime) = runtime([vectors(&[[1.0, 0.0]])]).await;
    let embedder = runtime.get_embedder(&id("office/embed")).await.expect("it is probed");
    let local = Box::new(ScriptedRuntime::new([]));
    let tokenizers = CompositeTokenizers::new(local, vec!["office".to_owned()]);
    let count = tokenizers.open_tokenizer(&id("office/embed")).expect("an estimate");
    let text = "Some words, some more.";
    assert_eq!(count(text), embedder.count_tokens(text));
    let words = tokenizers.open_tokenizer(&id("other/embed")).expect("the local one");
    assert_eq!(words(text), 4);
}

#[test]
fn what_is_settled_is_kept_and_what_is_wrong_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(read_upstreams(folder.path()).expect("none yet"), []);
    let kept = vec![UpstreamSettings {
        key: Some(KeyPlace::Env("OFFICE_KEY".to_owned())),
        ..settings("https://api.example.com/v1")
    }];
    write_upstreams(folder.path(), kept.clone()).expect("it is written");
    assert_eq!(read_upstreams(folder.path()).expect("it is read"), kept);
    std::fs::write(folder.path().join("upstreams.json"), "{\"upstreams\": [{}]}").expect("a file");
    let error = read_upstreams(folder.path()).expect_err("it has no name").to_string();
    assert!(error.contains("upstreams.json"), "{error}");
    for name in ["", "Office", "a/b", "collection", "-a"] {
        assert!(name.parse::<UpstreamName>().is_err(), "`{name}`");
    }
    for url in ["ftp://a", "nowhere", "https://me:secret@a/v1"] {
        let error = Upstream::open(settings(url)).err().expect("it is refused").to_string();
        assert!(error.contains("upstream `office`") && !error.contains("secret"), "{error}");
    }
    let open = |url| Upstream::open(settings(url)).expect("an upstream");
    assert!(open("http://192.168.0.9/v1").is_readable_on_the_way());
    assert!(!open("http://[::1]:1/v1").is_readable_on_the_way());
    assert!(!open("https://api.example.com/v1").is_readable_on_the_way());
}
