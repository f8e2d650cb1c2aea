//! BEIR folders: a corpus, queries and judgements, as Thakur et al. (2021) lay them out.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::Context;
use quire_domain::{CollectionName, EvaluationQuestion, url_part};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::cli::{ingest, output};
use crate::client::ApiClient;

/// A BEIR set.
pub struct Set {
    /// The name of its collection.
    pub name: String,
    corpus: PathBuf,
    /// Its queries that have judgements.
    pub questions: Vec<EvaluationQuestion>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    title: String,
    text: String,
}

/// Reads queries and judgements.
pub fn read(folder: &Path, split: &str) -> anyhow::Result<Set> {
    let judgements = read_judgements(&folder.join("qrels").join(format!("{split}.tsv")))?;
    let mut questions = Vec::new();
    for entry in lines::<Entry>(&folder.join("queries.jsonl"))? {
        let Entry { id, text, .. } = entry?;
        let Some(grades) = judgements.get(&id) else { continue };
        let grades = grades.iter().map(|(id, grade)| (file_name(id), *grade)).collect();
        questions.push(EvaluationQuestion {
            id,
            question: text,
            grades,
            answerable: true,
            ..EvaluationQuestion::default()
        });
    }
    let folder_name = folder.canonicalize()?;
    let folder_name = folder_name.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = format!("beir-{}", folder_name.unwrap_or_default());
    Ok(Set { name, corpus: folder.join("corpus.jsonl"), questions })
}

/// Adds the corpus to a collection, one text file an entry, and waits until it can be searched.
pub async fn add(client: &ApiClient, collection: &CollectionName, set: &Set) -> anyhow::Result<()> {
    let files = tempfile::tempdir()?;
    for entry in lines::<Entry>(&set.corpus)? {
        let Entry { id, title, text } = entry?;
        let text = if title.trim().is_empty() { text } else { format!("{title}\n\n{text}") };
        if !text.trim().is_empty() {
            fs::write(files.path().join(file_name(&id)), text)?;
        }
    }
    let report = ingest::add(client, collection, &[files.path().to_owned()]).await?;
    if report.failed > 0 {
        output::note(&format!("{} documents of the corpus could not be added.", report.failed));
    }
    Ok(())
}

/// Makes the name of a file of an id, which may hold any character.
fn file_name(id: &str) -> String {
    // Dots too, for a file whose name begins with one would be hidden, and so left out.
    format!("{}.txt", url_part(id).replace('.', "%2E"))
}

fn lines<T: DeserializeOwned>(
    path: &Path,
) -> anyhow::Result<impl Iterator<Item = anyhow::Result<T>>> {
    let file = File::open(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    let path = path.to_owned();
    Ok(BufReader::new(file).lines().zip(1..).map(move |(line, number)| {
        serde_json::from_str(&line?).with_context(|| format!("`{}`, line {number}", path.display()))
    }))
}

/// Reads `query-id, corpus-id, score` lines under a heading.
fn read_judgements(path: &Path) -> anyhow::Result<BTreeMap<String, BTreeMap<String, u32>>> {
    let text =
        fs::read_to_string(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    let mut judgements: BTreeMap<String, BTreeMap<String, u32>> = BTreeMap::new();
    for (line, number) in text.lines().zip(1..).skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [query, document, score] = fields[..] else {
            anyhow::bail!("`{}`, line {number}: there are not three fields", path.display());
        };
        let score: i64 = score.trim().parse().with_context(|| {
            format!("`{}`, line {number}: `{score}` is no number", path.display())
        })?;
        if let Ok(grade @ 1..) = u32::try_from(score) {
            let grades = judgements.entry(query.to_owned()).or_default();
            grades.insert(document.to_owned(), grade);
        }
    }
    Ok(judgements)
}
