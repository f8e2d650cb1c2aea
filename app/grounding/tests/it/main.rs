//! Tests of the check as a whole: a table of claims, sentences with one thing altered, and hostile texts.

mod alterations;
mod claims;
mod hostile;
mod prose;
mod table;
