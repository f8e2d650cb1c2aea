//! A collection as a model.

use quire_engines::{ChatRole, Prompt};
use serde_json::{Value, json};

use super::chunks;
use crate::harness::App;

const PUMP: &[u8] = b"# Pump\n\nThe pump runs at 50 hertz. It weighs nine kilograms.\n";
const ANSWER: &str = "The pump runs at 50 hertz [1]. It weighs nine kilograms [1].";

async fn plant() -> App {
    let app = App::new(&[ANSWER]).await;
    app.fill("plant", &[("pump.md", PUMP)]).await;
    app
}

fn question() -> Value {
    json!({
        "model": "collection/plant",
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": "At how many hertz does the pump run, and what does it weigh?"},
        ],
    })
}

fn assert_annotated(content: &str, annotations: &Value) {
    let points: Vec<char> = content.chars().collect();
    let annotations = annotations.as_array().expect("annotations");
    assert!(!annotations.is_empty(), "{content}");
    for annotation in annotations {
        assert_eq!(annotation["type"], "url_citation");
        let citation = &annotation["url_citation"];
        let at = |name: &str| citation[name].as_u64().expect("a number") as usize;
        let mark: String = points[at("start_index")..at("end_index")].iter().collect();
        assert!(mark.starts_with('[') && mark.ends_with(']'), "`{mark}` in `{content}`");
        let url = citation["url"].as_str().expect("a link");
        assert!(url.starts_with("http://127.0.0.1:1234/"), "{url}");
    }
}

#[tokio::test]
async fn a_collection_answers_with_annotations() {
    let app = plant().await;
    let reply = app.post("/v1/chat/completions", &question()).await.json();
    assert_eq!(reply["model"], "collection/plant");
    let message = &reply["choices"][0]["message"];
    let content = message["content"].as_str().expect("text");
    assert!(content.starts_with("The pump runs at 50 hertz. [1]"), "{content}");
    assert_annotated(content, &message["annotations"]);
    assert_eq!(message["quire"]["answered"], true);
    assert_eq!(message["quire"]["citations"][0]["document"]["path"], "pump.md");
}

#[tokio::test]
async fn a_model_can_be_named_beside_the_collection() {
    let mut body = question();
    body["model"] = json!("generator@plant");
    let reply = plant().await.post("/v1/chat/completions", &body).await.json();
    assert_eq!(reply["model"], "scripted/generator@plant", "{reply}");
    assert_eq!(reply["choices"][0]["message"]["quire"]["answered"], true);
}

#[tokio::test]
async fn a_streamed_answer_says_the_same_and_annotates_before_the_end() {
    let whole = plant().await.post("/v1/chat/completions", &question()).await.json();
    let mut body = question();
    body["stream"] = json!(true);
    let reply = plant().await.post("/v1/chat/completions", &body).await;
    let chunks = chunks(&reply);
    let deltas: Vec<&Value> = chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]).collect();
    let text: String = deltas.iter().filter_map(|delta| delta["content"].as_str()).collect();
    assert_eq!(whole["choices"][0]["message"]["content"], *text);
    let last = deltas[deltas.len() - 2];
    assert_annotated(&text, &last["annotations"]);
    assert_eq!(chunks.last().expect("a chunk")["choices"][0]["finish_reason"], "stop");
}

/// Returns whether an annotation covers nothing at the beginning, as those of the evidence do.
fn is_before_the_words(annotation: &Value) -> bool {
    let citation = &annotation["url_citation"];
    citation["start_index"] == 0 && citation["end_index"] == 0
}

#[tokio::test]
async fn evidence_is_annotated_before_the_words_if_it_is_asked_for() {
    let app = App::new(&[ANSWER; 4]).await;
    app.fill("plant", &[("pump.md", PUMP)]).await;
    let whole = async |body: &Value| {
        let reply = app.post("/v1/chat/completions", body).await.json();
        reply["choices"][0]["message"].clone()
    };
    let asks = |evidence: bool| {
        let mut body = question();
        body["evidence"] = json!(evidence);
        body
    };
    let (usual, without, with) =
        (whole(&question()).await, whole(&asks(false)).await, whole(&asks(true)).await);
    assert_eq!(usual["annotations"], without["annotations"], "nobody gets it unasked");
    assert!(usual["quire"].get("evidence").is_none() && without["quire"].get("evidence").is_none());
    assert_eq!(usual["content"], with["content"], "it is no part of the words");
    let quotes = with["quire"]["evidence"].as_array().expect("a list");
    assert!(quotes[0]["quote"].as_str().is_some_and(|quote| quote.contains("hertz")), "{with}");
    let annotations = with["annotations"].as_array().expect("annotations");
    let (before, of_marks) = annotations.split_at(quotes.len());
    assert!(before.iter().all(is_before_the_words), "{with}");
    assert_eq!(json!(of_marks), usual["annotations"]);

    let mut body = asks(true);
    body["stream"] = json!(true);
    let reply = app.post("/v1/chat/completions", &body).await;
    let chunks = chunks(&reply);
    let deltas: Vec<&Value> = chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]).collect();
    assert_eq!(deltas[0]["role"], "assistant");
    assert_eq!(deltas[1]["annotations"], json!(before), "it comes first: {deltas:?}");
    assert_eq!(deltas[1]["quire"]["evidence"], with["quire"]["evidence"]);
    let last = deltas[deltas.len() - 2];
    assert_eq!(last["annotations"], usual["annotations"], "no annotation comes twice");
    assert_eq!(last["quire"]["evidence"], with["quire"]["evidence"]);
}

