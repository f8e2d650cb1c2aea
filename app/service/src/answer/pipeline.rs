//! The steps of one answer, from the question to the record in its conversation.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use quire_domain::{
    Answer, AnswerEvent, AnswerMode, AnswerableCheck, Candidate, Collection, ConversationId,
    Coverage, Message, ModeReason, PassageUse, PromptMessage, Receipt, Role, Scope, Support,
    Timings, Trace,
};
use quire_engines::{
    ChatMessage, FinishReason, GenerateEvent, GenerateRequest, Generation, Generator, Prompt,
};
use quire_vectorstore::Analyzer;
use tokio::sync::mpsc;

use super::AskRequest;
use super::arrange::arrange;
use super::cite::Citer;
use super::coverage::{self, LONGEST_UNASKED_MS, Reading, Task, wants_everything};
use super::followup::{leans_on_earlier, stand_alone};
use super::passages::{Budget, Chosen, Passage, Wanted, choose};
use super::prompt;
use super::writing::{Ending, Writing};
use crate::conversations::UNTITLED;
use crate::{ServiceError, Services};

/// What is said when the documents do not answer a question.
const ABSTENTION: &str = "I could not find an answer to this in your documents.";
/// How many nearest passages are shown then.
const NEAREST: usize = 3;
/// Notes on everything may be this many times as long as passages.
const NOTES_BUDGETS: usize = 3;
/// What [`GenerateRequest::greedy`] asks with: answers are not to surprise.
const TEMPERATURE: f32 = 0.0;

/// Everything decided before the first event.
pub struct Plan {
    question: String,
    conversation_id: Option<ConversationId>,
    collection: Collection,
    search_query: String,
    mode: AnswerMode,
    mode_reason: ModeReason,
    limited_to: Scope,
    chosen: Chosen,
    generator: Arc<dyn Generator>,
    answer_tokens: usize,
    seed: Option<u32>,
    explain: bool,
    insist: bool,
    candidates: Vec<Candidate>,
    /// What is to be read before the answer, where the question is about everything.
    reading: Option<Reading>,
    coverage: Option<Coverage>,
    started: Instant,
    retrieve_ms: u64,
}

