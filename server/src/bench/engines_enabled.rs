//! The engine beside the plain library, in one run: alone, side by side, in turn, and after a restart.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use quire_domain::ModelId;
use quire_engines::chat::{ChatMessage, ChatRole};
use quire_engines::llama::PlainModel;
use quire_engines::{
    Constraint, GenerateEvent, GenerateRequest, Generator, LocalRuntime, ModelRuntime, ModelStore,
    Prompt, RuntimeOptions, TextRole,
};
use serde_json::{Value, json};

use super::rounded;
use super::sample::{Random, text};
use crate::Folders;
use crate::config::DefaultModels;

const ROUNDS: u64 = 3;
/// Words of the prompt of one request.
const WORDS: usize = 150;
/// Words of the beginning that requests share; 1,500 tokens and more.
const SHARED_WORDS: usize = 1_000;
const MAX_TOKENS: usize = 64;
const SIDE_BY_SIDE: u64 = 4;

/// What one request took.
#[derive(Clone, Copy, Debug)]
struct Run {
    reading: Duration,
    writing: Duration,
    prompt_tokens: usize,
    cached_tokens: usize,
    tokens: usize,
}

/// Measures the default chat model. The figures of one run can be compared with each other, and only these.
pub async fn measure(folders: &Folders, tell: &dyn Fn(&str)) -> anyhow::Result<Value> {
    let chosen = DefaultModels::from_environment()?;
    let store = ModelStore::new(&folders.models.path);
    let stored = store.get(&chosen.chat)?;
    let name = stored.model.id.clone();
    tell(&format!("Running {name} with the engine and without ..."));
    let kept = tempfile::tempdir()?;
    let engine = load(folders, &name, kept.path()).await?;
    let path = stored.path.clone();
    let plain = tokio::task::spawn_blocking(move || PlainModel::load(&path)).await?;
    let plain = plain.map_err(|reason| anyhow!("{reason}"))?;
    let one = one(engine.as_ref(), &plain).await?;
    tell("Several at once ...");
    let side_by_side = side_by_side(engine.as_ref()).await?;
    tell("Held to a form ...");
    let formed = formed(engine.as_ref()).await?;
    tell("In turn, and after a restart ...");
    let in_turn = in_turn(engine.as_ref()).await?;
    drop(plain);
    tell("Beside the embedding of documents ...");
    let beside = beside(folders, (&name, &chosen.embedding)).await?;
    let shared = shared_beginning(engine, async || load(folders, &name, kept.path()).await).await?;
    Ok(json!({
        "data": format!(
            "made-up prompts of {WORDS} words, {MAX_TOKENS} tokens at most, temperature 0, {ROUNDS} rounds in turn; medians"
        ),
        "model": name.as_str(),
        "one": one,
        "side_by_side": side_by_side,
        "formed": formed,
        "in_turn": in_turn,
        "beside_embedding": beside,
        "shared_beginning": shared,
    }))
}

/// Loads the model as a start of the server does.
async fn load(
    folders: &Folders,
    name: &ModelId,
    kept: &Path,
) -> anyhow::Result<Arc<dyn Generator>> {
    let prompt_cache = Some(kept.to_owned());
    let gguf_engine = DefaultModels::from_environment()?.gguf_engine;
    let options = RuntimeOptions { prompt_cache, gguf_engine, ..RuntimeOptions::default() };
    let runtime = LocalRuntime::new(ModelStore::new(&folders.models.path), options);
    Ok(runtime.get_generator(name).await?)
}

/// One request at a time, the engine and the plain library in turn.
async fn one(engine: &dyn Generator, plain: &PlainModel) -> anyhow::Result<Value> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        ours.push(run(engine, prompt(2 * round, WORDS), MAX_TOKENS).await?);
        let prompt = prompt(2 * round + 1, WORDS);
        let run = tokio::task::block_in_place(|| plain.run(&prompt, MAX_TOKENS));
        theirs.push(run.map_err(|reason| anyhow!("the plain library failed: {reason}"))?);
    }
    let ours_read = ours.iter().map(|run| rate(run.prompt_tokens - run.cached_tokens, run.reading));
    let ours_written = ours.iter().map(|run| rate(run.tokens, run.writing));
    let theirs_read = theirs.iter().map(|run| rate(run.prompt_tokens, run.reading));
    let theirs_written = theirs.iter().map(|run| rate(run.written_tokens, run.writing));
    let (ours_read, theirs_read) = (median(ours_read), median(theirs_read));
    let (ours_written, theirs_written) = (median(ours_written), median(theirs_written));
    Ok(json!({
        "read_tokens_per_second": rounded(ours_read),
        "plain_read_tokens_per_second": rounded(theirs_read),
        "read_to_plain": rounded(ours_read / theirs_read),
        "written_tokens_per_second": rounded(ours_written),
        "plain_written_tokens_per_second": rounded(theirs_written),
        "written_to_plain": rounded(ours_written / theirs_written),
    }))
}

