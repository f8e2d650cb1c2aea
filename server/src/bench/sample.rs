//! Made-up text whose words are as unevenly spread as in real text, the same on every machine.

/// Frequent words, most frequent first; rarer ones are numbered.
const WORDS: &str = "the of and to in a is for that with on as by are be this from or it at an \
    which not can was will have has its may used system data pressure valve water report table \
    section company revenue net income quarter year ended cash shares page install package file \
    user device power temperature flow control unit number value time first second set test \
    process service plant design order result rate level market risk interest product";

/// A generator of pseudo-random numbers (`SplitMix64`, Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 up to 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.unit() * end as f64) as usize
    }

    /// A normally distributed number (Box and Muller 1958).
    pub fn normal(&mut self) -> f32 {
        let radius = (-2.0 * self.unit().max(1e-12).ln()).sqrt();
        (radius * (std::f64::consts::TAU * self.unit()).cos()) as f32
    }
}

/// A word, by Zipf's law over 50,000 words.
pub fn word(random: &mut Random) -> String {
    let rank = (50_000_f64.powf(random.unit()) - 1.0) as usize;
    match WORDS.split_whitespace().nth(rank) {
        Some(word) => word.to_owned(),
        None => format!("term{rank}"),
    }
}

/// A text of so many words, in sentences.
pub fn text(random: &mut Random, words: usize) -> String {
    let mut text = String::new();
    for number in 0..words {
        text.push_str(&word(random));
        text.push_str(if number % 14 == 13 { ". " } else { " " });
    }
    text
}
