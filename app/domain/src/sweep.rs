//! Sweeps: how search does at several values of one of its tuned constants.

use serde::{Deserialize, Serialize};

use crate::RetrievalFigures;

/// How search did at each value of a constant.
///
/// The questions are divided once, by a hash of their ids: a value is chosen on the one part, and what
/// the choice is worth is read on the other.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sweep {
    /// The constant.
    pub constant: String,
    /// The value that search uses.
    pub default: f32,
    /// How many questions the value is chosen on.
    pub tuned_on: u32,
    /// How many questions are held out.
    pub held_out: u32,
    /// Each value, ascending; the default is among them.
    pub values: Vec<SweepValue>,
    /// The value with the highest nDCG@10 on the questions that it is chosen on; among equals the
    /// one nearest to the default.
    pub best: f32,
    /// How flat the optimum is.
    pub plateau: Plateau,
    /// What the best value gains over the default in nDCG@10 on the questions held out.
    pub held_out_gain: Option<f64>,
}

/// How search did at one value.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SweepValue {
    /// The value.
    pub value: f32,
    /// On the questions that a value is chosen on.
    pub tuning: RetrievalFigures,
    /// On the questions held out; absent if none are.
    pub held_out: Option<RetrievalFigures>,
}

/// The tried values around the best that lose next to nothing against it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Plateau {
    /// The lowest of them.
    pub from: f32,
    /// The highest of them.
    pub to: f32,
    /// What they may lose in nDCG@10 on the questions that a value is chosen on.
    pub tolerance: f64,
}
