//! What is decided before the model is asked: how the passages found are read, and which of them fit.

use std::sync::Arc;
use std::time::Instant;

use quire_domain::{
    AnswerMode, AnswerableCheck, Candidate, Citation, Collection, ConversationId, Coverage, Hit,
    ModeReason, PromptMessage, Sampling, Scope, Trace,
};
use quire_engines::{ChatMessage, Generator, Prompt, on_behalf_of};
use quire_language::{Lexicon, Words, language_of_question};

use super::answerable::asks_for_a_fact;
use super::arrange::arrange;
use super::beginning::Beginning;
use super::budget::{Budget, Turns};
use super::coverage::{LONGEST_UNASKED_MS, Read, Reading};
use super::excerpt::{make_excerpts, needed_tokens};
use super::followup::stand_alone;
use super::passages::{Found, Passage, Wanted};
use super::prompt::{self, Asked};
use super::selection::Selection;
use crate::{ServiceError, Services};

/// How many nearest passages are shown where the documents do not answer.
const NEAREST: usize = 3;

/// The brief of an answer: everything that is decided before the model is asked.
pub struct Brief {
    pub question: String,
    pub conversation_id: Option<ConversationId>,
    pub collection: Collection,
    pub search_query: String,
    pub mode: AnswerMode,
    pub mode_reason: ModeReason,
    pub limited_to: Scope,
    pub selection: Selection,
    pub turns: Turns,
    /// Earlier turns of the conversation, before the budget cut them.
    pub history: Vec<(String, String)>,
    /// Notes on the passages, which the model reads in their place.
    pub notes: Option<String>,
    /// The nearest misses, to show if nothing answers.
    pub nearest: Vec<Hit>,
    /// The quotes that were sent first.
    pub evidence: Vec<Citation>,
    pub generator: Arc<dyn Generator>,
    pub answer_tokens: usize,
    pub sampling: Sampling,
    pub stop: Vec<String>,
    pub instructions: String,
    pub insist: bool,
    pub candidates: Vec<Candidate>,
    /// What is to be read before the answer, where the question is about everything.
    pub reading: Option<Reading>,
    pub coverage: Option<Coverage>,
    pub started: Instant,
    pub retrieve_ms: u64,
    pub evidence_ms: u64,
}

/// Chooses the passages that the chat model reads, of those that the beginning found.
pub async fn prepare(
    services: &Services,
    beginning: Beginning,
    generator: Arc<dyn Generator>,
) -> Result<Brief, ServiceError> {
    let Beginning { request, collection, history, scoped, started, .. } = beginning;
    let generator = on_behalf_of(request.caller.clone(), generator);
    let question = request.question;
    let instructions = request.instructions.unwrap_or_default().trim().to_owned();
    let lexicon = Lexicon::of(collection.language);
    let search_query = if beginning.leans {
        stand_alone(&question, &history, generator.as_ref(), lexicon).await
    } else {
        question.clone()
    };
    let searching = Instant::now();
    let documents = scoped.first().and_then(|one| one.documents.as_deref());
    let gathered = if beginning.reads_everything {
        let (collection, generator) = (&collection, generator.as_ref());
        Some(services.gather(collection, documents, generator, &search_query).await?)
    } else {
        None
    };
    let (reading, offer) = read_or_offer(gathered, request.mode);
    let config = services.config();
    // A limit far above what answers need would leave no room for passages.
    let most = config.answer_token_limit.max(generator.info().context_tokens / 2);
    let answer_tokens = request.max_tokens.unwrap_or(config.answer_token_limit).clamp(1, most);
    let takes_all = request.mode == Some(AnswerMode::FullDocument);
    let budget = Budget {
        generator: generator.as_ref(),
        lexicon,
        asked: Asked { question: &question, history: &history, instructions: &instructions },
        passage_tokens: if takes_all { usize::MAX } else { config.passage_token_budget },
        answer_tokens,
    };
    // A question that is too long is refused before anything is read.
    let room = budget.room()?;
    let needed = needed_tokens(&search_query, lexicon, config.passage_token_budget);
    // The beginning looks for the best passages if everything may be read, though chosen documents may be short.
    let may_be_whole = beginning.reads_everything && documents.is_some();
    let is_known = !takes_all && !may_be_whole && search_query == beginning.searched;
    let found = if reading.is_some() {
        // Everything is read: there is nothing to search for.
        Found { selection: Selection::default(), mode: AnswerMode::Coverage }
    } else if is_known {
        beginning.found
    } else {
        let whole = takes_all.then_some((generator.as_ref(), room));
        let mode = request.mode;
        let wanted = Wanted { query: &search_query, scoped: &scoped, mode, whole, needed };
        services.find_grounds(wanted).await?
    };
    let Found { mut selection, mode } = found;
    let retrieve_ms = beginning.retrieve_ms + searching.elapsed().as_millis() as u64;
    let candidates = selection.passages().iter().map(candidate).collect();
    if mode == AnswerMode::Retrieval {
        arrange(&search_query, &mut selection, lexicon);
    }
    let nearest = nearest(&selection);
    if mode == AnswerMode::Retrieval {
        let count = |text: &str| generator.count_tokens(text);
        make_excerpts(&search_query, &mut selection, lexicon, (needed.min(room), &count));
    }
    let turns = budget.choose(&mut selection)?;
    if takes_all && selection.lacks_room() {
        let room = selection.passages().iter().map(|passage| passage.tokens).sum();
        return Err(ServiceError::DocumentsTooLong { room, model: generator.info().model.clone() });
    }
    Ok(Brief {
        question,
        conversation_id: request.conversation_id,
        collection,
        search_query,
        mode,
        mode_reason: mode_reason(mode, request.mode, offer.as_ref()),
        limited_to: request.scope,
        selection,
        turns,
        history,
        notes: None,
        nearest,
        evidence: beginning.evidence,
        generator,
        answer_tokens,
        // Answers are not to surprise, unless that is asked for.
        sampling: request.sampling.unwrap_or_else(Sampling::greedy),
        stop: request.stop,
        instructions,
        insist: request.insist,
        candidates,
        reading,
        coverage: offer,
        started,
        retrieve_ms,
        evidence_ms: beginning.evidence_ms,
    })
}

