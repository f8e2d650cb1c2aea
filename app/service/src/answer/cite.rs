//! Citations: each sentence with the quotes that it rests on.

use quire_domain::{Citation, JudgeUse, JudgedBy, Language, Sentence, Span, Support};
use quire_grounding::{Claim, Evidence, PreparedGround, conflicts, evidence};
use quire_language::Lexicon;

use super::passages::Passage;
use super::place::{lines_of, rows_of};
use crate::second_judge::{Ruling, SecondJudge};

/// The most passages cited for one sentence.
///
/// Set by hand: see `docs/decisions/057-passages-are-arranged-before-the-prompt.md`.
const MAX_CITATIONS: usize = 3;

/// Checks sentences against the passages and numbers the quotes as they are first used.
pub struct Citer<'a> {
    passages: &'a [Passage],
    /// The passages, taken apart, in the same order.
    grounds: Vec<PreparedGround>,
    lexicon: &'static Lexicon,
    question: String,
    citations: Vec<Citation>,
    judge: Option<SecondJudge>,
}

/// A checked sentence and the citations not used before it.
pub struct Cited {
    pub sentence: Sentence,
    pub new_citations: Vec<Citation>,
}

impl<'a> Citer<'a> {
    /// Begins the answer to a question, with a second judge if there is one.
    pub fn new(
        question: &str,
        passages: &'a [Passage],
        language: Language,
        judge: Option<SecondJudge>,
    ) -> Self {
        let lexicon = Lexicon::of(language);
        let prepare = |passage: &Passage| PreparedGround::new(passage.ground.clone(), lexicon);
        let grounds = passages.iter().map(prepare).collect();
        let question = question.to_owned();
        Self { passages, grounds, lexicon, question, citations: Vec::new(), judge }
    }

    /// Shows all citations so far, by number.
    pub fn citations(&self) -> &[Citation] {
        &self.citations
    }

    /// Gives all citations, by number, and the account of the second judge.
    pub fn finish(self) -> (Vec<Citation>, Option<JudgeUse>) {
        (self.citations, self.judge.map(SecondJudge::into_account))
    }

    /// Checks a sentence; `marks` are the numbers of the passages that the model named.
    ///
    /// The passages that the model named are kept where they support the sentence. Where none
    /// does, the best of all others is taken. The second judge, if there is one, has the last word on what
    /// is not quoted and has no false fact.
    pub async fn cite(&mut self, text: &str, span: Span, marks: &[usize]) -> Cited {
        let claim = Claim::new(text, &self.question, self.lexicon);
        let found = self.check(&claim, marks);
        let (found, judged_by) = match &mut self.judge {
            Some(judge) => {
                let ruling = judge.rule(&claim, found, &self.grounds, self.lexicon).await;
                let Ruling { evidence, judged_by } = ruling;
                (evidence, Some(judged_by))
            }
            None => (found, None),
        };
        self.number_all(text, span, found, judged_by)
    }

    /// Checks a claim against the passages that the model named, else against all.
    fn check(&self, claim: &Claim, marks: &[usize]) -> Vec<(usize, Evidence)> {
        let mut found: Vec<(usize, Evidence)> = Vec::new();
        for &mark in marks {
            let Some(index) = mark.checked_sub(1) else { continue };
            if found.iter().all(|(known, _)| *known != index) {
                found.extend(self.evidence(claim, index).map(|evidence| (index, evidence)));
            }
        }
        found.truncate(MAX_CITATIONS);
        if found.is_empty() {
            let all = (0..self.passages.len())
                .filter_map(|index| self.evidence(claim, index).map(|evidence| (index, evidence)));
            let better = |a: &Evidence, b: &Evidence| {
                let rank = |one: &Evidence| (one.support == Support::Quoted, one.coverage);
                let (a, b) = (rank(a), rank(b));
                a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
            };
            // Of equals the first is taken, which search ranked higher.
            let best =
                all.reduce(|best, next| if better(&next.1, &best.1).is_gt() { next } else { best });
            found.extend(best);
        }
        found
    }

