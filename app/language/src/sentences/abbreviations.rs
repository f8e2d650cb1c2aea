//! Words that tell if a full stop ends a sentence, in lower case, of all languages at once: a text is cut
//! before its language is known.
//!
//! Only those matter that a capital or a number may follow: before a small letter no sentence ends. Letters
//! alone, such as `z.B.` and `U.S.`, are known by their form and are in no table.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::Words;
use crate::words::List;

/// Those that something always follows.
pub static BEFORE_ANYTHING: LazyLock<HashSet<&str>> =
    LazyLock::new(|| all(|words| words.abbreviations));

/// Those that stand before a number, and else end a sentence like any other word.
pub static BEFORE_NUMBER: LazyLock<HashSet<&str>> =
    LazyLock::new(|| all(|words| words.abbreviations_before_numbers));

/// The months, after the number of a day: `am 3. Mai`.
pub static MONTHS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let months = Words::all().flat_map(|words| words.months.iter().copied().flatten());
    months.copied().collect()
});

/// Words behind which a number with a full stop is an ordinal: `im 19. Jahrhundert`.
pub static BEFORE_ORDINAL: LazyLock<HashSet<&str>> =
    LazyLock::new(|| all(|words| words.before_ordinals));

/// Words that begin a sentence behind a number, for they are no nouns that an ordinal counts.
pub static BEGINNINGS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| all(|words| words.sentence_beginnings));

fn all(list: impl Fn(&'static Words) -> List) -> HashSet<&'static str> {
    Words::all().flat_map(|words| list(words).iter().copied()).collect()
}
