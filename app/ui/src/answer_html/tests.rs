//! What stands where in a rendered answer.

use quire_domain::{DocumentRef, PageKind};

use super::*;

fn sentence(answer: &str, text: &str, support: Support) -> Sentence {
    let byte = answer.find(text).expect("the sentence is in the answer");
    let start = answer[..byte].chars().count();
    let citations = if support == Support::Unsupported { vec![] } else { vec![1] };
    let end = start + text.chars().count();
    Sentence { text: text.to_owned(), start, end, support, citations, judged_by: None }
}

fn citation() -> Citation {
    Citation {
        index: 1,
        document: DocumentRef {
            id: "doc1".parse().expect("an id"),
            path: "a.pdf".parse().expect("a path"),
            title: "A \"big\" report".to_owned(),
            page_kind: PageKind::Page,
        },
        page: Some(3),
        heading: vec![],
        lines: None,
        rows: None,
        header: None,
        quote: "quote".to_owned(),
        start: 0,
        end: 5,
        chunk_id: "chunk1".parse().expect("an id"),
        version: Some("0a".parse().expect("a version")),
        url: String::new(),
        obsidian_url: None,
    }
}

fn render(text: &str, sentences: &[(&str, Support)]) -> String {
    let sentences: Vec<Sentence> =
        sentences.iter().map(|(part, support)| sentence(text, part, *support)).collect();
    answer_html(AnswerText { text, sentences: &sentences, citations: &[citation()] })
}

const FOOTNOTE: &str = "<sup class=\"footnotes\"><a class=\"footnote\" href=\"/d/doc1?page=3&amp;start=0&amp;end=5&amp;version=0a&amp;quote=quote#quote\" data-citation=\"1\" aria-label=\"Source 1: A &quot;big&quot; report, page 3\" title=\"A &quot;big&quot; report, page 3\">1</a></sup>";

#[test]
fn footnotes_stand_right_after_their_sentence() {
    let html = render(
        "Größe zählt. It was 4 % 😀. Then more.",
        &[("Größe zählt.", Support::Quoted), ("It was 4 % 😀.", Support::Supported)],
    );
    assert_eq!(
        html,
        format!("<p>Größe zählt.{FOOTNOTE} It was 4 % 😀.{FOOTNOTE} Then more.</p>\n")
    );
}

#[test]
fn markdown_is_rendered_and_footnotes_stay_inside_its_blocks() {
    let html = render(
        "Two things:\n\n- **First one.**\n- Second *one*.\n",
        &[("**First one.**", Support::Quoted), ("Second *one*.", Support::Quoted)],
    );
    assert!(html.contains(&format!("<strong>First one.</strong>{FOOTNOTE}</li>")), "{html}");
    assert!(html.contains(&format!("Second <em>one</em>.{FOOTNOTE}</li>")), "{html}");
}

#[test]
fn unsupported_sentences_look_different_and_say_so_once() {
    let html = render(
        "Paris is nice. It is big. Known.",
        &[
            ("Paris is nice.", Support::Unsupported),
            ("It is big.", Support::Unsupported),
            ("Known.", Support::Quoted),
        ],
    );
    assert_eq!(html.matches("<span class=\"unsupported\">").count(), 2, "{html}");
    assert_eq!(html.matches("unsupported-label").count(), 1, "{html}");
    assert!(html.contains("Known.<sup"), "{html}");
}

#[test]
fn nothing_in_an_answer_can_load_or_run() {
    let html = render(
        "<script>alert(1)</script>\n\nText <img src=https://x.y/z.png> ![cat](https://x.y/c.png) [here](https://x.y) [run](javascript:alert(1))\n\n<iframe src=https://x.y></iframe>",
        &[],
    );
    for forbidden in ["<script", "<img", "<iframe", "<a ", "href=", "src=\""] {
        assert!(!html.contains(forbidden), "{forbidden} in {html}");
    }
    assert!(html.contains("here (https://x.y)"), "{html}");
    assert!(html.contains("cat"), "{html}");
}

#[test]
fn a_sentence_over_several_blocks_keeps_the_html_well_formed() {
    let text = "The values are:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nDone.";
    let html = render(text, &[(text, Support::Unsupported)]);
    assert_eq!(html.matches("<span").count(), html.matches("</span>").count());
    assert!(html.contains("<table>") && html.trim_end().ends_with("</p>"), "{html}");
}

#[test]
fn offsets_outside_the_text_are_ignored() {
    let stray = Sentence {
        text: "x".to_owned(),
        start: 90,
        end: 99,
        support: Support::Quoted,
        citations: vec![1],
        judged_by: None,
    };
    let html =
        answer_html(AnswerText { text: "Hi.", sentences: &[stray], citations: &[citation()] });
    assert_eq!(html, "<p>Hi.</p>\n");
}
