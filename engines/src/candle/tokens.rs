//! From text to tokens, by a model's own `tokenizer.json`.

use std::path::Path;

use quire_domain::ModelId;
use tokenizers::Tokenizer;

use crate::{EngineError, PairTemplate};

use super::config::refuse;
use super::encoder::Tokens;

/// Reads the tokenizer of a model, which cuts nothing and pads nothing.
pub fn load_tokenizer(model: &ModelId, folder: &Path) -> Result<Tokenizer, EngineError> {
    let mut tokenizer = Tokenizer::from_file(folder.join("tokenizer.json"))
        .map_err(|error| refuse(model, &format!("`tokenizer.json`: {error}")))?;
    // A file may ask for both; here nothing is cut in silence and nothing is padded.
    tokenizer.with_padding(None);
    tokenizer
        .with_truncation(None)
        .map_err(|error| refuse(model, &format!("`tokenizer.json`: {error}")))?;
    Ok(tokenizer)
}

/// Turns texts into tokens, each behind `prefix`, with special tokens.
pub fn tokenize(
    tokenizer: &Tokenizer,
    prefix: &str,
    texts: &[String],
) -> tokenizers::Result<Vec<Tokens>> {
    let encode = |text: &String| {
        let encoding = if prefix.is_empty() {
            tokenizer.encode_fast(text.as_str(), true)?
        } else {
            tokenizer.encode_fast(format!("{prefix}{text}"), true)?
        };
        Ok(Tokens::single(encoding.get_ids().to_vec()))
    };
    texts.iter().map(encode).collect()
}

/// Turns pairs into tokens by the tokenizer's own template, at most `max_tokens` a pair; says how
/// many passages lost their end.
pub fn tokenize_pairs(
    tokenizer: &Tokenizer,
    query: &str,
    passages: &[String],
    max_tokens: usize,
) -> tokenizers::Result<(Vec<Tokens>, usize)> {
    let mut pairs = Vec::with_capacity(passages.len());
    let mut cut_count = 0;
    for passage in passages {
        let encoding = tokenizer.encode_fast((query, passage.as_str()), true)?;
        let (mut ids, mut token_type_ids) =
            (encoding.get_ids().to_vec(), encoding.get_type_ids().to_vec());
        let excess = ids.len().saturating_sub(max_tokens);
        if excess > 0 {
            cut_count += 1;
            let of_passage = |text: &Option<usize>| *text == Some(1);
            let last = encoding.get_sequence_ids().iter().rposition(of_passage);
            let end = last.map_or(ids.len(), |last| last + 1);
            ids.drain(end.saturating_sub(excess)..end);
            token_type_ids.drain(end.saturating_sub(excess)..end);
        }
        pairs.push(Tokens { ids, token_type_ids });
    }
    Ok((pairs, cut_count))
}

/// Turns a pair into tokens and cuts nothing.
pub fn tokenize_pair(
    tokenizer: &Tokenizer,
    first: &str,
    second: &str,
    template: PairTemplate,
) -> tokenizers::Result<Tokens> {
    let encoding = tokenizer.encode_fast((first, second), true)?;
    let (mut ids, mut token_type_ids) =
        (encoding.get_ids().to_vec(), encoding.get_type_ids().to_vec());
    if template == PairTemplate::SingleSeparator {
        let texts = encoding.get_sequence_ids();
        let start = texts.iter().rposition(|text| *text == Some(0)).map_or(1, |last| last + 1);
        let second = texts.iter().position(|text| *text == Some(1));
        let end = second.unwrap_or(ids.len().saturating_sub(1));
        if start + 1 < end {
            ids.drain(start + 1..end);
            token_type_ids.drain(start + 1..end);
        }
    }
    Ok(Tokens { ids, token_type_ids })
}
