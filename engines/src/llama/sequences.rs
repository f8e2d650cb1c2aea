//! What the context holds, sequence by sequence, and where a prompt is best read.
//!
//! Several requests are served side by side, each in a sequence of its own. A sequence that is not at work keeps
//! its tokens: the next turn of a conversation goes on where the last one ended, and a prompt that only begins as
//! another does shares that beginning instead of reading it again.

use super::entry::{Entry, cells_of};

/// One sequence of the context.
#[derive(Debug, Default)]
pub struct Sequence {
    /// The tokens and images whose keys and values the context holds, in order. Images are whole.
    pub entries: Vec<Entry>,
    /// Whether a request is at work in it.
    pub is_busy: bool,
    /// How many of its first tokens were read behind all that stands before them now; `None` if all were. What comes
    /// behind knows of tokens that were forgotten, and is of use to this request alone.
    pub sound: Option<usize>,
    /// When it was last let go of: higher is later, 0 is never.
    used: u64,
}

/// All of them; the place in it is the number that llama.cpp knows a sequence by.
#[derive(Debug)]
pub struct Sequences {
    all: Vec<Sequence>,
    /// Counts how often a sequence was let go of.
    uses: u64,
    /// Whether the end of a sequence can be forgotten; recurrent models can only go on, or begin anew.
    can_rewind: bool,
}

/// Where a prompt is to be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Place {
    /// The sequence.
    pub sequence: usize,
    /// How many tokens of the prompt need not be read.
    pub known: usize,
    /// Whose beginning these are, if not the sequence's own.
    pub shared_with: Option<usize>,
}

impl Sequences {
    /// Makes `count` empty sequences.
    pub fn new(count: usize, can_rewind: bool) -> Self {
        let all = std::iter::repeat_with(Sequence::default).take(count.max(1)).collect();
        Self { all, uses: 0, can_rewind }
    }

    /// Gives a sequence.
    pub fn get(&mut self, sequence: usize) -> &mut Sequence {
        &mut self.all[sequence]
    }

    /// Returns whether the end of a sequence can be forgotten.
    pub fn can_rewind(&self) -> bool {
        self.can_rewind
    }

    /// Returns whether a sequence is free.
    pub fn has_free(&self) -> bool {
        self.all.iter().any(|sequence| !sequence.is_busy)
    }

    /// Ends the work in a sequence; its tokens stay.
    pub fn release(&mut self, sequence: usize) {
        self.uses += 1;
        let uses = self.uses;
        let sequence = self.get(sequence);
        sequence.is_busy = false;
        sequence.used = uses;
    }

    /// Chooses where a prompt is read; `None` if all sequences are at work.
    ///
    /// A sequence that keeps most of what it holds is gone on with. Otherwise the one that was not used for longest is
    /// begun anew, with the beginning that another has in common with the prompt. The last token of a prompt is always
    /// read: its scores choose the first token of the answer.
    pub fn choose(&self, prompt: &[Entry]) -> Option<Place> {
        let most = prompt.len().saturating_sub(1);
        let alike = |sequence: &Sequence| {
            let pairs = sequence.entries.iter().zip(prompt);
            let alike = pairs.take_while(|(a, b)| a == b).count();
            let alike = alike.min(most).min(sequence.sound.unwrap_or(usize::MAX));
            if self.can_rewind || alike == sequence.entries.len() { alike } else { 0 }
        };
        let known = self.all.iter().map(alike).enumerate();
        let is_free = |place: usize| !self.all[place].is_busy;
        // Of those with as much in common, the one that loses least.
        let worth = |&(place, alike): &(usize, usize)| {
            (alike, is_free(place), std::cmp::Reverse(self.all[place].entries.len()))
        };
        let (best, known) = known.max_by_key(worth)?;
        if is_free(best) && known > 0 && known >= self.all[best].entries.len() / 2 {
            return Some(Place { sequence: best, known, shared_with: None });
        }
        let free = (0..self.all.len()).filter(|place| is_free(*place));
        // The one with the common beginning goes last: what it holds is worth the most.
        let sequence =
            free.min_by_key(|place| (known > 0 && *place == best, self.all[*place].used))?;
        if sequence == best {
            return Some(Place { sequence, known, shared_with: None });
        }
        let known = if self.can_rewind { known } else { 0 };
        Some(Place { sequence, known, shared_with: (known > 0).then_some(best) })
    }

    /// Returns whether another sequence holds the same as this one beyond so many tokens.
    pub fn shares_beyond(&self, sequence: usize, tokens: usize) -> bool {
        let own = &self.all[sequence].entries;
        let others = self.all.iter().enumerate().filter(|(place, _)| *place != sequence);
        others.into_iter().any(|(_, other)| {
            let same = own.iter().zip(&other.entries).take_while(|(a, b)| a == b).count();
            same > tokens
        })
    }

    /// Finds the free sequence that was not used for longest, among those that hold something.
    pub fn oldest_free(&self) -> Option<usize> {
        let holds = |sequence: &Sequence| !sequence.is_busy && !sequence.entries.is_empty();
        let held = self.all.iter().enumerate().filter(|(_, sequence)| holds(sequence));
        held.min_by_key(|(_, sequence)| sequence.used).map(|(place, _)| place)
    }

