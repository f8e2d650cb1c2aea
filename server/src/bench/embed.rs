//! How fast chunks of 256 tokens are embedded.

use std::time::Instant;

use quire_engines::{Embedder, TextRole};
use serde_json::{Value, json};

use super::sample::{Random, word};
use super::{percentile_ms, rounded};
use crate::config::{DefaultModels, service_config};
use crate::{Folders, backends};

const CHUNKS: usize = 96;
const TOKENS: usize = 256;
/// Requests of one text each.
const SINGLES: usize = 200;
/// Tokens of such a text.
const SHORT: usize = 24;
const ROUNDS: usize = 5;

/// Embeds made-up chunks of 256 tokens, special tokens included.
pub async fn measure(folders: &Folders, tell: &dyn Fn(&str)) -> anyhow::Result<Value> {
    let models = DefaultModels::from_environment()?;
    let config = service_config(folders, &models);
    let runtime = backends::open_models(folders, &models)?;
    let embedder = runtime.get_embedder(&config.embedding_model).await?;
    tell(&format!("Embedding with {} ...", embedder.info().model));
    let mut random = Random(1);
    let target = TOKENS.min(embedder.info().max_tokens);
    let chunks: Vec<String> =
        (0..CHUNKS).map(|_| chunk(embedder.as_ref(), &mut random, target)).collect();
    embedder.embed(chunks.iter().take(8).cloned().collect(), TextRole::Passage).await?;
    let started = Instant::now();
    let made = embedder.embed(chunks, TextRole::Passage).await?;
    let seconds = started.elapsed().as_secs_f64();
    let tokens: usize = made.token_counts.iter().sum();
    let started = Instant::now();
    embedder.embed(vec!["how often is the seal renewed?".to_owned()], TextRole::Query).await?;
    let query_ms = rounded(started.elapsed().as_secs_f64() * 1000.0);
    let singles = singles(embedder.as_ref(), &mut random).await?;
    Ok(json!({
        "data": format!("{CHUNKS} made-up chunks of {target} tokens in one call"),
        "model": embedder.info().model,
        "chunks_per_second": rounded(CHUNKS as f64 / seconds),
        "tokens_per_second": rounded(tokens as f64 / seconds),
        "tokens_per_chunk": rounded(tokens as f64 / CHUNKS as f64),
        "query_ms": query_ms,
        "singles": singles,
    }))
}

/// The same short texts in one request, and in as many requests at once; medians of rounds in turn.
async fn singles(embedder: &dyn Embedder, random: &mut Random) -> anyhow::Result<Value> {
    let texts: Vec<String> = (0..SINGLES).map(|_| chunk(embedder, random, SHORT)).collect();
    let (mut together, mut apart) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let started = Instant::now();
        embedder.embed(texts.clone(), TextRole::Passage).await?;
        together.push(started.elapsed());
        let started = Instant::now();
        let all = texts.iter().map(|text| embedder.embed(vec![text.clone()], TextRole::Passage));
        for made in futures::future::join_all(all).await {
            made?;
        }
        apart.push(started.elapsed());
    }
    let (together, apart) = (percentile_ms(&mut together, 0.5), percentile_ms(&mut apart, 0.5));
    Ok(json!({
        "data": format!("{SINGLES} made-up texts of {SHORT} tokens, {ROUNDS} rounds in turn; medians"),
        "one_request_ms": together,
        "single_requests_ms": apart,
        "singles_to_one": rounded(together / apart),
    }))
}

/// A text of as many tokens as asked for, the two special ones included.
fn chunk(embedder: &dyn Embedder, random: &mut Random, tokens: usize) -> String {
    let mut text = String::new();
    loop {
        let longer = format!("{text}{} ", word(random));
        if embedder.count_tokens(&longer) + 2 > tokens {
            return text;
        }
        text = longer;
    }
}
