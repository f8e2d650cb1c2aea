//! Questions made from a collection's own passages, with answers that stand in them word for word.
//!
//! The model proposes a question and an answer; the program keeps them only if the passage has the
//! answer, if the question does not give it away, and if it can be understood without the passage.

use std::collections::HashSet;
use std::pin::Pin;

use futures::{Stream, StreamExt};
use quire_domain::{
    Collection, CollectionName, DocumentId, EvaluationQuestion, ModelId, PageOfDocument,
    SuggestionEvent,
};
use quire_engines::{ChatMessage, ChatRole, GenerateRequest, Generator, Prompt, Written};
use quire_language::Analyzer;
use quire_vectorstore::IndexId;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tracing::Instrument;

use super::answer_metrics::compare;
use crate::answer::Passage;
use crate::{ServiceError, Services};

/// The steps of making questions; dropping it stops at the next passage.
pub type SuggestionStream = Pin<Box<dyn Stream<Item = SuggestionEvent> + Send>>;

const INSTRUCTIONS: &str = "You write questions for testing a search engine. You are given a passage. \
Write one question that the passage answers, in the language of the passage. \
Name the people, things and years that the question is about, so that it can be understood without the passage. \
Then write the answer: a few words copied from the passage exactly. Use this form:\n\
Question: How many wheels does the Model 7 cart have?\n\
Answer: three wheels";

/// Words by which a question shows that it only makes sense beside its passage.
const POINTERS: &[&str] = &[
    "passage",
    "the text",
    "this text",
    "document",
    "above",
    "excerpt",
    "abschnitt",
    "dem text",
    "im text",
    "dokument",
    "tekst",
    "passage",
    "texte",
    "extrait",
    "texto",
    "pasaje",
];

/// Tokens enough for a question and a short answer.
const MAX_TOKENS: usize = 96;
/// Passages with fewer terms have little to ask about.
///
/// Set by hand, with the next three: see `docs/decisions/061-questions-come-from-passages.md`.
const MIN_TERMS: usize = 12;
/// Terms of the question that the passage must have.
const MIN_SHARED: usize = 2;
/// The longest answer, in words: more is a quotation, not an answer.
const MAX_ANSWER_WORDS: usize = 15;
/// Passages tried for each question wanted.
const TRIES: u32 = 4;
/// The most questions made at once.
const MAX_COUNT: u32 = 500;

/// What questions to make.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct SuggestRequest {
    /// How many, 1 to 500.
    pub count: u32,
    /// The chat model that proposes them; the service's default if absent.
    #[serde(default)]
    pub model: Option<ModelId>,
}

impl Services {
    /// Makes questions from passages all over a collection. Nothing is kept: see
    /// `Evaluations::set_questions`.
    pub async fn suggest_questions(
        &self,
        name: &CollectionName,
        request: SuggestRequest,
    ) -> Result<SuggestionStream, ServiceError> {
        if request.count == 0 || request.count > MAX_COUNT {
            return Err(ServiceError::OutOfRange {
                what: "count",
                value: request.count,
                most: MAX_COUNT,
            });
        }
        let collection = self.inner.catalog.get_collection(name).await?;
        let generator = self.models.get_generator(request.model.as_ref()).await?;
        let documents = self.inner.catalog.list_indexed(&collection.index_id).await?;
        if documents.is_empty() {
            return Err(ServiceError::NothingIndexed { collection: name.clone() });
        }
        let documents = documents.into_iter().map(|(id, _)| id).collect();
        let (sender, receiver) = mpsc::channel(16);
        let services = self.clone();
        let work = async move {
            let mut making = Making { services: &services, collection: &collection, documents };
            let event = match making.run(generator.as_ref(), request.count, &sender).await {
                Ok(None) => return,
                Ok(Some(done)) => done,
                Err(error) => {
                    SuggestionEvent::Failed { kind: error.kind(), message: error.to_string() }
                }
            };
            let _gone = sender.send(event).await;
        };
        tokio::spawn(work.in_current_span());
        Ok(ReceiverStream::new(receiver).boxed())
    }
}

struct Making<'a> {
    services: &'a Services,
    collection: &'a Collection,
    documents: Vec<DocumentId>,
}