    /// Counts the cells that all sequences take; those that several share count for each of them.
    pub fn cells(&self) -> usize {
        self.all.iter().map(|sequence| cells_of(&sequence.entries)).sum()
    }

    /// Forgets what all sequences hold.
    pub fn forget(&mut self) {
        for sequence in &mut self.all {
            sequence.entries.clear();
            sequence.sound = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use llama_cpp_2::token::LlamaToken;

    use super::*;
    use crate::llama::entry::{ImageHash, entries_of_image};

    fn tokens(ids: &[i32]) -> Vec<Entry> {
        ids.iter().map(|id| LlamaToken::new(*id).into()).collect()
    }

    /// Makes sequences that hold these tokens, the first used first.
    fn holding(held: &[&[i32]], can_rewind: bool) -> Sequences {
        let mut sequences = Sequences::new(held.len(), can_rewind);
        for (place, ids) in held.iter().enumerate() {
            sequences.get(place).entries = tokens(ids);
            if !ids.is_empty() {
                sequences.release(place);
            }
        }
        sequences
    }

    fn place(sequence: usize, known: usize, shared_with: Option<usize>) -> Place {
        Place { sequence, known, shared_with }
    }

    #[test]
    fn a_conversation_goes_on_where_it_ended() {
        let sequences = holding(&[&[1, 2, 3], &[1, 2, 9, 9], &[]], true);
        assert_eq!(sequences.choose(&tokens(&[1, 2, 3, 4])), Some(place(0, 3, None)));
        assert_eq!(sequences.choose(&tokens(&[1, 2, 9, 9, 5])), Some(place(1, 4, None)));
        // The last token is read again, for its scores.
        assert_eq!(sequences.choose(&tokens(&[1, 2, 3])), Some(place(0, 2, None)));
    }

    #[test]
    fn another_conversation_shares_the_beginning_and_displaces_the_oldest() {
        let held: &[&[i32]] = &[&[1, 2, 3, 3, 3, 3], &[7, 7, 7], &[8]];
        let sequences = holding(held, true);
        assert_eq!(sequences.choose(&tokens(&[1, 2, 4])), Some(place(1, 2, Some(0))));
        assert_eq!(sequences.choose(&tokens(&[5, 5])), Some(place(0, 0, None)));
        let mut sequences = holding(held, true);
        sequences.get(1).is_busy = true;
        sequences.get(2).is_busy = true;
        assert_eq!(sequences.choose(&tokens(&[1, 2, 4])), Some(place(0, 2, None)));
        sequences.get(0).is_busy = true;
        assert_eq!(sequences.choose(&tokens(&[1, 2, 4])), None);
        assert!(!sequences.has_free());
    }

    #[test]
    fn what_a_busy_sequence_holds_can_be_shared() {
        let mut sequences = holding(&[&[1, 2, 3], &[]], true);
        sequences.get(0).is_busy = true;
        assert_eq!(sequences.choose(&tokens(&[1, 2, 3, 4])), Some(place(1, 3, Some(0))));
    }

    #[test]
    fn a_recurrent_model_only_goes_on() {
        let sequences = holding(&[&[1, 2, 3], &[]], false);
        assert_eq!(sequences.choose(&tokens(&[1, 2, 3, 4])), Some(place(0, 3, None)));
        assert_eq!(sequences.choose(&tokens(&[1, 2, 4])), Some(place(1, 0, None)));
        assert_eq!(sequences.choose(&tokens(&[1, 2, 3])), Some(place(1, 0, None)));
    }

    #[test]
    fn what_was_read_behind_forgotten_tokens_is_not_used_again() {
        let mut sequences = holding(&[&[1, 2, 3, 4], &[]], true);
        sequences.get(0).sound = Some(2);
        assert_eq!(sequences.choose(&tokens(&[1, 2, 3, 4, 5])), Some(place(0, 2, None)));
        let sequences = holding(&[&[1, 2, 3, 4], &[1, 2, 3]], true);
        assert!(sequences.shares_beyond(0, 2) && !sequences.shares_beyond(0, 3));
    }

    #[test]
    fn what_comes_behind_an_image_is_known_only_behind_the_same_one() {
        let with = |name: &[u8], end: &[i32]| -> Vec<Entry> {
            let image = entries_of_image(ImageHash::of(name), 4, 4);
            tokens(&[1]).into_iter().chain(image).chain(tokens(end)).collect()
        };
        let mut sequences = holding(&[&[], &[]], true);
        sequences.get(0).entries = with(b"a cat", &[2, 3]);
        sequences.release(0);
        assert_eq!(sequences.choose(&with(b"a cat", &[2, 9])), Some(place(0, 6, None)));
        assert_eq!(sequences.choose(&with(b"a dog", &[2, 9])), Some(place(1, 1, Some(0))));
        assert_eq!(sequences.cells(), 7);
    }

    #[test]
    fn room_is_made_by_the_oldest() {
        let mut sequences = holding(&[&[1], &[2], &[]], true);
        assert_eq!(sequences.oldest_free(), Some(0));
        sequences.get(0).is_busy = true;
        assert_eq!(sequences.oldest_free(), Some(1));
        sequences.forget();
        assert_eq!(sequences.oldest_free(), None);
    }
}
