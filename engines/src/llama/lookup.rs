//! Prompt lookup: what was said after the same words before is proposed as what comes next.
//!
//! A grounded answer copies names, numbers and phrases of its passages. Reading several tokens at once costs less than
//! reading them one by one, so a proposal that turns out right is time won. Every token is still chosen by the
//! sampler from the model's own scores: a proposal never changes the text, only its speed.

/// How many tokens have to be alike, at most and at least, before what follows them is proposed.
const ALIKE: std::ops::RangeInclusive<usize> = 2..=4;
/// How many tokens are proposed at first.
const FIRST: usize = 2;
/// How many single steps follow after proposals that were all wrong.
const REST: usize = 6;

/// Proposals for one request; they grow while they are right.
#[derive(Debug)]
pub struct Proposals {
    /// How many tokens are proposed at most; 0 proposes none ever.
    most: usize,
    length: usize,
    /// For how many more steps nothing is proposed.
    rest: usize,
}

impl Proposals {
    /// Begins a request, of which up to `most` tokens at a time are proposed.
    pub fn new(most: usize) -> Self {
        Self { most, length: FIRST.min(most), rest: 0 }
    }

    /// Proposes what comes after `tokens`: at most `room` tokens, often none.
    pub fn propose<'a, T: PartialEq>(&mut self, tokens: &'a [T], room: usize) -> &'a [T] {
        if self.rest > 0 {
            self.rest -= 1;
            return &[];
        }
        let length = self.length.min(room);
        if length == 0 { &[] } else { following(tokens, length) }
    }

    /// Hears how many tokens of a proposal were right.
    pub fn learn(&mut self, proposed: usize, right: usize) {
        if proposed == 0 {
            return;
        }
        if right == proposed {
            self.length = (self.length * 2).min(self.most);
        } else if right == 0 {
            self.length = FIRST.min(self.most);
            self.rest = REST;
        } else {
            self.length = (right + 1).min(self.most);
        }
    }
}

/// Finds what followed the last time that the end of `tokens` stood before, the longest likeness first.
fn following<T: PartialEq>(tokens: &[T], length: usize) -> &[T] {
    for alike in ALIKE.rev() {
        let Some(start) = tokens.len().checked_sub(alike) else { continue };
        let end = &tokens[start..];
        // The last token has nothing behind it.
        let earlier = &tokens[..tokens.len() - 1];
        let found = earlier.windows(alike).rposition(|window| window == end);
        if let Some(place) = found {
            let next = place + alike;
            return &tokens[next..(next + length).min(tokens.len())];
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use llama_cpp_2::token::LlamaToken;

    use super::*;

    fn tokens(ids: &[i32]) -> Vec<LlamaToken> {
        ids.iter().map(|id| LlamaToken::new(*id)).collect()
    }

    #[test]
    fn what_followed_before_is_proposed() {
        let text = tokens(&[1, 2, 3, 4, 5, 6, 9, 2, 3]);
        assert_eq!(following(&text, 3), tokens(&[4, 5, 6]));
        // The longer likeness counts, even if the shorter is nearer.
        let text = tokens(&[1, 2, 3, 7, 8, 2, 3, 5, 1, 2, 3]);
        assert_eq!(following(&text, 1), tokens(&[7]));
        // A loop is proposed up to the end that there is.
        assert_eq!(following(&tokens(&[4, 5, 4, 5]), 8), tokens(&[4, 5]));
        for nothing in [&[][..], &[1], &[1, 2], &[1, 2, 3, 4]] {
            assert!(following(&tokens(nothing), 4).is_empty(), "{nothing:?}");
        }
    }

    #[test]
    fn proposals_grow_while_they_are_right_and_rest_when_they_are_wrong() {
        let text = tokens(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]);
        let mut proposals = Proposals::new(8);
        assert_eq!(proposals.propose(&text, 99).len(), 2);
        proposals.learn(2, 2);
        assert_eq!(proposals.propose(&text, 99).len(), 4);
        assert_eq!(proposals.propose(&text, 1).len(), 1);
        proposals.learn(4, 2);
        assert_eq!(proposals.propose(&text, 99).len(), 3);
        proposals.learn(3, 0);
        for _ in 0..REST {
            assert!(proposals.propose(&text, 99).is_empty());
        }
        assert_eq!(proposals.propose(&text, 99).len(), 2);
        assert!(Proposals::new(0).propose(&text, 99).is_empty());
    }
}