/// The same requests one after the other and all at once, with their prompts read before.
async fn side_by_side(engine: &dyn Generator) -> anyhow::Result<Value> {
    let prompts: Vec<String> = (100..100 + SIDE_BY_SIDE).map(|seed| prompt(seed, 20)).collect();
    for prompt in &prompts {
        run(engine, prompt.clone(), 1).await?;
    }
    let started = Instant::now();
    let mut tokens = 0;
    for prompt in &prompts {
        tokens += run(engine, prompt.clone(), MAX_TOKENS).await?.tokens;
    }
    let alone = rate(tokens, started.elapsed());
    let started = Instant::now();
    let all = prompts.iter().map(|prompt| run(engine, prompt.clone(), MAX_TOKENS));
    let mut tokens = 0;
    for run in futures::future::join_all(all).await {
        tokens += run?.tokens;
    }
    let together = rate(tokens, started.elapsed());
    Ok(json!({
        "requests": SIDE_BY_SIDE,
        "tokens_per_second_in_turn": rounded(alone),
        "tokens_per_second_at_once": rounded(together),
        "gain": rounded(together / alone),
    }))
}

/// The same requests free and held to JSON of a schema, in turn.
async fn formed(engine: &dyn Generator) -> anyhow::Result<Value> {
    let item = json!({
        "type": "object",
        "properties": {"name": {"type": "string"}, "count": {"type": "integer"}},
        "required": ["name", "count"],
    });
    let schema = json!({"type": "array", "items": item, "minItems": 50});
    let (mut free, mut held) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        for constraint in [None, Some(Constraint::JsonSchema(schema.clone()))] {
            let list = if constraint.is_some() { &mut held } else { &mut free };
            let prompt = Prompt::Text(prompt(500 + round, 20));
            let request =
                GenerateRequest { constraint, ..GenerateRequest::greedy(prompt, MAX_TOKENS) };
            list.push(follow(engine, request).await?);
        }
    }
    let written = |runs: &[Run]| median(runs.iter().map(|run| rate(run.tokens, run.writing)));
    let (free, held) = (written(&free), written(&held));
    Ok(json!({
        "free_tokens_per_second": rounded(free),
        "held_tokens_per_second": rounded(held),
        "held_to_free": rounded(held / free),
    }))
}

/// Two conversations that go on in turn: how much of what was read before is read again.
async fn in_turn(engine: &dyn Generator) -> anyhow::Result<Value> {
    let mut prompts = [prompt(200, WORDS), prompt(201, WORDS)];
    let mut known = [0_usize; 2];
    let mut again = 0;
    for round in 0..ROUNDS {
        for (prompt, known) in prompts.iter_mut().zip(&mut known) {
            let done = run(engine, prompt.clone(), 4).await?;
            again += known.saturating_sub(done.cached_tokens);
            *known = done.prompt_tokens;
            prompt.push_str(&text(&mut Random(300 + round), 10));
        }
    }
    Ok(json!({"turns": 2 * ROUNDS, "tokens_read_twice": again}))
}

