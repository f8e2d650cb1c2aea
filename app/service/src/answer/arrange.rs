//! Arranging what was found: repetitions go, neighbours become one, and where a question compares
//! documents, several are heard.

use std::collections::{HashMap, HashSet, VecDeque};

use quire_domain::{DocumentId, Span};
use quire_language::Lexicon;

use super::passages::Passage;
use quire_grounding::decimal::Decimal;
use quire_grounding::quantity::values;

/// Passages that share this much of their terms say the same, if their numbers are alike too.
///
/// Set by hand, with the next two: see `docs/decisions/057-passages-are-arranged-before-the-prompt.md`.
const ALIKE: f32 = 0.9;
/// How many of the best passages are arranged; the others stay behind them.
const DEPTH: usize = 12;
/// The longest passage that joining makes, in code points.
const LONGEST: usize = 3_000;
/// Words of questions that compare things or times, in the languages that people ask in.
const COMPARISONS: &[&str] = &[
    "compare",
    "compared",
    "comparison",
    "versus",
    "vs",
    "difference",
    "differences",
    "differ",
    "between",
    "both",
    "each",
    "across",
    "all",
    "trend",
    "trends",
    "evolved",
    "evolution",
    "fluctuated",
    "months",
    "quarters",
    "years",
    "periods",
    "vergleich",
    "vergleiche",
    "unterschied",
    "unterschiede",
    "zwischen",
    "beide",
    "alle",
    "entwicklung",
    "entwickelt",
    "verlauf",
    "monate",
    "quartale",
    "jahre",
    "vergelijk",
    "verschil",
    "verschillen",
    "tussen",
    "beide",
    "ontwikkeling",
    "ontwikkeld",
    "maanden",
    "kwartalen",
    "jaren",
    "compare",
    "comparez",
    "différence",
    "entre",
    "évolution",
    "évolué",
    "trimestres",
    "années",
    "compara",
    "diferencia",
    "evolución",
    "años",
];
/// The same in several words.
const OVER_TIME: &[&str] = &[
    "over time",
    "im lauf der zeit",
    "im laufe der zeit",
    "in de loop van de tijd",
    "au fil du temps",
    "con el tiempo",
];

/// Arranges passages, best first.
pub fn arrange(question: &str, found: Vec<Passage>, lexicon: &Lexicon) -> Vec<Passage> {
    let distinct = drop_repetitions(found, lexicon);
    let spread = if compares(question) { take_turns(distinct) } else { distinct };
    join_neighbours(spread)
}

/// Says whether a question sets several things or times side by side.
pub fn compares(question: &str) -> bool {
    let lower = question.to_lowercase();
    let is_over_time = OVER_TIME.iter().any(|phrase| lower.contains(phrase));
    is_over_time
        || lower.split(|c: char| !c.is_alphanumeric()).any(|word| COMPARISONS.contains(&word))
}

/// Drops passages that say what a better one says, word for word or nearly.
///
/// Two tables with other numbers are not the same, however alike their words are.
fn drop_repetitions(found: Vec<Passage>, lexicon: &Lexicon) -> Vec<Passage> {
    let mut seen: Vec<(HashSet<String>, HashSet<Decimal>)> = Vec::new();
    let mut kept = Vec::new();
    for passage in found {
        let terms: HashSet<String> =
            lexicon.analyzer().terms(&passage.ground.text).into_iter().collect();
        let own = values(&passage.ground.text, lexicon);
        let is_repetition = seen.iter().any(|(other, other_numbers)| {
            let shared = terms.intersection(other).count() as f32;
            let all = terms.union(other).count().max(1) as f32;
            shared / all >= ALIKE && own == *other_numbers
        });
        if !is_repetition {
            seen.push((terms, own));
            kept.push(passage);
        }
    }
    kept
}

/// Takes the best of each document in turn; documents that are about less of what the question
/// names come after the others.
fn take_turns(found: Vec<Passage>) -> Vec<Passage> {
    let most = found.iter().map(|passage| passage.names).max().unwrap_or_default();
    let (about, other): (Vec<Passage>, Vec<Passage>) =
        found.into_iter().partition(|passage| passage.names == most);
    let mut taken = in_turn(about);
    taken.extend(in_turn(other));
    taken
}

fn in_turn(found: Vec<Passage>) -> Vec<Passage> {
    let mut order: Vec<DocumentId> = Vec::new();
    let mut queues: HashMap<DocumentId, VecDeque<Passage>> = HashMap::new();
    for passage in found {
        let id = passage.hit.document.id.clone();
        if !queues.contains_key(&id) {
            order.push(id.clone());
        }
        queues.entry(id).or_default().push_back(passage);
    }
    let mut taken = Vec::new();
    while !queues.is_empty() {
        for id in &order {
            let Some(queue) = queues.get_mut(id) else { continue };
            taken.extend(queue.pop_front());
            if queue.is_empty() {
                queues.remove(id);
            }
        }
    }
    taken
}

/// Joins passages that follow each other in a page; the joined one stands where the better stood.
fn join_neighbours(found: Vec<Passage>) -> Vec<Passage> {
    let mut joined: Vec<Passage> = Vec::new();
    for (index, passage) in found.into_iter().enumerate() {
        let neighbour = joined
            .iter_mut()
            .take(DEPTH)
            .find(|other| index < DEPTH && follow_each_other(other, &passage));
        match neighbour {
            Some(other) => join(other, passage),
            None => joined.push(passage),
        }
    }
    joined
}

/// Joins passages that follow each other, in the order in which they stand.
pub fn join_in_order(passages: Vec<Passage>) -> Vec<Passage> {
    let mut joined: Vec<Passage> = Vec::new();
    for passage in passages {
        match joined.last_mut() {
            Some(last) if follow_each_other(last, &passage) => join(last, passage),
            _ => joined.push(passage),
        }
    }
    joined
}

fn follow_each_other(a: &Passage, b: &Passage) -> bool {
    let same_page = a.hit.document.id == b.hit.document.id && a.hit.page == b.hit.page;
    let (first, second) = if a.hit.start <= b.hit.start { (a, b) } else { (b, a) };
    let gap = second.hit.start.saturating_sub(first.hit.end);
    // A passage of a cut table has a header before its own text, which must stay.
    let plain = |one: &Passage| one.hit.text == one.ground.text;
    same_page
        && plain(a)
        && plain(b)
        && gap <= 4
        && second.hit.end >= first.hit.end
        && second.hit.end - first.hit.start <= LONGEST
}

fn join(target: &mut Passage, other: Passage) {
    let (start, end) = (target.hit.start.min(other.hit.start), target.hit.end.max(other.hit.end));
    let page = std::sync::Arc::clone(&target.page_text);
    let Some(text) = Span::new(start, end).slice(&page) else { return };
    if other.hit.start < target.hit.start {
        target.hit.heading = other.hit.heading;
    }
    let lines = [target.hit.lines, other.hit.lines];
    target.hit.lines = match lines {
        [Some((a, b)), Some((c, d))] => Some((a.min(c), b.max(d))),
        _ => None,
    };
    target.hit.start = start;
    target.hit.end = end;
    text.clone_into(&mut target.hit.text);
    text.clone_into(&mut target.ground.text);
}
