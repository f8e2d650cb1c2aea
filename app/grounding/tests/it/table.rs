//! Tables of claims: JSONL files whose rows say if a claim can be attributed to its passages, and what the
//! check makes of them.

use std::fmt;
use std::path::Path;

use quire_domain::{Language, Support};
use quire_grounding::judge::{self, Verdict};
use quire_grounding::{Ground, PreparedGround};
use quire_language::Lexicon;
use serde::Deserialize;

/// A claim with what it should rest on.
#[derive(Deserialize)]
pub struct Row {
    pub id: String,
    #[serde(default)]
    pub question: String,
    pub claim: String,
    pub passages: Vec<String>,
    #[serde(default)]
    pub title: String,
    /// What stands above passages that begin within a table.
    #[serde(default)]
    pub lead: String,
    #[serde(default)]
    pub language: String,
    pub label: String,
    #[serde(default)]
    pub kind: String,
}

impl Row {
    /// Returns whether the passages bear the claim in truth.
    pub fn is_attributable(&self) -> bool {
        self.label == "attributable"
    }

    /// Returns whether the check takes it for supported, or why not.
    pub fn judge(&self) -> Result<(), String> {
        let language: Language = self.language.parse().unwrap_or_default();
        let lexicon = Lexicon::of(language);
        let prepare = |passage: &String| {
            let ground = Ground {
                text: passage.clone(),
                context: self.title.clone(),
                lead: self.lead.clone(),
            };
            PreparedGround::new(ground, lexicon)
        };
        let grounds: Vec<PreparedGround> = self.passages.iter().map(prepare).collect();
        let mut verdicts = judge::claim(&self.claim, &self.question, &grounds, lexicon);
        if !verdicts.iter().all(Verdict::states_nothing) {
            verdicts.retain(|one| !one.states_nothing());
        }
        let is_supported = |one: &Verdict| one.support != Support::Unsupported;
        if !verdicts.is_empty() && verdicts.iter().all(is_supported) {
            return Ok(());
        }
        let why = verdicts.into_iter().find_map(|one| one.why_not);
        Err(why.map(|why| why.to_string()).unwrap_or_default())
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "[{}] {}", self.id, self.kind)?;
        writeln!(f, "  claim:    {}", self.claim)?;
        writeln!(f, "  question: {}", self.question)?;
        writeln!(f, "  title:    {}", self.title)?;
        write!(f, "  passages: {}", self.passages.join("\n            "))
    }
}

/// Reads the rows of a file.
pub fn read(path: &Path) -> Vec<Row> {
    let text = std::fs::read_to_string(path).expect("the table is there");
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| serde_json::from_str(line).expect("a row of the table")).collect()
}

/// How many rows were decided rightly.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Count {
    /// Attributable and taken for supported.
    pub kept: u32,
    /// Attributable and not taken for supported.
    pub lost: u32,
    /// Not attributable and not taken for supported.
    pub refused: u32,
    /// Not attributable and taken for supported.
    pub accepted: u32,
}

impl Count {
    /// Counts a row.
    pub fn add(&mut self, row: &Row, is_supported: bool) {
        let place = match (row.is_attributable(), is_supported) {
            (true, true) => &mut self.kept,
            (true, false) => &mut self.lost,
            (false, false) => &mut self.refused,
            (false, true) => &mut self.accepted,
        };
        *place += 1;
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kept, lost, refused, accepted } = self;
        let share = |part: u32, rest: u32| f64::from(part) / f64::from((part + rest).max(1));
        write!(f, "kept {kept:4} lost {lost:4} refused {refused:4} accepted {accepted:4}")?;
        write!(f, "  precision {:.3} recall {:.3}", share(*kept, *accepted), share(*kept, *lost))
    }
}
