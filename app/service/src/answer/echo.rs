//! Echoes: words of the prompt that a model repeats as if they were its answer, taken out as the text streams.
//!
//! A small model may copy the example of the instructions, or begin a sentence with the label of the passage that it
//! takes it from: `The manual (manual.pdf), page 31, states that ..`. Neither states a fact. A label goes only where
//! it stands at the beginning of a sentence, whole as the prompt has it, and where a sentence is left behind it.

use super::marks::Piece;
use super::passages::Passage;
use super::prompt::{EXAMPLE, Label};

/// What may stand between a label and what its passage says, if the rest is a sentence without it.
const SAID_THAT: &[&str] =
    &["states that ", "says that ", "notes that ", "mentions that ", "explains that "];
/// What a model may put before a label.
const ARTICLE: &str = "The ";

/// Takes echoes out of streamed text; holds back what may become one.
#[derive(Debug, Default)]
pub struct EchoFilter {
    labels: Vec<Label>,
    /// Whether a passage says itself what the example says.
    example_is_said: bool,
    /// What began a sentence as an echo begins.
    held: String,
    /// Marks that came with it. They follow the next text, for they belong to what that says.
    marks: Vec<Piece>,
    /// Whether all text so far was blank or ended a sentence.
    begins: Beginning,
    /// The echoes that were taken out.
    echoes: Vec<String>,
}

/// Where in a sentence the text stands.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Beginning {
    /// At its beginning.
    #[default]
    Here,
    /// Behind an echo that was taken out: blanks go as well, and its first letter becomes a capital.
    BehindEcho,
    /// Behind what may end a sentence.
    AfterEnd,
    /// Inside.
    No,
}

/// What the beginning of a sentence is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Found {
    /// No echo.
    Nothing,
    /// What follows will tell.
    Perhaps,
    /// One of so many bytes.
    Echo(usize),
}

impl EchoFilter {
    /// Makes one for a prompt with these passages.
    pub fn of(passages: &[Passage]) -> Self {
        let labels = passages.iter().filter_map(Label::of).collect();
        let example_is_said = passages.iter().any(|passage| passage.ground.text.contains(EXAMPLE));
        Self { labels, example_is_said, ..Self::default() }
    }

    /// Takes the next pieces and gives what can be told by now.
    pub fn push(&mut self, pieces: Vec<Piece>) -> Vec<Piece> {
        let mut out = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => text.chars().for_each(|c| self.push_char(c, &mut out)),
                mark @ Piece::Mark(_) if self.held.is_empty() && self.marks.is_empty() => {
                    out.push(mark);
                }
                mark @ Piece::Mark(_) => self.marks.push(mark),
            }
        }
        out
    }

    /// Gives what was held back at the end of the text, unless it is an echo and nothing else.
    pub fn finish(&mut self) -> Vec<Piece> {
        let mut out = Vec::new();
        let held = std::mem::take(&mut self.held);
        let bare = held.trim_end_matches(['.', ':', ',', ' ', '\n']);
        let is_example = bare == EXAMPLE && !self.example_is_said;
        let is_echo = is_example || self.labels.iter().any(|label| label.is(bare));
        if is_echo {
            self.echoes.push(bare.to_owned());
        } else {
            append(&mut out, &held);
        }
        out.append(&mut self.marks);
        out
    }

    /// Gives the echoes that were taken out.
    pub fn into_echoes(self) -> Vec<String> {
        self.echoes
    }

    fn push_char(&mut self, c: char, out: &mut Vec<Piece>) {
        if self.held.is_empty() && c.is_whitespace() {
            match self.begins {
                Beginning::BehindEcho => return,
                Beginning::AfterEnd => self.begins = Beginning::Here,
                Beginning::No if c == '\n' => self.begins = Beginning::Here,
                _ => {}
            }
            append(out, c.encode_utf8(&mut [0; 4]));
            return;
        }
        if !self.held.is_empty() || matches!(self.begins, Beginning::Here | Beginning::BehindEcho) {
            self.held.push(c);
            self.decide(out);
        } else {
            self.let_through(c, out);
        }
    }

    /// Decides on what is held back.
    fn decide(&mut self, out: &mut Vec<Piece>) {
        match self.look() {
            Found::Perhaps => {}
            Found::Nothing => {
                let held = std::mem::take(&mut self.held);
                if self.begins == Beginning::BehindEcho {
                    let mut chars = held.chars();
                    let first = chars.next().into_iter().flat_map(char::to_uppercase);
                    first.chain(chars).for_each(|c| self.let_through(c, out));
                } else {
                    held.chars().for_each(|c| self.let_through(c, out));
                }
            }
            Found::Echo(length) => {
                let rest = self.held.split_off(length);
                let echo = std::mem::take(&mut self.held);
                self.echoes.push(echo.trim_end().to_owned());
                self.begins = Beginning::BehindEcho;
                rest.chars().for_each(|c| self.push_char(c, out));
            }
        }
    }

    fn let_through(&mut self, c: char, out: &mut Vec<Piece>) {
        append(out, c.encode_utf8(&mut [0; 4]));
        let may_end = matches!(c, '.' | '!' | '?' | '…');
        self.begins = if may_end { Beginning::AfterEnd } else { Beginning::No };
        out.append(&mut self.marks);
    }

    /// Looks at the beginning of a sentence.
    fn look(&self) -> Found {
        let text = self.held.as_str();
        let example = match text.strip_prefix(EXAMPLE) {
            _ if self.example_is_said => Found::Nothing,
            Some("") => Found::Perhaps,
            Some(rest) if rest.starts_with(['.', '\n']) => Found::Echo(EXAMPLE.len() + 1),
            None if EXAMPLE.starts_with(text) => Found::Perhaps,
            _ => Found::Nothing,
        };
        let labels = self.labels.iter().flat_map(|label| {
            let plain = look_for_label(label, text);
            let behind_article = match text.strip_prefix(ARTICLE) {
                Some(rest) => shift(look_for_label(label, rest), ARTICLE.len()),
                None if ARTICLE.starts_with(text) => Found::Perhaps,
                None => Found::Nothing,
            };
            [plain, behind_article]
        });
        let all: Vec<Found> = labels.chain([example]).collect();
        // The longest that may still come decides: one label may begin another.
        if all.contains(&Found::Perhaps) {
            return Found::Perhaps;
        }
        let echoes = all.into_iter().filter_map(|one| match one {
            Found::Echo(length) => Some(length),
            _ => None,
        });
        echoes.max().map_or(Found::Nothing, Found::Echo)
    }
}

