//! Whether the passages answer a question at all: asked of the model before it writes.
//!
//! A small model that is asked to answer will answer. Asked whether the passages *state* the answer
//! it knows better, if one reads how likely it holds "Yes" instead of what it says. So it is asked
//! first; in doubt it names the answer in a few words and is asked whether that is right. The
//! questions follow the passages that the answer is written from, so the model has read those
//! already when it comes to write.
//!
//! Which models can judge is not taken on trust: see `exam`.

mod exam;

use quire_domain::{AnswerMode, AnswerableCheck, Language};
use quire_engines::{
    ChatMessage, ChatRole, EngineError, GenerateRequest, Generator, Prompt, Written,
};
use quire_language::tables_of_question;

use crate::{ServiceError, Services};

/// At this probability of "Yes" and above no more is asked.
///
/// Chosen on 80 questions, none held out: see `docs/decisions/053-is-the-question-answerable.md`.
const SURE: f32 = 0.8;
/// Below this probability of "Yes" no more is asked either.
///
/// The calibration set of this mark and the next is 88 questions on paragraphs of Wikipedia, half of
/// them made to look answerable: with them the starter model refuses a third of those and 7 % of the
/// others. At .7 it would refuse nearly half, and 18 %: who asks what is there must get it. No set was
/// held out: see `docs/decisions/053-is-the-question-answerable.md`.
const HOPELESS: f32 = 0.6;
/// What the two judgements must come to, in logits, if the first alone did not decide.
const LEAST_SUM: f32 = 0.5;
/// Tokens enough for an answer of a few words.
const DRAFT_TOKENS: usize = 16;
/// Tokens whose probabilities are looked through for "Yes" and "No".
const LIKELIEST: usize = 20;

/// Returns whether a question asks for a fact that a passage can state: what does not begin as such a
/// question does, such as "summarise", is a task that no passage states the answer to.
fn asks_for_a_fact(question: &str, mode: AnswerMode, usual: Language) -> bool {
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
        Ok(Some(check(generator, prompt, question).await?))
    }
}

/// Asks the model whether the passages in `prompt` (whose last message is the question) answer it.
async fn check(
    generator: &dyn Generator,
    prompt: &[ChatMessage],
    question: &str,
) -> Result<AnswerableCheck, EngineError> {
    let stated = probability_of_yes(generator, prompt, stated(question)).await?;
    let mut check = AnswerableCheck { stated, draft: None, right: None, refused: false };
    if stated < HOPELESS {
        check.refused = true;
        return Ok(check);
    }
    if stated >= SURE {
        return Ok(check);
    }
    let asked = format!(
        "Question: {question}\nReply with the shortest words of the passages that answer it."
    );
    let draft = say(generator, prompt, asked).await?;
    let asked = format!(
        "Question: {question}\nProposed answer: {draft}\nIs the proposed answer right, according to \
         the passages? Reply Yes or No."
    );
    let right = probability_of_yes(generator, prompt, asked).await?;
    check.refused = logit(stated) + logit(right) < LEAST_SUM;
    check.draft = Some(draft);
    check.right = Some(right);
    Ok(check)
}

/// Words the question whether the passages state the answer.
fn stated(question: &str) -> String {
    format!(
        "Question: {question}\nDo the passages state the answer to this question? Reply Yes or No."
    )
}

/// Asks something else at the place of the question.
fn instead(prompt: &[ChatMessage], asked: String) -> Prompt {
    let mut messages = prompt.to_vec();
    messages.pop();
    messages.push(ChatMessage { role: ChatRole::User, content: asked });
    Prompt::Direct(messages)
}

async fn say(
    generator: &dyn Generator,
    prompt: &[ChatMessage],
    asked: String,
) -> Result<String, EngineError> {
    let request = GenerateRequest::greedy(instead(prompt, asked), DRAFT_TOKENS);
    let stop = vec!["\n".to_owned()];
    let generation = generator.generate(GenerateRequest { stop, ..request }).await?;
    Ok(Written::wait_for(generation).await?.text.trim().to_owned())
}

/// Gives the probability of "Yes" among "Yes" and "No", 0 to 1; one half where the model thinks of
/// neither.
async fn probability_of_yes(
    generator: &dyn Generator,
    prompt: &[ChatMessage],
    asked: String,
) -> Result<f32, EngineError> {
    let request = GenerateRequest::greedy(instead(prompt, asked), 1);
    let top_logprobs = Some(LIKELIEST);
    let generation = generator.generate(GenerateRequest { top_logprobs, ..request }).await?;
    let (mut yes, mut no) = (0.0, 0.0);
    for token in Written::wait_for(generation).await?.top_logprobs.into_iter().flatten() {
        match String::from_utf8_lossy(&token.bytes).trim().to_lowercase().as_str() {
            "yes" => yes += token.log_probability.exp(),
            "no" => no += token.log_probability.exp(),
            _ => {}
        }
    }
    Ok(if yes + no > 0.0 { yes / (yes + no) } else { 0.5 })
}

fn logit(probability: f32) -> f32 {
    let probability = probability.clamp(1e-4, 1.0 - 1e-4);
    (probability / (1.0 - probability)).ln()
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
        check("Сколько стоит дом?", true);
        let english = Language::English;
        assert!(!asks_for_a_fact("Who is named?", AnswerMode::Coverage, english));
    }
}
