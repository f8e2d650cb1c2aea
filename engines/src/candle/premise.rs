//! From a premise of any length to pairs that a judge's network reads: windows of whole sentences.

use std::ops::Range;

use quire_domain::ModelId;
use tokenizers::Tokenizer;

use crate::{EngineError, EntailmentPair, JudgeInfo, PairTemplate};

use super::encoder::Tokens;
use super::tokens::tokenize_pair;

/// What a pair template adds: one token before, two between (`RoBERTa`), one after.
pub const MOST_SPECIAL_TOKENS: usize = 4;

/// A pair in tokens, one text a window of its premise.
pub type Windows = Vec<Tokens>;

/// Turns pairs into tokens, or says which text is too long.
pub fn tokenize_premises(
    tokenizer: &Tokenizer,
    template: PairTemplate,
    info: &JudgeInfo,
    pairs: &[EntailmentPair],
) -> Result<Vec<Windows>, EngineError> {
    let reader = Reader { tokenizer, template, info };
    pairs.iter().enumerate().map(|(index, pair)| reader.read(index, pair)).collect()
}

struct Reader<'a> {
    tokenizer: &'a Tokenizer,
    template: PairTemplate,
    info: &'a JudgeInfo,
}

impl Reader<'_> {
    fn read(&self, index: usize, pair: &EntailmentPair) -> Result<Windows, EngineError> {
        let JudgeInfo { max_tokens, max_hypothesis_tokens, .. } = *self.info;
        let hypothesis_tokens = self.count(&pair.hypothesis)?;
        if hypothesis_tokens > max_hypothesis_tokens {
            return Err(EngineError::HypothesisTooLong {
                model: self.model(),
                index,
                tokens: hypothesis_tokens,
                max_tokens: max_hypothesis_tokens,
            });
        }
        let room = max_tokens.saturating_sub(hypothesis_tokens + MOST_SPECIAL_TOKENS);
        let lengths = pair.premise.iter().map(|sentence| self.count(sentence));
        let lengths = lengths.collect::<Result<Vec<usize>, EngineError>>()?;
        let mut waiting = pack(&lengths, room);
        waiting.reverse();
        let mut windows = Vec::with_capacity(waiting.len());
        while let Some(range) = waiting.pop() {
            let premise = pair.premise[range.clone()].join(" ");
            let tokens = tokenize_pair(self.tokenizer, &premise, &pair.hypothesis, self.template)
                .map_err(|error| self.failed(&*error))?;
            if tokens.ids.len() <= max_tokens {
                windows.push(tokens);
            } else if range.len() > 1 {
                // Put together, sentences may have a token more than one by one.
                let middle = range.start + range.len() / 2;
                waiting.push(middle..range.end);
                waiting.push(range.start..middle);
            } else {
                return Err(EngineError::PremiseTooLong {
                    model: self.model(),
                    index,
                    sentence: range.start,
                    tokens: lengths.get(range.start).copied().unwrap_or(0),
                    max_tokens: room,
                });
            }
        }
        Ok(windows)
    }

    fn count(&self, text: &str) -> Result<usize, EngineError> {
        let encoding = self.tokenizer.encode_fast(text, false);
        encoding.map(|encoding| encoding.len()).map_err(|error| self.failed(&*error))
    }

    fn model(&self) -> ModelId {
        self.info.model.clone()
    }

    fn failed(&self, reason: &dyn std::error::Error) -> EngineError {
        EngineError::Inference { model: self.model(), reason: reason.to_string() }
    }
}

/// Puts neighbours together as long as they fit into `room`; whatever does not fit is alone. No
/// sentences are one empty window.
fn pack(lengths: &[usize], room: usize) -> Vec<Range<usize>> {
    let mut windows: Vec<Range<usize>> = Vec::new();
    let mut left = 0;
    for (index, &length) in lengths.iter().enumerate() {
        match windows.last_mut() {
            Some(window) if length <= left => window.end = index + 1,
            _ => {
                windows.push(index..index + 1);
                left = room;
            }
        }
        left = left.saturating_sub(length);
    }
    if windows.is_empty() {
        windows.push(0..0);
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_whole_neighbours_that_fit() {
        let check = |lengths: &[usize], room: usize, expected: &[(usize, usize)]| {
            let packed: Vec<_> =
                pack(lengths, room).into_iter().map(|it| (it.start, it.end)).collect();
            assert_eq!(packed, expected, "{lengths:?} in {room}");
        };
        check(&[], 10, &[(0, 0)]);
        check(&[4, 6], 10, &[(0, 2)]);
        check(&[4, 7, 3], 10, &[(0, 1), (1, 3)]);
        check(&[4, 11, 3], 10, &[(0, 1), (1, 2), (2, 3)]);
        check(&[0, 0, 10, 0], 10, &[(0, 4)]);
    }
}
