//! A reply that has come to its end.

use quire_domain::{Answer, Citation};
use quire_engines::FinishReason;

use super::file_search::FileSearched;
use super::hosted::told::HostedStep;
use super::step::{Call, Cited, Ending, Step, Token, Usage};
use super::timing::Timing;
use crate::http::error::ApiError;

/// A whole reply, its parts in the order in which they came.
#[derive(Debug, Default)]
pub struct Finished {
    /// What was said and done.
    pub parts: Vec<Part>,
    /// The tokens of its text, if their probabilities were asked for.
    pub tokens: Vec<Token>,
    /// What was found in files, if they were searched.
    pub searched: Option<FileSearched>,
    /// The quotes that a collection found before a model was asked.
    pub evidence: Vec<Citation>,
    /// What was done with the tools of servers.
    pub hosted: Vec<HostedStep>,
    /// Why it ended; absent only before the end.
    pub reason: Option<FinishReason>,
    /// The tokens it took.
    pub usage: Usage,
    /// The whole answer, if a collection gave it.
    pub answer: Option<Box<Answer>>,
    /// How long it took.
    pub timing: Timing,
}

/// A part of a whole reply.
#[derive(Debug)]
pub enum Part {
    /// What the model thought.
    Thought(String),
    /// Text.
    Text(String),
    /// A checked sentence.
    Sentence(Cited),
    /// A call of a tool.
    Call(Call),
}

impl Finished {
    /// Adds a step; one that failed is the error of the whole.
    pub fn take(&mut self, step: Step) -> Result<(), ApiError> {
        self.timing.hear(&step);
        match (step, self.parts.last_mut()) {
            (Step::Started(usage), _) => self.usage = usage,
            (Step::Searched(searched), _) => self.searched = Some(searched),
            (Step::Evidence(quotes), _) => self.evidence = quotes,
            (Step::Thought(more), Some(Part::Thought(text))) => text.push_str(&more),
            (Step::Thought(text), _) => self.parts.push(Part::Thought(text)),
            (Step::Text(more, tokens), Some(Part::Text(text))) => {
                text.push_str(&more);
                self.tokens.extend(tokens);
            }
            (Step::Text(text, tokens), _) => {
                self.parts.push(Part::Text(text));
                self.tokens.extend(tokens);
            }
            (Step::Sentence(cited), _) => self.parts.push(Part::Sentence(cited)),
            (Step::Call(call), _) => self.parts.push(Part::Call(call)),
            (Step::Arguments(more), Some(Part::Call(call))) => call.arguments.push_str(&more),
            // Arguments follow their call.
            (Step::Arguments(_), _) => {}
            (Step::Hosted(step), _) => {
                // Whoever knows no servers sees a call that waits for somebody's word as one of theirs.
                if let HostedStep::Wanted(wanted) = &step {
                    self.parts.push(Part::Call(wanted.call.clone()));
                }
                self.hosted.push(step);
            }
            (Step::End(Ending { reason, usage, answer }), _) => {
                self.reason = Some(reason);
                self.usage = usage;
                self.answer = answer;
            }
            (Step::Failed(error), _) => return Err(error),
        }
        Ok(())
    }

    /// Gives all that the model thought.
    pub fn thought(&self) -> String {
        self.parts.iter().filter_map(Part::thought).collect()
    }

    /// Gives all its text, sentences without marks.
    pub fn text(&self) -> String {
        self.parts.iter().filter_map(Part::text).collect()
    }

    /// Gives the calls of tools.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.parts.iter().filter_map(|part| match part {
            Part::Call(call) => Some(call),
            Part::Thought(_) | Part::Text(_) | Part::Sentence(_) => None,
        })
    }
}

impl Part {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Sentence(cited) => Some(&cited.text),
            Self::Thought(_) | Self::Call(_) => None,
        }
    }

    fn thought(&self) -> Option<&str> {
        match self {
            Self::Thought(text) => Some(text),
            Self::Text(_) | Self::Sentence(_) | Self::Call(_) => None,
        }
    }
}
