//! A text with citation marks, such as `[1]`, after the sentences that rest on quotes, and where each mark stands.

use quire_domain::{Citation, VectorStoreId};

use super::step::Cited;

/// A mark and the quote behind it.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The quote.
    pub citation: Citation,
    /// Where the mark starts in the text, in code points.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The vector store that its document is in, if stores were searched.
    pub store: Option<VectorStoreId>,
}

/// Puts marks into a text that is told piece by piece.
#[derive(Debug, Default)]
pub struct Marked {
    /// How much was told, in code points.
    length: usize,
    /// The marks so far.
    pub marks: Vec<Mark>,
}

impl Marked {
    /// Goes on with text that needs no marks.
    pub fn text(&mut self, text: &str) {
        self.length += text.chars().count();
    }

    /// Goes on with a sentence, and gives it with its marks.
    pub fn sentence(&mut self, cited: &Cited) -> String {
        let mut text = cited.text.clone();
        let mut position = self.length + text.chars().count();
        for (number, citation) in cited.citations.iter().enumerate() {
            if number == 0 {
                text.push(' ');
                position += 1;
            }
            let mark = format!("[{}]", citation.index);
            let end = position + mark.chars().count();
            let store = cited.stores.get(&citation.document.id).cloned();
            self.marks.push(Mark { citation: citation.clone(), start: position, end, store });
            text.push_str(&mark);
            position = end;
        }
        self.length = position;
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::turn::sentences::Sentences;
    use quire_domain::{DocumentRef, PageKind, Sentence, Support};

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
                page_kind: PageKind::Page,
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
    fn marks_follow_sentences_and_say_where_they_stand() {
        let answer = "Größe zählt.\nZwei. Drei";
        let (mut sentences, mut marked) = (Sentences::default(), Marked::default());
        sentences.add_citations(&[citation(1), citation(2)]);
        let first = sentences.next(&sentence("Größe zählt.", 0, &[1, 2]), answer);
        let mut text = marked.sentence(&first);
        text += &marked.sentence(&sentences.next(&sentence("Zwei.", 13, &[2]), answer));
        text += &sentences.rest(answer);
        assert_eq!(text, "Größe zählt. [1][2]\nZwei. [2] Drei");
        let points: Vec<char> = text.chars().collect();
        let shown = |mark: &Mark| points[mark.start..mark.end].iter().collect::<String>();
        let marks: Vec<String> = marked.marks.iter().map(shown).collect();
        assert_eq!(marks, ["[1]", "[2]", "[2]"]);
    }
}
