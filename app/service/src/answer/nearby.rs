//! What stands near a passage: the thing that a question names is often named once, some pages before.

use std::collections::HashSet;

use quire_domain::Span;
use quire_language::{Lexicon, Token};

use super::passages::{Passage, is_gone};
use crate::{ServiceError, Services};

/// Pages this far from a passage's own are near.
///
/// Set by hand: see `docs/decisions/151-an-answer-speaks-of-what-was-asked.md`.
const PAGES: u32 = 2;
/// Of a text without pages, so many code points before and behind a passage are near.
const CHARS: usize = 6_000;

impl Services {
    /// Gives the text near each passage, its own page included.
    pub(super) async fn texts_nearby(
        &self,
        passages: &[Passage],
    ) -> Result<Vec<String>, ServiceError> {
        let mut texts = Vec::with_capacity(passages.len());
        for passage in passages {
            texts.push(match passage.hit.page {
                Some(page) => self.pages_nearby(passage, page).await?,
                None => chars_nearby(passage),
            });
        }
        Ok(texts)
    }

    async fn pages_nearby(&self, passage: &Passage, page: u32) -> Result<String, ServiceError> {
        let mut text = String::new();
        for number in page.saturating_sub(PAGES).max(1)..=page.saturating_add(PAGES) {
            if number == page {
                text.push_str(&passage.page_text);
            } else {
                match self.documents.get_text(&passage.hit.document.id, Some(number)).await {
                    Ok(found) => text.push_str(&found.text),
                    // Before the first page, behind the last, or changed since.
                    Err(error) if is_gone(&error) => {}
                    Err(error) => return Err(error),
                }
            }
            text.push('\n');
        }
        Ok(text)
    }
}

fn chars_nearby(passage: &Passage) -> String {
    let end = passage.page_text.chars().count().min(passage.hit.end + CHARS);
    let span = Span::new(passage.hit.start.saturating_sub(CHARS).min(end), end);
    span.slice(&passage.page_text).unwrap_or_default().to_owned()
}

/// Lists the words of a question that stand near a passage and not in it, those that follow each other in one line.
///
/// They are what the question is about, and not what is answered: numbers, and words that turn or limit what is said,
/// are left out.
pub fn words_nearby(
    question: &[Token],
    passage: &HashSet<String>,
    nearby: &HashSet<String>,
    lexicon: &Lexicon,
) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut follows = false;
    for (at, token) in question.iter().enumerate() {
        let stem = token.terms.first();
        let is_near = stem.is_some_and(|stem| nearby.contains(stem) && !passage.contains(stem));
        if !is_near || token.has_digits() || !lexicon.find(question, at).is_empty() {
            follows = false;
            continue;
        }
        match lines.last_mut().filter(|_| follows) {
            Some(line) => *line = format!("{line} {}", token.text),
            None => lines.push(token.text.clone()),
        }
        follows = true;
    }
    lines
}

#[cfg(test)]
mod tests {
    use quire_domain::Language;

    use super::*;

    #[test]
    fn what_a_question_is_about_may_stand_near_a_passage() {
        let lexicon = Lexicon::of(Language::English);
        let terms = |text: &str| lexicon.analyzer().terms(text).into_iter().collect::<HashSet<_>>();
        let near = |question: &str| {
            let passage = terms("Certified Max Gross Wt.: 9000 lbs");
            let nearby =
                terms("The Air Tractor AT-502 was destroyed near Soledad in 2007, not sold.");
            words_nearby(&lexicon.tokens(question), &passage, &nearby, lexicon)
        };
        assert_eq!(
            near("What was the certified gross weight of the Air Tractor destroyed near Soledad?"),
            ["Air Tractor destroyed", "Soledad"]
        );
        assert!(near("What was not the weight of the Cessna in 2007?").is_empty());
    }
}
