//! The tokens that may come next, of which there are a hundred thousand and more, and the few of them that are looked at.
//!
//! Most scores are passed over sixty-four at a time: only where the highest of them is high enough are they looked at one
//! by one.

use std::cmp::Ordering;

/// How many scores are passed over at once.
const STRIDE: usize = 64;
/// How many scores are compared side by side.
const LANES: usize = 8;
/// How many more candidates than wanted are taken in before they are thinned out.
const SLACK: usize = 256;
/// What rounding may do to a score, and far more.
const MARGIN: f32 = 1e-3;

/// A token that may be taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Its number.
    pub token: u32,
    /// Its score, which is a number.
    pub score: f32,
}

/// Puts the likeliest first, and of equals the first.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "slices are put in order by references")]
pub fn by_score(one: &Candidate, other: &Candidate) -> Ordering {
    other.score.total_cmp(&one.score).then(one.token.cmp(&other.token))
}

/// The probabilities, not yet divided by their sum; the first candidate is the likeliest.
pub fn weights(candidates: &[Candidate]) -> Vec<f64> {
    let highest = candidates.first().map_or(0.0, |it| it.score);
    candidates.iter().map(|it| weight(it.score, highest)).collect()
}

fn weight(score: f32, highest: f32) -> f64 {
    f64::from(score - highest).exp()
}

/// Keeps the likeliest up to a share of the `sum` of weights, at the least one; they must be in order.
pub fn keep_top_p(candidates: &mut Vec<Candidate>, mass: f32, sum: f64) {
    if mass >= 1.0 {
        return;
    }
    let wanted = f64::from(mass) * sum;
    let mut sum = 0.0;
    let enough = weights(candidates).iter().position(|weight| {
        sum += weight;
        sum >= wanted
    });
    if let Some(last) = enough {
        candidates.truncate(last + 1);
    }
}

/// Drops those below a share of the likeliest's probability.
pub fn keep_min_p(candidates: &mut Vec<Candidate>, share: f32) {
    let Some(first) = candidates.first().filter(|_| share > 0.0) else { return };
    let least = first.score + share.min(1.0).ln();
    candidates.retain(|it| it.score >= least);
}

/// All tokens with their scores, and which of them may be taken. A score that is no number is never taken.
pub struct Pool<'a, F> {
    scores: &'a [f32],
    is_allowed: F,
}

impl<'a, F: Fn(u32) -> bool> Pool<'a, F> {
    /// Takes scores, the place in which is a token's number.
    pub fn new(scores: &'a [f32], is_allowed: F) -> Self {
        Self { scores, is_allowed }
    }

    /// Gives the likeliest token, of equals the first.
    pub fn likeliest_one(&self) -> Option<u32> {
        let mut best = None;
        self.visit_rising(|candidate| {
            best = Some(candidate.token);
            Some(candidate.score)
        });
        best
    }

    /// Gives the likeliest, in order.
    pub fn likeliest(&self, count: usize) -> Vec<Candidate> {
        if count >= self.scores.len() {
            return self.all();
        }
        let room = count.saturating_add(SLACK);
        let mut found: Vec<Candidate> = Vec::new();
        self.visit_rising(|candidate| {
            found.push(candidate);
            // Of those to come, none belongs to them that is no better than the last.
            if found.len() < room { None } else { keep_first(&mut found, count) }
        });
        keep_first(&mut found, count);
        found.sort_unstable_by(by_score);
        found
    }

    /// Gives those that top-p and min-p leave of all tokens, in order.
    pub fn within(&self, top_p: f32, min_p: f32) -> Vec<Candidate> {
        if top_p >= 1.0 && min_p <= 0.0 {
            return self.all();
        }
        let Some(highest) = self.candidates().map(|it| it.score).max_by(f32::total_cmp) else {
            return Vec::new();
        };
        let mut sum = 0.0;
        let mut floor = f32::NEG_INFINITY;
        if min_p > 0.0 {
            floor = highest + min_p.min(1.0).ln();
        }
        if top_p < 1.0 {
            let mut count = 0_u32;
            for candidate in self.candidates() {
                sum += weight(candidate.score, highest);
                count += 1;
            }
            // Those below this together have no more than what top-p leaves out.
            let least = (1.0 - f64::from(top_p)) * sum / f64::from(count);
            floor = floor.max(highest + least.ln() as f32 - MARGIN);
        }
        let mut found: Vec<Candidate> = self.candidates().filter(|it| it.score >= floor).collect();
        found.sort_unstable_by(by_score);
        keep_top_p(&mut found, top_p, sum);
        keep_min_p(&mut found, min_p);
        found
    }

    /// Gives all, in order.
    pub fn all(&self) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = self.candidates().collect();
        found.sort_unstable_by(by_score);
        found
    }

    fn candidates(&self) -> impl Iterator<Item = Candidate> {
        let numbered = (0..).zip(self.scores.iter().copied());
        let may_be_taken =
            |(token, score): &(u32, f32)| *score > f32::NEG_INFINITY && (self.is_allowed)(*token);
        numbered.filter(may_be_taken).map(|(token, score)| Candidate { token, score })
    }

    /// Shows each candidate above a floor, which is raised to what `visit` says.
    fn visit_rising(&self, mut visit: impl FnMut(Candidate) -> Option<f32>) {
        let mut floor = f32::NEG_INFINITY;
        for (first, scores) in (0..).step_by(STRIDE).zip(self.scores.chunks(STRIDE)) {
            // What is no number is above nothing.
            if highest_of(scores) <= floor {
                continue;
            }
            for (token, score) in (first..).zip(scores.iter().copied()) {
                if score > floor && (self.is_allowed)(token) {
                    floor = visit(Candidate { token, score }).unwrap_or(floor);
                }
            }
        }
    }
}

/// Keeps so many of the likeliest, in no order, and gives the score of the least of them if any was left out.
fn keep_first(found: &mut Vec<Candidate>, count: usize) -> Option<f32> {
    let end = count.checked_sub(1).filter(|_| count < found.len())?;
    let (_, least, _) = found.select_nth_unstable_by(end, by_score);
    let score = least.score;
    found.truncate(count);
    Some(score)
}

/// Gives the highest of some scores; minus infinity if none is a number.
fn highest_of(scores: &[f32]) -> f32 {
    // Lanes that do not look at each other are compared in one instruction.
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let mut parts = scores.chunks_exact(LANES);
    for part in parts.by_ref() {
        for (lane, score) in lanes.iter_mut().zip(part) {
            *lane = if *score > *lane { *score } else { *lane };
        }
    }
    let rest = parts.remainder().iter();
    lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |highest, score| highest.max(*score))
}
