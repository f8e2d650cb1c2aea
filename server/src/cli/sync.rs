//! `quire sync`: a folder or vault and its mirror in a collection, once or as long as it runs.

mod identity;
mod mirror;
mod preview;
mod report;
mod settle;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use quire_domain::CollectionName;
use quire_domain::sync::{Source, SourceId, SourceKind, SourceRequest};
use quire_folder_sync::obsidian::find_vault;
use quire_folder_sync::watch::{Happening, keep_in_step};
use quire_folder_sync::{DeleteLimit, Round, RoundReport, Step, SyncedFolder};
use quire_service::{FOLDERS_FILE, SqliteFolders};
use serde::Deserialize;
use tokio::sync::{Mutex, mpsc};

use super::connection::{ConnectArguments, Connection, Purpose};
use super::{Ending, output};
use mirror::HttpMirror;
use report::Report;

/// How often a folder is looked at again because files changed while they were read.
const MAX_LOOKS: usize = 3;
/// The pause before that.
const PAUSE: Duration = Duration::from_secs(1);

/// What is left out, and how the command ends.
const AFTER_HELP: &str = "\
Left out are hidden files and folders, links, what `.gitignore` and `.quireignore` files name (in git's \
syntax, each for its folder and those below), and what Obsidian's setting \"Excluded files\" names. \
Nothing is ever written into the folder.

Exit codes: 0 all is in step, 1 an error, 2 some files failed and are named, 3 deletions were held \
back, 130 stopped by Ctrl-C.";

/// What to keep in step with what.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// The folder or Obsidian vault
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The collection it is mirrored into; made if there is none
    #[arg(short, long)]
    collection: CollectionName,
    /// Go on: bring over each change as it is made, until Ctrl-C
    #[arg(long, conflicts_with_all = ["dry_run", "on_server"])]
    watch: bool,
    /// Print what would be done and change nothing
    #[arg(long, conflicts_with = "on_server")]
    dry_run: bool,
    /// Let the server on this machine watch the folder itself, from now on and after each start
    #[arg(long)]
    on_server: bool,
    /// The most deletions that go through: a number or a percentage; all else is held back and the
    /// command ends with 3 [default: 20 files or 20%, whichever is more, and never all of them]
    #[arg(long, value_name = "LIMIT")]
    delete_limit: Option<DeleteLimit>,
    /// Do not wait until everything can be searched
    #[arg(long)]
    no_wait: bool,
    /// The folder of the collection that the files are put in, so that several sources of one
    /// collection do not meet [default: its top]
    #[arg(long, value_name = "FOLDER", default_value = "", hide_default_value = true)]
    into: String,
    /// The source that the folder is to the server [default: one of this device, folder and
    /// collection, or the one that the key opens]
    #[arg(long, value_name = "UUID")]
    source: Option<SourceId>,
    /// Print a summary as JSON; with --watch one line for each change
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArguments,
}

/// Syncs.
pub async fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    let purpose = if arguments.dry_run { Purpose::Use } else { Purpose::Ingest };
    let root = arguments.folder.canonicalize();
    let root = root.with_context(|| format!("`{}` cannot be read", arguments.folder.display()))?;
    anyhow::ensure!(root.is_dir(), "`{}` is not a folder; give the folder itself", root.display());
    let connection = Connection::open(&arguments.connect, purpose).await?;
    let result = tokio::select! {
        result = run_on(&arguments, root, &connection) => result,
        _ = tokio::signal::ctrl_c() => Ok(Ending::Interrupted),
    };
    connection.close().await;
    result
}