fn shift(found: Found, by: usize) -> Found {
    match found {
        Found::Echo(length) => Found::Echo(length + by),
        other => other,
    }
}

/// Looks for a label at the beginning of a text, and for a sentence behind it.
fn look_for_label(label: &Label, text: &str) -> Found {
    let Some(rest) = text.strip_prefix(label.place.as_str()) else {
        let is_part = !text.is_empty() && label.place.starts_with(text);
        return if is_part { Found::Perhaps } else { Found::Nothing };
    };
    shift(look_behind_place(label.heading.as_deref(), rest), label.place.len())
}

/// Looks at what stands behind the place of a passage.
fn look_behind_place(heading: Option<&str>, rest: &str) -> Found {
    let ends = |rest: &str| match rest.chars().next() {
        None => Found::Perhaps,
        Some(':' | '\n') => Found::Echo(1),
        Some(_) => Found::Nothing,
    };
    if !rest.starts_with(',') {
        return ends(rest);
    }
    let Some(said) = rest.strip_prefix(", ") else {
        return if rest == "," { Found::Perhaps } else { Found::Nothing };
    };
    let comma = ", ".len();
    if let Some(heading) = heading {
        match said.strip_prefix(heading) {
            // A heading that the sentence goes on with is its subject, and stays.
            Some(behind) if ends(behind) != Found::Nothing => {
                return shift(ends(behind), comma + heading.len());
            }
            None if heading.starts_with(said) => return Found::Perhaps,
            _ => {}
        }
    }
    let phrases = SAID_THAT.iter();
    if let Some(phrase) = phrases.clone().find(|phrase| said.starts_with(**phrase)) {
        return Found::Echo(comma + phrase.len());
    }
    if phrases.clone().any(|phrase| phrase.starts_with(said)) {
        return Found::Perhaps;
    }
    // A sentence of its own begins, as with a capital; else the label is a part of this one.
    let is_sentence = said.starts_with(|c: char| c.is_uppercase() || c.is_numeric());
    if is_sentence { Found::Echo(comma) } else { Found::Nothing }
}