/// Tells what is read at once from what is only offered: reading that takes long has to be asked for.
fn read_or_offer(
    gathered: Option<Reading>,
    asked: Option<AnswerMode>,
) -> (Option<Reading>, Option<Coverage>) {
    match gathered {
        Some(reading) if asked.is_none() && reading.offer().estimated_ms > LONGEST_UNASKED_MS => {
            (None, Some(reading.offer()))
        }
        reading => (reading, None),
    }
}

/// Tells why the passages were chosen as they were.
pub fn mode_reason(
    mode: AnswerMode,
    asked: Option<AnswerMode>,
    offer: Option<&Coverage>,
) -> ModeReason {
    match mode {
        _ if asked.is_some() => ModeReason::Asked,
        AnswerMode::Coverage => ModeReason::AboutEverything,
        _ if offer.is_some() => ModeReason::Offered,
        AnswerMode::FullDocument => ModeReason::ShortEnough,
        AnswerMode::Retrieval => ModeReason::Usual,
    }
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
    /// Makes the prompt of the reply. Where the model may not judge if there is an answer, or has done so,
    /// the reply has begun already.
    pub fn reply_prompt(&self, is_judged: bool) -> Vec<ChatMessage> {
        let prompt = self.prompt_after(&self.turns.kept);
        let (question, usual) = (self.search_query.as_str(), self.collection.language);
        let may_decline = !self.insist && asks_for_a_fact(question, self.mode, usual);
        if is_judged || !may_decline { prompt::as_stated(prompt) } else { prompt }
    }

    fn prompt_after(&self, history: &[(String, String)]) -> Vec<ChatMessage> {
        let (question, instructions) = (self.question.as_str(), self.instructions.as_str());
        let asked = Asked { question, history, instructions };
        match &self.notes {
            Some(notes) => prompt::build_from_notes(notes, &asked),
            None => prompt::build(self.selection.passages(), &asked),
        }
    }

    /// Takes what was read of everything, and as many earlier turns as fit beside it.
    pub fn take_read(&mut self, read: Read) -> Result<(), ServiceError> {
        self.selection = read.selection;
        self.notes = Some(read.notes);
        self.coverage = Some(read.coverage);
        self.nearest = nearest(&self.selection);
        let generator = self.generator.as_ref();
        let prompt = Prompt::direct(self.prompt_after(&[]));
        let taken = generator.count_prompt_tokens(&prompt)? + self.answer_tokens;
        let budget = Budget {
            generator,
            lexicon: self.lexicon(),
            asked: Asked { question: &self.question, history: &self.history, instructions: "" },
            passage_tokens: 0,
            answer_tokens: self.answer_tokens,
        };
        self.turns = budget.turns(generator.info().context_tokens.saturating_sub(taken));
        Ok(())
    }

    /// Shows the lexicon of the collection.
    pub fn lexicon(&self) -> &'static Lexicon {
        Lexicon::of(self.collection.language)
    }

    /// Says, in the language of the question, that there is no answer: because nothing that was found
    /// fits before the model, or because the documents have none.
    pub fn abstention(&self) -> &'static str {
        let language = language_of_question(&self.question, self.collection.language);
        let sentences = &Words::of(language).sentences;
        if self.selection.passages().is_empty() && self.selection.lacks_room() {
            return sentences.does_not_fit;
        }
        sentences.not_found
    }

    /// Checks whether the passages answer the question, unless an answer is insisted on.
    pub async fn check(
        &self,
        services: &Services,
    ) -> Result<Option<AnswerableCheck>, ServiceError> {
        if self.insist || self.selection.passages().is_empty() {
            return Ok(None);
        }
        let question = (self.search_query.as_str(), self.mode, self.collection.language);
        let prompt = self.prompt_after(&self.turns.kept);
        services.check_answerable(self.generator.as_ref(), &prompt, question).await
    }

    /// Keeps what the answer can be replayed from, and which words of the prompt were taken out of it.
    pub fn trace(&self, is_judged: bool, echoes: Vec<String>) -> Trace {
        let message = |message: ChatMessage| PromptMessage {
            role: message.role.as_str().to_owned(),
            content: message.text().into_owned(),
        };
        let asked = !self.selection.passages().is_empty();
        let prompt = if asked { self.reply_prompt(is_judged) } else { Vec::new() };
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
            echoes,
        }
    }
}

/// Shows the passages that came nearest, whether or not they will fit before the model.
pub fn nearest(selection: &Selection) -> Vec<Hit> {
    selection.passages().iter().take(NEAREST).map(|passage| passage.hit.clone()).collect()
}
