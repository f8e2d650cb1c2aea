//! Calls and channels of LM Studio's protocol, as they go over the wire.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use insta::assert_snapshot;
use quire_engines::Prompt;
use quire_server::HttpOptions;
use serde_json::{Value, json};

use super::socket::{Served, Socket, prediction};
use crate::harness::App;

async fn served(app: &App, namespace: &str) -> (Served, Socket) {
    let served = Served::new(app, HttpOptions::default()).await;
    let socket = served.open(namespace).await;
    (served, socket)
}

/// Shows messages a line each, without what is measured.
fn shown(messages: &[Value], end: &Value) -> String {
    let mut shown = String::new();
    for message in messages {
        let mut message = message.clone();
        for (place, hidden) in [
            ("/stats/tokensPerSecond", "[speed]"),
            ("/stats/timeToFirstTokenSec", "[time]"),
            ("/stats/totalTimeSec", "[time]"),
            ("/toolCallId", "[id]"),
            ("/toolCallRequest/id", "[id]"),
        ] {
            if let Some(value) = message.pointer_mut(place) {
                *value = json!(hidden);
            }
        }
        let _ = writeln!(shown, "{message}");
    }
    let _ = writeln!(shown, "{end}");
    shown
}

#[tokio::test]
async fn a_prediction_is_told_piece_by_piece() {
    let app = App::new(&["It is warm."]).await;
    let (_served, mut socket) = served(&app, "llm").await;
    let mut asked = prediction("How warm is it?");
    asked["predictionConfigStack"]["layers"] = json!([{"layerName": "apiOverride", "config": {"fields": [
        {"key": "llm.prediction.temperature", "value": 0.5},
        {"key": "llm.prediction.maxPredictedTokens", "value": {"checked": true, "value": 50}},
        {"key": "llm.prediction.systemPrompt", "value": "Be kind."},
    ]}}]);
    socket.begin("predict", 0, asked).await;
    let (messages, end) = socket.rest(0).await;
    assert_snapshot!("sdk_prediction", shown(&messages, &end));
    let requests = app.models.generator.requests();
    assert_eq!((requests[0].sampling.temperature, requests[0].max_tokens), (0.5, Some(50)));
    let Prompt::Chat(chat) = &requests[0].prompt else { panic!("a chat") };
    let said: Vec<_> = chat.messages.iter().map(|message| message.text()).collect();
    assert_eq!(said, ["Be kind.", "How warm is it?"]);
}

