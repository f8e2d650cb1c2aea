//! Keyword search.

use quire_domain::Language;

use super::fixture::{Opened, by_words, document, document_id, index, make_index, put, spec};

pub(super) async fn new_chunks_are_found_at_once_and_deleted_ones_never(store: Opened) {
    let main = make_index(&*store, Language::English).await;
    for round in 0..6 {
        let name = format!("doc{round}");
        let texts = [format!("common round{round}"), "common".to_owned()];
        put(&*store, &main, vec![document(&name, &[&texts[0], &texts[1]])]).await;
        if round % 2 == 0 {
            store.maintain(&main).await.expect("maintained");
        }
        let own = [format!("{name}-0")];
        assert_eq!(by_words(&*store, &main, &format!("round{round}")).await, own);
    }
    for round in 0..6 {
        let name = format!("doc{round}");
        store.delete_documents(&main, &[document_id(&name)]).await.expect("deleted");
        assert!(by_words(&*store, &main, &format!("round{round}")).await.is_empty());
        let left = by_words(&*store, &main, "common").await;
        assert_eq!(left.len(), (5 - round) * 2_usize);
        assert!(left.iter().all(|id| !id.starts_with(&name)));
        if round % 2 == 0 {
            store.maintain(&main).await.expect("maintained");
            assert_eq!(by_words(&*store, &main, "common").await.len(), (5 - round) * 2_usize);
        }
    }
}

pub(super) async fn forms_of_a_word_are_found(store: Opened) {
    let cases: [(Language, &str, &[&str]); 4] = [
        (Language::English, "Our policies on running costs", &["policy", "RUN", "cost"]),
        (
            Language::German,
            "Die Häuser von Herrn Müller in der Bahnhofstraße",
            &["Haus", "häuser", "Muller", "MÜLLER", "bahnhofstrasse"],
        ),
        (Language::Dutch, "De huizen en de boeken", &["huis", "boek"]),
        (Language::Unknown, "Naïve CAFÉ the", &["naive", "café", "the"]),
    ];
    for (language, text, queries) in cases {
        let index = index(language.code());
        store.create_index(&index, spec(language)).await.expect("the index is made");
        put(&*store, &index, vec![document("a", &[text]), document("b", &["zzz"])]).await;
        for query in queries {
            assert_eq!(by_words(&*store, &index, query).await, ["a-0"], "`{query}` in `{text}`");
        }
        store.maintain(&index).await.expect("maintained");
        for query in queries {
            assert_eq!(by_words(&*store, &index, query).await, ["a-0"], "`{query}` in `{text}`");
        }
    }
}

