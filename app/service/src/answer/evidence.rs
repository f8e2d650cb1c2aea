//! Evidence: the quotes that an answer begins with, before any model is asked.

use quire_domain::text::{byte_offset, code_point_offset};
use quire_domain::{AnswerMode, Citation, Collection, Hit, SearchAccount, TableHeader};
use quire_language::Lexicon;
use quire_retrieval::FoundPassages;
use quire_retrieval::evidence::{Chosen, Quote, Source, choose};

use super::cite;
use super::passages::{CANDIDATES, Passage};
use crate::{ServiceError, Services};

/// The most quotes.
const MOST: usize = 5;
/// So many are shown however far they are behind the best.
const LEAST: usize = 3;
/// Further ones are no more than so far behind the best, in the units of the score.
const BEHIND: f32 = 2.0;

/// The evidence for a question.
pub struct Evidence {
    /// The quotes, best first, numbered from 1.
    pub citations: Vec<Citation>,
    /// Whether the first states in so many words what is asked.
    pub is_stated: bool,
}

/// Chooses the quotes that answer a question best from passages that were found in a mode.
pub fn find(
    question: &str,
    (passages, mode): (&[Passage], AnswerMode),
    lexicon: &Lexicon,
) -> Evidence {
    // Whole documents stand in their own order, which says nothing about what matters.
    let rank = |passage: &Passage| match mode {
        AnswerMode::Retrieval => passage.hit.rank,
        AnswerMode::FullDocument | AnswerMode::Coverage => 1,
    };
    let sources: Vec<Source<'_>> =
        passages.iter().map(|passage| passage.source(rank(passage))).collect();
    let Chosen { quotes, is_stated } = choose(question, &sources, lexicon, MOST);
    let best = quotes.first().map_or(0.0, |quote| quote.score);
    let shown = quotes
        .iter()
        .enumerate()
        .filter(|(place, quote)| *place < LEAST || best - quote.score <= BEHIND);
    let citations = shown
        .zip(1..)
        .filter_map(|((_, quote), index)| cited(&passages[quote.source], quote, index))
        .collect();
    Evidence { citations, is_stated }
}

fn cited(passage: &Passage, quote: &Quote, index: u32) -> Option<Citation> {
    let mut citation = cite::quote(passage, quote.span, index)?;
    let header = quote.header.as_deref();
    citation.header = header.and_then(|header| header_above(passage, header, citation.start));
    Some(citation)
}

/// Finds the header of a table above a row of it, in the stored text of the page.
fn header_above(passage: &Passage, header: &str, row: usize) -> Option<TableHeader> {
    let page = &passage.page_text;
    let row = byte_offset(page, row)?;
    let byte = page[..row].rfind(header)?;
    let start = code_point_offset(page, byte);
    Some(TableHeader { quote: header.to_owned(), start, end: start + header.chars().count() })
}

impl Services {
    /// Chooses the quotes that answer a question best from the best of some hits.
    pub(crate) async fn quotes_of(
        &self,
        collection: &Collection,
        question: &str,
        hits: &[Hit],
    ) -> Result<Vec<Citation>, ServiceError> {
        let hits = hits.iter().take(CANDIDATES).cloned().collect();
        let found = FoundPassages { hits, account: SearchAccount::default() };
        let selection = self.with_subjects(&[collection], question, found).await?;
        let lexicon = Lexicon::of(collection.language);
        Ok(find(question, (selection.passages(), AnswerMode::Retrieval), lexicon).citations)
    }
}
