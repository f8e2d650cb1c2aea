//! Going on when the context is full: the oldest tokens behind the instructions are forgotten.

use std::ops::Range;

use llama_cpp_2::model::{LlamaModel, RopeType};

use super::{End, Engine};
use crate::FinishReason;
use crate::llama::entry::end_of_image;

/// Fewer tokens than this are not worth making room for: the instructions fill the context.
const FEWEST: usize = 16;

/// Kinds of models whose keys can be moved to other places; llama.cpp ends the program if others are asked to, among them
/// some that look back only a little way. What others have is read again.
const MOVABLE: [&str; 12] = [
    "deepseek",
    "exaone",
    "falcon",
    "gemma",
    "granite",
    "internlm2",
    "llama",
    "phi2",
    "qwen2",
    "qwen2moe",
    "qwen3",
    "smollm3",
];

/// Returns whether the keys of a model can be moved to other places.
pub fn can_move(model: &LlamaModel) -> bool {
    let kind = model.meta_val_str("general.architecture").unwrap_or_default();
    let has_one_place = matches!(model.rope_type(), Some(RopeType::Norm | RopeType::NeoX));
    MOVABLE.contains(&kind.as_str()) && has_one_place && !model.is_recurrent() && !model.is_hybrid()
}

impl Engine<'_> {
    /// Makes room for requests that go on when their context is full, and ends them where there is nothing to forget.
    pub(super) fn shift_full(&mut self) {
        let context_tokens = self.settings.context_tokens as usize;
        for index in (0..self.requests.len()).rev() {
            let request = &self.requests[index];
            if request.cells() > context_tokens && !self.shift(index) {
                self.end(index, End::Finished(FinishReason::Length));
            }
        }
    }

    /// Has a request forget half of what stands behind its instructions; false if it may not, or has nothing there.
    pub(super) fn shift(&mut self, index: usize) -> bool {
        let request = &mut self.requests[index];
        let Some(kept) = request.kept else { return false };
        let forgotten = request.entries.len().saturating_sub(kept) / 2;
        if forgotten < FEWEST {
            return false;
        }
        // An image goes as a whole.
        let range = kept..end_of_image(&request.entries, kept + forgotten);
        let sequence = request.sequence;
        request.forget(range.clone());
        if self.shift_sequence(sequence, &range).is_none() {
            // What stands behind is read again, in its new place.
            let held = self.sequences.get(sequence).entries.len();
            self.cut(sequence, kept.min(held));
        }
        true
    }

    /// Takes tokens out of a sequence and moves those behind them to their place; nothing if that cannot be done.
    fn shift_sequence(&mut self, sequence: usize, range: &Range<usize>) -> Option<()> {
        let is_read = range.end <= self.sequences.get(sequence).entries.len();
        // What sequences share would be moved in all of them.
        if !self.can_move || !is_read || self.sequences.shares_beyond(sequence, range.end) {
            return None;
        }
        let (start, end) = (Some(range.start as u32), Some(range.end as u32));
        let back = i32::try_from(range.len()).ok()?;
        let number = sequence as i32;
        self.context.kv_cache_seq_rm(number, start, end).ok()?;
        let moved = self.context.kv_cache_seq_add(number, end, None, -back);
        let held = self.sequences.get(sequence);
        if moved.is_err() {
            held.entries.truncate(range.start);
            return None;
        }
        held.entries.drain(range.clone());
        held.sound = Some(held.sound.map_or(range.start, |sound| sound.min(range.start)));
        Some(())
    }
}
