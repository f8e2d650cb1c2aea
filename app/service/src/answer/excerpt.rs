//! Excerpts: of the passages found, the sentences and rows that matter for the question.
//!
//! On a laptop without a graphics card reading takes most of an answer's time: 40 tokens a second. Most
//! of a passage has nothing to do with a question for a fact, so the model reads what does: the units that
//! `retrieval::evidence` rates best, with what stands beside the best of them. A citation may still
//! quote all of the passage.

use std::collections::BTreeSet;

use quire_domain::{DropReason, Span};
use quire_language::{Lexicon, kind_of_answer, tables_of_question};
use quire_retrieval::evidence::{Rated, Source, Weights, rate};

use super::arrange::compares;
use super::passages::Passage;
use super::prompt::place;
use super::selection::Selection;

/// The most tokens of passages for a question that asks for one fact: somebody, a time, a place, a number.
const FACT_TOKENS: usize = 360;
/// The most tokens of passages for other questions, unless they compare.
const OTHER_TOKENS: usize = 720;
/// A unit that is rated less than this share of the best one is not read.
const LEAST_SHARE: f32 = 0.4;
/// So many of the best units bring the ones beside them, as far as there is room.
const WITH_NEIGHBOURS: usize = 4;
/// Tokens of a passage's number and line breaks.
const FRAME_TOKENS: usize = 6;
/// Stands where something between two sentences is left out.
const GAP: &str = " […] ";

/// Tells how many tokens of passages a question needs, at most `most`.
pub fn needed_tokens(question: &str, lexicon: &Lexicon, most: usize) -> usize {
    let tables = tables_of_question(question, lexicon.language());
    let needed = match kind_of_answer(question, &tables) {
        _ if compares(question) => most,
        Some(_) => FACT_TOKENS,
        None => OTHER_TOKENS,
    };
    needed.min(most)
}

/// Makes excerpts of passages, best first, so that they have no more than `room` tokens, which `count`
/// counts. Passages that have nothing of the question are dropped.
pub fn make_excerpts(
    question: &str,
    selection: &mut Selection,
    lexicon: &Lexicon,
    (room, count): (usize, &dyn Fn(&str) -> usize),
) {
    let passages = selection.passages();
    let frames: Vec<usize> =
        passages.iter().map(|passage| count(&place(passage)) + FRAME_TOKENS).collect();
    let whole: usize =
        passages.iter().zip(&frames).map(|(one, frame)| count(&one.hit.text) + frame).sum();
    if whole <= room {
        return;
    }
    let sources: Vec<Source<'_>> =
        passages.iter().zip(1..).map(|(passage, rank)| passage.source(rank)).collect();
    let rated = rate(question, &sources, lexicon, &Weights::default());
    let chosen = choose(&rated, &sources, &frames, (room, count));
    // Each unit may be longer than the room. The budget shortens the best passage then.
    if chosen.is_empty() {
        return;
    }
    let excerpts: Vec<Option<String>> = passages
        .iter()
        .enumerate()
        .map(|(at, passage)| {
            let here = chosen.iter().map(|unit| &rated[*unit]).filter(|it| it.quote.source == at);
            let units: Vec<&Rated> = here.collect();
            (!units.is_empty()).then(|| excerpt(passage, &units))
        })
        .collect();
    let mut excerpts = excerpts.into_iter();
    selection.retain(DropReason::Budget, |passage| {
        excerpts.next().flatten().map(|words| passage.take_excerpt(words)).is_some()
    });
}

