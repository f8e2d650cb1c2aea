//! Grounding: decides if a sentence rests on a passage, and on which of its words.
//!
//! Pure and synchronous. It knows no store, no model and no network, so that what it decides can
//! be tested on nothing but texts.

pub mod conflicts;
pub mod evidence;
pub mod facts;