    /// Makes a sentence of what it rests on, and numbers the quotes.
    fn number_all(
        &mut self,
        text: &str,
        span: Span,
        found: Vec<(usize, Evidence)>,
        judged_by: Option<JudgedBy>,
    ) -> Cited {
        let is_quoted = found.iter().any(|(_, evidence)| evidence.support == Support::Quoted);
        let support = match (found.is_empty(), is_quoted) {
            (true, _) => Support::Unsupported,
            (false, true) => Support::Quoted,
            (false, false) => Support::Supported,
        };
        let known = self.citations.len();
        let mut citations = Vec::new();
        for (index, evidence) in found {
            citations.extend(self.number(index, evidence));
        }
        let sentence = Sentence {
            text: text.to_owned(),
            start: span.start,
            end: span.end,
            support,
            citations,
            judged_by,
        };
        Cited { sentence, new_citations: self.citations[known..].to_vec() }
    }

    /// Finds a document that contradicts a sentence: the quotes of both, numbered, and words that
    /// say so.
    pub fn contradict(&mut self, sentence: &Sentence) -> Option<(String, Vec<u32>)> {
        let cited = self.citations.iter().find(|one| sentence.citations.contains(&one.index))?;
        let (number, quote, document) =
            (cited.index, cited.quote.clone(), cited.document.id.clone());
        let holds = |passage: &&Passage| passage.hit.chunk_id == cited.chunk_id;
        let own = &self.grounds[self.passages.iter().position(|passage| holds(&passage))?];
        let claim = Claim::new(&sentence.text, "", self.lexicon);
        let (index, span) = self.passages.iter().enumerate().find_map(|(index, passage)| {
            if passage.hit.document.id == document {
                return None;
            }
            let found = conflicts::find(&claim, own, &self.grounds[index], self.lexicon);
            found.map(|span| (index, span))
        })?;
        let evidence = Evidence { support: Support::Quoted, span, coverage: 1.0 };
        let other = self.number(index, evidence)?;
        let theirs = self.citations.iter().find(|one| one.index == other)?;
        let words = conflicts::words(self.lexicon.language(), &quote, &theirs.quote);
        Some((words, vec![number, other]))
    }

    fn evidence(&self, claim: &Claim, index: usize) -> Option<Evidence> {
        evidence::find(claim, self.grounds.get(index)?, self.lexicon).ok()
    }

    /// Gives a quote its number: a new one, or the one it has.
    fn number(&mut self, index: usize, evidence: Evidence) -> Option<u32> {
        let passage = self.passages.get(index)?;
        let hit = &passage.hit;
        let start = hit.start + evidence.span.start;
        let end = hit.start + evidence.span.end;
        let same = |citation: &&Citation| {
            citation.document.id == hit.document.id
                && citation.page == hit.page
                && (citation.start, citation.end) == (start, end)
        };
        if let Some(citation) = self.citations.iter().find(same) {
            return Some(citation.index);
        }
        let number = self.citations.len() as u32 + 1;
        self.citations.push(quote(passage, evidence.span, number)?);
        Some(number)
    }
}

/// Makes a citation of a span of a passage's stored text.
pub fn quote(passage: &Passage, span: Span, index: u32) -> Option<Citation> {
    let (hit, text) = (&passage.hit, passage.ground.text.as_str());
    let mut citation = Citation {
        index,
        document: hit.document.clone(),
        page: hit.page,
        heading: hit.heading.clone(),
        lines: hit.lines.map(|lines| lines_of(text, lines, span)),
        rows: hit.rows.map(|rows| rows_of(text, rows, span)),
        header: None,
        quote: span.slice(text)?.to_owned(),
        start: hit.start + span.start,
        end: hit.start + span.end,
        chunk_id: hit.chunk_id.clone(),
        version: hit.version.clone(),
        url: String::new(),
        obsidian_url: hit.obsidian_url.clone(),
    };
    citation.url = citation.target().url();
    Some(citation)
}
