//! Figures: how far a row of a table is of what a question asks the figure of.
//!
//! A question for a figure names an item, as in "total net sales", a time and whose figures they are. The row
//! that answers it is of just that item: the row of a part has further words in its label, that of another item
//! lacks some.

use std::iter;

use quire_language::{AnswerKind, Meaning};

use super::asked::Word;
use super::rating::Surroundings;
use super::unit::{Unit, means};

/// What a word of the question counts that names the group of the row, or its columns, and not the row.
const BESIDE: f32 = 0.8;
/// What a word counts that some row has in its label, if this one has it only in the title or the headings.
///
/// Both were set by hand: see `docs/decisions/048-evidence-first.md`.
const AROUND: f32 = 0.5;

impl Surroundings<'_> {
    /// Tells how far a row is of the item that the question asks a figure of, 0 to 1.
    pub(super) fn item(&self, row: &Unit) -> f32 {
        if !row.is_item() || !matches!(self.asked.kind, None | Some(AnswerKind::Amount)) {
            return 0.0;
        }
        let label = row.label_terms();
        let (mut had, mut all, mut named) = (0.0, 0.0, 0.0);
        for (at, word) in self.asked.words.iter().enumerate() {
            let in_label = word.is_in_label(&label);
            let beside = word.is_known(&row.group_terms).max(word.is_known(&row.header_terms));
            let around = if word.is_in_labels { AROUND } else { 1.0 } * self.context[at];
            // What no row and no title says is no part of the item.
            if word.is_in_labels || word.is_in_contexts {
                had += word.weight * in_label.max(BESIDE * beside).max(around);
                all += word.weight;
                named += in_label;
            }
        }
        if named > 0.0 { had / all * self.share_asked(row) } else { 0.0 }
    }

    /// Gives the share of a label's words that the question has, too, or that say nothing new.
    fn share_asked(&self, row: &Unit) -> f32 {
        let (mut asked, mut others, mut is_aside) = (0.0, 0.0, false);
        for at in row.label.clone() {
            let token = &row.tokens[at];
            is_aside = (is_aside || token.is_mark('(')) && !token.is_mark(')');
            let Some(term) = token.terms.first() else { continue };
            let is =
                |word: &Word| word.is_among(|one| one == term, || iter::once(term.as_str())) > 0.0;
            let is_total = || means(row, at, |meaning| meaning == Meaning::Total, self.lexicon);
            if self.asked.words.iter().any(is) {
                asked += 1.0;
            } else if !is_aside && !self.known.contains(term) && !is_total() {
                others += 1.0;
            }
        }
        if asked > 0.0 { asked / (asked + others) } else { 0.0 }
    }
}
