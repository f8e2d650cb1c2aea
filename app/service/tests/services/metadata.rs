//! Tags, dates, links and aliases of notes, and what searches make of them.

use quire_domain::{DocumentLinks, Scope};

use super::*;

const MILL: &str = "---\naliases: [Wassermühle]\ntags: [place/river]\ndate: 2026-03-01\n---\n\n\
    # The old mill\n\nIts wheel was made by [[People/Ann|the weaver]]. %%ask again%% ^wheel\n\n\
    ## Gear\n\nThe gear has 40 teeth. See [[Pump#Care]].\n";
const PUMP: &str = "---\ndate: 2026-05-10\n---\nThe pump has a wheel, too. #place ![[mill]]\n";
const ANN: &str = "Ann carves wheel after wheel. #people\n";

async fn vault() -> Fixture {
    let fixture = fixture(&["The wheel was made by the weaver [1]."]).await;
    fixture.add("Places/Mill.md", MILL).await;
    fixture.add("Places/Pump.md", PUMP).await;
    fixture.add("People/Ann.md", ANN).await;
    fixture.settle().await;
    fixture
}

fn scope(json: serde_json::Value) -> Scope {
    serde_json::from_value(json).expect("is a scope")
}

impl Fixture {
    async fn find(&self, path: &str) -> Document {
        let path = path.parse().expect("a valid path");
        let found = self.services.documents.find(&self.collection, &path).await;
        found.expect("looks").expect("is there")
    }

    async fn links(&self, path: &str) -> DocumentLinks {
        let document = self.find(path).await;
        self.services.documents.get_links(&document.id).await.expect("has links")
    }