async fn run_on(
    arguments: &Arguments,
    root: PathBuf,
    connection: &Connection,
) -> anyhow::Result<Ending> {
    let session = Session::open(arguments, root, connection).await?;
    // With a limit the deletions that the server holds back are done as well, by this command.
    if arguments.on_server && arguments.delete_limit.is_none() {
        let source = session.mirror.put_source().await?;
        if arguments.json {
            output::json(&source)?;
        } else {
            session.show_registered(&source, connection.is_own());
        }
        return Ok(Ending::Done);
    }
    if arguments.dry_run {
        let preview = preview::preview(&session.folder, &session.mirror).await?;
        if arguments.json {
            output::json(&preview)?;
        } else {
            preview.show();
        }
        let is_whole = preview.failed.is_empty();
        return Ok(if is_whole { Ending::Done } else { Ending::SomeFailed });
    }
    if arguments.watch {
        return session.watch(arguments.json).await;
    }
    // A server that ends with this command would leave for another day what it has not indexed.
    let wait = match (arguments.no_wait, connection.is_own()) {
        (true, _) => Wait::Never,
        (false, false) => Wait::ForChanges,
        (false, true) => Wait::Always,
    };
    let report = session.once(wait).await?;
    if arguments.json {
        output::json(&report)?;
    } else {
        report.show();
    }
    Ok(report.ending())
}

/// When to wait for the index.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Wait {
    Never,
    ForChanges,
    Always,
}

/// A folder and its mirror.
struct Session {
    folder: SyncedFolder,
    mirror: HttpMirror,
    limit: DeleteLimit,
}

/// What a server says to the holder of a key.
#[derive(Deserialize)]
struct KnownToKey {
    opens: Option<SourceId>,
}

impl Session {
    async fn open(
        arguments: &Arguments,
        root: PathBuf,
        connection: &Connection,
    ) -> anyhow::Result<Self> {
        let data = arguments.connect.data();
        let device = identity::device(&data)?;
        let memory = SqliteFolders::open(&data.join(FOLDERS_FILE)).await?;
        let memory = Arc::new(memory);
        let key = &arguments.connect.key;
        let client = match key {
            Some(key) => connection.client.clone().with_key(Some(key.clone())),
            None => connection.client.clone(),
        };
        let text = root.to_str().context("the folder's name is not Unicode; rename it")?;
        let id = match (&arguments.source, key) {
            (Some(id), _) => id.clone(),
            (None, Some(_)) => {
                let KnownToKey { opens } = client.get(&["api", "sources"]).await?;
                opens.context("the server does not say what the key opens; give --source")?
            }
            (None, None) => {
                let place = if arguments.on_server {
                    format!("{text}\0on server")
                } else {
                    text.to_owned()
                };
                identity::source_id(&device.id, &place, &arguments.collection)?
            }
        };
        let vault = find_vault(&root);
        let name = root.file_name().map_or_else(|| text.to_owned(), |n| n.to_string_lossy().into());
        let request = SourceRequest {
            kind: match &vault {
                _ if arguments.on_server => SourceKind::Folder { root: text.to_owned() },
                Some(_) => SourceKind::Obsidian,
                None => SourceKind::Client,
            },
            collection: arguments.collection.clone(),
            name,
            folder: arguments.into.clone(),
            vault,
            device: (!arguments.on_server).then_some(device),
            rules: None,
        };
        let server = arguments.connect.server.clone().unwrap_or_else(|| "this machine".to_owned());
        Ok(Self {
            folder: SyncedFolder { root, memory: memory.clone() },
            mirror: HttpMirror { client, id, request, memory, server, known: Mutex::default() },
            limit: arguments.delete_limit.unwrap_or_default(),
        })
    }

    /// Says that the server watches the folder itself.
    fn show_registered(&self, source: &Source, server_is_own: bool) {
        let (root, collection) = (self.folder.root.display(), &source.collection);
        let when = if server_is_own { " whenever it runs" } else { "" };
        output::line(&format!(
            "The server keeps `{root}` in step with `{collection}`{when}, as source {}.",
            source.id
        ));
    }

