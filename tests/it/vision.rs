//! A chat model that sees, in the built program: images in the shapes of every protocol, what lists say of it, and what is
//! refused. Its weights are drawn, so that its words mean nothing; what counts is what it has read.

#[expect(dead_code, reason = "the tests of the engines use the rest")]
#[path = "../../engines/tests/vision/tiny.rs"]
mod tiny;

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::harness::{Server, quire};

const MODEL: &str = "tiny/seeing";
const QUESTION: &str = "What is it?";

fn encoded(number: u8) -> String {
    STANDARD.encode(tiny::picture(number))
}

fn address(number: u8) -> String {
    format!("data:image/png;base64,{}", encoded(number))
}

struct Asked {
    server: Server,
    client: reqwest::Client,
}

impl Asked {
    fn start(data: &Path, models: &Path) -> Self {
        tiny::write(&models.join(MODEL), tiny::Sight::Plain);
        Self {
            server: Server::start_with_models(data, (models, MODEL)),
            client: reqwest::Client::new(),
        }
    }

    async fn get(&self, path: &str) -> Value {
        let sent = self.client.get(format!("{}{path}", self.server.url)).send().await;
        sent.expect("it answers").json().await.expect("JSON")
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let asked = self.client.post(format!("{}{path}", self.server.url)).json(body);
        let reply = asked.send().await.expect("it answers");
        (reply.status().as_u16(), reply.json().await.expect("JSON"))
    }

    /// Asks with an address in place of an image; gives the reply.
    async fn chat(&self, address: &str) -> (u16, Value) {
        let content = json!([
            {"type": "image_url", "image_url": {"url": address}},
            {"type": "text", "text": QUESTION},
        ]);
        let messages = json!([{"role": "user", "content": content}]);
        // Only letters, so that there is something to compare.
        let others = (0..259_u32).filter(|token| !(97..123).contains(token));
        let never: Map<String, Value> =
            others.map(|token| (token.to_string(), json!(-100))).collect();
        let body = json!({
            "messages": messages, "max_tokens": 6, "temperature": 0, "logprobs": true, "logit_bias": never,
        });
        self.post("/v1/chat/completions", &body).await
    }
}

fn number(value: &Value, place: &str) -> u64 {
    value.pointer(place).and_then(Value::as_u64).unwrap_or_else(|| panic!("{place}: {value}"))
}

#[tokio::test]
async fn images_are_read_in_every_protocol_and_refused_with_the_reason() {
    let data = tempfile::tempdir().expect("a folder");
    let models = tempfile::tempdir().expect("a folder");
    let asked = Asked::start(data.path(), models.path());

    let first = |reply: &Value| {
        let place = "/choices/0/logprobs/content/0/logprob";
        reply.pointer(place).and_then(Value::as_f64).unwrap_or_else(|| panic!("{reply}"))
    };
    let (status, one) = asked.chat(&address(1)).await;
    assert_eq!(status, 200, "{one}");
    let (_, again) = asked.chat(&address(1)).await;
    assert!((first(&one) - first(&again)).abs() < 2e-2, "{one} {again}");
    let (_, other) = asked.chat(&address(2)).await;
    assert!((first(&one) - first(&other)).abs() > 6e-2, "{one} {other}");
    let tokens = number(&one, "/usage/prompt_tokens");
    let cached = |reply| number(reply, "/usage/prompt_tokens_details/cached_tokens");
    assert_eq!((cached(&one), cached(&again)), (0, tokens - 1));
    assert!(cached(&other) < 16, "{other}");

    // The same prompt, however it is sent.
    let parts = json!([
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": encoded(1)}},
        {"type": "text", "text": QUESTION},
    ]);
    let body =
        json!({"model": MODEL, "max_tokens": 4, "messages": [{"role": "user", "content": parts}]});
    let (status, reply) = asked.post("/v1/messages", &body).await;
    assert_eq!(status, 200, "{reply}");
    let read = number(&reply, "/usage/input_tokens")
        + reply.pointer("/usage/cache_read_input_tokens").and_then(Value::as_u64).unwrap_or(0);
    assert_eq!(read, tokens, "{reply}");
    let (_, counted) = asked.post("/v1/messages/count_tokens", &body).await;
    assert_eq!(number(&counted, "/input_tokens"), tokens);
    let parts = json!([
        {"type": "input_image", "image_url": address(1)}, {"type": "input_text", "text": QUESTION},
    ]);
    let body = json!({"input": [{"role": "user", "content": parts}], "max_output_tokens": 16});
    let (status, reply) = asked.post("/v1/responses", &body).await;
    assert_eq!((status, number(&reply, "/usage/input_tokens")), (200, tokens), "{reply}");
    // Ollama's images come behind the words, and count as much.
    let message = json!({"role": "user", "content": QUESTION, "images": [encoded(1)]});
    let options = json!({"num_predict": 4});
    let body = json!({"model": MODEL, "messages": [message], "stream": false, "options": options});
    let (status, reply) = asked.post("/api/chat", &body).await;
    assert_eq!((status, number(&reply, "/prompt_eval_count")), (200, tokens), "{reply}");

    for (wrong, words) in [
        ("data:image/png;base64,aGk=".to_owned(), "no PNG"),
        ("data:image/png;base64,".to_owned(), "empty"),
        (
            format!(
                "data:image/png;base64,{}",
                STANDARD.encode(tiny::png(30_000, 30_000, &[0; 50]))
            ),
            "smaller",
        ),
    ] {
        let (status, reply) = asked.chat(&wrong).await;
        let error = &reply["error"];
        assert_eq!(
            (status, &error["code"], &error["param"]),
            (400, &json!("invalid_image"), &json!("messages"))
        );
        assert!(error["message"].as_str().is_some_and(|told| told.contains(words)), "{reply}");
    }
    let (status, _) = asked.chat(&address(1)).await;
    assert_eq!(status, 200, "it goes on");
}

#[tokio::test]
async fn lists_say_that_a_model_sees() {
    let data = tempfile::tempdir().expect("a folder");
    let models = tempfile::tempdir().expect("a folder");
    let asked = Asked::start(data.path(), models.path());
    let find = |list: &Value, key: &str| {
        let models = list.as_array().expect("a list").iter();
        let mut own = models.filter(|model| model[key] == MODEL);
        own.next().cloned().unwrap_or_else(|| panic!("{list}"))
    };
    assert_eq!(find(&asked.get("/v1/models").await["data"], "id")["type"], "vlm");
    let listed = find(&asked.get("/api/v0/models").await["data"], "id");
    assert_eq!(
        (&listed["type"], &listed["capabilities"]),
        (&json!("vlm"), &json!(["tool_use", "vision"]))
    );
    let listed = find(&asked.get("/api/v1/models").await["models"], "key");
    assert_eq!(listed["capabilities"]["vision"], true);
    let (_, shown) = asked.post("/api/show", &json!({"model": MODEL})).await;
    assert_eq!(shown["capabilities"], json!(["completion", "tools", "vision"]));
    assert_eq!(shown["details"]["families"], json!(["llm", "clip"]));
    let listed = find(&asked.get("/api/models").await["models"], "id");
    assert_eq!(listed["reads_images"], true);

    let mut list = quire();
    list.args(["models", "list"]).env("QUIRE_MODELS", models.path());
    let told = String::from_utf8(list.output().expect("it runs").stdout).expect("text");
    assert!(told.contains("chat, images"), "{told}");
}