/// Finds and chooses the passages.
pub async fn plan(
    services: &Services,
    collection: Collection,
    request: AskRequest,
) -> Result<Plan, ServiceError> {
    let started = Instant::now();
    let question = request.question.trim().to_owned();
    if question.is_empty() {
        return Err(ServiceError::Empty { what: "question" });
    }
    let generator = services.get_generator(request.model.as_ref()).await?;
    let history = match &request.conversation_id {
        Some(id) => services.turns(id).await?,
        None => request.history,
    };
    let analyzer = Analyzer::new(collection.language);
    let search_query = if !history.is_empty() && leans_on_earlier(&question, &analyzer) {
        stand_alone(&question, &history, generator.as_ref(), &analyzer).await
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
    let answer_tokens = request.max_tokens.unwrap_or(config.answer_token_limit).max(1);
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
        AnswerMode::Retrieval => arrange(&search_query, found.passages, &analyzer),
        AnswerMode::FullDocument | AnswerMode::Coverage => found.passages,
    };
    let takes_all = request.mode == Some(AnswerMode::FullDocument);
    let budget = Budget {
        generator: generator.as_ref(),
        question: &question,
        history: &history,
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
    Ok(Plan {
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
        seed: request.seed,
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

/// Generates, checks and keeps the answer; the events go to `sender`.
pub async fn run(services: Services, mut plan: Plan, sender: mpsc::Sender<AnswerEvent>) {
    match plan.read_everything(&services, &sender).await {
        Ok(true) => {}
        // Nobody listens any more, and there is no answer yet that could be kept.
        Ok(false) => return,
        Err(error) => {
            let _gone = sender.send(failed(&error)).await;
            return;
        }
    }
    let event = match answer(&services, &plan, &sender).await {
        Ok(answer) => AnswerEvent::Done { answer: Box::new(answer) },
        Err(error) => failed(&error),
    };
    // Whoever asked may be gone; the answer is kept all the same.
    let _gone = sender.send(event).await;
}

fn failed(error: &ServiceError) -> AnswerEvent {
    tracing::warn!(error = error as &dyn std::error::Error, "an answer failed: {error}");
    AnswerEvent::Failed { kind: error.kind(), message: error.to_string() }
}

async fn answer(
    services: &Services,
    plan: &Plan,
    sender: &mpsc::Sender<AnswerEvent>,
) -> Result<Answer, ServiceError> {
    let passages: Vec<PassageUse> = plan.chosen.passages.iter().map(Passage::account).collect();
    let retrieved = AnswerEvent::Retrieved { passages: passages.clone(), mode: plan.mode };
    let mut receipt = Receipt {
        model: Some(plan.generator.info().model.clone()),
        search_query: plan.search_query.clone(),
        prompt_tokens: 0,
        cached_tokens: 0,
        completion_tokens: 0,
        context_tokens: plan.generator.info().context_tokens as u32,
        passages,
        dropped: plan.chosen.dropped.clone(),
        dropped_turns: plan.chosen.dropped_turns,
        truncated: false,
        stopped: false,
        mode_reason: plan.mode_reason,
        limited_to: plan.limited_to.clone(),
        check: None,
    };
    let mut timings = Timings { retrieve_ms: plan.retrieve_ms, ..Timings::default() };
    let citer = Citer::new(&plan.chosen.passages, plan.collection.language);
    let mut writing = Writing::new(citer);
    receipt.stopped = sender.send(retrieved).await.is_err();
    if !receipt.stopped {
        receipt.check = plan.check(services).await?;
    }
    let is_refused = receipt.check.as_ref().is_some_and(|check| check.refused);
    if !receipt.stopped && !plan.chosen.passages.is_empty() && !is_refused {
        let generation = start(plan).await?;
        let mut account = (&mut receipt, &mut timings);
        follow(plan, generation, &mut writing, sender, &mut account).await?;
    }
    let is_cut = receipt.stopped || receipt.truncated;
    let written = writing.finish(if is_cut { Ending::Cut } else { Ending::Whole });
    for event in written.events {
        let _gone = sender.send(event).await;
    }
    timings.total_ms = plan.started.elapsed().as_millis() as u64;
    for passage in &mut receipt.passages {
        passage.used =
            written.citations.iter().any(|citation| citation.chunk_id == passage.chunk_id);
    }
    let answered =
        written.sentences.iter().any(|sentence| sentence.support != Support::Unsupported);
    let (text, sentences) = if written.text.is_empty() && !receipt.stopped {
        (ABSTENTION.to_owned(), Vec::new())
    } else {
        (written.text, written.sentences)
    };
    let nearest = if answered || receipt.stopped { Vec::new() } else { plan.nearest() };
    let mut answer = Answer {
        answered,
        mode: plan.mode,
        answer: text,
        sentences,
        citations: written.citations,
        nearest,
        receipt,
        timings,
        conversation_id: plan.conversation_id.clone(),
        coverage: plan.coverage,
        trace: Some(Box::new(plan.trace())),
    };
    services.keep_turn(plan, &answer).await?;
    if !plan.explain {
        answer.trace = None;
    }
    tracing::info!(
        duration_ms = timings.total_ms,
        "answered a question in {} ms",
        timings.total_ms
    );
    Ok(answer)
}

async fn start(plan: &Plan) -> Result<Generation, ServiceError> {
    let mut request = GenerateRequest::greedy(Prompt::Chat(plan.prompt()), plan.answer_tokens);
    request.sampling.seed = plan.seed;
    Ok(plan.generator.generate(request).await?)
}

/// Follows a generation to its end, or until nobody listens any more.
async fn follow(
    plan: &Plan,
    mut generation: Generation,
    writing: &mut Writing<'_>,
    sender: &mpsc::Sender<AnswerEvent>,
    account: &mut (&mut Receipt, &mut Timings),
) -> Result<(), ServiceError> {
    let (receipt, timings) = account;
    while let Some(event) = generation.recv().await {
        match event {
            GenerateEvent::Started { prompt_tokens, cached_tokens } => {
                receipt.prompt_tokens = prompt_tokens as u32;
                receipt.cached_tokens = cached_tokens as u32;
            }
            GenerateEvent::Token { .. } => {}
            GenerateEvent::Text(text) => {
                if timings.first_token_ms == 0 {
                    timings.first_token_ms = plan.started.elapsed().as_millis() as u64;
                }
                receipt.completion_tokens += 1;
                for event in writing.push(&text) {
                    if sender.send(event).await.is_err() {
                        receipt.stopped = true;
                        return Ok(());
                    }
                }
                if writing.repeats() {
                    return Ok(());
                }
            }
            GenerateEvent::Finished { reason, completion_tokens } => {
                receipt.completion_tokens = completion_tokens as u32;
                receipt.truncated = reason == FinishReason::Length;
                return Ok(());
            }
            GenerateEvent::Failed(error) => return Err(error.into()),
        }
    }
    receipt.truncated = true;
    Ok(())
}

impl Plan {
    /// Reads everything where that is wanted; false when nobody listens any more.
    async fn read_everything(
        &mut self,
        services: &Services,
        sender: &mpsc::Sender<AnswerEvent>,
    ) -> Result<bool, ServiceError> {
        let Some(reading) = self.reading.take() else { return Ok(true) };
        let analyzer = Analyzer::new(self.collection.language);
        let context = self.generator.info().context_tokens;
        let room = context.saturating_sub(self.answer_tokens) / 2;
        let task = Task {
            services,
            question: &self.search_query,
            generator: self.generator.as_ref(),
            analyzer: &analyzer,
            room: room.min(NOTES_BUDGETS * services.config().passage_token_budget),
        };
        let Some((chosen, coverage)) = coverage::read(&task, reading, sender).await? else {
            return Ok(false);
        };
        self.chosen = chosen;
        self.coverage = Some(coverage);
        Ok(true)
    }

    fn prompt(&self) -> Vec<ChatMessage> {
        if let Some(notes) = &self.chosen.notes {
            return prompt::build_from_notes(notes, &self.question);
        }
        prompt::build(&self.chosen.passages, &self.chosen.history, &self.question)
    }

    /// Checks whether the passages answer the question, unless an answer is insisted on.
    async fn check(&self, services: &Services) -> Result<Option<AnswerableCheck>, ServiceError> {
        if self.insist || self.chosen.passages.is_empty() {
            return Ok(None);
        }
        let question = (self.search_query.as_str(), self.mode);
        services.check_answerable(self.generator.as_ref(), &self.prompt(), question).await
    }

    fn trace(&self) -> Trace {
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
            temperature: TEMPERATURE,
            seed: self.seed,
            max_tokens: self.answer_tokens as u32,
        }
    }

    fn nearest(&self) -> Vec<quire_domain::Hit> {
        self.chosen.passages.iter().take(NEAREST).map(|passage| passage.hit.clone()).collect()
    }
}

impl Services {
    /// Reads the earlier turns of a conversation as pairs of question and answer.
    async fn turns(&self, id: &ConversationId) -> Result<Vec<(String, String)>, ServiceError> {
        let messages = self.get_conversation(id).await?.messages;
        let mut turns: Vec<(String, String)> = Vec::new();
        for message in messages {
            match (message.role, turns.last_mut()) {
                (Role::User, _) => turns.push((message.text, String::new())),
                (Role::Assistant, Some(turn)) => turn.1 = message.text,
                (Role::Assistant, None) => {}
            }
        }
        Ok(turns)
    }

    /// Adds question and answer to the conversation, where there is one.
    async fn keep_turn(&self, plan: &Plan, answer: &Answer) -> Result<(), ServiceError> {
        let Some(id) = &plan.conversation_id else { return Ok(()) };
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let created_at_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        let message = |role, text: &str, answer| Message {
            role,
            text: text.to_owned(),
            answer,
            created_at_ms,
        };
        let messages = vec![
            message(Role::User, &plan.question, None),
            message(Role::Assistant, &answer.answer, Some(answer.clone())),
        ];
        let conversation = self.inner.catalog.get_conversation(id).await?;
        self.inner.catalog.append_messages(id, messages).await?;
        if conversation.title == UNTITLED {
            let title: String = plan.question.chars().take(80).collect();
            self.inner.catalog.rename_conversation(id, &title).await?;
        }
        Ok(())
    }
}
