//! Forms that an answer is held to, as llama.cpp's samplers keep to them.

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;

use crate::Constraint;
use crate::chat::{Grammars, Guard};

/// A form that is kept to.
pub struct Form {
    /// Lets only tokens through that the form allows.
    pub sampler: LlamaSampler,
    /// Follows what was chosen: the sampler tells nobody if it fails.
    pub guard: Guard,
}

impl Form {
    /// Compiles a form for a model; the error says what is wrong with it.
    pub fn compile(
        grammars: &Grammars,
        model: &LlamaModel,
        constraint: &Constraint,
    ) -> Result<Self, String> {
        let vocabulary = || Ok(LlamaSampler::llguidance_tok_env(model));
        let guard = grammars.compile(vocabulary, constraint)?;
        Ok(Self { sampler: guard.matcher().into(), guard })
    }
}
