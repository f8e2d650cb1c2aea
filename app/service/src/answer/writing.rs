//! The answer as it is written: marks taken out, sentences checked as soon as they end.

use quire_domain::text::byte_offset;
use quire_domain::{AnswerEvent, Citation, JudgeUse, Sentence, Span, Support};

use super::cite::Citer;
use super::echo::EchoFilter;
use super::marks::{MarkFilter, Piece};
use super::opening::OpeningFilter;
use super::repetition::{self, Repetition, Said};
use quire_language::sentences;

/// An answer in the making.
pub struct Writing<'a> {
    citer: Citer<'a>,
    opening: OpeningFilter,
    filter: MarkFilter,
    echo: EchoFilter,
    text: String,
    /// Code points of `text` that were sent.
    sent: usize,
    /// Where each mark stands in `text`, in code points, and what it names.
    marks: Vec<(usize, Vec<usize>)>,
    sentences: Vec<Sentence>,
    repeats: bool,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// The model had said everything.
    Whole,
    /// It was stopped, or reached its limit, and the last sentence may be half.
    Cut,
}

/// A finished answer.
pub struct Written {
    /// The text, empty where the model found no answer.
    pub text: String,
    /// Its sentences.
    pub sentences: Vec<Sentence>,
    /// All citations.
    pub citations: Vec<Citation>,
    /// What the second judge did, if there is one.
    pub judge: Option<JudgeUse>,
    /// The last events.
    pub events: Vec<AnswerEvent>,
    /// Whether it was cut where the model began to repeat itself.
    pub repeats: bool,
    /// Words of the prompt that the model repeated, and that were taken out.
    pub echoes: Vec<String>,
}

impl<'a> Writing<'a> {
    /// Starts an empty answer, out of which echoes of the prompt are taken.
    pub fn new(citer: Citer<'a>, echo: EchoFilter) -> Self {
        Self {
            citer,
            opening: OpeningFilter::default(),
            filter: MarkFilter::default(),
            echo,
            text: String::new(),
            sent: 0,
            marks: Vec::new(),
            sentences: Vec::new(),
            repeats: false,
        }
    }

    /// Starts a reply to a chat, which was not asked to say first if there is an answer.
    pub fn of_chat(citer: Citer<'a>, echo: EchoFilter) -> Self {
        Self { opening: OpeningFilter::passed(), ..Self::new(citer, echo) }
    }

    /// Says whether the model has begun to repeat itself: what follows tells nothing new.
    pub fn repeats(&self) -> bool {
        self.repeats
    }

    /// Takes more of the model's text; nothing any more once it repeats itself.
    pub async fn push(&mut self, text: &str) -> Vec<AnswerEvent> {
        if self.repeats {
            return Vec::new();
        }
        let pieces = self.filter.push(&self.opening.push(text));
        let pieces = self.echo.push(pieces);
        self.take(pieces);
        let mut spans = sentences::split(&self.text);
        // The last sentence may still grow, and a mark behind it may still come.
        let mut complete = spans.len().saturating_sub(1);
        match repetition::find(&self.said(&spans, complete)) {
            Repetition::None => {}
            // What may be the beginning of a loop is shown once that is settled.
            Repetition::Possible(start) => complete = start,
            Repetition::Loop(start) => {
                self.cut(&mut spans, start);
                complete = start;
            }
        }
        let mut events: Vec<AnswerEvent> = self.unsent().into_iter().collect();
        events.extend(self.check(&spans, complete).await);
        events
    }

    /// Ends the answer. Half a sentence that nothing bears stays in the text, but is no sentence: it
    /// would be marked for what it does not say.
    pub async fn finish(mut self, ending: Ending) -> Written {
        let mut pieces = self.filter.push(&self.opening.finish());
        pieces.extend(self.filter.finish());
        pieces = self.echo.push(pieces);
        pieces.extend(self.echo.finish());
        self.take(pieces);
        if self.opening.is_not_stated() {
            let (citations, judge) = self.citer.finish();
            return Written {
                text: String::new(),
                sentences: Vec::new(),
                citations,
                judge,
                events: Vec::new(),
                repeats: false,
                echoes: self.echo.into_echoes(),
            };
        }
        let mut spans = sentences::split(&self.text);
        if let Repetition::Loop(start) = repetition::find(&self.said(&spans, spans.len())) {
            self.cut(&mut spans, start);
        }
        let mut events: Vec<AnswerEvent> = self.unsent().into_iter().collect();
        let is_half = ending == Ending::Cut
            && !self.repeats
            && spans.last().is_some_and(|it| !self.is_complete(it));
        events.extend(self.check(&spans, spans.len() - usize::from(is_half)).await);
        let half = if is_half { self.check(&spans, spans.len()).await } else { Vec::new() };
        if half.iter().any(bears_nothing) {
            self.sentences.pop();
        } else {
            events.extend(half);
        }
        events.extend(self.say_conflicts());
        let text = self.text.trim_end().to_owned();
        let (citations, judge) = self.citer.finish();
        let Self { sentences, repeats, echo, .. } = self;
        let echoes = echo.into_echoes();
        Written { text, sentences, citations, judge, events, repeats, echoes }
    }

