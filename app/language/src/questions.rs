//! The language of a question, told by its small words.
//!
//! A question is too short for statistics of letters, but every language asks with words of its own:
//! "wie hoch ist die" is German whatever it is about.

use quire_domain::Language;

use crate::{Lexicon, Words};

/// Tells in which language a question is asked; `usual` if its words do not say, or say that as much.
pub fn language_of_question(question: &str, usual: Language) -> Language {
    let usual_count = count(question, usual);
    let others = Language::ALL.iter().map(|language| (count(question, *language), *language));
    // Of equals the first is taken.
    let best = others.reduce(|best, next| if next.0 > best.0 { next } else { best });
    match best {
        Some((found, language)) if found > usual_count => language,
        _ => usual,
    }
}

/// Gives the tables that the words of a question are looked up in: that of its own language, and that
/// of the usual one.
pub fn tables_of_question(question: &str, usual: Language) -> [&'static Words; 2] {
    [Words::of(language_of_question(question, usual)), Words::of(usual)]
}

/// Counts the small words that a question has of a language.
fn count(question: &str, language: Language) -> usize {
    if language == Language::Unknown {
        return 0;
    }
    let lexicon = Lexicon::of(language);
    let words = lexicon.words();
    let lists = [words.interrogatives, words.small_words, words.prepositions, words.pronouns];
    let is_small = |word: &&str| {
        lexicon.analyzer().is_stop_word(word) || lists.iter().any(|list| list.contains(word))
    };
    let lower = question.to_lowercase();
    lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .filter(is_small)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{
        Danish, Dutch, English, Finnish, French, German, Italian, Norwegian, Portuguese, Russian,
        Spanish, Swedish, Unknown,
    };

    fn check(question: &str, usual: Language, expected: Language) {
        assert_eq!(language_of_question(question, usual), expected, "{question}");
    }

    #[test]
    fn a_question_says_its_language_whatever_the_collection_is_in() {
        for usual in [Unknown, English, German, Russian] {
            check("In which year was the house built?", usual, English);
            check("Wie hoch ist die Miete der Wohnung?", usual, German);
            check("Wat is de huur van het huis?", usual, Dutch);
            check("Quel est le loyer de la maison ?", usual, French);
            check("¿Cuál es el precio de la casa?", usual, Spanish);
            check("Qual è il prezzo della casa?", usual, Italian);
            check("Qual é o preço da casa e quem a comprou?", usual, Portuguese);
            check("Vad är hyran för lägenheten och när betalas den?", usual, Swedish);
            check("Kuka on talon omistaja ja milloin se rakennettiin?", usual, Finnish);
            check("Какова цена дома и кто его купил?", usual, Russian);
        }
        check("Hvad er prisen på huset, og hvornår blev det bygget?", Danish, Danish);
        check("Hva er prisen på huset, og når ble det bygget?", Norwegian, Norwegian);
    }

    #[test]
    fn words_that_tell_nothing_leave_the_usual_language() {
        check("Miller GmbH 2024?", German, German);
        check("", Dutch, Dutch);
    }
}