/// Chooses units by their rating, then those beside the best, as long as there is room; gives their
/// places among all units.
fn choose(
    rated: &[Rated],
    sources: &[Source<'_>],
    frames: &[usize],
    (room, count): (usize, &dyn Fn(&str) -> usize),
) -> BTreeSet<usize> {
    let mut order: Vec<usize> = (0..rated.len()).collect();
    order.sort_by(|a, b| rated[*b].quote.score.total_cmp(&rated[*a].quote.score));
    let best = order.first().map_or(0.0, |unit| rated[*unit].quote.score);
    // A question in another language shares no words with the passages, and even the best score may be negative.
    let least = best - best.abs() * (1.0 - LEAST_SHARE);
    order.retain(|unit| rated[*unit].quote.score >= least);
    let beside = order.iter().take(WITH_NEIGHBOURS).flat_map(|unit| {
        [unit.checked_sub(1), unit.checked_add(1)].into_iter().flatten().filter(|neighbour| {
            let other = rated.get(*neighbour);
            other.is_some_and(|other| other.quote.source == rated[*unit].quote.source)
        })
    });
    // The best unit, then what stands beside the best ones, which tells what it means, then the rest.
    let (first, rest) = order.split_at(order.len().min(WITH_NEIGHBOURS));
    let wanted = first.iter().copied().chain(beside).chain(rest.iter().copied());
    let (mut chosen, mut opened, mut left) = (BTreeSet::new(), BTreeSet::new(), room);
    for unit in wanted {
        let quote = &rated[unit].quote;
        if chosen.contains(&unit) {
            continue;
        }
        let source = sources[quote.source].text;
        let text = quote.span.slice(source).unwrap_or_default();
        let group = quote.group.and_then(|group| group.slice(source)).map_or(0, count);
        let header = quote.header.as_deref().map_or(0, count);
        let frame = if opened.contains(&quote.source) { 0 } else { frames[quote.source] + header };
        let Some(rest) = left.checked_sub(count(text) + group + frame) else { continue };
        left = rest;
        chosen.insert(unit);
        opened.insert(quote.source);
    }
    chosen
}

/// Writes the chosen units of a passage in their order, with a mark where something is left out, and
/// what names the columns above the first row of a table, and the group above the first row of one.
fn excerpt(passage: &Passage, units: &[&Rated]) -> String {
    let text = &passage.ground.text;
    let mut written = passage.header().to_owned();
    let mut end: Option<usize> = None;
    for Rated { quote, .. } in units {
        // A sentence that leans on the one before it is quoted with that one, which may stand here already.
        let start = end.map_or(quote.span.start, |end| end.max(quote.span.start));
        if start >= quote.span.end {
            continue;
        }
        let words = Span::new(start, quote.span.end).slice(text).unwrap_or_default();
        let between = end.and_then(|end| Span::new(end, start).slice(text));
        match between {
            Some(blank) if blank.trim().is_empty() => written.push_str(blank),
            _ if end.is_none() && start == 0 => {}
            _ if quote.header.is_some() => written.push('\n'),
            _ => written.push_str(GAP),
        }
        if let Some(header) = &quote.header
            && !written.contains(header.trim())
        {
            written.push_str(header.trim());
            written.push('\n');
        }
        // `Services` are other figures below `Net sales:` than below `Cost of sales:`.
        if let Some(group) = quote.group.filter(|group| end.is_none_or(|end| group.start >= end)) {
            written.push_str(group.slice(text).unwrap_or_default());
            written.push('\n');
        }
        written.push_str(words);
        end = Some(quote.span.end);
    }
    written.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use quire_retrieval::evidence::{FEATURES, Quote};

    use super::*;

    const TEXT: &str = "He was checking the pattern. He made adjustments. It rained.";

    /// Chooses among the sentences of `TEXT`, rated as given, with room for so many words.
    fn chosen(scores: [f32; 3], room: usize) -> Vec<usize> {
        let spans = [(0, 28), (29, 49), (50, 60)];
        let rated: Vec<Rated> = spans
            .into_iter()
            .zip(scores)
            .map(|((start, end), score)| Rated {
                quote: Quote {
                    source: 0,
                    span: Span::new(start, end),
                    header: None,
                    group: None,
                    score,
                },
                features: [0.0; FEATURES.len()],
                stated: None,
            })
            .collect();
        let sources = [Source { text: TEXT, context: "", header: "", rank: 1 }];
        let count = |text: &str| text.split_whitespace().count();
        choose(&rated, &sources, &[0], (room, &count)).into_iter().collect()
    }

    /// A question in another language than the passages shares no word with them.
    #[test]
    fn the_best_unit_is_read_even_if_nothing_speaks_for_it() {
        assert_eq!(chosen([-1.0, -1.2, -8.0], 8), [0, 1]);
        assert_eq!(chosen([0.0, 0.0, 0.0], 5), [0]);
    }

    #[test]
    fn units_that_are_far_worse_than_the_best_are_left_out() {
        assert_eq!(chosen([1.0, 5.0, 1.0], 3), [1]);
    }

    #[test]
    fn nothing_is_chosen_where_each_unit_is_longer_than_the_room() {
        assert_eq!(chosen([1.0, 1.0, 1.0], 1), [0_usize; 0]);
    }
}
