//! `quire chat`: a chat in the terminal, with a model or with a collection.
//!
//! At a terminal it goes on until it is ended, and Ctrl-C stops an answer. What comes through a pipe is one question,
//! whose answer is the output.

mod command;
mod dialogue;
mod editor;

use std::io::{IsTerminal, Read};

use anyhow::bail;
use clap::Args;
use quire_domain::CollectionName;

use super::connection::{ConnectArguments, Connection, Purpose};
use super::{Ending, output};
use command::{Command, HELP};
use dialogue::Dialogue;
use editor::{Editor, Line};

/// Whom to chat with.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The model [default: the server's]
    model: Option<String>,
    /// Have the answers rest on the documents of this collection, with footnotes
    #[arg(short, long)]
    collection: Option<CollectionName>,
    /// What the answers are to be like: the system message
    #[arg(long, value_name = "TEXT")]
    system: Option<String>,
    #[command(flatten)]
    connect: ConnectArguments,
}

/// Chats.
pub async fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    let connection = Connection::open(&arguments.connect, Purpose::Use).await?;
    let mut dialogue = Dialogue {
        client: connection.client.clone(),
        model: arguments.model,
        collection: arguments.collection,
        system: arguments.system,
        turns: Vec::new(),
        said: String::new(),
    };
    let result = if std::io::stdin().is_terminal() {
        talk(&mut dialogue).await
    } else {
        answer_input(&mut dialogue).await
    };
    connection.close().await;
    result
}

/// Answers what comes through a pipe.
async fn answer_input(dialogue: &mut Dialogue) -> anyhow::Result<Ending> {
    let read = tokio::task::spawn_blocking(|| {
        let mut question = String::new();
        std::io::stdin().read_to_string(&mut question).map(|_| question)
    });
    let question = tokio::select! {
        question = read => question??,
        _ = tokio::signal::ctrl_c() => return Ok(Ending::Interrupted),
    };
    let question = question.trim();
    if question.is_empty() {
        bail!("standard input has no question; `echo QUESTION | quire chat` asks one");
    }
    Ok(match ask(dialogue, question).await? {
        Asked::Answered => Ending::Done,
        Asked::Stopped => Ending::Interrupted,
    })
}

/// Talks to a person at a terminal.
async fn talk(dialogue: &mut Dialogue) -> anyhow::Result<Ending> {
    output::note(&format!(
        "{} /help names the commands; Ctrl-D ends the chat.",
        dialogue.greeting()
    ));
    let mut editor = Editor::open().await;
    loop {
        let (back, line) = editor.read().await?;
        editor = back;
        let text = match line {
            Line::Text(text) => text,
            Line::Interrupted => {
                output::note("Ctrl-D or /exit ends the chat.");
                continue;
            }
            Line::End => return Ok(Ending::Done),
        };
        match Command::read(&text) {
            Command::Nothing => {}
            Command::Ask(question) => match ask(dialogue, question).await {
                Ok(Asked::Answered) => {}
                Ok(Asked::Stopped) => output::note("\n(stopped)"),
                // The chat goes on: another question may fare better.
                Err(error) => output::error(&error),
            },
            Command::ShowSystem => {
                output::note(dialogue.system.as_deref().unwrap_or("There is no system message."));
            }
            Command::SetSystem(text) => {
                dialogue.system = Some(text.to_owned());
                output::note("The system message holds from the next question on.");
            }
            Command::Clear => {
                dialogue.turns.clear();
                output::note("What was said before is forgotten.");
            }
            Command::Help => output::note(HELP),
            Command::Exit => return Ok(Ending::Done),
            Command::Unknown(name) => {
                output::note(&format!("There is no command `{name}`. {HELP}"));
            }
        }
    }
}

/// How a question ended.
enum Asked {
    Answered,
    /// By Ctrl-C.
    Stopped,
}

/// Asks; Ctrl-C stops the answer, and what was said until then has been said.
async fn ask(dialogue: &mut Dialogue, question: &str) -> anyhow::Result<Asked> {
    tokio::select! {
        answered = dialogue.ask(question) => return answered.map(|()| Asked::Answered),
        _ = tokio::signal::ctrl_c() => {}
    }
    dialogue.break_off(question);
    Ok(Asked::Stopped)
}
