//! The beginning of an answer: what is found before a chat model is loaded, and the evidence in it.

use std::time::Instant;

use quire_domain::{
    Answer, AnswerMode, AnswerNotice, Citation, Collection, NoticeCode, Receipt, Sentence, Support,
    Timings,
};
use quire_language::{Lexicon, Words, language_of_question};
use quire_retrieval::Scoped;

use super::coverage::wants_everything;
use super::evidence::{self, Evidence};
use super::excerpt::needed_tokens;
use super::followup::{leans_on_earlier, with_earlier};
use super::passages::{Found, Wanted};
use super::selection::Account;
use super::{AskRequest, brief};
use crate::{ServiceError, Services};

/// A question, and what was found for it without a chat model.
pub struct Beginning {
    /// What was asked, the question without the blanks around it.
    pub request: AskRequest,
    pub collection: Collection,
    /// Earlier turns, oldest first.
    pub history: Vec<(String, String)>,
    /// Whether the question leans on the one before it, and is to be made to stand alone.
    pub leans: bool,
    /// What was searched for: the question, behind the one that it leans on.
    pub searched: String,
    /// The collection and those beside it, and the documents that the question is limited to in each.
    pub scoped: Vec<Scoped>,
    /// Whether everything is to be read, or offered to be.
    pub reads_everything: bool,
    pub found: Found,
    pub evidence: Vec<Citation>,
    /// Whether the first quote is the answer.
    pub is_quoted: bool,
    pub started: Instant,
    pub retrieve_ms: u64,
    pub evidence_ms: u64,
}

/// Finds passages and chooses the evidence.
pub async fn begin(
    services: &Services,
    collection: Collection,
    mut request: AskRequest,
) -> Result<Beginning, ServiceError> {
    let started = Instant::now();
    request.question = request.question.trim().to_owned();
    if request.question.is_empty() {
        return Err(ServiceError::Empty { what: "question" });
    }
    let history = match &request.conversation_id {
        Some(id) => services.conversations.turns(id).await?,
        None => std::mem::take(&mut request.history),
    };
    let lexicon = Lexicon::of(collection.language);
    let leans = !history.is_empty() && leans_on_earlier(&request.question, lexicon);
    let searched = match history.last() {
        Some((earlier, _)) if leans => with_earlier(earlier, &request.question),
        _ => request.question.clone(),
    };
    let searching = Instant::now();
    let home = (collection.clone(), &request.scope);
    let scoped = services.resolve_all(home, &request.beside).await?;
    let reads_everything =
        request.beside.is_empty() && reads_everything(request.mode, &request.question);
    // Whole documents are measured in tokens of the chat model, and everything is read by it. Until it is
    // there, the best passages are what can be quoted.
    let is_usual = request.mode.is_none() && !reads_everything;
    let mode = if is_usual { None } else { Some(AnswerMode::Retrieval) };
    let needed = needed_tokens(&searched, lexicon, services.config().passage_token_budget);
    let wanted = Wanted { query: &searched, scoped: &scoped, mode, whole: None, needed };
    let found = services.find_grounds(wanted).await?;
    let retrieve_ms = searching.elapsed().as_millis() as u64;
    let passages = (found.selection.passages(), found.mode);
    let Evidence { citations: evidence, is_stated } = evidence::find(&searched, passages, lexicon);
    let is_quoted = is_stated
        && services.config().answer_by_quote
        && is_usual
        && !leans
        && wants_no_more(&request)
        && language_of_question(&request.question, collection.language) == collection.language;
    let evidence_ms = started.elapsed().as_millis() as u64;
    Ok(Beginning {
        request,
        collection,
        history,
        leans,
        searched,
        scoped,
        reads_everything,
        found,
        evidence,
        is_quoted,
        started,
        retrieve_ms,
        evidence_ms,
    })
}

/// Returns whether a request leaves it to Quire who answers, and in what words: whoever names a model means it.
fn wants_no_more(request: &AskRequest) -> bool {
    let AskRequest { model, instructions, max_tokens, stop, insist, .. } = request;
    let has_instructions = instructions.as_ref().is_some_and(|wish| !wish.trim().is_empty());
    model.is_none() && !has_instructions && max_tokens.is_none() && stop.is_empty() && !insist
}

/// Returns whether everything is to be read, or offered to be.
fn reads_everything(asked: Option<AnswerMode>, question: &str) -> bool {
    asked.map_or_else(|| wants_everything(question), |mode| mode == AnswerMode::Coverage)
}

impl Beginning {
    /// Makes the answer that there is by now: evidence, and no words.
    fn answer(&self) -> Answer {
        let Self { request, found, evidence, started, .. } = self;
        let Account { found: count, mut passages, dropped, search } = found.selection.account();
        for passage in &mut passages {
            passage.used = evidence.iter().any(|quote| quote.chunk_id == passage.chunk_id);
        }
        let asked = request.mode.filter(|mode| *mode == found.mode);
        Answer {
            answered: false,
            mode: found.mode,
            answer: String::new(),
            sentences: Vec::new(),
            citations: Vec::new(),
            evidence: evidence.clone(),
            notice: None,
            nearest: brief::nearest(&found.selection),
            receipt: Receipt {
                search_query: self.searched.clone(),
                found: count,
                passages,
                dropped,
                search,
                mode_reason: brief::mode_reason(found.mode, asked, None),
                limited_to: request.scope.clone(),
                ..Receipt::default()
            },
            timings: Timings {
                retrieve_ms: self.retrieve_ms,
                evidence_ms: self.evidence_ms,
                first_token_ms: 0,
                total_ms: started.elapsed().as_millis() as u64,
            },
            conversation_id: request.conversation_id.clone(),
            coverage: None,
            trace: None,
        }
    }

    /// Makes the answer that is kept if whoever asked leaves now.
    pub fn answer_if_left(&self) -> Answer {
        let mut answer = Answer { nearest: Vec::new(), ..self.answer() };
        answer.receipt.stopped = true;
        answer
    }

    /// Makes the answer that the first quote is, if it is.
    pub fn answer_by_quote(&self) -> Option<Answer> {
        let cited = self.evidence.first().filter(|_| self.is_quoted)?.clone();
        let text = cited.quote.split_whitespace().collect::<Vec<_>>().join(" ");
        let sentence = Sentence {
            text: text.clone(),
            start: 0,
            end: text.chars().count(),
            support: Support::Quoted,
            citations: vec![cited.index],
            judged_by: None,
        };
        let message = Words::of(self.collection.language).sentences.quoted.to_owned();
        let mut answer = self.answer();
        for passage in &mut answer.receipt.passages {
            passage.used = passage.holds(&cited.chunk_id);
        }
        answer.timings.first_token_ms = answer.timings.total_ms;
        Some(Answer {
            answered: true,
            answer: text,
            sentences: vec![sentence],
            citations: vec![cited],
            notice: Some(AnswerNotice { code: NoticeCode::Quoted, message }),
            nearest: Vec::new(),
            ..answer
        })
    }

    /// Makes the answer that there is without a chat model: the evidence, and a word that it is alone.
    pub fn answer_without_model(&self) -> Answer {
        let language = language_of_question(&self.request.question, self.collection.language);
        let sentences = &Words::of(language).sentences;
        let message = sentences.no_model.to_owned();
        let text = if self.evidence.is_empty() {
            format!("{} {message}", sentences.not_found)
        } else {
            message.clone()
        };
        let notice = AnswerNotice { code: NoticeCode::NoChatModel, message };
        Answer { answer: text, notice: Some(notice), ..self.answer() }
    }
}
