//! Measuring the citation check on claims with their passages: from a file, without a collection, a store or a
//! chat model.
//!
//! A claim is judged by the same calls as a sentence of an answer, with its title as what is known about its
//! passages. What is counted afterwards knows nothing of the check: see `claim_metrics`.

use std::collections::BTreeMap;
use std::io;

use futures::{StreamExt, stream};
use quire_domain::{
    ClaimFigures, ClaimLabel, ClaimLine, ClaimReport, JudgedClaim, JudgedSentence, Language,
    ModelId, Support,
};
use quire_grounding::judge::{self, Verdict};
use quire_grounding::{Claim, Ground, PreparedGround, WhyNot};
use quire_language::Lexicon;

use super::{Evaluations, claim_metrics};
use crate::ServiceError;
use crate::second_judge::{Ruling, SecondJudge};

/// How many claims are checked ahead of the one that is counted, for each core.
const AHEAD: usize = 2;

impl Evaluations {
    /// Judges claims, with a second judge if one is named, which must be there.
    pub async fn judge_claims(
        &self,
        lines: Vec<ClaimLine>,
        judge: Option<ModelId>,
    ) -> Result<ClaimReport, ServiceError> {
        let judge = match judge {
            Some(model) => Some(self.models.load_judge(model).await?),
            None => None,
        };
        evaluate(lines.into_iter().map(Ok), judge).await
    }
}

/// Reads lines of JSON, one claim each; empty lines are left out.
pub fn read_lines(
    lines: impl Iterator<Item = io::Result<String>>,
) -> impl Iterator<Item = Result<ClaimLine, ServiceError>> {
    lines.zip(1..).filter_map(|(line, number)| match line {
        Ok(line) => {
            let line = line.trim_start_matches('\u{feff}').trim();
            (!line.is_empty()).then(|| read_line(line, number))
        }
        Err(error) => Some(Err(ServiceError::BadLine { number, problem: error.to_string() })),
    })
}

fn read_line(line: &str, number: usize) -> Result<ClaimLine, ServiceError> {
    serde_json::from_str(line).map_err(|error| {
        let problem = error.to_string().replace(" at line 1 column ", " at column ");
        ServiceError::BadLine { number, problem }
    })
}

/// Judges claims as they come and counts them; a bad line ends it with an error.
///
/// Claims are checked side by side, but no more of them are held than that takes: a file may be of any size.
pub async fn evaluate(
    lines: impl Iterator<Item = Result<ClaimLine, ServiceError>>,
    mut judge: Option<SecondJudge>,
) -> Result<ClaimReport, ServiceError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let checking = stream::iter(lines).map(check).buffered(cores * AHEAD);
    let mut checking = std::pin::pin!(checking);
    let mut claims = Vec::new();
    let mut figures = ClaimFigures::default();
    let mut kinds: BTreeMap<String, ClaimFigures> = BTreeMap::new();
    while let Some(checked) = checking.next().await {
        let checked = checked?;
        let (label, kind) = (checked.label, checked.kind.clone());
        let judged = checked.settle(judge.as_mut()).await;
        if let Some(label) = label {
            claim_metrics::add(&mut figures, label, judged.support);
            if let Some(kind) = kind {
                claim_metrics::add(kinds.entry(kind).or_default(), label, judged.support);
            }
        }
        claims.push(judged);
    }
    claim_metrics::finish(&mut figures);
    kinds.values_mut().for_each(claim_metrics::finish);
    let judge = judge.map(SecondJudge::into_account);
    Ok(ClaimReport { claims, figures, kinds, judge })
}

/// Checks a claim on a thread of its own.
async fn check(line: Result<ClaimLine, ServiceError>) -> Result<Checked, ServiceError> {
    let line = line?;
    let checked = tokio::task::spawn_blocking(move || Checked::new(line)).await;
    checked.map_err(|_| ServiceError::Panicked { task: "the check of a claim" })
}

/// A claim that the check has judged.
struct Checked {
    id: String,
    label: Option<ClaimLabel>,
    kind: Option<String>,
    claim: String,
    question: String,
    language: Language,
    /// The passages, taken apart once for all sentences.
    grounds: Vec<PreparedGround>,
    verdicts: Vec<Verdict>,
}

impl Checked {
    fn new(line: ClaimLine) -> Self {
        let language = line.language.unwrap_or_else(|| guess_language(&line));
        let ClaimLine { id, question, claim, passages, title, label, kind, .. } = line;
        let (question, title) = (question.unwrap_or_default(), title.unwrap_or_default());
        let lexicon = Lexicon::of(language);
        let prepare = |text| {
            let ground = Ground { text, context: title.clone(), ..Ground::default() };
            PreparedGround::new(ground, lexicon)
        };
        let grounds: Vec<PreparedGround> = passages.into_iter().map(prepare).collect();
        let verdicts = judge::claim(&claim, &question, &grounds, lexicon);
        Self { id, label, kind, claim, question, language, grounds, verdicts }
    }

    /// Lets the second judge rule, if there is one.
    async fn settle(self, mut judge: Option<&mut SecondJudge>) -> JudgedClaim {
        let mut sentences = Vec::with_capacity(self.verdicts.len());
        for verdict in &self.verdicts {
            let text = verdict.span.slice(&self.claim).unwrap_or_default().to_owned();
            let ruling = match judge.as_deref_mut() {
                Some(judge) => Some(self.rule(&text, verdict, judge).await),
                None => None,
            };
            let judged_by = ruling.as_ref().map(|one| one.judged_by);
            let evidence = match ruling {
                Some(ruling) => ruling.evidence.into_iter().next(),
                None => verdict.evidence,
            };
            let quote = evidence.and_then(|(index, found)| {
                found.span.slice(&self.grounds.get(index)?.ground.text).map(str::to_owned)
            });
            let support = evidence.map_or(Support::Unsupported, |(_, found)| found.support);
            let why_not = evidence
                .is_none()
                .then(|| verdict.why_not.as_ref().unwrap_or(&WhyNot::Doubted).to_string());
            sentences.push(JudgedSentence { text, support, quote, why_not, judged_by });
        }
        // `Here is what I found:` states nothing, and makes a claim no worse.
        let judged = sentences.iter().zip(&self.verdicts);
        let told = judged.filter(|(_, verdict)| !verdict.states_nothing());
        let support = worst(told.map(|(one, _)| one.support));
        JudgedClaim { id: self.id, support, sentences }
    }

    async fn rule(&self, text: &str, verdict: &Verdict, judge: &mut SecondJudge) -> Ruling {
        let lexicon = Lexicon::of(self.language);
        let claim = Claim::new(text, &self.question, lexicon);
        judge.read(self.language);
        let evidence = verdict.evidence.into_iter().collect();
        judge.rule(&claim, evidence, &self.grounds, lexicon).await
    }
}

/// Gives the worst support of the sentences that state something; a claim without any is unsupported.
fn worst(supports: impl Iterator<Item = Support>) -> Support {
    let rank = |support: &Support| match support {
        Support::Quoted => 0,
        Support::Supported => 1,
        Support::Unsupported => 2,
    };
    supports.max_by_key(rank).unwrap_or(Support::Unsupported)
}

/// Tells the language of a claim as ingest tells that of documents; English if there is too little text.
fn guess_language(line: &ClaimLine) -> Language {
    let texts: Vec<&str> =
        line.passages.iter().map(String::as_str).chain([line.claim.as_str()]).collect();
    match quire_ingest::detect_language(&texts.join("\n")) {
        Language::Unknown => Language::English,
        known => known,
    }
}

#[cfg(test)]
mod tests;