    /// One sync, and the wait for the index.
    async fn once(&self, wait: Wait) -> anyhow::Result<Report> {
        let started = Instant::now();
        let bar = ProgressBar::new(0).with_style(style("Sending  "));
        let on_step = |step| match step {
            Step::Looking => {}
            Step::Sending(files) => {
                bar.set_length(files);
                bar.set_position(0);
            }
            Step::Sent(files) => bar.set_position(files),
        };
        let round = self.round(&on_step);
        let mut total = round.run().await?;
        for _ in 1..MAX_LOOKS {
            if total.later.is_empty() {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            let next = round.run().await?;
            total = sum(&total, next);
        }
        bar.finish_and_clear();
        let sent_ms = started.elapsed().as_millis() as u64;
        if wait == Wait::Always || (wait == Wait::ForChanges && total.changed) {
            let bar = ProgressBar::new(total.files).with_style(style("Indexing "));
            bar.enable_steady_tick(Duration::from_millis(500));
            let status = settle::wait_until_indexed(&self.mirror, &bar).await;
            bar.finish_and_clear();
            if status?.index.failed > 0 {
                total.failed.extend(settle::list_failures(&self.mirror).await?);
            }
        }
        Ok(Report {
            source_id: self.mirror.id.clone(),
            collection: self.mirror.request.collection.clone(),
            root: self.folder.root.clone(),
            round: total,
            sent_ms,
            took_ms: started.elapsed().as_millis() as u64,
        })
    }

    /// Syncs until it is stopped.
    async fn watch(&self, json: bool) -> anyhow::Result<Ending> {
        // Happenings are told from within a round; few of them come at a time.
        let (sender, mut receiver) = mpsc::unbounded_channel::<Told>();
        let tell = move |happening: Happening<'_>| {
            // The receiver lives as long as this.
            let _told = sender.send(Told::from(happening));
        };
        let round = self.round(&|_| {});
        let keeping = keep_in_step(&round, &tell);
        tokio::pin!(keeping);
        output::note(&format!(
            "Keeping `{}` in step with `{}`. Ctrl-C stops it.",
            self.folder.root.display(),
            self.mirror.request.collection
        ));
        let mut is_first = true;
        loop {
            tokio::select! {
                error = &mut keeping => return Err(error.into()),
                Some(told) = receiver.recv() => {
                    show(told, json, std::mem::take(&mut is_first))?;
                }
            }
        }
    }

    fn round<'a>(&'a self, on_step: &'a (dyn Fn(Step) + Sync)) -> Round<'a> {
        Round { folder: &self.folder, mirror: &self.mirror, limit: self.limit, on_step }
    }
}

/// A happening that can wait to be printed.
enum Told {
    Round(Box<RoundReport>),
    Note(String),
}

impl From<Happening<'_>> for Told {
    fn from(happening: Happening<'_>) -> Self {
        match happening {
            Happening::Round(report) => Self::Round(Box::new(report.clone())),
            Happening::Failed(error, pause) => {
                Self::Note(format!("{error}; trying again in {} s", pause.as_secs()))
            }
            Happening::Unwatched(error) => Self::Note(error.to_string()),
        }
    }
}

fn show(told: Told, json: bool, is_first: bool) -> anyhow::Result<()> {
    match told {
        Told::Note(note) => output::note(&note),
        Told::Round(round) => {
            let is_news = is_first || round.changed || !round.failed.is_empty();
            if json && is_news {
                output::json_line(&round)?;
            } else if is_news {
                report::show_notes(&round);
                output::line(&format!("{} files: {}", round.files, report::summary(&round)));
            }
            if let Some(guard) = round.held_back {
                output::note(&report::held_back(guard));
            }
        }
    }
    Ok(())
}

/// Adds what a later round did to an earlier one's.
fn sum(earlier: &RoundReport, later: RoundReport) -> RoundReport {
    RoundReport {
        read: earlier.read + later.read,
        uploaded: earlier.uploaded + later.uploaded,
        uploaded_bytes: earlier.uploaded_bytes + later.uploaded_bytes,
        moved: earlier.moved + later.moved,
        deleted: earlier.deleted + later.deleted,
        changed: earlier.changed || later.changed,
        ..later
    }
}

fn style(what: &str) -> ProgressStyle {
    let template = format!("{what}[{{bar:32}}] {{pos}}/{{len}} files, {{elapsed}} passed");
    ProgressStyle::with_template(&template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}
