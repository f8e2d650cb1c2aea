//! Grounding: decides if a sentence rests on a passage, and on which of its words.
//!
//! Pure and synchronous. It knows no store, no model and no network, so that what it decides can
//! be tested on nothing but texts. Read it in this order: a sentence is taken apart (`statement`, with
//! `decimal`, `quantity`, `time` and `length`), as a `claim` or as part of a `ground` (`flat_tables` finds rows there, and `tables` what
//! heads them); `likeness`
//! compares two words, `candidates` and `alignment` find which of them stand for which, and `sequence` which stand
//! in the same order; the `checks` object; `evidence` looks for the sentences that none objects to,
//! and `joined` for those that a claim joins.

pub mod decimal;
pub mod quantity;
pub mod statement;
pub mod time;

pub mod length;

mod flat_tables;
pub mod tables;

pub mod claim;
pub mod ground;
pub mod verdict;

mod likeness;

mod candidates;
mod sequence;
mod short_names;

mod alignment;

mod checks;
pub mod evidence;
mod joined;
pub mod quote;

pub mod judge;

pub mod conflicts;

pub use claim::Claim;
pub use ground::{Ground, PreparedGround};
pub use verdict::{Evidence, WhyNot};
