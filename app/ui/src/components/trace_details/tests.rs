//! What the account of a made-up answer says.

use quire_domain::{
    AnswerMode, DocumentRef, HitScores, ModeReason, PageKind, PassageUse, PromptMessage, Sampling,
    SearchAccount, Timings, Truncation,
};

use super::*;
use crate::components::receipt::ReceiptDetails;

fn document() -> DocumentRef {
    DocumentRef {
        id: "doc1".parse().expect("an id"),
        path: "pump.md".parse().expect("a path"),
        title: "Pump".to_owned(),
        page_kind: PageKind::Page,
    }
}

fn passage(chunk: &str, used: bool) -> PassageUse {
    let chunk_id = chunk.parse().expect("an id");
    PassageUse {
        chunk_id,
        document: document(),
        page: Some(2),
        tokens: 90,
        used,
        joined: vec![],
        shortened: false,
        reason: None,
    }
}

fn candidate(rank: u32, chunk: &str) -> Candidate {
    Candidate {
        rank,
        chunk_id: chunk.parse().expect("an id"),
        document: document(),
        page: Some(2),
        score: 0.5,
        scores: HitScores { dense: Some(0.25), keyword: None, rerank: Some(7.0) },
    }
}

fn answer() -> Answer {
    let trace = Trace {
        question: "And how heavy is it?".to_owned(),
        rewritten: Some("How heavy is the pump?".to_owned()),
        embedding_model: "some/embedder".parse().expect("a model"),
        candidates: vec![
            candidate(1, "cited"),
            candidate(2, "read"),
            candidate(3, "dropped"),
            candidate(4, "left"),
            candidate(5, "neighbour"),
            candidate(6, "twice"),
        ],
        prompt: vec![PromptMessage {
            role: "system".to_owned(),
            content: "Answer from <passages> only.".to_owned(),
        }],
        model_fingerprint: "f00d".to_owned(),
        sampling: Sampling { seed: Some(7), ..Sampling::greedy() },
        stop: vec![],
        max_tokens: 512,
        echoes: vec![],
    };
    Answer {
        answered: true,
        mode: AnswerMode::Retrieval,
        answer: "Nine kilograms.".to_owned(),
        sentences: vec![],
        citations: vec![],
        evidence: vec![],
        notice: None,
        nearest: vec![],
        receipt: Receipt {
            model: None,
            search_query: "How heavy is the pump?".to_owned(),
            prompt_tokens: 100,
            cached_tokens: 0,
            completion_tokens: 4,
            context_tokens: 4096,
            found: 11,
            passages: vec![
                passage("cited", true),
                PassageUse {
                    joined: vec!["neighbour".parse().expect("an id")],
                    shortened: true,
                    ..passage("read", false)
                },
            ],
            dropped: vec![
                // As answers of before had it.
                passage("dropped", false),
                PassageUse { reason: Some(DropReason::Duplicate), ..passage("twice", false) },
            ],
            turns: 2,
            dropped_turns: 1,
            search: SearchAccount {
                over_limit: 6,
                embedded_query: Some("the pump?".to_owned()),
                ..SearchAccount::default()
            },
            truncated: false,
            truncated_by: None,
            stopped: false,
            mode_reason: ModeReason::Usual,
            limited_to: quire_domain::Scope::default(),
            check: None,
            judge: None,
        },
        timings: Timings::default(),
        conversation_id: None,
        coverage: None,
        trace: Some(Box::new(trace)),
    }
}

fn html(render: impl FnOnce() -> Option<AnyView>) -> String {
    let owner = Owner::new();
    owner.with(|| render().map(RenderHtml::to_html).unwrap_or_default())
}

#[test]
fn every_candidate_says_what_became_of_it_and_the_prompt_is_text() {
    let html = html(|| whole(&answer()));
    let places: Vec<Option<usize>> = [
        "Read and cited",
        ">Read<",
        "Did not fit",
        "Not chosen",
        "Joined to one that was read",
        "Says what a better one says",
    ]
    .map(|word| html.find(word))
    .into();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} in {html}");
    assert!(html.contains("0.250") && html.contains("7.000") && html.contains('–'), "{html}");
    assert!(html.contains("Answer from &lt;passages&gt; only."), "{html}");
    for words in ["How heavy is the pump?", "some/embedder", "f00d", "512 tokens", "likeliest"] {
        assert!(html.contains(words), "{words}: {html}");
    }
}

#[test]
fn an_old_answer_shows_its_receipt_alone() {
    let receipt = |answer: Answer| html(|| Some(view! { <ReceiptDetails answer/> }.into_any()));
    assert!(receipt(answer()).contains("How was this answered?"));
    let old = Answer { trace: None, ..answer() };
    let receipt = receipt(old);
    assert!(receipt.contains("Receipt") && !receipt.contains("How was this answered?"));
}

#[test]
fn the_receipt_accounts_for_all_that_was_found() {
    let answer = answer();
    assert_eq!(answer.receipt.accounted(), answer.receipt.found);
    let html = html(|| Some(view! { <ReceiptDetails answer/> }.into_any()));
    for words in [
        "11 found",
        "2 read, 1 cited",
        "1 more joined to one that they stand beside",
        "1 shortened to what fitted",
        "1 did not fit",
        "1 says what a better one says",
        "6 ranked lower and not looked at",
        "2 turns read; 1 turn did not fit",
        "read its end only: “the pump?”",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
}

#[test]
fn a_truncated_answer_says_why() {
    let shown = |truncated_by| {
        let receipt = Receipt { truncated: true, truncated_by, ..answer().receipt };
        let answer = Answer { receipt, ..answer() };
        html(|| Some(view! { <ReceiptDetails answer/> }.into_any()))
    };
    assert!(shown(None).contains("cut at its length limit"), "answers of before say no more");
    assert!(shown(Some(Truncation::Repetition)).contains("say the same again and again"));
}