#[tokio::test]
async fn the_last_message_must_be_a_question() {
    let app = plant().await;
    let mut body = question();
    body["messages"] = json!([{"role": "assistant", "content": "Hm."}]);
    let reply = app.post("/v1/chat/completions", &body).await;
    reply.error(400, "invalid_input");
    assert_eq!(reply.json()["error"]["param"], "messages");
}

/// The messages of the last prompt, as pairs of role and words.
fn last_prompt(app: &App) -> Vec<(ChatRole, String)> {
    let Some(Prompt::Chat(chat)) = app.models.generator.prompts().pop() else {
        panic!("a chat is expected");
    };
    chat.messages.iter().map(|message| (message.role, message.text().into_owned())).collect()
}

#[tokio::test]
async fn what_is_asked_of_the_sampling_reaches_the_model() {
    let app = App::new(&[ANSWER]).await;
    app.fill("plant", &[("pump.md", PUMP)]).await;
    let mut body = question();
    for (name, value) in [
        ("temperature", json!(0.25)),
        ("top_p", json!(0.5)),
        ("frequency_penalty", json!(1.5)),
        ("seed", json!(7)),
        ("stop", json!(["It weighs"])),
        ("max_completion_tokens", json!(20)),
        ("logit_bias", json!({})),
    ] {
        body[name] = value;
    }
    let reply = app.post("/v1/chat/completions", &body).await.json();
    let content = reply["choices"][0]["message"]["content"].as_str().expect("text");
    assert_eq!(content, "The pump runs at 50 hertz. [1]", "the stop text ends the answer");
    let request = app.models.generator.requests().pop().expect("the model was asked");
    let sampling = &request.sampling;
    assert_eq!((sampling.temperature, sampling.top_p, sampling.seed), (0.25, 0.5, Some(7)));
    assert_eq!((sampling.frequency_penalty, request.max_tokens), (1.5, Some(20)));

    // Who says nothing gets the likeliest words, as before.
    app.post("/v1/chat/completions", &question()).await;
    let request = app.models.generator.requests().pop().expect("the model was asked");
    assert_eq!((request.sampling.temperature, request.stop.len()), (0.0, 0));
}

#[tokio::test]
async fn an_answer_that_reaches_its_limit_ends_by_length() {
    let app = plant().await;
    let mut body = question();
    body["max_tokens"] = json!(3);
    let reply = app.post("/v1/chat/completions", &body).await.json();
    let choice = &reply["choices"][0];
    assert_eq!(choice["finish_reason"], "length", "{reply}");
    assert_eq!(choice["message"]["quire"]["receipt"]["truncated_by"], "length", "{reply}");
    // A limit that no answer needs leaves room for the passages.
    body["max_tokens"] = json!(1_000_000);
    let reply = app.post("/v1/chat/completions", &body).await;
    assert_eq!(reply.status.as_u16(), 200, "{}", reply.text());
}

#[tokio::test]
async fn a_system_message_is_heard_and_counted() {
    let app = App::new(&[ANSWER, ANSWER]).await;
    app.fill("plant", &[("pump.md", PUMP)]).await;
    let ask = async |system: &str| {
        let mut body = question();
        body["messages"][0] = json!({"role": "developer", "content": system});
        app.post("/v1/chat/completions", &body).await
    };
    let short = ask("Answer like a pirate.").await.json();
    let (role, content) = last_prompt(&app).pop().expect("a question");
    assert_eq!(role, ChatRole::User);
    assert!(content.contains("Answer like a pirate.") && content.contains("weigh?"), "{content}");
    let long = ask(&"Answer like a pirate. ".repeat(100)).await.json();
    let tokens = |reply: &Value| reply["usage"]["prompt_tokens"].as_u64().expect("a number");
    assert!(tokens(&long) >= tokens(&short) + 390, "{long}");
    // One that leaves no room for passages is refused, and not cut.
    let refused = ask(&"word ".repeat(5000)).await;
    refused.error(400, "context_length_exceeded");
}

