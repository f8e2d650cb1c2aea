//! `quire eval`: how well search and answers do on questions whose answers are known.

mod beir;
mod claims;
mod show;
mod suggest;
mod sweep;

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use futures::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use quire_domain::{
    CollectionName, Evaluation, EvaluationEvent, EvaluationQuestion, IndexChoice, Language,
    ModelId, Sweep,
};
use quire_service::evaluation::support::{self, SupportFigures};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::connection::{ConnectArguments, Connection, Purpose};
use super::{Ending, output};

/// What to evaluate.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Questions, one JSON object a line with `id`, `question`, and of `documents` (paths), `pages`
    /// (`path` and `page`), `answers` and `answerable` what is known; a `scope` (`paths`, `tags`,
    /// `linked_with`, `after`, `before`) limits a question [default: the questions kept with the collection]
    #[arg(conflicts_with = "beir")]
    file: Option<PathBuf>,
    /// The collection
    #[arg(short, long, required_unless_present_any = ["beir", "claims", "support"])]
    collection: Option<CollectionName>,
    /// A BEIR folder (corpus.jsonl, queries.jsonl, qrels/test.tsv), which is added as a collection;
    /// without --data, --server and -c in a data folder of its own that is removed afterwards
    #[arg(long, value_name = "DIR")]
    beir: Option<PathBuf>,
    /// The split of a BEIR folder
    #[arg(long, default_value = "test")]
    split: String,
    /// Measure only the check of sentences against passages, on claims with their passages: one JSON object a
    /// line with `id`, `claim` and `passages` (a list of texts), and of `question`, `title`, `language`, `label`
    /// (`attributable` or `not attributable`) and `kind` what is known; needs no collection, model or server
    #[arg(long, value_name = "FILE",
        conflicts_with_all = ["beir", "file", "support", "answers", "suggest", "sweep", "next"])]
    claims: Option<PathBuf>,
    /// Have this model judge the claims as well, as `quire serve --judge` has it judge answers
    #[arg(long, value_name = "MODEL", requires = "claims")]
    judge: Option<ModelId>,
    /// Measure only the check of sentences against passages, on pairs made from the paragraphs of
    /// a file in SQuAD's format
    #[arg(long, value_name = "FILE", conflicts_with_all = ["beir", "file"])]
    support: Option<PathBuf>,
    /// The language of that file
    #[arg(long, default_value = "en", requires = "support")]
    language: Language,
    /// Answer the questions too
    #[arg(long)]
    answers: bool,
    /// The chat model that answers [default: the server's]
    #[arg(long)]
    model: Option<ModelId>,
    /// Ask only this many questions, spread evenly over all
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// What to call the report [default: the name of the file]
    #[arg(long)]
    name: Option<String>,
    /// Evaluate nothing; make this many questions from passages of the collection and print them, a
    /// line each, to be edited and used as FILE
    #[arg(long, value_name = "N", conflicts_with_all = ["beir", "file", "answers", "next"])]
    suggest: Option<u32>,
    /// Try these values of one constant of search, NAME=VALUE,VALUE, and say which is best and how flat
    /// the optimum is; a wrong NAME lists those that there are
    #[arg(long, value_name = "NAME=VALUES", conflicts_with_all = ["answers", "suggest", "support"])]
    sweep: Option<sweep::Values>,
    /// How many of a hundred questions a sweep holds out
    #[arg(long, value_name = "PERCENT", default_value_t = 50, requires = "sweep",
        value_parser = clap::value_parser!(u32).range(0..100))]
    holdout: u32,
    /// Search the index that is to take the place of the active one, to compare the two
    #[arg(long)]
    next: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArguments,
}

/// Evaluates.
pub async fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    if let Some(file) = &arguments.support {
        let figures = measure_support(file, arguments.language)?;
        output::json(&figures)?;
        return Ok(Ending::Done);
    }
    if let Some(file) = &arguments.claims {
        let folders = arguments.connect.folders();
        let report = claims::measure(file, arguments.judge.as_ref(), folders).await?;
        if arguments.json {
            output::json(&report)?;
        } else {
            claims::show(&report);
        }
        return Ok(Ending::Done);
    }
    let own_folder = match &arguments.beir {
        Some(_) if arguments.connect.is_default() && arguments.collection.is_none() => {
            Some(tempfile::tempdir()?)
        }
        _ => None,
    };
    let connect = match &own_folder {
        Some(folder) => arguments.connect.clone().with_data(folder.path()),
        None => arguments.connect.clone(),
    };
    let purpose = if arguments.beir.is_some() { Purpose::Ingest } else { Purpose::Use };
    let connection = Connection::open(&connect, purpose).await?;
    let result = tokio::select! {
        result = evaluate(&connection, &arguments) => result.map(|()| Ending::Done),
        _ = tokio::signal::ctrl_c() => {
            output::note("\nStopped.");
            Ok(Ending::Interrupted)
        }
    };
    connection.close().await;
    result
}

