//! The line that is edited at the terminal: with a history for as long as the chat lasts, and kept nowhere.

use std::time::Duration;

use anyhow::Context;
use rustyline::config::Behavior;
use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{Config, Editor as LineEditor};

/// What is before the line.
const PROMPT: &str = "> ";

/// An editor of lines.
pub struct Editor {
    config: Config,
    history: MemHistory,
}

/// What came of a line.
pub enum Line {
    /// It was entered.
    Text(String),
    /// Ctrl-C.
    Interrupted,
    /// Ctrl-D.
    End,
}

impl Editor {
    /// Makes one for the terminal, also where the output goes elsewhere.
    pub async fn open() -> Self {
        // While a line is edited Ctrl-C is its editor's, who gives it back after that to whoever had it before: to this
        // program, which therefore takes it first.
        let _nothing_yet = tokio::time::timeout(Duration::ZERO, tokio::signal::ctrl_c()).await;
        let config =
            Config::builder().behavior(Behavior::PreferTerm).auto_add_history(true).build();
        let history = MemHistory::with_config(&config);
        Self { config, history }
    }

    /// Reads a line, and comes back with it: reading blocks a thread.
    pub async fn read(self) -> anyhow::Result<(Self, Line)> {
        let Self { config, history } = self;
        let reading = move || {
            let mut editor: LineEditor<(), MemHistory> =
                LineEditor::with_history(config.clone(), history)?;
            let line = match editor.readline(PROMPT) {
                Ok(text) => Line::Text(text),
                Err(ReadlineError::Interrupted | ReadlineError::Signal(_)) => Line::Interrupted,
                Err(ReadlineError::Eof) => Line::End,
                Err(error) => return Err(error),
            };
            let history = std::mem::take(editor.history_mut());
            Ok((Self { config, history }, line))
        };
        tokio::task::spawn_blocking(reading).await?.context("the terminal cannot be read")
    }
}
