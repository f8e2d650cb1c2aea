//! Whether the passages answer a question at all: the first word of the model's reply.
//!
//! A small model that is asked to answer will answer. Asked whether the passages *state* the answer
//! it knows better, if one reads how likely it holds "Yes" instead of what it says. So the prompt
//! of the answer has it say that first, and one token is read before it writes. It is refused only
//! what the model holds to be unlikely; in between the answer is written, and each sentence is checked as ever.
//!
//! Which models can judge is not taken on trust: see `exam`.

mod exam;

use quire_domain::{AnswerMode, AnswerableCheck, Language};
use quire_engines::{ChatMessage, EngineError, GenerateRequest, Generator, Prompt, Written};
use quire_language::tables_of_question;

use super::prompt::{INSTRUCTIONS_BYTES, NOT_STATED, STATED};
use crate::{ServiceError, Services};

/// Below this probability of "Yes" nothing is written.
///
/// Chosen on 34 questions on paragraphs of Wikipedia, half of them made to look answerable, none held
/// out: it refuses 5 of those and 1 of the others. See `docs/decisions/053-is-the-question-answerable.md`.
const LEAST_STATED: f32 = 0.5;
/// Tokens whose probabilities are looked through for "Yes" and "No".
const LIKELIEST: usize = 20;

/// Returns whether a question asks for a fact that a passage can state: what does not begin as such a
/// question does, such as "summarise", is a task that no passage states the answer to. Of a question whose answer is yes
/// or no the model's "No" would be the answer as well as the judgement, so it is not judged.
pub(super) fn asks_for_a_fact(question: &str, mode: AnswerMode, usual: Language) -> bool {
    let first = question.split(|c: char| !c.is_alphabetic()).find(|word| !word.is_empty());
    let first = first.unwrap_or_default().to_lowercase();
    mode != AnswerMode::Coverage
        && question.trim_end().ends_with('?')
        && tables_of_question(question, usual)
            .iter()
            .any(|table| table.interrogatives.contains(&first.as_str()))
}

impl Services {
    /// Checks whether the passages in `prompt` answer the question, where that can be judged: by a
    /// model that has shown that it can, of a question for a fact.
    pub(super) async fn check_answerable(
        &self,
        generator: &dyn Generator,
        prompt: &[ChatMessage],
        (question, mode, usual): (&str, AnswerMode, Language),
    ) -> Result<Option<AnswerableCheck>, ServiceError> {
        let is_wanted = self.config().check_answerable && asks_for_a_fact(question, mode, usual);
        if !is_wanted || !self.can_judge(generator).await? {
            return Ok(None);
        }
        let stated = probability_of_yes(generator, prompt).await?;
        Ok(Some(AnswerableCheck { stated, refused: stated < LEAST_STATED }))
    }
}

/// Gives the probability that a reply to `prompt` begins with "Yes", of "Yes" and "No", 0 to 1; one half if
/// the model thinks of neither.
async fn probability_of_yes(
    generator: &dyn Generator,
    prompt: &[ChatMessage],
) -> Result<f32, EngineError> {
    let request = GenerateRequest::greedy(Prompt::direct(prompt.to_vec()), 1);
    let top_logprobs = Some(LIKELIEST);
    let instructions_bytes = INSTRUCTIONS_BYTES;
    let request = GenerateRequest { top_logprobs, instructions_bytes, ..request };
    let generation = generator.generate(request).await?;
    let (mut yes, mut no) = (0.0, 0.0);
    for token in Written::wait_for(generation).await?.top_logprobs.into_iter().flatten() {
        let text = String::from_utf8_lossy(&token.bytes);
        let probability = token.log_probability.exp();
        if text.trim().eq_ignore_ascii_case(STATED) {
            yes += probability;
        } else if text.trim().eq_ignore_ascii_case(NOT_STATED) {
            no += probability;
        }
    }
    Ok(if yes + no > 0.0 { yes / (yes + no) } else { 0.5 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_told_from_questions_for_a_fact() {
        let check = |question, expected| {
            let asks = asks_for_a_fact(question, AnswerMode::Retrieval, Language::English);
            assert_eq!(asks, expected, "{question}");
        };
        check("Who audits the company?", true);
        check("¿Quién fundó la empresa?", true);
        check("In which year was it built?", true);
        check("Wie hoch ist die Miete?", true);
        check("Summarise the contract.", false);
        check("Could you compare the two offers?", false);
        check("", false);
        check("Are cats allowed?", false);
        check("Darf ich im Hof parken?", false);
        check("Mag ik hier roken?", false);
        check("Сколько стоит дом?", true);
        let english = Language::English;
        assert!(!asks_for_a_fact("Who is named?", AnswerMode::Coverage, english));
    }
}