    async fn wheels(&self, scope: Scope) -> Result<Vec<String>, ServiceError> {
        let request = SearchRequest { query: "wheel".to_owned(), scope, ..Default::default() };
        let found = self.services.search(&self.collection, request).await?;
        let mut paths: Vec<String> =
            found.hits.into_iter().map(|hit| hit.document.path.to_string()).collect();
        paths.sort();
        paths.dedup();
        Ok(paths)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_dates_and_folders_narrow_each_other() {
    let fixture = vault().await;
    let mill = fixture.find("Places/Mill.md").await;
    assert_eq!(mill.tags, ["place/river"]);
    for (limits, expected) in [
        (serde_json::json!({}), vec!["People/Ann.md", "Places/Mill.md", "Places/Pump.md"]),
        (serde_json::json!({"tags": ["#place"]}), vec!["Places/Mill.md", "Places/Pump.md"]),
        (
            serde_json::json!({"tags": ["Place/River", "people"]}),
            vec!["People/Ann.md", "Places/Mill.md"],
        ),
        (serde_json::json!({"tags": ["place"], "after": "2026-03-02"}), vec!["Places/Pump.md"]),
        (
            serde_json::json!({"after": "2026-03-01", "before": "2026-03-01"}),
            vec!["Places/Mill.md"],
        ),
        (serde_json::json!({"paths": ["Places"], "before": "2026-05-09"}), vec!["Places/Mill.md"]),
        (serde_json::json!({"documents": [mill.id], "paths": ["Places"]}), vec!["Places/Mill.md"]),
        (
            serde_json::json!({"linked_with": ["People/Ann.md"]}),
            vec!["People/Ann.md", "Places/Mill.md"],
        ),
        (serde_json::json!({"linked_with": ["ann"], "paths": ["People"]}), vec!["People/Ann.md"]),
        (serde_json::json!({"linked_with": ["Pump"]}), vec!["Places/Mill.md", "Places/Pump.md"]),
    ] {
        let found = fixture.wheels(scope(limits.clone())).await.expect("searches");
        assert_eq!(found, expected, "{limits}");
    }
    for (limits, named) in [
        (serde_json::json!({"tags": ["nowhere", "place"]}), "tagged `nowhere`"),
        (serde_json::json!({"before": "1999-01-31"}), "dated `1999-01-31` or earlier"),
        (serde_json::json!({"linked_with": ["Nobody"]}), "linked with `Nobody`"),
        (
            serde_json::json!({"linked_with": ["Pump"], "paths": ["People"]}),
            "at or below `People` and linked with `Pump`",
        ),
        (
            serde_json::json!({"tags": ["people"], "paths": ["Places/"]}),
            "at or below `Places` and tagged `people`",
        ),
        (
            serde_json::json!({"documents": [mill.id], "tags": ["people"]}),
            "among those named and tagged `people`",
        ),
    ] {
        let error = fixture.wheels(scope(limits)).await.expect_err("nothing is in scope");
        assert!(matches!(error, ServiceError::NothingInScope { .. }), "{error}");
        assert!(error.to_string().ends_with(named), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_is_found_by_its_alias() {
    let fixture = vault().await;
    for query in ["Wassermühle", "gear of the Wassermühle"] {
        let request = SearchRequest { query: query.to_owned(), ..SearchRequest::default() };
        let found = fixture.services.search(&fixture.collection, request).await.expect("searches");
        assert_eq!(found.hits[0].document.path.as_str(), "Places/Mill.md", "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_is_found_by_what_others_call_it() {
    let fixture = vault().await;
    let query = "What does the weaver carve?".to_owned();
    let request = SearchRequest { query, ..SearchRequest::default() };
    let found = fixture.services.search(&fixture.collection, request).await.expect("searches");
    assert_eq!(found.hits[0].document.path.as_str(), "People/Ann.md");
    assert!(found.hits[0].scores.rerank > Some(0.9), "{:?}", found.hits[0].scores);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_lead_to_documents_and_back() {
    let fixture = vault().await;
    let mill = fixture.links("Places/Mill.md").await;
    let targets: Vec<Option<&str>> = mill
        .links
        .iter()
        .map(|link| link.document.as_ref().map(|document| document.path.as_str()))
        .collect();
    assert_eq!(targets, [Some("People/Ann.md"), Some("Places/Pump.md")]);
    assert_eq!(mill.links[1].link.heading.as_deref(), Some("Care"));
    assert_eq!(mill.backlinks.len(), 1);
    assert!(mill.backlinks[0].link.embed, "the pump embeds the mill");

    let pump = mill.links[1].document.as_ref().expect("is there").id.clone();
    fixture.services.documents.delete(&pump).await.expect("is deleted");
    let mill = fixture.links("Places/Mill.md").await;
    assert_eq!(mill.links[1].document, None, "a link to nothing stays a link");
    assert!(mill.backlinks.is_empty());
    let tags = fixture.services.documents.list_tags(&fixture.collection).await.expect("lists");
    let tags: Vec<(&str, u64)> = tags.iter().map(|one| (one.tag.as_str(), one.documents)).collect();
    assert_eq!(tags, [("people", 1), ("place", 1), ("place/river", 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn quotes_are_of_the_text_as_it_is_shown() {
    let fixture = vault().await;
    let request = AskRequest {
        question: "Who made the wheel of the mill?".to_owned(),
        scope: scope(serde_json::json!({"paths": ["Places/Mill.md"]})),
        ..AskRequest::default()
    };
    let answer = fixture.services.ask_whole(&fixture.collection, request).await.expect("answers");
    let citation = answer.citations.first().expect("is cited");
    let text = fixture
        .services
        .documents
        .get_text(&citation.document.id, None)
        .await
        .expect("has text")
        .text;
    let quote = Span::new(citation.start, citation.end).slice(&text).expect("lies inside");
    assert_eq!(quote, citation.quote);
    assert!(quote.contains("made by the weaver"), "{quote}");
    assert!(!text.contains("ask again") && !text.contains("^wheel"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_note_is_indexed_without_chunks() {
    let fixture = vault().await;
    let empty = fixture.add("New note.md", "").await;
    fixture.settle().await;
    let document = fixture.services.documents.get(&empty.id).await.expect("is there");
    assert_eq!((document.status, document.chunk_count), (DocumentStatus::Indexed, 0));
    assert_eq!(fixture.health().await.documents_without_chunks, 0);
    let links = fixture.services.documents.get_links(&empty.id).await.expect("has none");
    assert!(links.links.is_empty());
}
