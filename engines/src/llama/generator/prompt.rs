//! From a prompt to what the model reads: tokens, and images between them.

use llama_cpp_2::token::LlamaToken;

use super::Inner;
use super::album::{Album, MarkedChat, Piece, shown};
use crate::chat::{Chat, ChatMessage, ChatRole, ContentPart, ReplyParser};
use crate::llama::entry::{Entry, cells_of, entries_of, tokens_before_image, tokens_of};
use crate::llama::shortened::{cut_tokens, shorten};
use crate::{EngineError, GenerateRequest, Prompt, WhenFull};

/// A prompt as the model reads it.
pub struct ReadPrompt {
    /// Its tokens and images; the last one is a token.
    pub entries: Vec<Entry>,
    /// How the reply is taken apart.
    pub reply: ReplyParser,
}

impl Inner {
    /// Reads a prompt, without its oldest messages if it is too long and they may be forgotten; also says how many
    /// tokens that were.
    pub(super) fn read_fitting(
        &self,
        request: &GenerateRequest,
        album: &Album,
    ) -> Result<(Prompt, ReadPrompt, usize), EngineError> {
        let context_tokens = self.info.context_tokens;
        let prompt = request.prompt.clone();
        let mut read = self.read(&prompt, album)?;
        let whole = cells_of(&read.entries);
        if whole < context_tokens {
            return Ok((prompt, read, 0));
        }
        let exceeded = || EngineError::ContextExceeded {
            model: self.info.model.clone(),
            prompt_tokens: whole,
            context_tokens,
        };
        if request.when_full == WhenFull::Stop {
            return Err(exceeded());
        }
        // A quarter of the context is left to the answer, if it may be as long.
        let room = request.max_tokens.unwrap_or(usize::MAX).min(context_tokens / 4).max(1);
        let most = context_tokens - room;
        let Prompt::Chat(chat) = &prompt else {
            let begins = read.entries.first() == Some(&self.model.vocab().bos().into());
            cut_tokens(&mut read.entries, usize::from(begins), most);
            let dropped = whole - read.entries.len();
            return Ok((prompt, read, dropped));
        };
        let fits = |chat: &Chat| -> Result<Option<ReadPrompt>, EngineError> {
            let read = self.read(&Prompt::Chat(chat.clone()), album)?;
            Ok((cells_of(&read.entries) <= most).then_some(read))
        };
        let (chat, read) = shorten(chat, fits)?.ok_or_else(exceeded)?;
        let dropped = whole - cells_of(&read.entries);
        Ok((Prompt::Chat(chat), read, dropped))
    }

    /// Writes a chat by the model's template, with llama.cpp's mark for an image if the model reads them.
    pub(super) fn write(&self, chat: &Chat) -> Result<String, EngineError> {
        if self.projector.is_none() {
            return self.render(chat);
        }
        let marked = MarkedChat::new(chat);
        let text = self.render(&marked.chat)?;
        let pieces = marked.split(&text).map_err(|reason| self.bad_template(reason))?;
        Ok(shown(&pieces))
    }

    fn render(&self, chat: &Chat) -> Result<String, EngineError> {
        self.template.render(chat).map_err(|error| self.bad_template(error.to_string()))
    }

    fn bad_template(&self, reason: String) -> EngineError {
        EngineError::Template { model: self.info.model.clone(), reason }
    }

    /// Reads a prompt whose images are in the album.
    pub(super) fn read(&self, prompt: &Prompt, album: &Album) -> Result<ReadPrompt, EngineError> {
        let vocabulary = self.model.vocab();
        let mut reply = ReplyParser::of_text();
        let entries = match prompt {
            Prompt::Chat(chat) => {
                let (entries, parser) = self.read_chat(chat, album)?;
                reply = parser;
                entries
            }
            Prompt::Text(text) => entries_of(&vocabulary.tokenize(text.as_bytes(), true, true)),
            Prompt::Tokens(tokens) => entries_of(&self.known(tokens)?),
        };
        match entries.last() {
            None => Err(self.refuse("is empty".to_owned())),
            Some(Entry::Image { .. }) => {
                Err(self.refuse("ends with an image; say something behind it".to_owned()))
            }
            Some(Entry::Token(_)) => Ok(ReadPrompt { entries, reply }),
        }
    }

