//! `quire search`: passages that match a query.

use clap::{Args, ValueEnum};
use quire_domain::{CollectionName, Hit, PageKind, SearchResults};
use serde_json::{Value, json};

use super::connection::{ConnectArguments, Connection, Purpose};
use super::scope::ScopeArguments;
use super::{Ending, output};

/// What to search for.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The words to search for
    query: String,
    /// The collection to search
    #[arg(short, long)]
    collection: CollectionName,
    /// How many passages at most
    #[arg(short, default_value_t = 10)]
    k: usize,
    /// How to find them: by meaning, by words, or both
    #[arg(long, value_enum, default_value_t = Mode::Hybrid)]
    mode: Mode,
    #[command(flatten)]
    scope: ScopeArguments,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArguments,
}

/// The search modes as the command line names them.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    Hybrid,
    Dense,
    Keyword,
}

impl Mode {
    fn word(self) -> &'static str {
        match self {
            Self::Hybrid => "hybrid",
            Self::Dense => "dense",
            Self::Keyword => "keyword",
        }
    }
}

/// Searches.
pub async fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    let connection = Connection::open(&arguments.connect, Purpose::Use).await?;
    let result = search(&connection, &arguments).await;
    connection.close().await;
    result.map(|()| Ending::Done)
}

async fn search(connection: &Connection, arguments: &Arguments) -> anyhow::Result<()> {
    let path = ["api", "collections", arguments.collection.as_str(), "search"];
    let mut body = json!({
        "query": arguments.query, "k": arguments.k, "mode": arguments.mode.word(),
    });
    arguments.scope.write(&mut body)?;
    let value: Value = connection.client.post(&path, &body).await?;
    if arguments.json {
        return output::json(&value);
    }
    let results: SearchResults = serde_json::from_value(value)?;
    if results.hits.is_empty() {
        output::note("Nothing was found.");
    }
    for hit in &results.hits {
        show(hit);
    }
    Ok(())
}

fn show(hit: &Hit) {
    let place = place(hit.document.page_kind, hit.page, (hit.lines, hit.rows));
    output::line(&format!("{}. {}{place}  ({:.3})", hit.rank, hit.document.path, hit.score));
    if !hit.heading.is_empty() {
        output::line(&format!("   {}", hit.heading.join(" > ")));
    }
    let words = on_one_line(&hit.text);
    let shown: String = words.chars().take(280).collect();
    let dots = if shown.len() < words.len() { " ..." } else { "" };
    output::line(&format!("   {shown}{dots}\n"));
}

/// Writes a text on one line.
pub fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Names one line or row, or several.
pub fn range(name: &str, (first, last): (u32, u32)) -> String {
    if first == last { format!("{name} {first}") } else { format!("{name}s {first}-{last}") }
}

/// Shows where in a document something is.
pub fn place(kind: PageKind, page: Option<u32>, (lines, rows): (Range, Range)) -> String {
    match (page, lines, rows) {
        // Sheets have rows, and those of pages are counted from the beginning of each table.
        (Some(page), _, Some(rows)) if kind == PageKind::Sheet => {
            format!(", sheet {page}, {}", range("row", rows))
        }
        (Some(page), _, _) => format!(", {} {page}", kind.as_str()),
        (_, _, Some(rows)) => format!(", {}", range("row", rows)),
        (_, Some(lines), _) => format!(", {}", range("line", lines)),
        _ => String::new(),
    }
}

/// The first and the last of some lines or rows.
type Range = Option<(u32, u32)>;
