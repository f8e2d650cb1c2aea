//! What the page makes of questions and reports without a browser: files of questions, figures with
//! their direction, verdicts on answers, and the difference of two reports.

pub(crate) mod difference;
pub(crate) mod figures;
pub(crate) mod questions;
pub(crate) mod verdict;
