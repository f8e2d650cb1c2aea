//! The figures of claims, worked out by hand.

use serde_json::{Value, json};

use super::*;

async fn report(lines: &[Value]) -> Result<ClaimReport, ServiceError> {
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    evaluate(read_lines(lines.into_iter().map(Ok)), None).await
}

fn line(id: &str, claim: &str, passages: &[&str]) -> Value {
    json!({"id": id, "claim": claim, "passages": passages})
}

#[tokio::test]
async fn a_claim_is_as_good_as_its_worst_sentence() {
    let passage = "The pump weighs nine kilograms. It was built in Kiel.";
    let found = report(&[
        line("quoted", "The pump weighs nine kilograms.", &["Other.", passage]),
        line(
            "altered",
            "The pump weighs nine kilograms. It was built in Kiel in 1987.",
            &[passage],
        ),
        line("none", "", &[passage]),
        line("alone", "The pump weighs nine kilograms.", &[]),
        line("question", "What does the pump weigh?", &[passage]),
        line("led", "Here is what I found:\nThe pump weighs nine kilograms.", &[passage]),
    ])
    .await
    .expect("is judged");
    let supports: Vec<Support> = found.claims.iter().map(|one| one.support).collect();
    assert_eq!(supports[0], Support::Quoted);
    assert_eq!(supports[1..5], [Support::Unsupported; 4]);
    assert_eq!(supports[5], Support::Quoted, "what leads to a sentence states nothing");
    let [first, second] = &found.claims[1].sentences[..] else { panic!("two sentences") };
    assert_eq!(first.support, Support::Quoted);
    assert_eq!(first.quote.as_deref(), Some("The pump weighs nine kilograms"));
    assert_eq!((first.why_not.as_deref(), &second.quote), (None, &None));
    let why = second.why_not.as_deref().expect("a reason");
    assert!(why.contains("1987"), "{why}");
    assert_eq!(found.figures.labelled, 0, "what has no label is not counted");
}

#[tokio::test]
async fn figures_are_given_in_all_and_by_kind() {
    let labelled = |id, claim, label, kind: Option<&str>| {
        let mut row = line(id, claim, &["The pump weighs nine kilograms."]);
        row["label"] = json!(label);
        row["kind"] = json!(kind);
        row
    };
    let found = report(&[
        labelled("1", "The pump weighs nine kilograms.", "attributable", Some("plain")),
        labelled("2", "The pump weighs eight kilograms.", "not attributable", Some("plain")),
        labelled("3", "The valve is made of brass.", "attributable", Some("odd")),
        labelled("4", "The pump weighs nine tonnes.", "not attributable", None),
    ])
    .await
    .expect("is judged");
    assert_eq!(found.figures.labelled, 4);
    assert_eq!((found.figures.precision, found.figures.recall), (Some(1.0), Some(0.5)));
    assert_eq!(found.figures.balanced_accuracy, Some(0.75));
    let kinds: Vec<(&str, u32)> =
        found.kinds.iter().map(|(name, one)| (name.as_str(), one.labelled)).collect();
    assert_eq!(kinds, [("odd", 1), ("plain", 2)]);
    assert_eq!(found.kinds["plain"].macro_f1, Some(1.0));
    assert_eq!(found.kinds["odd"].precision, None);
}

#[tokio::test]
async fn the_language_is_told_from_the_passages() {
    let passage = "Die Kündigungsfrist des Vertrages beträgt nach den Vereinbarungen der Parteien \
        drei Monate, und der Betrag von 1.125 Euro wird am Ende jedes Jahres fällig.";
    let claim = "Der Betrag von 1125 Euro wird am Ende jedes Jahres fällig.";
    let mut named = line("named", claim, &[passage]);
    named["language"] = json!("de");
    let found = report(&[line("guessed", claim, &[passage]), named]).await.expect("is judged");
    assert_eq!(found.claims[0].support, found.claims[1].support);
    assert_ne!(found.claims[0].support, Support::Unsupported, "{:?}", found.claims[0]);
}

#[tokio::test]
async fn a_bad_line_is_named_with_what_is_wrong() {
    let good = line("a", "It is.", &[]).to_string();
    for (bad, expected) in [
        ("{", "EOF"),
        (r#"{"id": "b", "passages": []}"#, "missing field `claim`"),
        (r#"{"id": "b", "claim": "x", "passages": "y"}"#, "expected a sequence"),
        (r#"{"id": "b", "claim": "x", "passages": [], "label": "maybe"}"#, "`not attributable`"),
        (r#"{"id": "b", "claim": "x", "passages": [], "language": "xx"}"#, "`de`"),
    ] {
        // Empty lines count, as they do in an editor; a mark of byte order is none of the text.
        let lines = [format!("\u{feff}{good}"), String::new(), bad.to_owned()];
        let error = evaluate(read_lines(lines.into_iter().map(Ok)), None).await;
        let error = error.expect_err("it is refused").to_string();
        assert!(error.starts_with("line 3: ") && error.contains(expected), "{bad}: {error}");
        assert!(!error.contains("line 1"), "{error}");
    }
}
