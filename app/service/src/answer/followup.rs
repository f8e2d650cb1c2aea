//! Follow-ups: questions that only make sense after the one before, made to stand alone.
//!
//! The model writes the new question, and the program decides whether it may be used: a rewrite
//! that brings in a name or number nobody mentioned is thrown away. What is searched then is the
//! earlier question together with the new one.

use quire_engines::{ChatMessage, ChatRole, GenerateRequest, Generator, Prompt, Written};
use quire_language::{Lexicon, Words, tables_of_question};

use quire_grounding::quantity::values;
use quire_language::names::named;

/// The most tokens of a rewritten question.
const MAX_TOKENS: usize = 64;
/// Questions with fewer terms than this lean on what was said before.
///
/// Set by hand: see `docs/decisions/057-passages-are-arranged-before-the-prompt.md`.
const FEW_TERMS: usize = 3;
const INSTRUCTIONS: &str = "Rewrite the last question so that it can be understood without the \
conversation. Keep its language and its meaning. Add nothing that was not said. Reply with the \
question only.";

/// Returns whether a question leans on the conversation before it.
pub fn leans_on_earlier(question: &str, lexicon: &Lexicon) -> bool {
    let lower = question.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    let leans = |table: &Words| {
        table.pointers.iter().any(|pointer| words.contains(pointer))
            || table.follow_up_beginnings.iter().any(|beginning| lower.starts_with(beginning))
    };
    tables_of_question(question, lexicon.language()).into_iter().any(leans)
        || lexicon.analyzer().terms(question).len() < FEW_TERMS
}

/// Makes a follow-up stand alone: by the model where its rewrite holds, else by putting the earlier
/// question before it.
pub async fn stand_alone(
    question: &str,
    history: &[(String, String)],
    generator: &dyn Generator,
    lexicon: &Lexicon,
) -> String {
    let Some((earlier, _)) = history.last() else { return question.to_owned() };
    let rewritten = rewrite(question, history, generator).await;
    let holds = |rewritten: &String| holds(rewritten, question, history, lexicon);
    rewritten.filter(holds).unwrap_or_else(|| with_earlier(earlier, question))
}

/// Makes a question stand alone by putting the earlier one before it.
pub fn with_earlier(earlier: &str, question: &str) -> String {
    format!("{earlier} {question}").trim().to_owned()
}

async fn rewrite(
    question: &str,
    history: &[(String, String)],
    generator: &dyn Generator,
) -> Option<String> {
    let mut text = String::new();
    for (asked, answered) in history.iter().rev().take(2).rev() {
        let answered: String = answered.chars().take(400).collect();
        text = format!("{text}Question: {asked}\nAnswer: {answered}\n");
    }
    text = format!("{text}Last question: {question}");
    let prompt = Prompt::direct(vec![
        ChatMessage::new(ChatRole::System, INSTRUCTIONS),
        ChatMessage::new(ChatRole::User, text),
    ]);
    let stop = vec!["\n".to_owned()];
    let request = GenerateRequest { stop, ..GenerateRequest::greedy(prompt, MAX_TOKENS) };
    let generation = generator.generate(request).await.ok()?;
    let written = Written::wait_for(generation).await.ok()?;
    written.reason.map(|_| written.text.trim().to_owned())
}

/// Says whether a rewrite asks the same: it keeps a word of the question and brings in no name and
/// no number that was not said.
fn holds(rewritten: &str, question: &str, history: &[(String, String)], lexicon: &Lexicon) -> bool {
    let mut said = question.to_owned();
    for (asked, answered) in history {
        said = format!("{said}\n{asked}\n{answered}");
    }
    let (terms, known) = (lexicon.analyzer().terms(question), lexicon.analyzer().terms(&said));
    let own = lexicon.analyzer().terms(rewritten);
    let keeps = terms.is_empty() || own.iter().any(|term| terms.contains(term));
    let numbers_said = values(&said, lexicon);
    let names = named(rewritten).into_iter().flat_map(|name| lexicon.analyzer().terms(name));
    let invents = values(rewritten, lexicon).iter().any(|number| !numbers_said.contains(number))
        || names.into_iter().any(|name| !known.contains(&name));
    !own.is_empty() && keeps && !invents && rewritten.chars().count() <= 400
}

#[cfg(test)]
mod tests {
    use quire_domain::Language;
    use quire_engines::scripted::ScriptedGenerator;

    use super::*;

    fn lexicon() -> &'static Lexicon {
        Lexicon::of(Language::English)
    }

    #[test]
    fn only_follow_ups_lean_on_what_was_said() {
        let check = |question| leans_on_earlier(question, lexicon());
        assert!(check("And in Europe?"));
        assert!(check("How heavy is it compared with the older pump?"));
        assert!(check("Why?"));
        assert!(!check("How many watts does the Series 4 pump draw?"));
        // A word of another language is none of this one: "die" points back in Dutch.
        assert!(!check("When did the last tenant of the house die?"));
        assert!(check("Wat kost die in het voorjaar van volgend jaar?"));
        assert!(check("Сколько он весит по сравнению с другим насосом?"));
    }

    #[tokio::test]
    async fn a_rewrite_is_used_only_if_it_invents_nothing() {
        let history = [(
            "What were the net sales of Apple in 2022?".to_owned(),
            "They were $394 billion.".to_owned(),
        )];
        let search = async |reply: &str| {
            let model = "test/model".parse().expect("a name");
            let generator = ScriptedGenerator::new(model, [reply.to_owned()]);
            stand_alone("And in Europe?", &history, &generator, lexicon()).await
        };
        let good = "What were the net sales of Apple in Europe in 2022?";
        assert_eq!(search(good).await, good);
        let fallback = "What were the net sales of Apple in 2022? And in Europe?";
        assert_eq!(search("What were Samsung's net sales of Samsung in Europe?").await, fallback);
        assert_eq!(search("What were the net sales in Europe in 2023?").await, fallback);
        assert_eq!(search("").await, fallback);
    }
}
