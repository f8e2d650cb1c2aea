//! What is said in a chat: questions are asked of the server with what was said before them, and answers are printed as
//! they come.

use std::io::IsTerminal;

use anyhow::bail;
use futures::StreamExt;
use quire_domain::CollectionName;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::answer::{self, Hints};
use crate::cli::output;
use crate::client::ApiClient;
use crate::http::api::ask::EarlierTurn;
use crate::http::error::ErrorDetail;

/// A chat as far as it has come.
pub struct Dialogue {
    /// The server.
    pub client: ApiClient,
    /// The model; the server's if absent.
    pub model: Option<String>,
    /// The collection whose documents answer, if any.
    pub collection: Option<CollectionName>,
    /// What the answers are to be like.
    pub system: Option<String>,
    /// Questions with their answers, the oldest first.
    pub turns: Vec<(String, String)>,
    /// What the answer that is being made has said so far.
    pub said: String,
}

/// A piece of a streamed reply, as far as it is shown.
#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    error: Option<ErrorDetail>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Delta {
    content: Option<String>,
    reasoning_content: Option<String>,
}

impl Dialogue {
    /// Says with whom this is.
    pub fn greeting(&self) -> String {
        let model = self
            .model
            .as_ref()
            .map_or_else(|| "the server's chat model".to_owned(), |model| format!("`{model}`"));
        match &self.collection {
            Some(collection) => format!("This is collection `{collection}`, by {model}."),
            None => format!("This is {model}."),
        }
    }

    /// Asks a question, prints the answer, and keeps both for the questions that follow.
    pub async fn ask(&mut self, question: &str) -> anyhow::Result<()> {
        self.said.clear();
        match self.collection.clone() {
            Some(collection) => self.ask_collection(&collection, question).await?,
            None => self.ask_model(question).await?,
        }
        self.keep(question);
        Ok(())
    }

    /// Keeps what was said of an answer that was stopped, if it had begun.
    pub fn break_off(&mut self, question: &str) {
        if !self.said.is_empty() {
            self.keep(question);
        }
    }

    fn keep(&mut self, question: &str) {
        self.turns.push((question.to_owned(), std::mem::take(&mut self.said)));
    }

    async fn ask_collection(
        &mut self,
        collection: &CollectionName,
        question: &str,
    ) -> anyhow::Result<()> {
        let turn = |(question, answer): &(String, String)| EarlierTurn {
            question: question.clone(),
            answer: answer.clone(),
        };
        let body = json!({
            "question": question,
            "model": self.model,
            "history": self.turns.iter().map(turn).collect::<Vec<_>>(),
            "instructions": self.system,
            "stream": true,
        });
        let path = ["api", "collections", collection.as_str(), "ask"];
        let request = self.client.request(Method::POST, &path).json(&body);
        let events = self.client.follow(request).await?;
        let hints =
            Hints { insist: "`quire ask --insist`", coverage: "`quire ask --mode coverage`" };
        let answer = answer::show(events, hints).await?;
        self.said = answer.answer;
        Ok(())
    }

    async fn ask_model(&mut self, question: &str) -> anyhow::Result<()> {
        let path = ["v1", "chat", "completions"];
        let request = self.client.request(Method::POST, &path).json(&self.chat(question));
        let mut events = Box::pin(self.client.follow(request).await?);
        let mut thoughts = Thoughts::new();
        while let Some(event) = events.next().await {
            if event.data == "[DONE]" {
                output::line("");
                return Ok(());
            }
            let chunk: Chunk = serde_json::from_str(&event.data)?;
            if let Some(error) = chunk.error {
                output::line("");
                bail!("{}", error.message);
            }
            for Choice { delta, finish_reason } in chunk.choices {
                thoughts.show(delta.reasoning_content.as_deref().unwrap_or_default());
                let text = delta.content.unwrap_or_default();
                if !text.is_empty() {
                    thoughts.end();
                    output::piece(&text);
                    self.said.push_str(&text);
                }
                if finish_reason.as_deref() == Some("length") {
                    output::note(
                        "\n(It was cut off: the model's context or the limit is reached.)",
                    );
                }
            }
        }
        bail!("the server ended the answer in the middle");
    }

    /// Writes the chat as OpenAI's protocol has it.
    fn chat(&self, question: &str) -> Value {
        let message = |role: &str, text: &str| json!({"role": role, "content": text});
        let mut messages: Vec<Value> = Vec::new();
        messages.extend(self.system.as_deref().map(|text| message("system", text)));
        for (asked, answered) in &self.turns {
            messages.extend([message("user", asked), message("assistant", answered)]);
        }
        messages.push(message("user", question));
        let mut body = json!({"messages": messages, "stream": true});
        if let Some(model) = &self.model {
            body["model"] = model.as_str().into();
        }
        body
    }
}

/// What a model thinks before it answers: shown dimly to a person, and no part of the output.
struct Thoughts {
    is_shown: bool,
    has_begun: bool,
}

impl Thoughts {
    fn new() -> Self {
        Self { is_shown: std::io::stdout().is_terminal(), has_begun: false }
    }

    fn show(&mut self, text: &str) {
        if self.is_shown && !text.is_empty() {
            let begin = if std::mem::replace(&mut self.has_begun, true) { "" } else { "\u{1b}[2m" };
            output::piece(&format!("{begin}{text}"));
        }
    }

    fn end(&mut self) {
        if std::mem::take(&mut self.has_begun) {
            output::piece("\u{1b}[0m\n\n");
        }
    }
}

impl Drop for Thoughts {
    /// An answer may be stopped while it is thought about.
    fn drop(&mut self) {
        self.end();
    }
}
