//! A fence of code that calls tools, as Gemma writes it: in Python or in JSON. It is read as a whole.

use std::sync::Arc;

use super::arguments::CallTook;
use super::envelope::{Calls, Envelope};
use super::python;
use super::{Parts, Progress};
use crate::chat::tool::Tool;

const FENCE: &str = "```";

/// Reads what stands behind the opening of a fence.
#[derive(Clone, Debug)]
pub struct Fence {
    tools: Arc<[Tool]>,
    code: String,
}

impl Fence {
    /// Begins behind the opening.
    pub fn new(tools: Arc<[Tool]>) -> Self {
        Self { tools, code: String::new() }
    }

    /// Takes one more character.
    pub fn push(&mut self, c: char, parts: &mut Parts) -> Progress {
        self.code.push(c);
        let Some(code) = self.code.strip_suffix(FENCE) else { return Progress::More };
        if self.tell(code, parts) { Progress::Over } else { Progress::NoCall }
    }

    /// Reads a fence that was not closed; returns whether it holds calls.
    pub fn finish(&mut self, parts: &mut Parts) -> bool {
        self.tell(&self.code, parts)
    }

    fn tell(&self, code: &str, parts: &mut Parts) -> bool {
        let calls = read_json(code, &self.tools).or_else(|| python::read_calls(code, &self.tools));
        let Some(calls) = calls.filter(|calls| !calls.is_empty()) else { return false };
        for (name, arguments) in &calls {
            parts.whole_call(name, arguments);
        }
        true
    }
}

/// Reads objects that are calls: one a line, or an array of them.
fn read_json(code: &str, tools: &Arc<[Tool]>) -> Option<Vec<(String, String)>> {
    let code = code.trim();
    let listed = code.strip_prefix('[').and_then(|code| code.strip_suffix(']'));
    let mut rest = listed.unwrap_or(code).chars();
    let mut calls = Vec::new();
    loop {
        let is_between = |c: &char| c.is_whitespace() || (listed.is_some() && *c == ',');
        rest = rest.as_str().trim_start_matches(|c| is_between(&c)).chars();
        if rest.as_str().is_empty() {
            return Some(calls);
        }
        let mut parts = Parts::default();
        let mut call = Envelope::new(Calls::Of(Arc::clone(tools)));
        loop {
            match call.push(rest.next()?, &mut parts) {
                CallTook::Whole => break,
                CallTook::More | CallTook::Told => {}
                CallTook::WholeBefore | CallTook::Broken | CallTook::NoCall => return None,
            }
        }
        calls.push(parts.into_call()?);
    }
}
