//! Tuning: the constants of search that were chosen by measuring, in one place.
//!
//! `quire eval --sweep NAME=VALUES` runs the choice of any of them again (see `evaluation::sweep`).

use quire_vectorstore::FusionWeights;

use crate::RetrievalError;

/// The constants of search that were tuned.
///
/// The decision that chose each one says on which set, what was held out and how flat the optimum is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tuning {
    /// The constants of fusion: `docs/decisions/041-fusion-by-z-score.md`.
    pub fusion: FusionWeights,
    /// What a sentence that covers the whole question counts, if the first stage's best hit counts
    /// 1; default 0.5: `docs/decisions/042-a-second-stage-without-a-model.md`.
    pub sentence_share: f32,
    /// Up to this share of the question in one sentence, 0 to 1, sentences count nothing; default 0.4:
    /// `docs/decisions/042-a-second-stage-without-a-model.md`.
    pub least_overlap: f32,
    /// What the score before it counts beside a cross-encoder's, 0 to 1; default 0.1. It mostly
    /// settles ties: `docs/decisions/042-a-second-stage-without-a-model.md`.
    pub earlier_share: f32,
    /// What it counts that a passage, or the document around it, is about all that the question
    /// names, if its text counts 1; default 2/3: `docs/decisions/043-entity-salience.md`.
    ///
    /// So much if all hits are of long documents, whose passages do not say each time whose they
    /// are; a passage that is a document of its own speaks for itself.
    pub named_share: f32,
    /// The share of its passages that must have a name for a document to be half about it, 0 to 1;
    /// default 0.05: `docs/decisions/043-entity-salience.md`.
    pub half_salient: f32,
    /// What a word counts that may be a name, if one that looks like a name counts 1; default 0.5:
    /// `docs/decisions/043-entity-salience.md`.
    pub guessed_name: f32,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            fusion: FusionWeights::default(),
            sentence_share: 0.5,
            least_overlap: 0.4,
            earlier_share: 0.1,
            named_share: 2.0 / 3.0,
            half_salient: 0.05,
            guessed_name: 0.5,
        }
    }
}

/// A constant as people name it, the highest value that makes sense, and where it is kept.
type Constant = (&'static str, f32, fn(&mut Tuning) -> &mut f32);

const CONSTANTS: [Constant; 9] = [
    ("keyword_share", 1.0, |tuning| &mut tuning.fusion.keyword_share),
    ("keyword_share_foreign", 1.0, |tuning| &mut tuning.fusion.keyword_share_foreign),
    ("max_z_score", 100.0, |tuning| &mut tuning.fusion.max_z_score),
    ("sentence_share", 100.0, |tuning| &mut tuning.sentence_share),
    ("least_overlap", 1.0, |tuning| &mut tuning.least_overlap),
    ("earlier_share", 1.0, |tuning| &mut tuning.earlier_share),
    ("named_share", 100.0, |tuning| &mut tuning.named_share),
    ("half_salient", 1.0, |tuning| &mut tuning.half_salient),
    ("guessed_name", 1.0, |tuning| &mut tuning.guessed_name),
];

impl Tuning {
    /// Gives the value of a constant; an unknown name is an error that lists the known ones.
    pub fn get(mut self, name: &str) -> Result<f32, RetrievalError> {
        let (_, _, place) = find(name)?;
        Ok(*place(&mut self))
    }

    /// Gives the tuning with another value of one constant, 0 up to its highest.
    pub fn with(mut self, name: &str, value: f32) -> Result<Self, RetrievalError> {
        let (name, most, place) = find(name)?;
        if !(0.0..=*most).contains(&value) {
            return Err(RetrievalError::NotTunable { name, value, most: *most });
        }
        *place(&mut self) = value;
        Ok(self)
    }
}

fn find(name: &str) -> Result<&'static Constant, RetrievalError> {
    let known = || CONSTANTS.map(|(name, _, _)| name).join("`, `");
    let found = CONSTANTS.iter().find(|(known, _, _)| *known == name);
    found.ok_or_else(|| RetrievalError::NoSuchConstant { name: name.to_owned(), known: known() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_constant_is_set_alone_and_within_its_bounds() {
        let usual = Tuning::default();
        for (name, most, _) in CONSTANTS {
            let tuning = usual.with(name, most).expect("is within bounds");
            assert!((tuning.get(name).expect("is known") - most).abs() < f32::EPSILON, "{name}");
            let value = usual.get(name).expect("is known");
            assert_eq!(tuning.with(name, value).expect("is within bounds"), usual, "{name}");
            for value in [-0.1, most + 0.1, f32::NAN, f32::INFINITY] {
                assert!(usual.with(name, value).is_err(), "{name} = {value}");
            }
        }
        let refused = usual.with("keyword-share", 0.5).expect_err("is unknown").to_string();
        assert!(refused.contains("`keyword_share`"), "{refused}");
    }
}
