//! What is decided before the first event: what is searched, how it is read, which passages fit.

use std::sync::Arc;
use std::time::Instant;

use quire_domain::{
    AnswerMode, AnswerableCheck, Candidate, Collection, ConversationId, Coverage, Hit, ModeReason,
    PromptMessage, Sampling, Scope, Trace,
};
use quire_engines::{ChatMessage, Generator};
use quire_language::Lexicon;

use super::AskRequest;
use super::arrange::arrange;
use super::coverage::{LONGEST_UNASKED_MS, Reading, wants_everything};
use super::followup::{leans_on_earlier, stand_alone};
use super::passages::{Budget, Chosen, Passage, Wanted, choose};
use super::prompt::{self, Asked};
use crate::{ServiceError, Services};

/// How many nearest passages are shown where the documents do not answer.
const NEAREST: usize = 3;

/// The brief of an answer: everything that is decided before the first event.
pub struct Brief {
    pub question: String,
    pub conversation_id: Option<ConversationId>,
    pub collection: Collection,
    pub search_query: String,
    pub mode: AnswerMode,
    pub mode_reason: ModeReason,
    pub limited_to: Scope,
    pub chosen: Chosen,
    pub generator: Arc<dyn Generator>,
    pub answer_tokens: usize,
    pub sampling: Sampling,
    pub stop: Vec<String>,
    pub instructions: String,
    pub explain: bool,
    pub insist: bool,
    pub candidates: Vec<Candidate>,
    /// What is to be read before the answer, where the question is about everything.
    pub reading: Option<Reading>,
    pub coverage: Option<Coverage>,
    pub started: Instant,
    pub retrieve_ms: u64,
}

/// Finds and chooses the passages.
pub async fn prepare(
    services: &Services,
    collection: Collection,
    request: AskRequest,
) -> Result<Brief, ServiceError> {
    let started = Instant::now();
    let question = request.question.trim().to_owned();
    if question.is_empty() {
        return Err(ServiceError::Empty { what: "question" });
    }
    let instructions = request.instructions.unwrap_or_default().trim().to_owned();
    let generator = services.get_generator(request.model.as_ref()).await?;
    let history = match &request.conversation_id {
        Some(id) => services.turns(id).await?,
        None => request.history,
    };
    let lexicon = Lexicon::of(collection.language);
    let search_query = if !history.is_empty() && leans_on_earlier(&question, lexicon) {
        stand_alone(&question, &history, generator.as_ref(), lexicon).await
    } else {
        question.clone()
    };
    let searching = Instant::now();
    let scope = services.resolve_scope(&collection.name, &request.scope).await?;
    let reading = match request.mode {
        Some(AnswerMode::Coverage) => true,
        None => wants_everything(&question),
        Some(_) => false,
    };
    let reading = if reading {
        let (collection, generator) = (&collection, generator.as_ref());
        Some(services.gather(collection, scope.as_deref(), generator, &search_query).await?)
    } else {
        None
    };
    let (reading, offer) = match reading {
        Some(reading) if request.mode.is_none() && reading.estimated_ms > LONGEST_UNASKED_MS => {
            (None, Some(reading.offer()))
        }
        reading => (reading, None),
    };
    let config = services.config();
    // A limit far above what answers need would leave no room for passages.
    let most = config.answer_token_limit.max(generator.info().context_tokens / 2);
    let answer_tokens = request.max_tokens.unwrap_or(config.answer_token_limit).clamp(1, most);
    let wanted = Wanted {
        query: &search_query,
        documents: scope,
        mode: request.mode,
        generator: generator.as_ref(),
        room: generator.info().context_tokens.saturating_sub(answer_tokens),
    };
    let found = services.find_grounds(&collection, wanted).await?;
    let retrieve_ms = searching.elapsed().as_millis() as u64;
    let candidates = found.passages.iter().map(candidate).collect();
    let passages = match found.mode {
        AnswerMode::Retrieval => arrange(&search_query, found.passages, lexicon),
        AnswerMode::FullDocument | AnswerMode::Coverage => found.passages,
    };
    let takes_all = request.mode == Some(AnswerMode::FullDocument);
    let budget = Budget {
        generator: generator.as_ref(),
        asked: Asked { question: &question, history: &history, instructions: &instructions },
        passage_tokens: if takes_all { usize::MAX } else { config.passage_token_budget },
        answer_tokens,
    };
    let chosen = choose(passages, &budget)?;
    if takes_all && !chosen.dropped.is_empty() {
        let room = chosen.passages.iter().map(|passage| passage.tokens).sum();
        return Err(ServiceError::DocumentsTooLong { room, model: generator.info().model.clone() });
    }
    let mode = if reading.is_some() { AnswerMode::Coverage } else { found.mode };
    let mode_reason = match mode {
        _ if request.mode.is_some() => ModeReason::Asked,
        AnswerMode::Coverage => ModeReason::AboutEverything,
        _ if offer.is_some() => ModeReason::Offered,
        AnswerMode::FullDocument => ModeReason::ShortEnough,
        AnswerMode::Retrieval => ModeReason::Usual,
    };
    Ok(Brief {
        question,
        conversation_id: request.conversation_id,
        collection,
        search_query,
        mode,
        mode_reason,
        limited_to: request.scope,
        chosen,
        generator,
        answer_tokens,
        // Answers are not to surprise, unless that is asked for.
        sampling: request.sampling.unwrap_or_else(Sampling::greedy),
        stop: request.stop,
        instructions,
        explain: request.explain,
        insist: request.insist,
        candidates,
        reading,
        coverage: offer,
        started,
        retrieve_ms,
    })
}