/// How fast a chat is while documents are embedded: in the background, and as if somebody waited for them.
async fn beside(
    folders: &Folders,
    (chat, embedding): (&ModelId, &ModelId),
) -> anyhow::Result<Value> {
    let store = ModelStore::new(&folders.models.path);
    let runtime = LocalRuntime::new(store, RuntimeOptions::default());
    let (generator, embedder) =
        (runtime.get_generator(chat).await?, runtime.get_embedder(embedding).await?);
    let written = async |seed| -> anyhow::Result<f64> {
        let done = run(generator.as_ref(), prompt(seed, 20), MAX_TOKENS).await?;
        Ok(rate(done.tokens, done.writing))
    };
    let text = text(&mut Random(600), 60);
    let endlessly = async |in_background: bool| -> anyhow::Result<f64> {
        loop {
            let texts = vec![text.clone(); 64];
            if in_background {
                embedder.embed_in_background(texts).await?;
            } else {
                embedder.embed(texts, TextRole::Passage).await?;
            }
        }
    };
    let mut figures = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        let seed = 610 + 10 * round;
        figures[0].push(written(seed).await?);
        for (place, in_background) in [(1, true), (2, false)] {
            let rate = tokio::select! {
                rate = written(seed + place as u64) => rate?,
                never = endlessly(in_background) => never?,
            };
            figures[place].push(rate);
        }
    }
    let [alone, background, foreground] = figures.map(|speeds| median(speeds.into_iter()));
    Ok(json!({
        "alone_tokens_per_second": rounded(alone),
        "beside_background_tokens_per_second": rounded(background),
        "beside_requests_tokens_per_second": rounded(foreground),
        "background_to_alone": rounded(background / alone),
        "requests_to_alone": rounded(foreground / alone),
    }))
}

/// A long beginning that is read once, then known, then restored by an engine that was loaded anew.
async fn shared_beginning(
    engine: Arc<dyn Generator>,
    reload: impl AsyncFn() -> anyhow::Result<Arc<dyn Generator>>,
) -> anyhow::Result<Value> {
    let beginning = text(&mut Random(400), SHARED_WORDS);
    let cold = follow(engine.as_ref(), instructed(&beginning, "What is a valve?")).await?;
    let warm = follow(engine.as_ref(), instructed(&beginning, "And what is a pump?")).await?;
    drop(engine);
    let engine = reload().await?;
    let restarted = follow(engine.as_ref(), instructed(&beginning, "Where is the plant?")).await?;
    let share = |run: Run| rounded(run.reading.as_secs_f64() / cold.reading.as_secs_f64());
    Ok(json!({
        "prompt_tokens": cold.prompt_tokens,
        "cold_first_token_ms": rounded(cold.reading.as_secs_f64() * 1000.0),
        "follow_up_to_cold": share(warm),
        "follow_up_cached_tokens": warm.cached_tokens,
        "after_restart_to_cold": share(restarted),
        "after_restart_cached_tokens": restarted.cached_tokens,
    }))
}

fn instructed(instructions: &str, question: &str) -> GenerateRequest {
    let messages = vec![
        ChatMessage::new(ChatRole::System, instructions),
        ChatMessage::new(ChatRole::User, question),
    ];
    let instructions_bytes = instructions.len();
    GenerateRequest { instructions_bytes, ..GenerateRequest::greedy(Prompt::chat(messages), 1) }
}

fn prompt(seed: u64, words: usize) -> String {
    format!("{}\n\nOnce upon a time", text(&mut Random(seed), words))
}

async fn run(engine: &dyn Generator, prompt: String, most: usize) -> anyhow::Result<Run> {
    follow(engine, GenerateRequest::greedy(Prompt::Text(prompt), most)).await
}

async fn follow(engine: &dyn Generator, request: GenerateRequest) -> anyhow::Result<Run> {
    let started = Instant::now();
    let mut generation = engine.generate(request).await?;
    let mut read = None;
    loop {
        match generation.recv().await.context("the engine ended without a word")? {
            GenerateEvent::Started { prompt_tokens, cached_tokens } => {
                read = Some((started.elapsed(), prompt_tokens, cached_tokens));
            }
            GenerateEvent::Finished { completion_tokens: tokens, .. } => {
                let Some((reading, prompt_tokens, cached_tokens)) = read else {
                    bail!("the engine ended before it had read the prompt");
                };
                let writing = started.elapsed().saturating_sub(reading);
                return Ok(Run { reading, writing, prompt_tokens, cached_tokens, tokens });
            }
            GenerateEvent::Failed(error) => return Err(error.into()),
            _ => {}
        }
    }
}

fn rate(tokens: usize, time: Duration) -> f64 {
    tokens as f64 / time.as_secs_f64().max(1e-9)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