pub(super) async fn compounds_are_found_by_their_parts(store: Opened) {
    let german = index("de");
    store.create_index(&german, spec(Language::German)).await.expect("the index is made");
    let texts = [
        "Der Krankenversicherungsbeitrag steigt im nächsten Jahr.",
        "Die Kündigungsfrist endet im Mai.",
        "Die Frist zur Kündigung endet im Mai.",
        "Die Abteilung liegt im dritten Stock.",
    ];
    put(&*store, &german, vec![document("a", &texts)]).await;
    let cases: [(&str, &[&str]); 9] = [
        ("Versicherung", &["a-0"]),
        ("Beiträge", &["a-0"]),
        ("krankenversicherung", &["a-0"]),
        ("Versicherungsbeiträge", &["a-0"]),
        ("Frist", &["a-1", "a-2"]),
        ("Kündigungsfristen", &["a-1", "a-2"]),
        ("Mietvertragskündigung", &["a-1", "a-2"]),
        ("Abt", &[]),
        ("Teilung", &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(by_words(&*store, &german, query).await, expected, "`{query}`");
    }
    let dutch = index("nl");
    store.create_index(&dutch, spec(Language::Dutch)).await.expect("the index is made");
    let texts = ["De zorgverzekeringspremie stijgt.", "De opzegtermijn is een maand."];
    put(&*store, &dutch, vec![document("a", &texts)]).await;
    let cases = [("verzekering", "a-0"), ("zorgverzekering", "a-0"), ("termijnen", "a-1")];
    for (query, expected) in cases {
        assert_eq!(by_words(&*store, &dutch, query).await, [expected], "`{query}`");
    }
}

pub(super) async fn hyphens_and_apostrophes_make_no_difference(store: Opened) {
    let main = make_index(&*store, Language::English).await;
    let texts = [
        "Send an e-mail to O'Reilly about COVID-19.",
        "Send an email to OReilly about Covid19.",
        "Nothing of the kind.",
    ];
    put(&*store, &main, vec![document("a", &texts)]).await;
    for query in ["e-mail", "email", "E‑Mails", "o’reilly", "OReilly", "covid-19", "covid19"] {
        let mut found = by_words(&*store, &main, query).await;
        found.sort();
        assert_eq!(found, ["a-0", "a-1"], "`{query}`");
    }
    let french = index("fr");
    store.create_index(&french, spec(Language::French)).await.expect("the index is made");
    put(&*store, &french, vec![document("a", &["L'homme et l’énergie d'aujourd'hui"])]).await;
    for query in ["homme", "l’homme", "énergies", "aujourd’hui"] {
        assert_eq!(by_words(&*store, &french, query).await, ["a-0"], "`{query}`");
    }
}

pub(super) async fn stop_words_are_looked_for_where_there_is_nothing_else(store: Opened) {
    let main = make_index(&*store, Language::English).await;
    let texts = ["To be, or not to be, that is the question.", "The houses of the city.", "Cities"];
    put(&*store, &main, vec![document("a", &texts)]).await;
    assert_eq!(by_words(&*store, &main, "to be or not to be").await, ["a-0"]);
    assert_eq!(by_words(&*store, &main, "the city").await, ["a-2", "a-1"]);
    let german = index("de");
    store.create_index(&german, spec(Language::German)).await.expect("the index is made");
    let texts = ["Der letzte Wille des Verstorbenen", "Er will das nicht."];
    put(&*store, &german, vec![document("a", &texts)]).await;
    assert_eq!(by_words(&*store, &german, "Wille").await, ["a-0"]);
    assert_eq!(by_words(&*store, &german, "will").await, ["a-1"]);
}

pub(super) async fn characters_in_a_query_mean_nothing(store: Opened) {
    let main = make_index(&*store, Language::English).await;
    put(&*store, &main, vec![document("a", &["foo bar"]), document("b", &["baz"])]).await;
    let cases: [(&str, &[&str]); 14] = [
        ("foo AND (bar", &["a-0"]),
        ("\"foo", &["a-0"]),
        ("foo -bar", &["a-0"]),
        ("foo* ~2 ^3", &["a-0"]),
        ("terms:foo", &["a-0"]),
        ("'; DROP TABLE main; -- foo", &["a-0"]),
        ("fo", &[]),
        ("foo\0bar\n\tOR\\", &["a-0"]),
        ("{\"match\":{\"terms\":\"baz\"}}", &["b-0"]),
        ("", &[]),
        ("   ", &[]),
        ("?!", &[]),
        ("the", &[]),
        ("😀", &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(by_words(&*store, &main, query).await, expected, "`{query}`");
    }
    let long = "foo ".repeat(20_000);
    assert_eq!(by_words(&*store, &main, &long).await, ["a-0"]);
}

pub(super) async fn rare_words_weigh_more(store: Opened) {
    let main = make_index(&*store, Language::English).await;
    let common = (0..30).map(|n| document(&format!("common{n}"), &["report report report"]));
    put(&*store, &main, common.collect()).await;
    let rare = ["report on turbines", "turbines of a very long text about everything else there"];
    put(&*store, &main, vec![document("rare", &rare)]).await;
    let found = by_words(&*store, &main, "turbine report").await;
    assert_eq!(found[..2], ["rare-0", "rare-1"]);
    store.maintain(&main).await.expect("maintained");
    assert_eq!(by_words(&*store, &main, "turbine report").await, found);
}

pub(super) async fn chunks_that_have_words_are_counted_by_document(store: Opened) {
    let main = make_index(&*store, Language::English).await;
    let orchard = document("orchard", &["Apples and pears", "One apple", "Pears only"]);
    let kitchen = document("kitchen", &["An apple pie", "A spoon"]);
    let shop = document("shop", &["Apples for sale"]);
    put(&*store, &main, vec![orchard, kitchen, shop]).await;
    let wanted = [document_id("kitchen"), document_id("orchard")];
    let count = async |words: &str| {
        let counts = store.count_having(&main, words, &wanted).await.expect("counted");
        counts.into_iter().map(|(id, count)| (id.to_string(), count)).collect::<Vec<_>>()
    };
    let one = |name: &str, count| (name.to_owned(), count);
    for _ in 0..2 {
        assert_eq!(count("Apples").await, [one("kitchen", 1), one("orchard", 2)]);
        assert_eq!(count("apple pear").await, [one("orchard", 1)]);
        assert_eq!(count("spoon").await, [one("kitchen", 1)]);
        assert_eq!(count("sale").await, []);
        assert_eq!(count("").await, []);
        store.maintain(&main).await.expect("maintained");
    }
    store.delete_documents(&main, &[document_id("orchard")]).await.expect("deleted");
    assert_eq!(count("apple").await, [one("kitchen", 1)]);
}
