//! An exam for chat models: only one that tells answerable questions from others may judge.
//!
//! A model of a hundred million parameters says "Yes" or "No" to anything. Left to judge, it would
//! refuse at random; so each model sits this exam once, and the result is kept by its fingerprint.

use quire_catalog::NoteKey;
use quire_engines::{EngineError, Generator};
use sha2::{Digest, Sha256};

use super::probability_of_yes;
use crate::answer::prompt;
use crate::{ServiceError, Services};

/// Part of the key under which results are kept: another exam, another key.
const EDITION: &str = "answerable exam 2";
/// The share of pairs of an answerable and an unanswerable question that must be put in order.
///
/// Set by hand, between what the starter model has (1) and chance (0.5): see
/// `docs/decisions/053-is-the-question-answerable.md`.
const PASS_MARK: f32 = 0.8;

/// Models whose mark is known, by their fingerprint: the starter model put all 36 pairs in order, and
/// need not make the first question wait.
const KNOWN_TO_PASS: [&str; 1] = ["1117320768-7d9d92779dab2d108a0b9a1831ee8eb8"];

/// A passage, questions that it answers, and some that only look as if it did.
struct Sheet {
    passage: &'static str,
    answered: [&'static str; 3],
    unanswered: [&'static str; 3],
}

const SHEETS: [Sheet; 2] = [
    Sheet {
        passage: "The Harwick bridge was opened by Queen Mary in 1932. It is 420 metres long, \
            carries about 4,000 cars a day, and was repainted in green in 1978.",
        answered: [
            "Who opened the Harwick bridge?",
            "How many cars cross the Harwick bridge each day?",
            "In which colour was the bridge repainted?",
        ],
        unanswered: [
            "Who designed the Harwick bridge?",
            "How many trains cross the Harwick bridge each day?",
            "How much did the bridge cost?",
        ],
    },
    Sheet {
        passage: "Either party may end the lease with a notice of three months. The rent is 900 \
            euros a month and is due on the third working day. Dogs are allowed, cats are not.",
        answered: [
            "How long is the period of notice?",
            "When is the rent due?",
            "Which animals are allowed?",
        ],
        unanswered: [
            "How high is the deposit?",
            "Who pays for repairs?",
            "When does the lease begin?",
        ],
    },
];

/// How results are kept.
const PASSED: &str = "passed";
const FAILED: &str = "failed";

impl Services {
    /// Says whether a model has passed; it sits the exam where that is not known yet, which takes
    /// some seconds on a laptop.
    pub(in crate::answer) async fn can_judge(
        &self,
        generator: &dyn Generator,
    ) -> Result<bool, ServiceError> {
        if KNOWN_TO_PASS.contains(&generator.info().fingerprint.as_str()) {
            return Ok(true);
        }
        let mut hash = Sha256::new_with_prefix(EDITION);
        hash.update(&generator.info().fingerprint);
        let key = NoteKey(hash.finalize().into());
        let known = self.inner.vectors.find_notes(vec![key.clone()]).await?;
        if let Some(result) = known.into_iter().flatten().next() {
            return Ok(result == PASSED);
        }
        let mark = sit(generator).await?;
        let has_passed = mark >= PASS_MARK;
        let model = &generator.info().model;
        tracing::info!(mark, has_passed, "`{model}` has sat the exam for judging passages");
        let result = if has_passed { PASSED } else { FAILED };
        self.inner.vectors.put_note(key, result.to_owned()).await?;
        Ok(has_passed)
    }
}

/// Gives the share of pairs in which the answerable question is held to be likelier answered.
async fn sit(generator: &dyn Generator) -> Result<f32, EngineError> {
    let (mut answered, mut unanswered) = (Vec::new(), Vec::new());
    for sheet in &SHEETS {
        let passage = format!("\n[1] notes.txt\n{}\n", sheet.passage);
        let ask = async |question| {
            let prompt = prompt::build_from_text(&passage, question);
            probability_of_yes(generator, &prompt).await
        };
        for question in sheet.answered {
            answered.push(ask(question).await?);
        }
        for question in sheet.unanswered {
            unanswered.push(ask(question).await?);
        }
    }
    let pairs = answered.len() * unanswered.len();
    let in_order = |yes: &f32| unanswered.iter().filter(|no| yes > no).count();
    let right: usize = answered.iter().map(in_order).sum();
    Ok(right as f32 / pairs.max(1) as f32)
}
