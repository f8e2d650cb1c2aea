//! How fast a chat model answers: driven directly, and through this server.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use futures::StreamExt;
use quire_engines::{ChatMessage, ChatRole, GenerateEvent, GenerateRequest, Generator, Prompt};
use quire_service::{Parts, Services};
use reqwest::Method;
use serde_json::{Value, json};

use super::sample::{Random, text};
use super::{percentile_ms, rounded};
use crate::client::ApiClient;
use crate::config::{DefaultModels, service_config};
use crate::{Folders, HttpOptions, backends, listen};

const ROUNDS: u64 = 3;
const MAX_TOKENS: usize = 64;
const PROMPT_WORDS: usize = 150;

/// One answer's times.
struct Run {
    first: Duration,
    rest: Duration,
    tokens: usize,
    prompt_tokens: usize,
}

/// Asks for texts in turn directly and through a server, each with a prompt of its own, so that
/// neither profits from the other's cache.
pub async fn measure(folders: &Folders, tell: &dyn Fn(&str)) -> anyhow::Result<Value> {
    let data = tempfile::tempdir()?;
    let own = Folders { data: data.path().to_owned(), models: folders.models.clone() };
    let chosen = DefaultModels::from_environment()?;
    let config = service_config(&own, &chosen);
    let Parts { store, models } = backends::open(&own, &chosen).await?;
    let generator = models.get_generator(&config.chat_model).await?;
    let model = generator.info().model.to_string();
    tell(&format!("Generating with {model} ..."));
    let services = Services::open(config, Parts { store, models }).await?;
    let listener = listen::bind(([127, 0, 0, 1], 0).into()).await?;
    let listening = listen::start(listener, services.clone(), HttpOptions::default())?;
    let client = ApiClient::new(&listening.url)?;
    directly(generator.as_ref(), prompt(0)).await?;
    let (mut direct, mut served) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        direct.push(directly(generator.as_ref(), prompt(2 * round)).await?);
        served.push(through_server(&client, prompt(2 * round + 1)).await?);
    }
    listening.stop().await;
    services.shut_down().await;
    let (direct, served) = (show(&direct), show(&served));
    let share = |name: &str| {
        let value = |runs: &Value| runs[name].as_f64().unwrap_or(f64::NAN);
        rounded(value(&served) / value(&direct))
    };
    Ok(json!({
        "data": format!(
            "{ROUNDS} made-up prompts of {PROMPT_WORDS} words each way, {MAX_TOKENS} tokens at most, temperature 0; medians"
        ),
        "model": model,
        "direct": direct,
        "server": served,
        "server_to_direct": {
            "tokens_per_second": share("tokens_per_second"),
            "first_token_ms": share("first_token_ms"),
        },
    }))
}

fn prompt(seed: u64) -> String {
    let words = text(&mut Random(seed), PROMPT_WORDS);
    format!("{words}\n\nWrite a long story about a lighthouse and the sea.")
}

async fn directly(generator: &dyn Generator, prompt: String) -> anyhow::Result<Run> {
    let started = Instant::now();
    let prompt = Prompt::chat(vec![ChatMessage::new(ChatRole::User, prompt)]);
    let request = GenerateRequest::greedy(prompt, MAX_TOKENS);
    let mut generation = generator.generate(request).await?;
    let (mut first, mut prompt_tokens) = (None, 0);
    loop {
        match generation.recv().await.context("the engine ended without a word")? {
            GenerateEvent::Started { prompt_tokens: tokens, .. } => prompt_tokens = tokens,
            GenerateEvent::Thought(_) | GenerateEvent::Text(_) => {
                first.get_or_insert_with(|| started.elapsed());
            }
            GenerateEvent::Finished { completion_tokens, .. } => {
                let first = first.context("nothing was generated")?;
                let rest = started.elapsed().saturating_sub(first);
                return Ok(Run { first, rest, tokens: completion_tokens, prompt_tokens });
            }
            // No tools are offered.
            GenerateEvent::Token { .. }
            | GenerateEvent::Dropped { .. }
            | GenerateEvent::Call { .. }
            | GenerateEvent::Arguments(_) => {}
            GenerateEvent::Failed(error) => return Err(error.into()),
        }
    }
}

async fn through_server(client: &ApiClient, prompt: String) -> anyhow::Result<Run> {
    let started = Instant::now();
    let body = json!({
        "messages": [{"role": "user", "content": prompt}],
        "max_tokens": MAX_TOKENS,
        "temperature": 0,
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    let request = client.request(Method::POST, &["v1", "chat", "completions"]).json(&body);
    let mut events = Box::pin(client.follow(request).await?);
    let (mut first, mut last) = (None, started.elapsed());
    while let Some(event) = events.next().await {
        let Ok(chunk) = serde_json::from_str::<Value>(&event.data) else { continue };
        if let Some(message) = chunk["error"]["message"].as_str() {
            bail!("{message}");
        }
        let text = chunk["choices"][0]["delta"]["content"].as_str().unwrap_or_default();
        if !text.is_empty() {
            first.get_or_insert_with(|| started.elapsed());
        }
        if chunk["choices"][0]["finish_reason"].is_string() {
            last = started.elapsed();
        }
        if let Some(tokens) = chunk["usage"]["completion_tokens"].as_u64() {
            let first = first.context("nothing was generated")?;
            let prompt_tokens = chunk["usage"]["prompt_tokens"].as_u64().unwrap_or_default();
            return Ok(Run {
                first,
                rest: last.saturating_sub(first),
                tokens: tokens as usize,
                prompt_tokens: prompt_tokens as usize,
            });
        }
    }
    bail!("the stream ended early")
}

fn show(runs: &[Run]) -> Value {
    let mut firsts: Vec<Duration> = runs.iter().map(|run| run.first).collect();
    let mut rates: Vec<f64> = runs
        .iter()
        .map(|run| run.tokens.saturating_sub(1) as f64 / run.rest.as_secs_f64().max(1e-9))
        .collect();
    rates.sort_by(f64::total_cmp);
    let tokens: usize = runs.iter().map(|run| run.tokens).sum();
    let prompt_tokens: usize = runs.iter().map(|run| run.prompt_tokens).sum();
    json!({
        "first_token_ms": percentile_ms(&mut firsts, 0.5),
        "tokens_per_second": rounded(rates.get(rates.len() / 2).copied().unwrap_or_default()),
        "tokens": tokens,
        "prompt_tokens": prompt_tokens,
    })
}
