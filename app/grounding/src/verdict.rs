//! Verdicts: what the check decided on a claim, and why not.

use std::fmt;

use quire_domain::{Span, Support};

/// Why a claim is not taken for supported.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum WhyNot {
    /// It is a question, or leads to what follows.
    StatesNothing,
    /// It says too little to be looked up by itself.
    TooLittle,
    /// It is too long to be a sentence, and stands in no passage word for word.
    TooLong,
    /// No passage speaks of it.
    NothingAlike,
    /// These words stand nowhere near the rest.
    Words(String),
    /// A number is not there.
    Number(String),
    /// The number is there, with another unit or magnitude.
    Unit(String),
    /// The number is there, limited in another way (at least, at most).
    Bound(String),
    /// A time is not there.
    Time(String),
    /// A name is not there.
    Name(String),
    /// What it speaks of is not what the passage speaks of.
    Subject(String),
    /// The passage speaks of a part only.
    Part(String),
    /// The passage denies it, or the claim denies what the passage says.
    Negation,
    /// One goes up where the other goes down, or stands on the other side of a pair.
    Direction(String),
    /// The passage holds it for possible, planned, required or somebody's opinion.
    Modality,
    /// The passage makes a condition or an exception.
    Condition,
    /// All, most, some or only.
    Quantifier,
    /// It is not of the sort that was asked for: a name for a time.
    Answer(String),
    /// The number belongs to something else.
    Binding(String),
    /// The sentences that it joins do not say it together.
    Joined,
    /// Who did it to whom.
    Order,
    /// The check took it for supported, and a second judge holds that it does not follow.
    Doubted,
}

impl fmt::Display for WhyNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StatesNothing => f.write_str("it states nothing that could be looked up"),
            Self::TooLittle => f.write_str("it says too little to be looked up by itself"),
            Self::TooLong => f.write_str("it is too long to be compared as a sentence"),
            Self::NothingAlike => f.write_str("no passage speaks of it"),
            Self::Words(words) => write!(f, "the passage does not say `{words}`"),
            Self::Number(number) => write!(f, "the number `{number}` is not there"),
            Self::Unit(number) => write!(f, "`{number}` has another unit or magnitude there"),
            Self::Bound(number) => write!(f, "`{number}` is limited in another way there"),
            Self::Time(time) => write!(f, "the time `{time}` is not there"),
            Self::Name(name) => write!(f, "the name `{name}` is not there"),
            Self::Subject(words) => {
                write!(f, "the passage speaks of something other than `{words}`")
            }
            Self::Part(words) => write!(f, "the passage speaks of a part only: `{words}`"),
            Self::Negation => f.write_str("one denies what the other says"),
            Self::Direction(word) => write!(f, "`{word}` is the opposite of what the passage says"),
            Self::Modality => f.write_str(
                "one states as a fact what the other holds for possible, planned or required",
            ),
            Self::Condition => f.write_str("the passage makes a condition or an exception"),
            Self::Quantifier => {
                f.write_str("one speaks of all, most or only what the other does not")
            }
            Self::Answer(answer) => write!(f, "`{answer}` is not of the sort that was asked for"),
            Self::Binding(number) => write!(f, "`{number}` belongs to something else there"),
            Self::Joined => f.write_str("it joins what the passage says of several things"),
            Self::Order => f.write_str("the passage has it the other way round"),
            Self::Doubted => {
                f.write_str("by the second judge it does not follow from what the passage says")
            }
        }
    }
}

/// Words found for a claim.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// `Quoted` or `Supported`.
    pub support: Support,
    /// Where they stand in the passage's text.
    pub span: Span,
    /// How much of the claim they cover, 0 to 1.
    pub coverage: f32,
}
