//! Functionary's way: a line with who the reply goes to, `all` or a tool, and then the answer or the arguments.

use std::sync::Arc;

use super::arguments::{Broken, NamedCall};
use super::{Parts, Progress, is_name};
use crate::chat::tool::Tool;

/// Who an answer goes to.
const ALL: &str = "all";

/// Reads what stands behind `>>>`.
#[derive(Clone, Debug)]
pub struct Recipient {
    tools: Arc<[Tool]>,
    at: At,
}

#[derive(Clone, Debug)]
enum At {
    Name(String),
    /// Before the arguments of a tool.
    Arguments(String),
    Named(NamedCall),
    /// Behind a call.
    End,
    Broken(Broken),
}

impl Recipient {
    /// Begins behind `>>>`.
    pub fn new(tools: Arc<[Tool]>) -> Self {
        Self { tools, at: At::Name(String::new()) }
    }

    /// Takes one more character.
    pub fn push(&mut self, c: char, parts: &mut Parts) -> Progress {
        match &mut self.at {
            At::Name(name) if c == '\n' => {
                let name = std::mem::take(name);
                if name == ALL {
                    return Progress::Over;
                }
                if !self.tools.iter().any(|tool| tool.name == name) {
                    return Progress::NoCall;
                }
                self.at = At::Arguments(name);
                Progress::More
            }
            At::Name(name) => {
                name.push(c);
                if is_name(name) { Progress::More } else { Progress::NoCall }
            }
            At::Arguments(_) if c.is_whitespace() => Progress::More,
            At::Arguments(name) if c == '{' => {
                self.at = At::Named(NamedCall::begun(std::mem::take(name)));
                Progress::More
            }
            At::Named(call) => {
                let took = call.push(c, parts);
                took.go_on(&mut self.at, At::End, At::Broken(Broken::until(">>>")))
            }
            At::End if c.is_whitespace() => Progress::Told,
            At::Arguments(_) | At::End => Progress::NoCall,
            At::Broken(broken) => match broken.push(c, parts) {
                // What ends one begins the next.
                Progress::Over => {
                    self.at = At::Name(String::new());
                    Progress::Told
                }
                progress => progress,
            },
        }
    }

    /// Tells what is held back, when no more comes; returns whether all that was read has been told.
    pub fn finish(&mut self, parts: &mut Parts) -> bool {
        let At::Broken(broken) = &mut self.at else { return false };
        broken.finish(parts);
        true
    }
}
