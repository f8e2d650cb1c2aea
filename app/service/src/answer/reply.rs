//! Replies in chats that are not Quire's, such as those with tools: the passages that the model reads there, and the check of
//! what it says. The rule is that of answers: a sentence is cited only with words of a document that support it.

use quire_domain::{AnswerEvent, AnswerMode, CollectionName, Language, ModelId, Scope};
use quire_engines::FinishReason;
use quire_language::Lexicon;

use super::arrange::arrange;
use super::budget::Budget;
use super::cite::Citer;
use super::echo::EchoFilter;
use super::excerpt::{make_excerpts, needed_tokens};
use super::followup::{leans_on_earlier, with_earlier};
use super::passages::{Found, Wanted};
use super::prompt::{self, Asked};
use super::selection::Selection;
use super::writing::{Ending, Writing};
use crate::search::Beside;
use crate::{ServiceError, Services};

/// What passages are wanted for a chat.
#[derive(Clone, Debug)]
pub struct PassageRequest {
    /// What is asked.
    pub question: String,
    /// What was asked before it, which it may lean on.
    pub earlier: Option<String>,
    /// Which documents of the collection count.
    pub scope: Scope,
    /// Collections that count as well.
    pub beside: Vec<Beside>,
    /// The chat model that reads the passages; the default one if none is named.
    pub model: Option<ModelId>,
    /// How many tokens of that model the chat takes without them.
    pub chat_tokens: usize,
    /// The most tokens of the reply. No more are kept free for it than for an answer.
    pub max_tokens: Option<usize>,
}

/// Passages for a chat.
pub struct ReplyPassages {
    searched: String,
    language: Language,
    selection: Selection,
}

/// A reply that is checked while it streams.
pub struct ReplyCheck<'a> {
    writing: Writing<'a>,
}

impl Services {
    /// Finds the passages that the model is to read in a chat: as many as the question needs and the context has room for.
    pub async fn find_reply_passages(
        &self,
        collection: &CollectionName,
        request: &PassageRequest,
    ) -> Result<ReplyPassages, ServiceError> {
        let question = request.question.trim();
        if question.is_empty() {
            return Err(ServiceError::Empty { what: "question" });
        }
        let collection = self.inner.catalog.get_collection(collection).await?;
        let language = collection.language;
        let lexicon = Lexicon::of(language);
        let searched = match &request.earlier {
            Some(earlier) if leans_on_earlier(question, lexicon) => with_earlier(earlier, question),
            _ => question.to_owned(),
        };
        let scoped = self.resolve_all((collection, &request.scope), &request.beside).await?;
        let config = self.config();
        let needed = needed_tokens(&searched, lexicon, config.passage_token_budget);
        let mode = Some(AnswerMode::Retrieval);
        let wanted = Wanted { query: &searched, scoped: &scoped, mode, whole: None, needed };
        let Found { mut selection, .. } = self.find_grounds(wanted).await?;
        let generator = self.models.get_generator(request.model.as_ref()).await?;
        let limit = config.answer_token_limit;
        let answer_tokens = request.max_tokens.map_or(limit, |most| most.min(limit));
        let frame = generator.count_tokens(prompt::IN_CHAT);
        let taken = request.chat_tokens + answer_tokens + frame;
        let room = generator.info().context_tokens.saturating_sub(taken);
        arrange(&searched, &mut selection, lexicon);
        let count = |text: &str| generator.count_tokens(text);
        make_excerpts(&searched, &mut selection, lexicon, (needed.min(room), &count));
        let budget = Budget {
            generator: generator.as_ref(),
            lexicon,
            asked: Asked { question, history: &[], instructions: "" },
            passage_tokens: config.passage_token_budget,
            answer_tokens,
        };
        budget.choose_passages(&mut selection, room);
        Ok(ReplyPassages { searched, language, selection })
    }

    /// Begins the check of a reply that rests on passages.
    pub fn check_reply<'a>(&self, passages: &'a ReplyPassages) -> ReplyCheck<'a> {
        let ReplyPassages { searched, language, selection } = passages;
        let judge = self.models.second_judge(*language);
        let citer = Citer::new(searched, selection.passages(), *language, judge);
        ReplyCheck { writing: Writing::of_chat(citer, EchoFilter::of(selection.passages())) }
    }
}

impl ReplyPassages {
    /// Writes what the model reads before the message that asks.
    pub fn before_message(&self) -> String {
        prompt::before_message(self.selection.passages())
    }
}

impl ReplyCheck<'_> {
    /// Takes more of the reply, and gives what of it is told: its text, and each sentence when it has been checked.
    pub async fn push(&mut self, text: &str) -> Vec<AnswerEvent> {
        self.writing.push(text).await
    }

    /// Returns whether the model repeats itself, so that nothing more is told.
    pub fn repeats(&self) -> bool {
        self.writing.repeats()
    }

    /// Ends the check, and gives what is left to be told, with the whole text of the reply.
    pub async fn finish(self, reason: FinishReason) -> (Vec<AnswerEvent>, String) {
        let ending = match reason {
            FinishReason::Length => Ending::Cut,
            FinishReason::Stop | FinishReason::ToolCalls => Ending::Whole,
        };
        let written = self.writing.finish(ending).await;
        (written.events, written.text)
    }
}