fn candidate(passage: &Passage) -> Candidate {
    let hit = &passage.hit;
    Candidate {
        rank: hit.rank,
        chunk_id: hit.chunk_id.clone(),
        document: hit.document.clone(),
        page: hit.page,
        score: hit.score,
        scores: hit.scores,
    }
}

impl Brief {
    /// Makes the prompt of the answer.
    pub fn prompt(&self) -> Vec<ChatMessage> {
        let asked = Asked {
            question: &self.question,
            history: &self.chosen.history,
            instructions: &self.instructions,
        };
        if let Some(notes) = &self.chosen.notes {
            return prompt::build_from_notes(notes, &asked);
        }
        prompt::build(&self.chosen.passages, &asked)
    }

    /// Checks whether the passages answer the question, unless an answer is insisted on.
    pub async fn check(
        &self,
        services: &Services,
    ) -> Result<Option<AnswerableCheck>, ServiceError> {
        if self.insist || self.chosen.passages.is_empty() {
            return Ok(None);
        }
        let question = (self.search_query.as_str(), self.mode);
        services.check_answerable(self.generator.as_ref(), &self.prompt(), question).await
    }

    /// Keeps what the answer can be replayed from.
    pub fn trace(&self) -> Trace {
        let message = |message: ChatMessage| PromptMessage {
            role: message.role.as_str().to_owned(),
            content: message.content,
        };
        let asked = !self.chosen.passages.is_empty();
        let prompt = if asked { self.prompt() } else { Vec::new() };
        let is_rewritten = self.search_query != self.question;
        Trace {
            question: self.question.clone(),
            rewritten: is_rewritten.then(|| self.search_query.clone()),
            embedding_model: self.collection.embedding_model.clone(),
            candidates: self.candidates.clone(),
            prompt: prompt.into_iter().map(message).collect(),
            model_fingerprint: self.generator.info().fingerprint.clone(),
            sampling: self.sampling.clone(),
            stop: self.stop.clone(),
            max_tokens: self.answer_tokens as u32,
        }
    }

    /// Gives the nearest misses.
    pub fn nearest(&self) -> Vec<Hit> {
        self.chosen.passages.iter().take(NEAREST).map(|passage| passage.hit.clone()).collect()
    }
}
