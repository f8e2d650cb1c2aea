//! `quire bench`: measures this machine and says on what.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Ending, output};
use crate::bench::{self, Part, Selection};
use crate::config::Folders;

/// What to measure.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Measure only these parts
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<PartName>,
    /// A file or folder to parse and to add; may be repeated
    #[arg(long, value_name = "PATH")]
    files: Vec<PathBuf>,
    /// How many notes `ingest` adds, each number to a collection of its own
    #[arg(long, value_name = "NUMBER", value_delimiter = ',', default_values_t = bench::INGEST_SIZES)]
    notes: Vec<usize>,
    /// Embed the notes of `ingest` with the default model instead of a hash of their words
    #[arg(long)]
    real_embedder: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    folders: Folders,
}

/// The parts as the command line names them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum PartName {
    /// Pages and megabytes a second for each format; needs --files
    Parse,
    /// Chunks and tokens a second
    Embed,
    /// Times of searches over 10,000 and 100,000 chunks, and their recall
    Search,
    /// Time to the first token and tokens a second, through the server and without it
    Generate,
    /// The engine beside the plain library: alone, side by side, in turn and after a restart
    Engines,
    /// Memory of an idle server and while it adds files; needs --files
    Memory,
    /// Adding 1,000, 10,000 and 50,000 small notes: seconds a thousand, which should not grow
    Ingest,
    /// Syncing a vault of 6,500 notes: import, no change, 1,150 changes; time and memory of the client
    Sync,
}

impl From<PartName> for Part {
    fn from(name: PartName) -> Self {
        match name {
            PartName::Parse => Self::Parse,
            PartName::Embed => Self::Embed,
            PartName::Search => Self::Search,
            PartName::Generate => Self::Generate,
            PartName::Engines => Self::Engines,
            PartName::Memory => Self::Memory,
            PartName::Ingest => Self::Ingest,
            PartName::Sync => Self::Sync,
        }
    }
}

/// Measures.
pub async fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    let parts = match arguments.only.as_slice() {
        [] => PartName::value_variants().iter().copied().map(Part::from).collect(),
        only => only.iter().copied().map(Part::from).collect(),
    };
    let selection = Selection {
        parts,
        files: arguments.files,
        folders: arguments.folders,
        notes: arguments.notes,
        real_embedder: arguments.real_embedder,
    };
    let report = bench::run(&selection, &|text| output::note(text)).await;
    if arguments.json {
        output::json(&report)?;
    } else {
        for line in report.lines() {
            output::line(&line);
        }
    }
    Ok(if report.errors.is_empty() { Ending::Done } else { Ending::Wrong })
}