#[tokio::test]
async fn calls_of_tools_are_told_and_their_results_are_heard() {
    let reply = "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": 1}}\n</tool_call>";
    let app = App::new(&[reply, "Three."]).await;
    let (_served, mut socket) = served(&app, "llm").await;
    let tool = json!({"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}}}});
    let mut asked = prediction("Add one.");
    asked["predictionConfigStack"]["layers"] = json!([{"layerName": "apiOverride", "config": {"fields": [
        {"key": "llm.prediction.tools", "value": {"type": "toolArray", "tools": [tool]}},
    ]}}]);
    socket.begin("predict", 1, asked.clone()).await;
    let (messages, end) = socket.rest(1).await;
    assert_snapshot!("sdk_tool_call", shown(&messages, &end));
    let request = &messages.iter().find(|message| message["type"] == "toolCallGenerationEnd");
    let request = request.expect("a call")["toolCallRequest"].clone();
    let history = asked["history"]["messages"].as_array_mut().expect("messages");
    history.push(json!({"role": "assistant", "content": [
        {"type": "text", "text": ""}, {"type": "toolCallRequest", "toolCallRequest": request},
    ]}));
    history.push(json!({"role": "tool", "content": [
        {"type": "toolCallResult", "content": "3", "toolCallId": request["id"]},
    ]}));
    socket.begin("predict", 2, asked).await;
    let (messages, _) = socket.rest(2).await;
    assert!(
        messages.iter().any(|message| message["fragment"]["content"] == "Three."),
        "{messages:?}"
    );
    let prompts = app.models.generator.prompts();
    let Some(Prompt::Chat(chat)) = prompts.last() else { panic!("a chat") };
    let last = chat.messages.last().expect("a result");
    assert_eq!((last.call_id.as_deref(), &*last.text()), (request["id"].as_str(), "3"));
}

#[tokio::test]
async fn text_is_continued_without_the_template() {
    let app = App::new(&["four."; 2]).await;
    let (_served, mut socket) = served(&app, "llm").await;
    let specifier = json!({"type": "instanceReference", "instanceReference": "scripted/generator"});
    let raw = json!({"modelSpecifier": specifier, "rawPrompt": "One, two, three, ", "predictionConfigStack": {"layers": []}});
    socket.begin("completeRawText", 1, raw).await;
    let (messages, _) = socket.rest(1).await;
    assert_eq!(messages.last().expect("an account")["type"], "success");
    let mut asked = prediction("One, two, three, ");
    asked["predictionConfigStack"]["layers"] = json!([{"layerName": "completeModeFormatting", "config": {"fields": [
        {"key": "llm.prediction.promptTemplate", "value": {"type": "jinja", "stopStrings": [], "jinjaPromptTemplate": {
            "bosToken": "", "eosToken": "", "template": "{% for message in messages %}{{ message['content'] }}{% endfor %}"}}},
    ]}}]);
    socket.begin("predict", 2, asked).await;
    socket.rest(2).await;
    let text = Prompt::Text("One, two, three, ".to_owned());
    assert_eq!(app.models.generator.prompts(), [text.clone(), text]);
}

#[tokio::test]
async fn models_are_listed_loaded_named_and_unloaded() {
    let app = App::new(&[]).await;
    let (served, mut system) = served(&app, "system").await;
    let models = system.call("listDownloadedModels", Value::Null).await["result"].clone();
    assert_snapshot!("sdk_models", serde_json::to_string_pretty(&models).expect("JSON"));
    let mut llm = served.open("llm").await;
    let wanted = json!({"identifier": "generator", "loadConfigStack": {"layers": []}});
    llm.begin("getOrLoad", 1, wanted.clone()).await;
    let (messages, end) = llm.rest(1).await;
    let kinds: Vec<&Value> = messages.iter().map(|message| &message["type"]).collect();
    assert_eq!(kinds, ["startLoading", "loadProgress", "loadProgress", "loadSuccess"]);
    assert_eq!(end["type"], "channelClose");
    llm.begin("getOrLoad", 2, wanted).await;
    let (messages, _) = llm.rest(2).await;
    assert_eq!(messages[0]["type"], "alreadyLoaded", "{messages:?}");
    assert_eq!(messages[0]["info"]["contextLength"], 4096);
    let named = json!({"modelKey": "scripted/generator", "identifier": "mine", "loadConfigStack": {"layers": []}});
    llm.begin("loadModel", 3, named).await;
    let (messages, _) = llm.rest(3).await;
    assert_eq!(messages.last().expect("success")["info"]["identifier"], "mine");
    let loaded = async |llm: &mut Socket| {
        let loaded = llm.call("listLoaded", Value::Null).await["result"].clone();
        let loaded = loaded.as_array().expect("a list").clone();
        loaded
            .iter()
            .map(|one| one["identifier"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(loaded(&mut llm).await, ["mine", "scripted/generator"]);
    let unload = llm.call("unloadModel", json!({"identifier": "mine"})).await;
    assert_eq!(unload, json!({"type": "rpcResult", "callId": 9}));
    assert_eq!(loaded(&mut llm).await, ["scripted/generator"]);
    llm.call("unloadModel", json!({"identifier": "generator"})).await;
    assert_eq!(loaded(&mut llm).await, Vec::<String>::new(), "its last name was taken away");
    let taken = json!({"modelKey": "scripted/generator", "identifier": "scripted/embedder", "loadConfigStack": {"layers": []}});
    llm.begin("loadModel", 5, taken).await;
    let (_, end) = llm.rest(5).await;
    assert_eq!(end["error"]["errorData"]["param"], "identifier", "{end}");
    let config = json!({"layers": [{"layerName": "apiOverride", "config": {"fields": [{"key": "llm.load.contextLength", "value": 99999}]}}]});
    llm.begin("loadModel", 4, json!({"modelKey": "scripted/generator", "loadConfigStack": config}))
        .await;
    let (_, end) = llm.rest(4).await;
    assert_eq!(end["error"]["errorData"]["param"], "contextLength", "{end}");
}

#[tokio::test]
async fn a_model_is_loaded_as_the_sdk_says_and_serves_its_caller_in_turn() {
    let app = App::new(&["Yes."]).await;
    let (_served, mut llm) = served(&app, "llm").await;
    let kept = json!({"checked": true, "value": "q8_0"});
    let config = json!({"layers": [{"layerName": "apiOverride", "config": {"fields": [
        {"key": "llm.load.contextLength", "value": 2048},
        {"key": "llm.load.llama.kCacheQuantizationType", "value": kept},
        {"key": "llm.load.llama.vCacheQuantizationType", "value": kept},
        {"key": "llm.load.llama.acceleration.offloadRatio", "value": 0.5},
        {"key": "llm.load.llama.flashAttention", "value": true},
    ]}}]});
    let wanted = json!({"modelKey": "scripted/generator", "loadConfigStack": config});
    llm.begin("loadModel", 1, wanted).await;
    let (messages, _) = llm.rest(1).await;
    assert_eq!(messages.last().expect("success")["type"], "success", "{messages:?}");
    let options = serde_json::to_value(app.models.configured()).expect("JSON");
    let expected = json!({"context_tokens": 2048, "kv_type": "q8_0", "gpu_layers": "0.5"});
    assert_eq!(options, expected);
    llm.begin("predict", 2, prediction("Are you there?")).await;
    llm.rest(2).await;
    let caller = &app.models.generator.requests()[0].caller;
    assert_ne!(*caller, quire_engines::Caller::default(), "it has a line of its own");
}

#[tokio::test]
async fn what_is_not_there_is_told_in_the_words_that_clients_know() {
    let app = App::new(&[]).await;
    let (_served, mut llm) = served(&app, "llm").await;
    let named = |name: &str| json!({"type": "query", "query": {"identifier": name}});
    let missing = llm
        .call("getModelInfo", json!({"specifier": named("nobody/none"), "throwIfNotFound": true}))
        .await;
    let error = &missing["error"];
    assert_eq!(error["displayData"]["code"], "generic.noModelMatchingQuery", "{missing}");
    assert_eq!(error["displayData"]["totalLoadedModels"], 0);
    let maybe = json!({"specifier": named("nobody/none"), "throwIfNotFound": false});
    assert_eq!(llm.call("getModelInfo", maybe).await, json!({"type": "rpcResult", "callId": 9}));
    let other = llm
        .call(
            "getModelInfo",
            json!({"specifier": named("scripted/embedder"), "throwIfNotFound": true}),
        )
        .await;
    assert_eq!(other["error"]["displayData"]["code"], "generic.domainMismatch", "{other}");
    let any = llm
        .call(
            "getModelInfo",
            json!({"specifier": {"type": "query", "query": {}}, "throwIfNotFound": true}),
        )
        .await;
    assert_eq!(any["result"]["identifier"], "scripted/generator", "{any}");
    let mut preset = prediction("Hi.");
    preset["fuzzyPresetIdentifier"] = json!("none");
    llm.begin("predict", 1, preset).await;
    let (_, end) = llm.rest(1).await;
    assert_eq!(end["error"]["displayData"]["code"], "generic.presetNotFound", "{end}");
}

#[tokio::test]
async fn texts_become_tokens_and_vectors() {
    let app = App::new(&[]).await;
    let (served, mut llm) = served(&app, "llm").await;
    let named = |name: &str| json!({"type": "query", "query": {"identifier": name}});
    let text = json!({"specifier": named("scripted/generator"), "inputString": "ab"});
    assert_eq!(llm.call("tokenize", text.clone()).await["result"], json!({"tokens": [97, 98]}));
    assert_eq!(llm.call("countTokens", text).await["result"], json!({"tokenCount": 2}));
    let history = prediction("Hi.")["history"].clone();
    let asked = json!({"specifier": named("scripted/generator"), "history": history, "predictionConfigStack": {"layers": []}, "opts": {}});
    let formatted = llm.call("applyPromptTemplate", asked).await;
    assert_eq!(formatted["result"], json!({"formatted": "user: Hi.\n"}));
    let mut embedding = served.open("embedding").await;
    let count = 200;
    for call in 0..count {
        let parameter = json!({"modelSpecifier": named("scripted/embedder"), "inputString": format!("word{call}")});
        embedding.send(&json!({"type": "rpcCall", "endpoint": "embedString", "callId": call, "parameter": parameter})).await;
    }
    let mut heard = std::collections::BTreeSet::new();
    for _ in 0..count {
        let reply = embedding.next().await;
        let vector = reply["result"]["embedding"].as_array().expect("a vector");
        assert_eq!(vector.len(), 64, "{reply}");
        heard.insert(reply["callId"].as_i64().expect("a number"));
    }
    assert_eq!(heard.len(), count as usize);
    assert_eq!(app.models.embedder.embedded_count(), count as usize);
}

#[tokio::test]
async fn files_are_uploaded_indexed_and_searched() {
    let app = App::new(&[]).await;
    app.fill("notes", &[("gate.txt", b"The gate opens at nine.")]).await;
    let (_served, mut files) = served(&app, "files").await;
    let content = BASE64_STANDARD.encode("The pump runs at fifty hertz.");
    let uploaded =
        files.call("uploadFileBase64", json!({"name": "pump.txt", "contentBase64": content})).await;
    let uploaded = &uploaded["result"];
    assert_eq!((&uploaded["fileType"], &uploaded["sizeBytes"]), (&json!("text/plain"), &json!(29)));
    let asked = |identifiers: Value| {
        json!({"query": "At how many hertz does the pump run?", "fileIdentifiers": identifiers, "config": {"fields": [
            {"key": "retrieval.embeddingModel", "value": "scripted/embedder"},
        ]}})
    };
    let both = json!(["collection/notes", uploaded["identifier"]]);
    let by_name = json!(["notes", uploaded["identifier"]]);
    files.begin("retrieve", 1, asked(both)).await;
    let (messages, end) = files.rest(1).await;
    assert_eq!(end["type"], "channelClose", "{end}");
    assert_eq!(messages[0], json!({"type": "onFileProcessList", "indices": [1]}));
    let told: Vec<String> = messages
        .iter()
        .filter(|message| message["type"] == "onFileProcessingStepStart")
        .map(|message| message["step"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(told, ["loading", "chunking", "embedding"]);
    let entries = &messages.last().expect("a result")["result"]["entries"];
    assert_eq!(entries[0]["sourceIndex"], 1, "{entries}");
    assert!(entries[0]["content"].as_str().is_some_and(|text| text.contains("hertz")), "{entries}");
    files.begin("retrieve", 2, asked(by_name)).await;
    let (messages, _) = files.rest(2).await;
    assert_eq!(
        messages[0],
        json!({"type": "onFileProcessList", "indices": []}),
        "it is indexed now"
    );
    files
        .begin(
            "parseDocument",
            3,
            json!({"fileIdentifier": uploaded["identifier"], "parseOpts": {}}),
        )
        .await;
    let (messages, _) = files.rest(3).await;
    assert_eq!(messages.last().expect("a text")["content"], "The pump runs at fifty hertz.");
    files.begin("retrieve", 4, asked(json!(["file-none"]))).await;
    let (_, end) = files.rest(4).await;
    assert_eq!(end["error"]["errorData"]["status"], 404, "{end}");
    let unreadable =
        files.call("uploadFileBase64", json!({"name": "a.bin", "contentBase64": "%"})).await;
    assert_eq!(unreadable["error"]["errorData"]["param"], "contentBase64", "{unreadable}");
}