impl Making<'_> {
    /// Makes the questions; `None` when nobody listens any more.
    async fn run(
        &mut self,
        generator: &dyn Generator,
        count: u32,
        sender: &mpsc::Sender<SuggestionEvent>,
    ) -> Result<Option<SuggestionEvent>, ServiceError> {
        let analyzer = Analyzer::new(self.collection.language);
        let (mut suggested, mut passed) = (0, 0);
        let mut tried = HashSet::new();
        for turn in 0..count.saturating_mul(TRIES) {
            if suggested == count {
                break;
            }
            let Some(passage) = self.pick(turn).await? else { continue };
            if !tried.insert(passage.hit.chunk_id.clone()) {
                continue;
            }
            let proposal = if analyzer.terms(&passage.ground.text).len() >= MIN_TERMS {
                propose(generator, &passage).await?
            } else {
                None
            };
            let question = proposal.filter(|one| is_sound(one, &passage, &analyzer));
            let event = if let Some(proposal) = question {
                suggested += 1;
                SuggestionEvent::Suggested { question: Box::new(proposal.about(&passage)) }
            } else {
                passed += 1;
                SuggestionEvent::Passed { passed }
            };
            if sender.send(event).await.is_err() {
                return Ok(None);
            }
        }
        Ok(Some(SuggestionEvent::Done { suggested, passed }))
    }

    /// Picks a passage. Turn by turn the picks spread evenly over the documents and over the places
    /// in them: multiples of an irrational number, modulo 1, fill the unit interval evenly.
    async fn pick(&self, turn: u32) -> Result<Option<Passage>, ServiceError> {
        let Some(id) = self.documents.get(spread(turn, GOLDEN_RATIO, self.documents.len())) else {
            return Ok(None);
        };
        let ids = std::slice::from_ref(id);
        let found = self.services.inner.catalog.get_indexed(&self.collection.index_id, ids).await?;
        // It may have been deleted meanwhile.
        let Some(indexed) = found.first() else { return Ok(None) };
        let index: IndexId = self.collection.index_id.parse()?;
        let mut passages = self.services.document_passages(&index, indexed).await?.into_passages();
        if passages.is_empty() {
            return Ok(None);
        }
        let place = spread(turn, std::f64::consts::SQRT_2, passages.len());
        Ok(Some(passages.swap_remove(place)))
    }
}

/// The number whose multiples are spread most evenly.
const GOLDEN_RATIO: f64 = 1.618_033_988_749_895;

fn spread(turn: u32, irrational: f64, length: usize) -> usize {
    let place = (f64::from(turn) * irrational).fract();
    ((place * length as f64) as usize).min(length.saturating_sub(1))
}

/// What the model proposed.
#[derive(Debug, PartialEq)]
struct Proposal {
    question: String,
    answer: String,
}

impl Proposal {
    /// Reads the model's reply; `None` if it did not keep to the form.
    fn read(reply: &str) -> Option<Self> {
        let decoration = ['"', '“', '”', '*', '`', ' '];
        let field = |name: &str| {
            let mut lines = reply.lines().map(|line| line.trim_start_matches(decoration));
            let value = lines.find_map(|line| line.strip_prefix(name))?;
            let value = value.trim_matches(decoration);
            (!value.is_empty()).then(|| value.to_owned())
        };
        let answer = field("Answer:")?;
        let answer = answer.trim_end_matches('.').trim_matches(decoration).to_owned();
        Some(Self { question: field("Question:")?, answer })
    }

    fn about(self, passage: &Passage) -> EvaluationQuestion {
        let hit = &passage.hit;
        let path = hit.document.path.to_string();
        let page = hit.page.map(|page| PageOfDocument { path: path.clone(), page });
        EvaluationQuestion {
            id: hit.chunk_id.to_string(),
            question: self.question,
            documents: vec![path],
            pages: page.into_iter().collect(),
            answers: vec![self.answer],
            answerable: true,
            ..EvaluationQuestion::default()
        }
    }
}

async fn propose(
    generator: &dyn Generator,
    passage: &Passage,
) -> Result<Option<Proposal>, ServiceError> {
    let text = format!("Title: {}\n\n{}", passage.hit.document.title, passage.hit.text.trim());
    let prompt = Prompt::direct(vec![
        ChatMessage::new(ChatRole::System, INSTRUCTIONS),
        ChatMessage::new(ChatRole::User, text),
    ]);
    let generation = generator.generate(GenerateRequest::greedy(prompt, MAX_TOKENS)).await?;
    Ok(Proposal::read(&Written::wait_for(generation).await?.text))
}

/// Returns whether a proposal can be asked: see the module's text.
fn is_sound(proposal: &Proposal, passage: &Passage, analyzer: &Analyzer) -> bool {
    let Proposal { question, answer } = proposal;
    let lower = question.to_lowercase();
    let words = answer.split_whitespace().count();
    let known = [answer.clone()];
    let given_away = compare(question, &known).contains;
    let stands_there = compare(&passage.ground.text, &known).contains;
    let own: HashSet<String> = analyzer.terms(&passage.ground.text).into_iter().collect();
    let title: HashSet<String> = analyzer.terms(&passage.ground.context).into_iter().collect();
    let asked: HashSet<String> = analyzer.terms(question).into_iter().collect();
    let shared = asked.iter().filter(|term| own.contains(*term) || title.contains(*term)).count();
    question.ends_with('?')
        && !POINTERS.iter().any(|pointer| lower.contains(pointer))
        && words <= MAX_ANSWER_WORDS
        && stands_there
        && !given_away
        && shared >= MIN_SHARED
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn replies_are_read_where_they_keep_to_the_form() {
        let expected = Proposal { question: "When was it built?".into(), answer: "1987".into() };
        for reply in [
            "Question: When was it built?\n**Answer:** 1987.",
            " Question: When was it built?\nAnswer: \"1987\".\nNote: more",
        ] {
            assert_eq!(Proposal::read(reply).as_ref(), Some(&expected), "{reply}");
        }
        assert_eq!(Proposal::read("I cannot."), None);
    }

    #[test]
    fn picks_spread_over_all() {
        let picked: HashSet<usize> = (0..40).map(|turn| spread(turn, GOLDEN_RATIO, 20)).collect();
        assert!(picked.len() > 17, "{picked:?}");
        assert_eq!(spread(7, GOLDEN_RATIO, 1), 0);
    }
}
