//! The line that is edited at the terminal: with a history for as long as the chat lasts, and kept nowhere.

use anyhow::Context;
use rustyline::config::Behavior;
use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{Config, Editor as LineEditor};

/// What is before the line.
const PROMPT: &str = "> ";

/// An editor of lines.
pub struct Editor(LineEditor<(), MemHistory>);

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
    /// Opens one on the terminal, also where the output goes elsewhere.
    pub fn open() -> anyhow::Result<Self> {
        let config =
            Config::builder().behavior(Behavior::PreferTerm).auto_add_history(true).build();
        let history = MemHistory::with_config(&config);
        let editor = LineEditor::with_history(config, history);
        editor.map(Self).context("the terminal cannot be used")
    }

    /// Reads a line, and comes back with it: reading blocks a thread.
    pub async fn read(mut self) -> anyhow::Result<(Self, Line)> {
        let reading = move || {
            let line = match self.0.readline(PROMPT) {
                Ok(text) => Line::Text(text),
                Err(ReadlineError::Interrupted) => Line::Interrupted,
                Err(ReadlineError::Eof) => Line::End,
                Err(error) => return Err(error),
            };
            Ok((self, line))
        };
        tokio::task::spawn_blocking(reading).await?.context("the terminal cannot be read")
    }
}