fn append(out: &mut Vec<Piece>, text: &str) {
    match out.last_mut() {
        Some(Piece::Text(last)) => last.push_str(text),
        _ if text.is_empty() => {}
        _ => out.push(Piece::Text(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::marks::MarkFilter;
    use super::*;

    fn labels() -> Vec<Label> {
        let label = |place: &str, heading: Option<&str>| Label {
            place: place.to_owned(),
            heading: heading.map(str::to_owned),
        };
        vec![
            label("The Orlo FAQ (faq.pdf), page 3", None),
            label("The Orlo FAQ (faq.pdf), page 31", Some("What is Orlo?")),
            label("Handbuch (hand.pdf), page 45", Some("Mitternacht (MC)")),
        ]
    }

    fn filter() -> EchoFilter {
        EchoFilter { labels: labels(), ..EchoFilter::default() }
    }

    /// Filters a reply cut in every way, which must come to the same; gives the text and what was taken out.
    fn check(reply: &str, expected: &str, echoes: &[&str]) {
        for step in 1..=reply.chars().count() {
            let (mut marks, mut filter) = (MarkFilter::default(), filter());
            let mut pieces = Vec::new();
            let chars: Vec<char> = reply.chars().collect();
            for part in chars.chunks(step) {
                pieces.extend(filter.push(marks.push(&part.iter().collect::<String>())));
            }
            pieces.extend(filter.push(marks.finish()));
            pieces.extend(filter.finish());
            let shown: String = pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => text.as_str(),
                    Piece::Mark(_) => "",
                })
                .collect();
            assert_eq!(shown, expected, "in steps of {step}");
            assert_eq!(filter.into_echoes(), echoes, "in steps of {step}");
        }
    }

    #[test]
    fn the_example_is_no_answer() {
        check(
            &format!("{EXAMPLE} [2].\nThe rent is 940 euros [1]."),
            "The rent is 940 euros.",
            &[&format!("{EXAMPLE}.")],
        );
        check(&format!("{EXAMPLE} [2]."), "", &[&format!("{EXAMPLE}.")]);
        check(&format!("{EXAMPLE} says more."), &format!("{EXAMPLE} says more."), &[]);
    }

    #[test]
    fn a_label_before_what_the_passage_says_goes() {
        let place = "The Orlo FAQ (faq.pdf), page 31";
        check(
            &format!("{place}, states that support was dropped [2]. It is old."),
            "Support was dropped. It is old.",
            &[&format!("{place}, states that")],
        );
        check(
            "It is red. The Handbuch (hand.pdf), page 45: der Mond ist rund.",
            "It is red. Der Mond ist rund.",
            &["The Handbuch (hand.pdf), page 45:"],
        );
        check(
            &format!("{place}, What is Orlo?\nThe project began in 1993."),
            "The project began in 1993.",
            &[&format!("{place}, What is Orlo?")],
        );
        check(
            "Handbuch (hand.pdf), page 45, Mitternacht (MC) ist ein Programm.",
            "Mitternacht (MC) ist ein Programm.",
            &["Handbuch (hand.pdf), page 45,"],
        );
        check(
            "The Orlo FAQ (faq.pdf), page 3\n\nIt rose.",
            "It rose.",
            &["The Orlo FAQ (faq.pdf), page 3"],
        );
        check(place, "", &[place]);
    }

    #[test]
    fn a_passage_may_say_what_the_example_says() {
        let mut filter = EchoFilter { example_is_said: true, ..filter() };
        let said = format!("{EXAMPLE}.");
        let mut pieces = filter.push(vec![Piece::Text(said.clone())]);
        pieces.extend(filter.finish());
        assert_eq!(pieces, [Piece::Text(said)]);
        assert!(filter.into_echoes().is_empty());
    }

    #[test]
    fn a_mention_of_a_page_stays() {
        for reply in [
            "The price is on page 31.",
            "The Orlo FAQ states that support was dropped.",
            "The Orlo FAQ (faq.pdf), page 31, describes how to begin.",
            "The Orlo FAQ (faq.pdf), page 32, states that it rose.",
            "It is told in The Orlo FAQ (faq.pdf), page 31, states that.",
            "The",
            "Handbuch (hand.pdf) liegt bei.",
        ] {
            check(reply, reply, &[]);
        }
    }

    #[test]
    fn a_mark_behind_a_label_belongs_to_the_sentence_that_is_left() {
        let mut filter = filter();
        let pieces = vec![
            Piece::Text("It rose. The Orlo FAQ (faq.pdf), page 31".to_owned()),
            Piece::Mark(vec![2]),
            Piece::Text(": It fell.".to_owned()),
        ];
        let out = filter.push(pieces);
        let expected = [
            Piece::Text("It rose. I".to_owned()),
            Piece::Mark(vec![2]),
            Piece::Text("t fell.".to_owned()),
        ];
        assert_eq!(out, expected);
    }
}