    /// Adds a sentence for each document that contradicts one of the answer's.
    fn say_conflicts(&mut self) -> Vec<AnswerEvent> {
        let mut events = Vec::new();
        for sentence in self.sentences.clone() {
            let known = self.citer.citations().len();
            let Some((text, citations)) = self.citer.contradict(&sentence) else { continue };
            let end = self.text.trim_end().len();
            self.text.truncate(end);
            self.sent = self.sent.min(self.text.chars().count());
            self.text.push_str("\n\n");
            let start = self.text.chars().count();
            self.text.push_str(&text);
            let end = self.text.chars().count();
            events.extend(self.unsent());
            let support = Support::Quoted;
            let sentence = Sentence { text, start, end, support, citations, judged_by: None };
            self.sentences.push(sentence.clone());
            let citations = self.citer.citations()[known..].to_vec();
            events.push(AnswerEvent::Sentence { sentence, citations });
        }
        events
    }

    /// Lists the first `complete` sentences as far as repeating them goes. The marks of one end where
    /// the next begins, so the sentence that still grows has to be known.
    fn said(&self, spans: &[Span], complete: usize) -> Vec<Said> {
        let one = |(index, span): (usize, &Span)| Said {
            words: span.slice(&self.text).unwrap_or_default().to_lowercase(),
            marks: self.marks_of(spans, index),
        };
        spans.iter().enumerate().take(complete).map(one).collect()
    }

    /// Lists the passages that the model named for a sentence.
    fn marks_of(&self, spans: &[Span], index: usize) -> Vec<usize> {
        // A mark after a full stop, but before the next sentence, belongs to the one before.
        let from = if index == 0 { 0 } else { spans[index].start + 1 };
        let until = spans.get(index + 1).map_or(usize::MAX, |next| next.start);
        let marks = self.marks.iter().filter(|(at, _)| (from..=until).contains(at));
        marks.flat_map(|(_, numbers)| numbers.clone()).collect()
    }

    /// Ends the answer before a sentence.
    fn cut(&mut self, spans: &mut Vec<Span>, index: usize) {
        let start = spans[index].start;
        self.marks.retain(|(at, _)| *at <= start);
        let end = byte_offset(&self.text, start).unwrap_or(self.text.len());
        self.text.truncate(end);
        self.text.truncate(self.text.trim_end().len());
        self.sent = self.sent.min(self.text.chars().count());
        self.repeats = true;
        spans.truncate(index);
    }

    /// Says whether the last sentence ends as sentences do.
    fn is_complete(&self, last: &Span) -> bool {
        let text = last.slice(&self.text).unwrap_or_default();
        text.ends_with(['.', '!', '?']) || self.text.ends_with('\n')
    }

    fn take(&mut self, pieces: Vec<Piece>) {
        for piece in pieces {
            match piece {
                Piece::Text(text) if self.text.is_empty() => self.text.push_str(text.trim_start()),
                Piece::Text(text) => self.text.push_str(&text),
                Piece::Mark(numbers) => self.marks.push((self.text.chars().count(), numbers)),
            }
        }
    }

    fn unsent(&mut self) -> Option<AnswerEvent> {
        let from = byte_offset(&self.text, self.sent)?;
        let text = self.text[from..].to_owned();
        self.sent += text.chars().count();
        (!text.is_empty()).then_some(AnswerEvent::Token { text })
    }

    /// Checks the sentences up to number `complete` that were not checked before.
    async fn check(&mut self, spans: &[Span], complete: usize) -> Vec<AnswerEvent> {
        let mut events = Vec::new();
        while self.sentences.len() < complete {
            let index = self.sentences.len();
            let span = spans[index];
            let text = span.slice(&self.text).unwrap_or_default().to_owned();
            let marks = self.marks_of(spans, index);
            let cited = self.citer.cite(&text, span, &marks).await;
            self.sentences.push(cited.sentence.clone());
            events.push(AnswerEvent::Sentence {
                sentence: cited.sentence,
                citations: cited.new_citations,
            });
        }
        events
    }
}

/// Says whether an event is a sentence that no passage supports.
fn bears_nothing(event: &AnswerEvent) -> bool {
    matches!(event, AnswerEvent::Sentence { sentence, .. } if sentence.support == Support::Unsupported)
}
