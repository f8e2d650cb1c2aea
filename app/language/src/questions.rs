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

/// What sort of answer a question wants, as far as its words say.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum AnswerKind {
    /// Somebody: a name.
    Person,
    /// A time: a year, a date.
    Time,
    /// A place: a name.
    Place,
    /// A number, and of what.
    Amount,
}

/// Tells what sort of answer a question wants; `None` where its words do not say.
///
/// The first words that say it decide, of several that begin there the longest: "how many days" asks for a
/// number whatever follows.
pub fn kind_of_answer(question: &str, tables: &[&Words]) -> Option<AnswerKind> {
    let lower = question.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let begins = |at: usize, phrase: &str| {
        let length = phrase.split(' ').count();
        let here = words.get(at..at + length)?;
        phrase.split(' ').eq(here.iter().copied()).then_some(length)
    };
    (0..words.len()).find_map(|at| {
        let lists = tables.iter().flat_map(|table| {
            [
                (table.asks_who, AnswerKind::Person),
                (table.asks_when, AnswerKind::Time),
                (table.asks_where, AnswerKind::Place),
                (table.asks_how_much, AnswerKind::Amount),
            ]
        });
        let found = lists.flat_map(|(list, kind)| {
            list.iter().filter_map(move |phrase| Some((begins(at, phrase)?, kind)))
        });
        // Of equals the first is taken: the question's own language comes before the usual one.
        let longest = found.reduce(|best, next| if next.0 > best.0 { next } else { best });
        longest.map(|(_, kind)| kind)
    })
}

/// Counts the small words that a question has of a language.
fn count(question: &str, language: Language) -> usize {
    if language == Language::Unknown {
        return 0;
    }
    let lexicon = Lexicon::of(language);
    let words = lexicon.words();
    let lists = [
        words.interrogatives,
        words.polar_openings,
        words.small_words,
        words.prepositions,
        words.pronouns,
    ];
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
    fn a_question_says_what_sort_of_answer_it_wants() {
        use AnswerKind::{Amount, Person, Place, Time};

        let check = |question: &str, usual: Language, expected: Option<AnswerKind>| {
            let found = kind_of_answer(question, &tables_of_question(question, usual));
            assert_eq!(found, expected, "{question}");
        };
        check("Who audits the company?", English, Some(Person));
        check("In what year did it open?", English, Some(Time));
        check("How many days' notice are there?", English, Some(Amount));
        check("In which country does she live?", English, Some(Place));
        check("What is the rent?", English, None);
        check("Wer hat das Haus gebaut?", English, Some(Person));
        check("Wie hoch ist die Miete der Wohnung?", German, Some(Amount));
        check("In welchem Jahr wurde das Haus gebaut?", German, Some(Time));
        check("Wie heißt das Haus?", German, None);
        check("Wie is de eigenaar van het huis?", Dutch, Some(Person));
        check("Hoeveel kost het huis?", Dutch, Some(Amount));
        check("Hvor mange dager tar det?", Norwegian, Some(Amount));
        check("Hvor ligger huset?", Norwegian, Some(Place));
        check("¿Cuándo se construyó la casa?", Spanish, Some(Time));
        check("Quel est le montant du loyer ?", French, None);
        check("Combien coûte la maison ?", French, Some(Amount));
        check("В каком году построен дом?", Russian, Some(Time));
        check("Kuinka monta huonetta talossa on?", Finnish, Some(Amount));
    }

    #[test]
    fn words_that_tell_nothing_leave_the_usual_language() {
        check("Miller GmbH 2024?", German, German);
        check("", Dutch, Dutch);
    }
}
