//! What OpenAI's shapes say of a grounded answer: an annotation for each citation mark, and what Quire adds.

use quire_domain::{
    Answer, AnswerMode, AnswerNotice, Citation, Coverage, FileId, Hit, Receipt, Sentence, Timings,
    VectorStoreId,
};
use serde::Serialize;

use crate::http::turn::file_search::FileSearched;
use crate::http::turn::marked::Mark;

/// A link from a part of a text to a quote; its indices count code points.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UrlCitation {
    url: String,
    title: String,
    start_index: usize,
    end_index: usize,
}

/// A link from a place in a text to a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileCitation {
    file_id: FileId,
    filename: String,
    /// Where its mark stands in the text, in code points.
    index: usize,
    /// The page of the quote; Quire's own, and so is what follows.
    page: Option<u32>,
    quote: String,
    url: String,
    /// The store in which it was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    vector_store_id: Option<VectorStoreId>,
}

impl FileCitation {
    /// Links a mark to the file of its quote.
    pub fn of_mark(mark: &Mark, base_url: &str) -> Self {
        let Citation { document, page, quote, .. } = &mark.citation;
        Self {
            file_id: FileId::of_document(&document.id),
            filename: document.path.to_string(),
            index: mark.start,
            page: *page,
            quote: quote.clone(),
            url: link(&mark.citation, base_url),
            vector_store_id: mark.store.clone(),
        }
    }
}

/// Where the marks of a text lead.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Linked {
    /// To the quotes, as those of a collection's answer do.
    #[default]
    Quotes,
    /// To files, which were searched for the text.
    Files,
}

impl Linked {
    /// Tells where marks lead by what was searched.
    pub fn by(searched: Option<&FileSearched>) -> Self {
        if searched.is_some() { Self::Files } else { Self::Quotes }
    }
}

/// An annotation of a chat message.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Annotation {
    /// A quote of a collection.
    UrlCitation {
        /// The link.
        url_citation: UrlCitation,
    },
    /// A quote of a file that was searched.
    FileCitation {
        /// The link.
        file_citation: FileCitation,
    },
}

impl UrlCitation {
    /// Links a mark to its quote on the server at `base_url`.
    pub fn of_mark(mark: &Mark, base_url: &str) -> Self {
        Self::new(&mark.citation, base_url, mark.start..mark.end)
    }

    fn new(citation: &Citation, base_url: &str, place: std::ops::Range<usize>) -> Self {
        Self {
            url: link(citation, base_url),
            title: title(citation),
            start_index: place.start,
            end_index: place.end,
        }
    }
}

impl Annotation {
    /// Annotates the marks of a text.
    pub fn of_marks(marks: &[Mark], (linked, base_url): (Linked, &str)) -> Vec<Self> {
        let one = |mark| match linked {
            Linked::Files => {
                Self::FileCitation { file_citation: FileCitation::of_mark(mark, base_url) }
            }
            Linked::Quotes => {
                Self::UrlCitation { url_citation: UrlCitation::of_mark(mark, base_url) }
            }
        };
        marks.iter().map(one).collect()
    }

    /// Annotates the evidence, which stands before the text: each covers nothing at its beginning.
    pub fn of_evidence(quotes: &[Citation], base_url: &str) -> Vec<Self> {
        let one =
            |quote| Self::UrlCitation { url_citation: UrlCitation::new(quote, base_url, 0..0) };
        quotes.iter().map(one).collect()
    }
}

/// Gives the address of a quote on the server at `base_url`.
pub fn link(citation: &Citation, base_url: &str) -> String {
    format!("{base_url}{}", citation.url)
}

/// Names the document of a quote, and its page.
pub fn title(citation: &Citation) -> String {
    match citation.page {
        Some(page) => {
            let kind = citation.document.page_kind.as_str();
            format!("{}, {kind} {page}", citation.document.title)
        }
        None => citation.document.title.clone(),
    }
}

/// What is told of a grounded answer beyond OpenAI's shapes.
#[derive(Serialize)]
pub struct Details<'a> {
    answered: bool,
    mode: AnswerMode,
    sentences: &'a [Sentence],
    citations: &'a [Citation],
    receipt: &'a Receipt,
    timings: Timings,
    /// How much was read, if the question is about everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<&'a Coverage>,
    /// The nearest misses, if nothing answers.
    #[serde(skip_serializing_if = "<[Hit]>::is_empty")]
    nearest: &'a [Hit],
    /// The best quotes, if they were asked for.
    #[serde(skip_serializing_if = "<[Citation]>::is_empty")]
    evidence: &'a [Citation],
    /// What whoever asked should know of the answer as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<&'a AnswerNotice>,
}

impl<'a> Details<'a> {
    /// Tells of an answer, and of the evidence before it as far as that is wanted.
    pub fn of(answer: &'a Answer, evidence: &'a [Citation]) -> Self {
        Self {
            answered: answer.answered,
            mode: answer.mode,
            sentences: &answer.sentences,
            citations: &answer.citations,
            receipt: &answer.receipt,
            timings: answer.timings,
            coverage: answer.coverage.as_ref(),
            nearest: &answer.nearest,
            evidence,
            notice: answer.notice.as_ref(),
        }
    }
}
