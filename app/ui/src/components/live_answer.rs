//! An answer as far as the page knows it: growing while it streams, whole when it is kept.

use quire_domain::{Answer, AnswerEvent, Citation, Coverage, Scope, Sentence};

/// How far an answer is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Phase {
    /// Passages are being searched.
    #[default]
    Searching,
    /// This many quotes are found; the model is not ready yet.
    Found(usize),
    /// Everything is read, passage by passage, and so far it has come.
    ReadingAll(Coverage),
    /// This many passages are before the model; no word has come yet.
    Reading(usize),
    /// Words come.
    Writing,
    /// It is complete.
    Done,
    /// The person stopped it.
    Stopped,
    /// It could not be finished; a sentence says why.
    Failed(String),
}

impl Phase {
    /// Returns whether more is to come.
    pub fn is_running(&self) -> bool {
        !matches!(self, Self::Done | Self::Stopped | Self::Failed(_))
    }
}

/// An answer, growing or whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveAnswer {
    /// How far it is.
    pub phase: Phase,
    /// What the question was limited to.
    pub limited_to: Scope,
    /// The text so far.
    pub text: String,
    /// The sentences checked so far.
    pub sentences: Vec<Sentence>,
    /// The quotes they rest on.
    pub citations: Vec<Citation>,
    /// The quotes that came before it.
    pub evidence: Vec<Citation>,
    /// The whole answer, once it is complete.
    pub whole: Option<Answer>,
}

impl LiveAnswer {
    /// Makes one of a kept answer.
    pub fn kept(answer: Answer) -> Self {
        let mut live = Self::default();
        live.finish(answer);
        live
    }

    /// Makes one of words without an account, as other programs may keep it.
    pub fn bare(text: String) -> Self {
        Self { phase: Phase::Done, text, ..Self::default() }
    }

    /// Takes one step.
    pub fn take(&mut self, event: AnswerEvent) {
        match event {
            AnswerEvent::Evidence { citations } => {
                self.phase = Phase::Found(citations.len());
                self.evidence = citations;
            }
            AnswerEvent::Reading { coverage } => self.phase = Phase::ReadingAll(coverage),
            AnswerEvent::Retrieved { passages, .. } => self.phase = Phase::Reading(passages.len()),
            AnswerEvent::Token { text } => {
                self.phase = Phase::Writing;
                self.text.push_str(&text);
            }
            AnswerEvent::Sentence { sentence, citations } => {
                self.citations.extend(citations);
                self.sentences.push(sentence);
            }
            AnswerEvent::Done { answer } => self.finish(*answer),
            AnswerEvent::Failed { message, .. } => self.phase = Phase::Failed(message),
        }
    }

    fn finish(&mut self, answer: Answer) {
        self.phase = if answer.receipt.stopped { Phase::Stopped } else { Phase::Done };
        self.limited_to.clone_from(&answer.receipt.limited_to);
        self.text.clone_from(&answer.answer);
        self.sentences.clone_from(&answer.sentences);
        self.citations.clone_from(&answer.citations);
        self.evidence.clone_from(&answer.evidence);
        self.whole = Some(answer);
    }
}
