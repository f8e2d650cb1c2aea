//! How an embedding model is run, whichever back end runs it.

use quire_domain::Language;

/// How an embedding model is run.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct EmbedderOptions {
    /// How many threads; 0 (the default) takes one a core.
    pub threads: usize,
    /// What the model wants before a question, such as E5's `query: `. Default: what its own
    /// `config_sentence_transformers.json` says, or nothing.
    pub query_prefix: Option<String>,
    /// What it wants before a passage. Default: likewise.
    pub passage_prefix: Option<String>,
    /// How its vectors are shortened. Default: not.
    pub cut: Option<Cut>,
    /// The languages it was made for. Default: unknown.
    pub languages: Option<Vec<Language>>,
}

/// How vectors are shortened: their first numbers are kept, and brought to length 1 again.
///
/// Only models trained for it (Matryoshka representations, arXiv:2205.13147) have what matters in
/// the first numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cut {
    /// How many numbers are kept.
    pub dimensions: usize,
    /// Whether the mean of all numbers is taken out first. Nomic asks for layer normalisation before
    /// the cut; of that, only the mean survives the normalisation after it.
    pub centred: bool,
}
