//! Measures how often the quotes that are chosen hold the known answer, on a file of SQuAD's shape, with
//! passages found by their words alone; `--fit` fits the weights to the articles at even places.
//!
//! `cargo run --release -p quire-retrieval --example evidence -- FILE [--language de] [--every 5] [--fit]`

#![allow(clippy::print_stdout, reason = "an example talks to a person")]

use std::error::Error;
use std::time::Instant;

use futures::executor::block_on;
use quire_domain::{Chunk, DocumentId, Language, Locator, Span};
use quire_language::Lexicon;
use quire_retrieval::evidence::{self, FEATURES, Features, Rated, Source, Weights};
use quire_vectorstore::{
    ChunkFilter, ChunkStore, DocumentChunks, IndexId, IndexSpec, MemoryStore, StoredChunk,
};
use serde_json::Value;

/// Passages that quotes are chosen from, as for an answer.
const PASSAGES: usize = 24;

/// A question with its candidates: what each has, if it holds the answer, and if its passage is the right one.
struct Case {
    article: usize,
    kind: String,
    candidates: Vec<(Features, bool, bool)>,
    /// The same, as they may be quoted, and the texts of their passages.
    rated: Vec<Rated>,
    texts: Vec<String>,
}

/// How many questions are answered by the best quote alone.
#[derive(Clone, Copy, Debug, Default)]
struct Stated {
    right: usize,
    wrong: usize,
    of_answerable: usize,
    though_unanswerable: usize,
    of_unanswerable: usize,
}

