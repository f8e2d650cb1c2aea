//! What is said of the quotes that come before an answer.

use super::*;

fn citation(header: Option<&str>, quote: &str) -> Citation {
    let header = header.map(|quote| serde_json::json!({"quote": quote, "start": 0, "end": 9}));
    let citation = serde_json::from_value(serde_json::json!({
        "index": 1, "document": {"id": "doc1", "path": "costs.csv", "title": "Costs"}, "page": 2,
        "heading": ["Costs", "Heating"], "lines": null, "rows": null, "header": header, "quote": quote,
        "start": 10, "end": 19, "chunk_id": "chunk1", "version": null, "url": "/d/doc1?page=2&start=10&end=19#quote",
        "obsidian_url": null,
    }));
    citation.expect("a citation")
}

fn html(evidence: Vec<Citation>, has_sources: bool) -> String {
    Owner::new().with(|| {
        let evidence = Memo::new(move |_| evidence.clone());
        let has_sources = Memo::new(move |_| has_sources);
        view! { <EvidenceList evidence has_sources/> }.into_any().to_html()
    })
}

#[test]
fn quotes_are_open_until_the_answer_has_sources() {
    let quotes = vec![citation(None, "The heating cost 140.")];
    let open = html(quotes.clone(), false);
    assert!(open.contains("<details open") && open.contains("The heating cost 140."), "{open}");
    let folded = html(quotes, true);
    assert!(!folded.contains("<details open") && folded.contains("Best quotes"), "{folded}");
    assert!(!html(vec![], false).contains("<details"), "nothing is announced that is not there");
}

#[test]
fn a_row_stands_below_what_names_its_columns_and_links_to_its_place() {
    let shown = html(vec![citation(Some("item,2023"), "heating,140")], false);
    let at = |words: &str| shown.find(words).unwrap_or_else(|| panic!("no `{words}`: {shown}"));
    assert!(at("item,2023") < at("heating,140"), "{shown}");
    assert!(at("heating,140") < at("Page 2 · Heating"), "{shown}");
    assert!(shown.contains("href=\"/d/doc1?"), "{shown}");
}
