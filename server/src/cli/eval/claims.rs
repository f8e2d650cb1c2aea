//! `quire eval --claims`: the citation check alone, on claims with their passages.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::Context;
use quire_domain::{ClaimFigures, ClaimReport, ModelId};
use quire_service::evaluation::claims;
use quire_service::second_judge::SecondJudge;

use crate::backends;
use crate::cli::output;
use crate::config::{DefaultModels, Folders};

/// Judges the claims of a file, with a second judge if one is named.
///
/// Nothing is opened but the file and the judge: the file is read line by line.
pub async fn measure(
    file: &Path,
    judge: Option<&ModelId>,
    folders: &Folders,
) -> anyhow::Result<ClaimReport> {
    let shown = file.display();
    let lines = File::open(file).with_context(|| format!("`{shown}` cannot be read"))?;
    let judge = match judge {
        Some(model) => {
            let models = DefaultModels::from_environment()?;
            let models = backends::open_models(folders, &models)?;
            Some(SecondJudge::load(models, model.clone()).await?)
        }
        None => None,
    };
    let lines = claims::read_lines(BufReader::new(lines).lines());
    claims::evaluate(lines, judge).await.with_context(|| format!("`{shown}`"))
}

/// Prints the figures.
pub fn show(report: &ClaimReport) {
    let ClaimReport { claims, figures, kinds, judge } = report;
    output::line(&format!("{} claims, {} of them labelled\n", claims.len(), figures.labelled));
    let heading = [
        "kind",
        "labelled",
        "precision",
        "recall",
        "balanced accuracy",
        "macro F1",
        "wrongly accepted",
        "lost",
    ];
    let kinds = kinds.iter().map(|(kind, figures)| row(kind, figures));
    let rows: Vec<Vec<String>> = kinds.chain([row("all", figures)]).collect();
    output::table(&heading, &rows);
    if let Some(judge) = judge {
        output::line(&format!("\nSecond judge {}", judge.describe()));
    }
}

fn row(name: &str, figures: &ClaimFigures) -> Vec<String> {
    let share = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |it| format!("{it:.3}"));
    vec![
        name.to_owned(),
        figures.labelled.to_string(),
        share(figures.precision),
        share(figures.recall),
        share(figures.balanced_accuracy),
        share(figures.macro_f1),
        figures.false_positives.to_string(),
        figures.false_negatives.to_string(),
    ]
}