    fn read_chat(
        &self,
        chat: &Chat,
        album: &Album,
    ) -> Result<(Vec<Entry>, ReplyParser), EngineError> {
        let vocabulary = self.model.vocab();
        // Whoever reads no images is shown what the template makes of them.
        let marked = self.projector.is_some().then(|| MarkedChat::new(chat));
        let marked = marked.filter(MarkedChat::has_images);
        let chat = marked.as_ref().map_or(chat, |marked| &marked.chat);
        let text = self.render(chat)?;
        let reply = self.template.reply_parser(chat, &text);
        // Many templates write the first token themselves.
        let add_first = self.bos.is_empty() || !text.starts_with(&self.bos);
        let tokenize = |words: &str, add_first| {
            entries_of(&vocabulary.tokenize(words.as_bytes(), add_first, true))
        };
        let Some(marked) = &marked else { return Ok((tokenize(&text, add_first), reply)) };
        let mut entries = Vec::new();
        if add_first && vocabulary.should_add_bos() {
            entries.push(vocabulary.bos().into());
        }
        let pieces = marked.split(&text).map_err(|reason| self.bad_template(reason))?;
        for piece in pieces {
            match piece {
                Piece::Words("") => {}
                Piece::Words(words) => entries.extend(tokenize(words, false)),
                Piece::Image(hash) => {
                    let image = album.find(hash);
                    let missing = || self.failed("an image of the chat was not read".to_owned());
                    entries.extend(image.ok_or_else(missing)?.entries());
                }
            }
        }
        Ok((entries, reply))
    }

    /// Makes text of tokens, those included that are no words.
    pub(super) fn text_of(&self, tokens: &[LlamaToken]) -> String {
        let bytes = self.model.vocab().detokenize(tokens, false, true);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Makes text of a prompt, with llama.cpp's mark for images.
    pub(super) fn words_of(&self, entries: &[Entry]) -> String {
        let is_image = |entry: &Entry| entry.token().is_none();
        let runs = entries.chunk_by(|a, b| is_image(a) == is_image(b));
        let write = |run: &[Entry]| match run.first() {
            Some(Entry::Image { hash, .. }) => shown(&[Piece::Image(*hash)]),
            _ => self.text_of(&tokens_of(run)),
        };
        runs.map(write).collect()
    }

    /// Gives tokens as the engine has them; one that the model does not know is refused.
    pub(super) fn known(&self, tokens: &[u32]) -> Result<Vec<LlamaToken>, EngineError> {
        let size = self.model.vocab().n_tokens();
        let known = |token: &u32| i32::try_from(*token).is_ok_and(|token| token < size);
        if let Some(unknown) = tokens.iter().find(|token| !known(token)) {
            return Err(self.refuse(format!("has token {unknown}, which it does not know")));
        }
        Ok(tokens.iter().map(|token| LlamaToken::new(*token as i32)).collect())
    }

    /// Counts the tokens that a prompt begins with, as every other one with the same instructions does.
    ///
    /// These are what it has in common with itself without anything behind the instructions: a template may merge
    /// texts before they become tokens, so that nothing less tells it for sure. No image is among them, for what is made of
    /// instructions is kept on disk by their tokens.
    pub(super) fn count_instructions(
        &self,
        (prompt, album): (&Prompt, &Album),
        bytes: usize,
        entries: &[Entry],
    ) -> usize {
        let Prompt::Chat(chat) = prompt else { return 0 };
        let messages = &chat.messages;
        let Some((first, others)) = messages.split_first().filter(|_| bytes > 0) else { return 0 };
        let mut text = first.text().into_owned();
        text.truncate(text.floor_char_boundary(bytes));
        let first = ChatMessage { content: vec![ContentPart::Text(text)], ..first.clone() };
        // The instructions may be all that the first message says; then it is the next one that differs.
        let messages = std::iter::once(first).chain(others.iter().map(silent)).collect();
        let alike = self.count_alike(Chat { messages, ..chat.clone() }, album, entries);
        alike.min(tokens_before_image(entries))
    }

    /// Counts the entries that a prompt begins with and that are kept when others are forgotten: those of the system's
    /// messages and of tools, or else the first of all.
    pub(super) fn count_kept(
        &self,
        (prompt, album): (&Prompt, &Album),
        entries: &[Entry],
    ) -> usize {
        let Prompt::Chat(chat) = prompt else { return 1 };
        let says = |message: &ChatMessage| message.role == ChatRole::System;
        let first = chat.messages.iter().take_while(|message| says(message)).count();
        let (kept, others) = chat.messages.split_at(first);
        let messages = kept.iter().cloned().chain(others.iter().map(silent)).collect();
        self.count_alike(Chat { messages, ..chat.clone() }, album, entries)
    }

    /// Counts the entries that a prompt has in common with a chat, up to the last one.
    fn count_alike(&self, chat: Chat, album: &Album, entries: &[Entry]) -> usize {
        let Ok(other) = self.read(&Prompt::Chat(chat), album) else { return 0 };
        let alike = other.entries.iter().zip(entries).take_while(|(a, b)| a == b).count();
        alike.min(entries.len().saturating_sub(1))
    }
}

/// Makes a message that says nothing.
fn silent(message: &ChatMessage) -> ChatMessage {
    ChatMessage::new(message.role, "")
}
