//! How many tokens of prompts one step reads: many are read faster, and few let others have their turn.

use std::time::Duration;

/// How long a step may take while nobody writes: then somebody who has left is noticed.
const LONGEST: Duration = Duration::from_secs(2);
/// How many tokens a step reads beside an answer that is being written, or as long as it is not known how fast they are read.
const CAREFUL: usize = 128;
/// A step of fewer tokens does not tell how fast they are read: a single one costs as much as several.
const TELLING: usize = 64;

/// The speed of reading, by the last step that told.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    most: usize,
    of_one_token: Option<Duration>,
}

impl Pace {
    /// Knows nothing yet, but that a batch holds `most` tokens.
    pub fn new(most: usize) -> Self {
        Self { most: most.max(1), of_one_token: None }
    }

    /// Notes how long a step took.
    pub fn note(&mut self, tokens: usize, took: Duration) {
        if tokens >= TELLING {
            self.of_one_token = Some(took / u32::try_from(tokens).unwrap_or(u32::MAX));
        }
    }

    /// Says how many tokens the next step may read.
    pub fn batch_tokens(&self, somebody_writes: bool) -> usize {
        let careful = CAREFUL.min(self.most);
        let Some(of_one) = self.of_one_token.filter(|_| !somebody_writes) else { return careful };
        let tokens = LONGEST.as_nanos() / of_one.as_nanos().max(1);
        usize::try_from(tokens).unwrap_or(usize::MAX).clamp(TELLING.min(self.most), self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_reads_what_takes_two_seconds_at_most() {
        let mut pace = Pace::new(512);
        assert_eq!(pace.batch_tokens(false), 128, "nothing is known");
        pace.note(128, Duration::from_millis(400));
        assert_eq!(pace.batch_tokens(false), 512);
        assert_eq!(pace.batch_tokens(true), 128, "somebody writes");
        pace.note(1, Duration::from_millis(60));
        assert_eq!(pace.batch_tokens(false), 512, "one token tells nothing");
        pace.note(128, Duration::from_millis(1280));
        assert_eq!(pace.batch_tokens(false), 200);
        pace.note(128, Duration::from_mins(1));
        assert_eq!(pace.batch_tokens(false), 64, "a slow processor reads few at a time");
    }

    #[test]
    fn a_small_batch_is_never_exceeded() {
        let mut pace = Pace::new(7);
        assert_eq!(pace.batch_tokens(false), 7);
        pace.note(100, Duration::from_millis(1));
        assert_eq!(pace.batch_tokens(false), 7);
    }
}