async fn evaluate(connection: &Connection, arguments: &Arguments) -> anyhow::Result<()> {
    if let (Some(count), Some(collection)) = (arguments.suggest, &arguments.collection) {
        let wanted = suggest::Wanted { collection, count, model: arguments.model.as_ref() };
        return suggest::print(&connection.client, &wanted).await;
    }
    let (collection, questions) = match (&arguments.beir, &arguments.collection) {
        (Some(folder), collection) => {
            let set = beir::read(folder, &arguments.split)?;
            let collection = match collection {
                Some(name) => name.clone(),
                None => set.name.parse()?,
            };
            beir::add(&connection.client, &collection, &set).await?;
            (collection, Some(set.questions))
        }
        (None, Some(collection)) => {
            let questions = arguments.file.as_deref().map(read_questions).transpose()?;
            (collection.clone(), questions)
        }
        (None, None) => bail!("name a collection with `-c`, or a BEIR folder with `--beir`"),
    };
    let mut questions = questions;
    if let (Some(questions), Some(limit)) = (&mut questions, arguments.limit) {
        spread(questions, limit);
    }
    let index = if arguments.next { IndexChoice::Next } else { IndexChoice::Active };
    let evaluations = ["api", "collections", collection.as_str(), "evaluations"];
    if let Some(sweep::Values { constant, values }) = &arguments.sweep {
        let body = json!({
            "questions": questions,
            "constant": constant,
            "values": values,
            "held_out_percent": arguments.holdout,
            "index": index,
        });
        let path = [&evaluations[..], &["sweep"]].concat();
        let found: Sweep = connection.client.post(&path, &body).await?;
        if arguments.json {
            return output::json(&found);
        }
        sweep::show(&found);
        return Ok(());
    }
    let source = arguments.beir.as_ref().or(arguments.file.as_ref());
    let name = arguments
        .name
        .clone()
        .or_else(|| source.and_then(|path| Some(path.file_stem()?.to_string_lossy().into_owned())));
    let body = json!({
        "name": name,
        "index": index,
        "questions": questions,
        "answers": arguments.answers,
        "model": arguments.model,
        "stream": true,
    });
    let evaluation = follow(connection, &evaluations, &body).await?;
    if arguments.json {
        return output::json(&evaluation);
    }
    show::show(&evaluation);
    Ok(())
}

/// Keeps `limit` questions, as far from each other as they can be.
fn spread(questions: &mut Vec<EvaluationQuestion>, limit: usize) {
    let all = questions.len();
    if limit >= all {
        return;
    }
    let chosen = (0..limit).map(|index| questions[index * all / limit].clone()).collect();
    *questions = chosen;
}

fn read_questions(path: &std::path::Path) -> anyhow::Result<Vec<EvaluationQuestion>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("`{}` cannot be read", path.display()))?;
    let lines = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
    lines
        .map(|(line, number)| {
            serde_json::from_str(line)
                .with_context(|| format!("`{}`, line {number}", path.display()))
        })
        .collect()
}

#[derive(Deserialize)]
struct Squad {
    data: Vec<SquadArticle>,
}

#[derive(Deserialize)]
struct SquadArticle {
    paragraphs: Vec<SquadParagraph>,
}

#[derive(Deserialize)]
struct SquadParagraph {
    context: String,
}

fn measure_support(file: &std::path::Path, language: Language) -> anyhow::Result<SupportFigures> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("`{}` cannot be read", file.display()))?;
    let squad: Squad = serde_json::from_str(&text)
        .with_context(|| format!("`{}` is not in SQuAD's format", file.display()))?;
    let paragraphs = squad.data.into_iter().flat_map(|article| article.paragraphs);
    let texts: Vec<String> = paragraphs.map(|paragraph| paragraph.context).collect();
    Ok(support::measure(&texts, language))
}

async fn follow(
    connection: &Connection,
    path: &[&str],
    body: &serde_json::Value,
) -> anyhow::Result<Evaluation> {
    let request = connection.client.request(Method::POST, path).json(body);
    let mut events = Box::pin(connection.client.follow(request).await?);
    let bar = ProgressBar::new(0).with_style(
        ProgressStyle::with_template(
            "{msg:<10} [{bar:32}] {pos}/{len} questions, about {eta} left",
        )?
        .progress_chars("=> "),
    );
    let tell = |word: &'static str, done: u32, total: u32| {
        bar.set_message(word);
        bar.set_length(total.into());
        bar.set_position(done.into());
    };
    while let Some(event) = events.next().await {
        match serde_json::from_str(&event.data)? {
            EvaluationEvent::Searched { done, total } => tell("Searching", done, total),
            EvaluationEvent::Answered { done, total } => tell("Answering", done, total),
            EvaluationEvent::Done { evaluation } => {
                bar.finish_and_clear();
                return Ok(*evaluation);
            }
            EvaluationEvent::Failed { message, .. } => bail!("{message}"),
        }
    }
    bail!("the server ended the evaluation in the middle");
}