impl Stated {
    fn count(&mut self, is_stated: bool, holds: bool, answers: &[Vec<String>]) {
        if answers.is_empty() {
            self.of_unanswerable += 1;
            self.though_unanswerable += usize::from(is_stated);
        } else {
            self.of_answerable += 1;
            self.right += usize::from(is_stated && holds);
            self.wrong += usize::from(is_stated && !holds);
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let at = arguments.iter().position(|one| one == name)?;
        arguments.get(at + 1).map(String::as_str)
    };
    let path = arguments.first().ok_or("name a file of SQuAD's shape")?;
    let language: Language = option("--language").unwrap_or("en").parse()?;
    let every: usize = option("--every").unwrap_or("1").parse()?;
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let cases = block_on(read(&file, language, every))?;
    let is_fitted = arguments.iter().any(|one| one == "--fit");
    let weights = if is_fitted { fit(&cases) } else { Weights::default() };
    for (name, rest) in [("even articles", Some(0)), ("odd articles", Some(1)), ("all", None)] {
        let chosen = cases.iter().filter(|case| rest.is_none_or(|rest| case.article % 2 == rest));
        report(name, &chosen.collect::<Vec<_>>(), &weights);
    }
    for kind in ["who", "when", "where", "how", "what"] {
        let chosen = cases.iter().filter(|case| case.kind == kind);
        report(kind, &chosen.collect::<Vec<_>>(), &weights);
    }
    for (name, weight) in FEATURES.iter().zip(weights.0) {
        println!("{name:>10} {weight:.2}");
    }
    Ok(())
}

/// Puts all paragraphs into a store, and finds passages for each question that has an answer.
async fn read(file: &Value, language: Language, every: usize) -> Result<Vec<Case>, Box<dyn Error>> {
    let store = MemoryStore::default();
    let index: IndexId = "evidence".parse()?;
    store.create_index(&index, IndexSpec { dimensions: 1, language }).await?;
    let mut questions = Vec::new();
    for (article, entry) in list(&file["data"]).iter().enumerate() {
        for (number, paragraph) in list(&entry["paragraphs"]).iter().enumerate() {
            let id = format!("{article:08}-0000-4000-8000-{number:012}");
            let document_id: DocumentId = id.parse()?;
            let text = paragraph["context"].as_str().unwrap_or_default().to_owned();
            let locator =
                Locator { span: Span::new(0, text.chars().count()), ..Locator::default() };
            let chunk = Chunk {
                id: id.parse()?,
                document_id: document_id.clone(),
                ordinal: 0,
                text,
                token_count: 0,
                locator,
            };
            let chunks = vec![StoredChunk { chunk, vector: vec![1.0] }];
            store.replace_documents(&index, vec![DocumentChunks { document_id, chunks }]).await?;
            for asked in list(&paragraph["qas"]) {
                questions.push((article, id.clone(), asked.clone()));
            }
        }
    }
    let mut cases = Vec::new();
    let lexicon = Lexicon::of(language);
    let mut by_quote = [Stated::default(); 2];
    let mut spent = std::time::Duration::ZERO;
    for (article, id, asked) in questions.into_iter().step_by(every) {
        let answers: Vec<Vec<String>> = list(&asked["answers"])
            .iter()
            .filter_map(|one| one["text"].as_str())
            .map(words)
            .collect();
        let question = asked["question"].as_str().unwrap_or_default();
        let found =
            store.search_keyword(&index, question, PASSAGES, &ChunkFilter::default()).await?;
        let sources: Vec<Source<'_>> =
            found.iter().zip(1..).map(|(hit, rank)| source(&hit.chunk.text, rank)).collect();
        let started = Instant::now();
        let rated = evidence::rate(question, &sources, lexicon, &Weights::default());
        spent += started.elapsed();
        let candidates = rated.iter().map(|one| {
            let text = one.quote.span.slice(sources[one.quote.source].text).unwrap_or_default();
            let given = words(text);
            let known = answers.iter().filter(|known| !known.is_empty());
            let holds =
                known.clone().any(|known| given.windows(known.len()).any(|run| run == known));
            let is_right = found[one.quote.source].chunk.document_id.as_str() == id;
            (one.features, holds, is_right)
        });
        let candidates: Vec<(Features, bool, bool)> = candidates.collect();
        let best = rated.iter().zip(&candidates);
        let best = best.max_by(|a, b| a.0.quote.score.total_cmp(&b.0.quote.score));
        let answered = &mut by_quote[article % 2];
        answered.count(
            evidence::is_stated(&rated),
            best.is_some_and(|(_, (_, holds, _))| *holds),
            &answers,
        );
        if answers.is_empty() {
            continue;
        }
        let kind = question
            .split(' ')
            .map(str::to_lowercase)
            .find(|word| ["who", "when", "where", "how", "what"].contains(&word.as_str()));
        let kind = kind.unwrap_or_default();
        let texts = found.into_iter().map(|hit| hit.chunk.text).collect();
        cases.push(Case { article, kind, candidates, rated, texts });
    }
    for (name, stated) in ["even articles", "odd articles"].iter().zip(by_quote) {
        println!("{name:>14} answered by the quote: {stated:?}");
    }
    println!(
        "{} questions with an answer, {:.1} ms each",
        cases.len(),
        spent.as_secs_f64() * 1e3 / cases.len() as f64
    );
    Ok(cases)
}

fn source(text: &str, rank: u32) -> Source<'_> {
    Source { text, context: "", header: "", rank }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Normalises as SQuAD's scorer does.
fn words(text: &str) -> Vec<String> {
    let kept: String =
        text.to_lowercase().chars().filter(|c| c.is_alphanumeric() || c.is_whitespace()).collect();
    let words = kept.split_whitespace().filter(|word| !matches!(*word, "a" | "an" | "the"));
    words.map(str::to_owned).collect()
}

fn report(name: &str, cases: &[&Case], weights: &Weights) {
    let hit = |most: usize| {
        let hits = cases.iter().filter(|case| {
            let mut rated = case.rated.clone();
            for one in &mut rated {
                one.quote.score = weights.score(&one.features);
            }
            let sources: Vec<Source<'_>> =
                case.texts.iter().zip(1..).map(|(text, rank)| source(text, rank)).collect();
            let chosen = evidence::take_best(rated, &sources, most);
            let holds = |quote: &evidence::Quote| {
                let mut same = case.rated.iter().zip(&case.candidates);
                same.any(|(one, (_, holds, _))| {
                    *holds && (one.quote.source, one.quote.span) == (quote.source, quote.span)
                })
            };
            chosen.iter().any(holds)
        });
        hits.count() as f64 / cases.len().max(1) as f64
    };
    let most = cases.iter().filter(|case| case.candidates.iter().any(|one| one.1)).count();
    let most = most as f64 / cases.len().max(1) as f64;
    println!(
        "{name:>14} {:5} questions: hit@1 {:.3} hit@3 {:.3} hit@5 {:.3} of {most:.3}",
        cases.len(),
        hit(1),
        hit(3),
        hit(5)
    );
}

/// Fits the weights to the articles at even places: the likelihood that a softmax over the candidates chooses
/// one of the right passage that holds the answer.
fn fit(cases: &[Case]) -> Weights {
    let mut weights = Weights::default().0;
    let train: Vec<&Case> = cases
        .iter()
        .filter(|case| case.article % 2 == 0 && case.candidates.iter().any(|one| one.1 && one.2))
        .collect();
    let mut moments = [0.0_f32; FEATURES.len()];
    for step in 0..300 {
        let mut gradient = [0.0_f32; FEATURES.len()];
        for case in &train {
            let scores: Vec<f32> =
                case.candidates.iter().map(|one| Weights(weights).score(&one.0)).collect();
            let top = scores.iter().copied().fold(f32::MIN, f32::max);
            let likely: Vec<f32> = scores.iter().map(|score| (score - top).exp()).collect();
            let all: f32 = likely.iter().sum();
            let is_right = |one: &(&(Features, bool, bool), &f32)| one.0.1 && one.0.2;
            let right: f32 =
                case.candidates.iter().zip(&likely).filter(is_right).map(|one| one.1).sum();
            for ((features, holds, is_right), likely) in case.candidates.iter().zip(&likely) {
                let wanted = if *holds && *is_right { likely / right.max(1e-9) } else { 0.0 };
                for (sum, feature) in gradient.iter_mut().zip(features) {
                    *sum += (wanted - likely / all) * feature;
                }
            }
        }
        let rate = 0.3 / (1.0 + step as f32 / 100.0);
        for ((weight, sum), moment) in weights.iter_mut().zip(gradient).zip(&mut moments) {
            let slope = sum / train.len() as f32 - 0.001 * *weight;
            *moment += slope * slope;
            *weight += rate * slope / (moment.sqrt() + 1e-6);
        }
    }
    Weights(weights)
}
