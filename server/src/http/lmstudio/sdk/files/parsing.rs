//! `parseDocument`: the text of a file, as it is read for the index.

use std::pin::pin;

use futures::StreamExt;
use quire_domain::FileId;
use serde::{Deserialize, Serialize};

use super::Refusal;
use super::indexing::{Progress, Stage, attach, follow, until_stopped};
use crate::http::error::ApiError;
use crate::http::lmstudio::sdk::session::{Channel, Session};
use crate::http::state::AppState;
use crate::http::v1::error::unsupported;

/// Who reads files here.
const LIBRARY: &str = "quire";

/// A file to be read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParseDocument {
    file_identifier: FileId,
    #[serde(default)]
    parse_opts: Options,
}

/// By whom it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    parser_id: Option<GivenParser>,
}

#[derive(Debug, Deserialize)]
struct GivenParser {
    library: String,
}

/// Who reads files.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Parser {
    library: &'static str,
    version: &'static str,
}

/// What is told of reading.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum ParsePacket {
    ParserLoaded { parser: Parser },
    Progress { progress: f32 },
    Result { content: String, parser: Parser },
}

/// Which file's reader is asked for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParserOf {
    file_identifier: FileId,
}

/// Tells who reads a file: all have the same reader.
pub async fn parser_of(state: &AppState, asked: ParserOf) -> Result<Parser, Refusal> {
    state.services.files.get(&asked.file_identifier).await?;
    Ok(parser())
}

fn parser() -> Parser {
    Parser { library: LIBRARY, version: env!("CARGO_PKG_VERSION") }
}

/// Reads a file.
pub async fn parse(
    session: &Session,
    asked: ParseDocument,
    channel: &Channel,
) -> Result<(), Refusal> {
    if asked.parse_opts.parser_id.is_some_and(|parser| parser.library != LIBRARY) {
        return Err(unsupported("parserId", "Another reader of files").into());
    }
    // Whoever stops it waits for nothing any more.
    let _stopped = until_stopped(channel, run(session, asked.file_identifier, channel)).await?;
    Ok(())
}

async fn run(session: &Session, file: FileId, channel: &Channel) -> Result<(), Refusal> {
    let services = &session.state().services;
    let known = services.files.list_documents(&file).await?.into_iter().next();
    let document = match known {
        Some(document) => document,
        None => attach(session, &file, None).await?,
    };
    channel.send(&ParsePacket::ParserLoaded { parser: parser() }).await?;
    channel.send(&ParsePacket::Progress { progress: 0.0 }).await?;
    let mut steps = pin!(follow(services.clone(), document.id.clone()));
    while let Some(step) = steps.next().await {
        // It is cut and embedded as well, which takes longer than reading: that is the second half.
        let progress = match step? {
            Progress::Ended(Stage::Loading) => 0.5,
            Progress::At(Stage::Embedding, done) => 0.5 + done / 2.0,
            _ => continue,
        };
        channel.send(&ParsePacket::Progress { progress }).await?;
    }
    let texts = services.documents.list_texts(&document.id).await?;
    let pages: Vec<&str> = texts.iter().map(|page| page.text.as_str()).collect();
    let content = pages.join("\n\n");
    if content.is_empty() {
        let message = format!("`{}` has no text.", document.path);
        return Err(ApiError::invalid(message).code("unreadable_file").into());
    }
    channel.send(&ParsePacket::Result { content, parser: parser() }).await
}
