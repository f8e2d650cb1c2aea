//! Whether an answer speaks of what was asked: a small model quotes what it is given, be it of something else.

use quire_domain::{AnswerMode, Citation, Sentence, Support};
use quire_language::language_of_question;
use quire_retrieval::evidence::{self, Said};

use super::brief::Brief;
use super::passages::Passage;

/// Returns whether what is supported of an answer speaks of what was asked. Nothing is said against an answer in another
/// language than the question, or one that everything was read for.
pub fn is_addressed(
    brief: &Brief,
    nearby: &[String],
    (sentences, citations): (&[Sentence], &[Citation]),
) -> bool {
    let language = brief.collection.language;
    if brief.mode == AnswerMode::Coverage
        || language_of_question(&brief.search_query, language) != language
    {
        return true;
    }
    let supported = sentences.iter().filter(|sentence| sentence.support != Support::Unsupported);
    let said: Vec<(String, String)> = supported
        .map(|sentence| {
            let cited = || citations.iter().filter(|one| sentence.citations.contains(&one.index));
            let quotes = cited().map(|one| one.quote.as_str());
            let words: Vec<&str> = std::iter::once(sentence.text.as_str()).chain(quotes).collect();
            let passages = brief.selection.passages().iter().zip(nearby);
            let around = passages.filter(|(one, _)| cited().any(|cited| holds(one, cited)));
            let around = around.map(|(one, nearby)| format!("{}\n{nearby}", one.ground.context));
            (words.join("\n"), around.collect::<Vec<_>>().join("\n"))
        })
        .collect();
    let said: Vec<Said<'_>> = said.iter().map(|(words, around)| Said { words, around }).collect();
    evidence::is_addressed(&brief.search_query, &said, brief.lexicon())
}

fn holds(passage: &Passage, citation: &Citation) -> bool {
    passage.hit.chunk_id == citation.chunk_id
}
