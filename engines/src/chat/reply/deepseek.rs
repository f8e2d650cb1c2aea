//! Calls as `DeepSeek` writes them: marks around all of them and around each, and between name and arguments.
//!
//! R1 and V3 write `function`, a mark, and the name and the arguments in a fence of JSON; V3.1 the name, a mark, and
//! the arguments.

use super::arguments::{Broken, NamedCall};
use super::{Parts, Progress, is_name, take_front};

/// What begins the calls.
pub const CALLS: &str = "<｜tool▁calls▁begin｜>";
const CALLS_END: &str = "<｜tool▁calls▁end｜>";
const CALL: &str = "<｜tool▁call▁begin｜>";
const CALL_END: &str = "<｜tool▁call▁end｜>";
const BETWEEN: &str = "<｜tool▁sep｜>";
/// The marks, which are tokens of their own.
pub const SPECIAL_TOKENS: &[&str] = &[CALLS, CALLS_END, CALL, CALL_END, BETWEEN];

/// What stands behind the arguments of the only call, and before them in [`before`].
pub const AFTER: &str = "\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>";

/// Writes what stands before the arguments of the only call.
pub fn before(name: &str) -> String {
    format!("{CALLS}{CALL}function{BETWEEN}{name}\n```json\n")
}

/// The most bytes before the arguments of a call.
const LONGEST_HEAD: usize = 512;

/// Reads the calls of `DeepSeek`.
#[derive(Clone, Debug, Default)]
pub struct DeepSeek {
    at: At,
    held: String,
}

#[derive(Clone, Debug, Default)]
enum At {
    /// Between calls.
    #[default]
    Outside,
    /// Before the mark between name and arguments.
    Kind,
    /// Behind that mark.
    Head(String),
    Named(NamedCall),
    /// Behind the arguments.
    End,
    Broken(Broken),
}

impl DeepSeek {
    /// Takes one more character.
    pub fn push(&mut self, c: char, parts: &mut Parts) -> Progress {
        match &mut self.at {
            At::Outside => self.outside(c),
            At::Kind => {
                self.held.push(c);
                if self.held.ends_with(BETWEEN) {
                    let kind = self.held.len() - BETWEEN.len();
                    let kind = take_front(&mut self.held, kind);
                    self.held.clear();
                    self.at = At::Head(kind);
                }
                self.unless_too_long()
            }
            At::Head(kind) if c == '{' => {
                let head = std::mem::take(&mut self.held);
                let name = name(kind, &head);
                if !is_name(name) {
                    return Progress::NoCall;
                }
                self.at = At::Named(NamedCall::begun(name.to_owned()));
                Progress::More
            }
            At::Head(_) => {
                self.held.push(c);
                self.unless_too_long()
            }
            At::Named(call) => {
                let took = call.push(c, parts);
                took.go_on(&mut self.at, At::End, At::Broken(Broken::until(CALL_END)))
            }
            At::End => self.end(c),
            At::Broken(broken) => match broken.push(c, parts) {
                Progress::Over => {
                    self.at = At::Outside;
                    Progress::Told
                }
                progress => progress,
            },
        }
    }

    fn outside(&mut self, c: char) -> Progress {
        if self.held.is_empty() && c.is_whitespace() {
            return Progress::More;
        }
        self.mark(c, CALL, (At::Kind, Progress::More))
    }

    /// Passes over the end of the fence, up to the mark that ends the call.
    fn end(&mut self, c: char) -> Progress {
        if self.held.is_empty() && (c.is_whitespace() || matches!(c, '`' | '}')) {
            return Progress::Told;
        }
        self.mark(c, CALL_END, (At::Outside, Progress::Told))
    }

    /// Reads one more character of a mark, behind which it goes on to `next`, or of the one that ends all calls.
    fn mark(&mut self, c: char, mark: &str, (next, progress): (At, Progress)) -> Progress {
        self.held.push(c);
        match self.held.as_str() {
            held if held == mark => {
                self.held.clear();
                self.at = next;
                progress
            }
            CALLS_END => Progress::Over,
            held if mark.starts_with(held) || CALLS_END.starts_with(held) => Progress::More,
            _ => Progress::NoCall,
        }
    }

    fn unless_too_long(&self) -> Progress {
        if self.held.len() > LONGEST_HEAD { Progress::NoCall } else { Progress::More }
    }

    /// Tells what is held back, when no more comes; returns whether all that was read has been told.
    pub fn finish(&mut self, parts: &mut Parts) -> bool {
        let At::Broken(broken) = &mut self.at else { return false };
        broken.finish(parts);
        true
    }
}

/// Finds the name: before the mark if nothing stands between mark and arguments, else in the line behind it.
fn name<'a>(kind: &'a str, head: &'a str) -> &'a str {
    let head = head.trim();
    if head.is_empty() {
        return kind.trim();
    }
    head.strip_suffix("```json").unwrap_or(head).trim_end()
}
