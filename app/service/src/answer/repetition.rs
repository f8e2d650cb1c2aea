//! Repetition: tells the loops that small models fall into from lists that say a thing twice.
//!
//! "Notice: three months." may stand under one contract and under another. A loop is a sentence that
//! comes three times in a row, or several sentences that come again in the same order right behind
//! themselves. The same words that rest on another passage are not the same.

/// A sentence as far as repeating it goes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Said {
    /// Its words, in lower case.
    pub words: String,
    /// The passages that the model named for it.
    pub marks: Vec<usize>,
}

/// What the sentences so far say of a loop; sentences count from 0.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Repetition {
    /// There is none.
    None,
    /// One may have begun with this sentence: the next ones tell.
    Possible(usize),
    /// One began with this sentence, which repeats an earlier one.
    Loop(usize),
}

/// Looks for the first loop among sentences that will not change any more.
pub fn find(said: &[Said]) -> Repetition {
    let mut possible = None;
    for start in 1..said.len() {
        for period in 1..=start {
            // One sentence has to come three times; several come twice as a whole.
            let needed = period.max(2);
            let same = said[start..]
                .iter()
                .zip(&said[start - period..])
                .take_while(|(later, earlier)| later == earlier)
                .count();
            if same >= needed {
                return Repetition::Loop(start);
            }
            if start + same == said.len() && same > 0 {
                possible = possible.or(Some(start));
            }
        }
    }
    possible.map_or(Repetition::None, Repetition::Possible)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads sentences from letters: another letter is another sentence, a digit its mark.
    fn said(text: &str) -> Vec<Said> {
        let one = |word: &str| Said {
            words: word[..1].to_owned(),
            marks: word[1..].chars().filter_map(|c| c.to_digit(10)).map(|d| d as usize).collect(),
        };
        text.split(' ').map(one).collect()
    }

    fn check(text: &str, expected: Repetition) {
        assert_eq!(find(&said(text)), expected, "{text}");
    }

    #[test]
    fn a_list_may_say_a_thing_twice() {
        let check = |text: &str| {
            let found = find(&said(text));
            assert!(!matches!(found, Repetition::Loop(_)), "{text}: {found:?}");
        };
        check("a n b n c n");
        check("n n b");
        check("n n");
        check("a n r b n r c n r");
        check("n b n c n n d");
        // Contracts with the same terms, each in a passage of its own.
        check("n1 n2 n3");
        check("n1 r1 n2 r2");
        check("n12 n1 n2");
    }

    #[test]
    fn a_loop_is_found_where_it_begins_to_repeat() {
        check("a a a", Repetition::Loop(1));
        check("x a a a", Repetition::Loop(2));
        check("a b a b", Repetition::Loop(2));
        check("x a b c a b c", Repetition::Loop(4));
        check("n1 n1 n1 n1", Repetition::Loop(1));
    }

    #[test]
    fn what_may_become_a_loop_is_told_as_long_as_it_is_open() {
        check("a", Repetition::None);
        check("a a", Repetition::Possible(1));
        check("x a b c a b", Repetition::Possible(4));
        check("a n b n", Repetition::Possible(3));
    }
}
