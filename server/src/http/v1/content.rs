//! A grounded answer as the content of a chat message: citation marks after each sentence, and an
//! annotation for each mark.

use quire_domain::{
    Answer, AnswerMode, AnswerNotice, Citation, Coverage, Hit, Receipt, Sentence, Timings,
};
use serde::Serialize;
use serde_json::{Value, json};

/// Builds the content of a message, sentence by sentence, with the annotations that belong to it.
///
/// Indices count code points of the content; an annotation covers its mark, such as `[1]`.
#[derive(Debug, Default)]
pub struct Content {
    /// Where links are to lead: scheme and host of this server.
    pub base_url: String,
    length: usize,
    answer_position: usize,
    citations: Vec<Citation>,
    annotations: Vec<Value>,
}

impl Content {
    /// Begins an empty message.
    pub fn new(base_url: String) -> Self {
        Self { base_url, ..Self::default() }
    }

    /// Gives the annotations of the evidence, which stands before the content: each covers nothing at its
    /// beginning.
    pub fn evidence(&self, evidence: &[Citation]) -> Vec<Value> {
        evidence.iter().map(|quote| annotation(quote, &self.base_url, 0, 0)).collect()
    }

    /// Makes known the citations that sentences may name.
    pub fn add_citations(&mut self, citations: &[Citation]) {
        self.citations.extend_from_slice(citations);
    }

    /// Gives the text to append for a sentence: what stands between it and the one before it in
    /// `answer`, the sentence, and its marks.
    pub fn sentence(&mut self, sentence: &Sentence, answer: &str) -> String {
        let gap = sentence.start.saturating_sub(self.answer_position);
        let mut text: String = answer.chars().skip(self.answer_position).take(gap).collect();
        if text.is_empty() && self.length > 0 {
            text.push(' ');
        }
        text.push_str(sentence.text.trim_end());
        self.answer_position = sentence.end;
        let mut position = self.length + text.chars().count();
        for (number, index) in sentence.citations.iter().enumerate() {
            if number == 0 {
                text.push(' ');
                position += 1;
            }
            let mark = format!("[{index}]");
            let end = position + mark.chars().count();
            if let Some(citation) = self.citations.iter().find(|known| known.index == *index) {
                self.annotations.push(annotation(citation, &self.base_url, position, end));
            }
            text.push_str(&mark);
            position = end;
        }
        self.length = position;
        text
    }

    /// Gives what is left of the answer after its last sentence.
    pub fn rest(&mut self, answer: &str) -> String {
        let rest: String = answer.chars().skip(self.answer_position).collect();
        let rest = rest.trim_end().to_owned();
        self.length += rest.chars().count();
        rest
    }

    /// Gives the annotations of the sentences so far.
    pub fn annotations(&self) -> Vec<Value> {
        self.annotations.clone()
    }
}

fn annotation(citation: &Citation, base_url: &str, start: usize, end: usize) -> Value {
    let title = match citation.page {
        Some(page) => format!("{}, page {page}", citation.document.title),
        None => citation.document.title.clone(),
    };
    json!({
        "type": "url_citation",
        "url_citation": {
            "url": format!("{base_url}{}", citation.url),
            "title": title,
            "start_index": start,
            "end_index": end,
        },
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use quire_domain::{DocumentRef, Support};

    fn sentence(text: &str, start: usize, citations: &[u32]) -> Sentence {
        Sentence {
            text: text.to_owned(),
            start,
            end: start + text.chars().count(),
            support: Support::Quoted,
            citations: citations.to_vec(),
            judged_by: None,
        }
    }

    fn citation(index: u32) -> Citation {
        Citation {
            index,
            document: DocumentRef {
                id: "d1".parse().expect("an id"),
                path: "a.pdf".parse().expect("a path"),
                title: "A".to_owned(),
            },
            page: Some(3),
            heading: Vec::new(),
            lines: None,
            rows: None,
            header: None,
            quote: "q".to_owned(),
            start: 0,
            end: 1,
            chunk_id: "c1".parse().expect("an id"),
            version: None,
            url: "/documents/d1".to_owned(),
            obsidian_url: None,
        }
    }

    #[test]
    fn marks_follow_sentences_and_annotations_cover_marks() {
        let answer = "Größe zählt.\nZwei. Drei";
        let mut content = Content::new("http://localhost:1".to_owned());
        content.add_citations(&[citation(1), citation(2)]);
        let mut text = content.sentence(&sentence("Größe zählt.", 0, &[1, 2]), answer);
        text += &content.sentence(&sentence("Zwei.", 13, &[2]), answer);
        text += &content.rest(answer);
        assert_eq!(text, "Größe zählt. [1][2]\nZwei. [2] Drei");
        let points: Vec<char> = text.chars().collect();
        let marks: Vec<String> = content
            .annotations()
            .iter()
            .map(|annotation| {
                let at = |name: &str| {
                    annotation["url_citation"][name].as_u64().expect("a number") as usize
                };
                points[at("start_index")..at("end_index")].iter().collect()
            })
            .collect();
        assert_eq!(marks, ["[1]", "[2]", "[2]"]);
        let first = &content.annotations()[0]["url_citation"];
        assert_eq!(first["url"], "http://localhost:1/documents/d1");
        assert_eq!(first["title"], "A, page 3");
    }
}