#[tokio::test]
async fn every_message_of_the_user_is_heard() {
    use ChatRole::{Assistant, System, User};

    let app = App::new(&[ANSWER]).await;
    app.fill("plant", &[("pump.md", PUMP)]).await;
    let message = |role: &str, content: &str| json!({"role": role, "content": content});
    let body = json!({"model": "collection/plant", "messages": [
        message("assistant", "Hello, ask me of the plant."),
        message("user", "The pump of the plant is meant."),
        message("user", "Is it running at all hours of the day?"),
        message("assistant", "It is."),
        message("user", "At how many hertz does the pump run?"),
        message("user", "What does the pump weigh in kilograms?"),
    ]});
    app.post("/v1/chat/completions", &body).await;
    let prompt = last_prompt(&app);
    let roles: Vec<ChatRole> = prompt.iter().map(|(role, _)| *role).collect();
    assert_eq!(roles, [System, Assistant, User, Assistant, User], "{prompt:?}");
    for (at, words) in [
        (1, "Hello"),
        (2, "is meant"),
        (2, "hours of the day"),
        (3, "It is."),
        (4, "how many hertz"),
        (4, "weigh in kilograms"),
    ] {
        assert!(prompt[at].1.contains(words), "`{words}` in message {at}: {prompt:?}");
    }
}

#[tokio::test]
async fn what_a_collection_cannot_do_is_refused_by_name() {
    let app = plant().await;
    let tool = json!([{"type": "function", "function": {"name": "weigh"}}]);
    for (name, value) in [
        ("tools", tool.clone()),
        ("response_format", json!({"type": "json_object"})),
        ("grammar", json!("root ::= \"a\"")),
        ("n", json!(2)),
        ("logprobs", json!(true)),
        ("top_logprobs", json!(3)),
        ("logit_bias", json!({"5": -100})),
        ("reasoning_effort", json!("high")),
        ("reasoning_effort", json!("xhigh")),
        ("reasoning_effort", json!("much")),
        ("temperature", json!(2.5)),
        ("top_p", json!(-0.1)),
        ("presence_penalty", json!(3)),
        ("max_tokens", json!(0)),
        ("max_tokens", json!(-7)),
    ] {
        let mut body = question();
        body[name] = value;
        let reply = app.post("/v1/chat/completions", &body).await;
        assert_eq!(reply.status.as_u16(), 400, "{name}: {}", reply.text());
        assert_eq!(reply.json()["error"]["param"], name);
    }
}

#[tokio::test]
async fn an_effort_that_asks_for_no_more_than_the_default_passes() {
    let app = App::new(&[ANSWER; 5]).await;
    app.fill("plant", &[("pump.md", PUMP)]).await;
    for effort in [Value::Null, json!("none"), json!("minimal"), json!("low"), json!("medium")] {
        let mut body = question();
        body["reasoning_effort"] = effort.clone();
        let reply = app.post("/v1/chat/completions", &body).await;
        assert_eq!(reply.status.as_u16(), 200, "{effort}: {}", reply.text());
    }
}

#[tokio::test]
async fn the_native_call_takes_the_same() {
    let app = plant().await;
    let body = json!({
        "question": "At how many hertz does the pump run?", "temperature": 0.5, "top_p": 0.9,
        "seed": 3, "stop": ["It weighs"], "instructions": "Be short.", "explain": true,
    });
    let answer = app.post("/api/collections/plant/ask", &body).await.json();
    assert_eq!(answer["answer"], "The pump runs at 50 hertz.", "{answer}");
    let trace = &answer["trace"];
    assert_eq!((&trace["temperature"], &trace["seed"]), (&json!(0.5), &json!(3)), "{trace}");
    assert_eq!(trace["stop"], json!(["It weighs"]));
    let asked = trace["prompt"].as_array().and_then(|prompt| prompt.last()).expect("a question");
    assert!(asked["content"].as_str().is_some_and(|text| text.contains("Be short.")), "{asked}");
    let body = json!({"question": "How?", "temperature": 3});
    let refused = app.post("/api/collections/plant/ask", &body).await;
    refused.error(400, "invalid_input");
    assert_eq!(refused.json()["error"]["param"], "temperature");
}
