//! What it costs to choose a token, with a vocabulary and a history of a usual size.
//!
//!     cargo bench --workspace --bench sampler

use criterion::{BatchSize, Criterion};
use quire_domain::Dry;
use quire_engines::Sampling;
use quire_engines::chat::Sampler;

/// The tokens of Qwen's models.
const WORDS: u32 = 151_936;
/// The tokens of a prompt with passages.
const PROMPT_TOKENS: u32 = 4096;

/// Gives numbers that look random, the same each time: a linear congruential generator, by Knuth.
fn numbers() -> impl Iterator<Item = u32> {
    std::iter::successors(Some(1_u64), |state| {
        Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    })
    .map(|state| (state >> 33) as u32)
}

/// Scores about as models give them: most around zero, and a few far above.
fn scores() -> Vec<f32> {
    let mut numbers = numbers();
    let mut fraction = || numbers.next().map_or(0.0, |it| it as f32 / (1_u32 << 31) as f32);
    // Sums of several are spread like a bell.
    let bell = |_| ((0..6).map(|_| fraction()).sum::<f32>() - 3.0) * 4.0;
    let mut scores: Vec<f32> = (0..WORDS).map(bell).collect();
    for (place, score) in scores.iter_mut().step_by(4999).enumerate() {
        *score += 14.0 - place as f32 * 0.3;
    }
    scores
}

fn choose(criterion: &mut Criterion) {
    let scores = scores();
    // As in a text, some tokens are frequent and others not.
    let prompt: Vec<u32> =
        numbers().take(PROMPT_TOKENS as usize).map(|it| it % (1 + it % 997)).collect();
    let usual = Sampling { seed: Some(1), ..Sampling::default() };
    let off = Sampling { top_k: 0, top_p: 1.0, min_p: 0.0, ..usual.clone() };
    for (name, sampling) in [
        ("greedy", Sampling::greedy()),
        ("usual", usual.clone()),
        ("top-p of all", Sampling { top_p: 0.95, ..off.clone() }),
        ("min-p of all", Sampling { min_p: 0.05, ..off }),
        ("repeat penalty", Sampling { repeat_penalty: 1.1, ..usual.clone() }),
        (
            "repeat penalty of all",
            Sampling { repeat_penalty: 1.1, repeat_last_n: -1, ..usual.clone() },
        ),
        ("DRY", Sampling { dry: Some(Dry::default()), ..usual }),
    ] {
        let mut sampler = Sampler::new(&sampling, &[], &prompt);
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                let token = sampler.choose(&scores, &|token| token % 50 == 7, |_| true);
                // The history stays as long as it is, so that each round costs the same.
                std::hint::black_box(token)
            });
        });
    }
    let dry = Sampling { dry: Some(Dry::default()), ..Sampling::default() };
    criterion.bench_function("beginning an answer with DRY", |bencher| {
        bencher.iter_batched(
            || prompt.clone(),
            |prompt| Sampler::new(&dry, &[], &prompt),
            BatchSize::SmallInput,
        );
    });
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    choose(&mut criterion);
    criterion.final_summary();
}
