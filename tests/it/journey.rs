//! The main job with the small real models: a folder in, a cited answer out.

use std::fs;

use serde_json::Value;

use crate::harness::{Server, run};

const FILES: &[(&str, &str)] = &[
    (
        "pumps/series-4.md",
        "# Series 4\n\nThe Series 4 circulation pump is rated for 50 hertz and draws 180 watts.\n\n## Maintenance\n\nReplace the shaft seal every 18 months.\n",
    ),
    ("people.csv", "name,role,city\nAda Lopez,engineer,Porto\nJan Visser,planner,Utrecht\n"),
    ("garden.txt", "Tomatoes like sun. Water them in the morning and never from above.\n"),
];

const HOUSE: &str = "The house has a red roof. Its heating was renewed in 2015.\n";
const COSTS: &str = "item,2022,2023\nrent,900,950\nheating,120,140\n";

fn read(output: &std::process::Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_added_found_and_cited_without_and_with_a_server() {
    let data = tempfile::tempdir().expect("a folder");
    let files = tempfile::tempdir().expect("a folder");
    fs::create_dir(files.path().join("pumps")).expect("a folder");
    for (path, text) in FILES {
        fs::write(files.path().join(path), text).expect("a file");
    }
    let at = ["--data", data.path().to_str().expect("a plain path")];
    let folder = files.path().to_str().expect("a plain path");

    // No server runs: the command opens the data folder itself.
    let added = read(&run([&["ingest", folder, "-c", "home", "--json"][..], &at].concat()));
    assert_eq!(added["indexed"], 3, "{added}");
    let queries = [
        ("how often is the seal renewed?", "pumps/series-4.md"),
        ("who is from the Netherlands, from Utrecht?", "people.csv"),
        ("when should I water vegetables?", "garden.txt"),
    ];
    for (query, expected) in queries {
        let arguments = [&["search", "-c", "home", query, "-k", "1", "--json"][..], &at].concat();
        let found = read(&run(arguments));
        assert_eq!(found["hits"][0]["document"]["path"], expected, "{query}: {found}");
    }

    let server = Server::start(data.path());
    let question = "How many watts does the Series 4 circulation pump draw?";
    let answer =
        read(&run([&["ask", "-c", "home", question, "--insist", "--json"][..], &at].concat()));
    assert!(answer["receipt"]["prompt_tokens"].as_u64() > Some(0), "{answer}");
    assert!(!answer["answer"].as_str().expect("text").is_empty());
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    for citation in answer["citations"].as_array().expect("a list") {
        let id = citation["document"]["id"].as_str().expect("an id");
        let url = format!("{}/api/documents/{id}/text", server.url);
        let text = client.get(url).send().await.expect("it answers").text().await.expect("text");
        let stored: Value = serde_json::from_str(&text).expect("JSON");
        let points: Vec<char> = stored["text"].as_str().expect("text").chars().collect();
        let at = |name: &str| citation[name].as_u64().expect("a number") as usize;
        let quoted: String = points[at("start")..at("end")].iter().collect();
        assert_eq!(citation["quote"], quoted);
    }
    assert_eq!(server.stop(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_chat_model_the_command_line_shows_the_quotes() {
    let [data, files, models] = [(); 3].map(|()| tempfile::tempdir().expect("a folder"));
    for (name, text) in [("house.txt", HOUSE), ("costs.csv", COSTS)] {
        fs::write(files.path().join(name), text).expect("a file");
    }
    let server = Server::start_without_chat_model(data.path(), models.path());
    let at = ["--data", data.path().to_str().expect("a plain path")];
    let folder = files.path().to_str().expect("a plain path");
    let added = run([&["ingest", folder, "-c", "home"][..], &at].concat());
    assert_eq!(added.status.code(), Some(0), "{}", String::from_utf8_lossy(&added.stderr));
    let told = |question: &str| {
        let asked = run([&["ask", "-c", "home", question][..], &at].concat());
        assert_eq!(asked.status.code(), Some(0), "{}", String::from_utf8_lossy(&asked.stderr));
        String::from_utf8(asked.stdout).expect("text")
    };
    let roof = told("Which colour has the roof of the house?");
    let lines: Vec<&str> = roof.lines().collect();
    assert_eq!(lines[0], "Best quotes:", "{roof}");
    assert!(lines[1].starts_with("- house.txt") && lines[1].contains("red roof"), "{roof}");
    let message = "No chat model is installed yet: only quotes from your documents can be shown.";
    assert_eq!(lines.last(), Some(&message), "{roof}");
    let heating = told("What did heating cost in 2023?");
    let row = "item | 2022 | 2023 / heating | 120 | 140";
    assert!(heating.contains(row), "a row is shown behind what names its columns: {heating}");
    assert_eq!(server.stop(), Some(0));
}
