//! How long a reply took, for protocols that tell.

use std::time::{Duration, Instant};

use super::step::Step;

/// The moments of a reply.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    asked: Instant,
    /// When the model or the collection had begun.
    begun: Option<Instant>,
    /// When the first words came, or a call.
    first: Option<Instant>,
}

impl Default for Timing {
    fn default() -> Self {
        Self { asked: Instant::now(), begun: None, first: None }
    }
}

impl Timing {
    /// Notes that somebody replies: the model is in memory and has been asked.
    pub fn begin(&mut self) {
        self.begun.get_or_insert_with(Instant::now);
    }

    /// Notes a step.
    pub fn hear(&mut self, step: &Step) {
        let is_said = match step {
            Step::Thought(_) | Step::Text(..) | Step::Sentence(_) | Step::Call(_) => true,
            Step::Started(_)
            | Step::Searched(_)
            | Step::Evidence(_)
            | Step::Arguments(_)
            | Step::Hosted(_)
            | Step::End(_)
            | Step::Failed(_) => false,
        };
        if is_said {
            self.first.get_or_insert_with(Instant::now);
        }
    }

    /// How long it took until somebody replied: most of it is loading the model if it was not there.
    pub fn waiting(&self) -> Duration {
        self.begun.map_or(Duration::ZERO, |begun| begun - self.asked)
    }

    /// How long it took from then on to the first words.
    pub fn reading(&self) -> Duration {
        let begun = self.begun.unwrap_or(self.asked);
        self.first.map_or(Duration::ZERO, |first| first - begun)
    }

    /// How long it has been since the first words.
    pub fn writing(&self) -> Duration {
        self.first.map_or(Duration::ZERO, |first| first.elapsed())
    }

    /// How long it has been since it was asked for.
    pub fn total(&self) -> Duration {
        self.asked.elapsed()
    }
}
