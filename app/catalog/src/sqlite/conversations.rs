//! Conversations in SQLite.

use async_trait::async_trait;
use quire_domain::{CollectionName, Conversation, ConversationId, Message, Role};
use quire_folder_sync::now_ms;
use rusqlite::{Row, Transaction, params};

use super::database::SqliteCatalog;
use super::rows;
use super::rows::collections::collection_row;
use crate::reach::reaches;
use crate::{CatalogError, ConversationRecords};

/// Columns of a conversation.
const CONVERSATION: &str = "
    SELECT v.id, c.name AS collection, v.title, v.created_at_ms, v.updated_at_ms
    FROM conversations v JOIN collections c ON c.id = v.collection_id";

/// Reads a row of [`CONVERSATION`].
fn conversation(row: &Row<'_>) -> Result<Conversation, CatalogError> {
    Ok(Conversation {
        id: rows::parse(row, "id")?,
        collection: rows::parse(row, "collection")?,
        title: row.get("title")?,
        created_at_ms: row.get("created_at_ms")?,
        updated_at_ms: row.get("updated_at_ms")?,
    })
}

fn missing(id: &ConversationId) -> CatalogError {
    CatalogError::NoSuchConversation { id: id.to_string() }
}

fn read_conversation(
    transaction: &Transaction<'_>,
    id: &ConversationId,
) -> Result<Conversation, CatalogError> {
    let sql = format!("{CONVERSATION} WHERE v.id = ?1");
    let mut statement = transaction.prepare_cached(&sql)?;
    let mut found = statement.query([id.as_str()])?;
    let found = found.next()?.map(conversation).transpose()?;
    let found = found.filter(|conversation| reaches(&conversation.collection));
    found.ok_or_else(|| missing(id))
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

fn read_message(row: &Row<'_>) -> Result<Message, CatalogError> {
    let role: String = row.get("role")?;
    Ok(Message {
        role: match role.as_str() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            _ => return Err(CatalogError::Corrupt { column: "role" }),
        },
        text: row.get("text")?,
        answer: rows::parse_json(row, "answer")?,
        created_at_ms: row.get("created_at_ms")?,
    })
}

fn append_messages(
    transaction: &Transaction<'_>,
    id: &ConversationId,
    messages: &[Message],
) -> Result<(), CatalogError> {
    read_conversation(transaction, id)?;
    let sql = "INSERT INTO messages (conversation_id, position, role, text, answer, created_at_ms)
        SELECT ?1, COALESCE(MAX(position) + 1, 0), ?2, ?3, ?4, ?5
        FROM messages WHERE conversation_id = ?1";
    for message in messages {
        let answer = message.answer.as_ref().map(serde_json::to_string).transpose();
        let answer = answer.map_err(|_| CatalogError::Corrupt { column: "answer" })?;
        let role = role_name(message.role);
        let values = params![id.as_str(), role, message.text, answer, message.created_at_ms];
        transaction.execute(sql, values)?;
    }
    let sql = "UPDATE conversations SET updated_at_ms = ?2 WHERE id = ?1";
    transaction.execute(sql, params![id.as_str(), now_ms()])?;
    Ok(())
}

#[async_trait]
impl ConversationRecords for SqliteCatalog {
    async fn list_conversations(
        &self,
        collection: &CollectionName,
    ) -> Result<Vec<Conversation>, CatalogError> {
        let collection = collection.clone();
        let work = move |transaction: &Transaction<'_>| {
            let id = collection_row(transaction, &collection)?;
            let sql = format!(
                "{CONVERSATION} WHERE v.collection_id = ?1 ORDER BY v.updated_at_ms DESC, v.id DESC"
            );
            let mut statement = transaction.prepare_cached(&sql)?;
            let found = statement.query_and_then([id], conversation)?;
            found.collect()
        };
        self.database.transact(work).await
    }

    async fn create_conversation(
        &self,
        collection: &CollectionName,
        title: &str,
    ) -> Result<Conversation, CatalogError> {
        let (collection, title) = (collection.clone(), title.to_owned());
        let work = move |transaction: &Transaction<'_>| {
            let collection_id = collection_row(transaction, &collection)?;
            let id = uuid::Uuid::now_v7().to_string();
            let sql = "INSERT INTO conversations (id, collection_id, title, created_at_ms,
                updated_at_ms) VALUES (?1, ?2, ?3, ?4, ?4)";
            transaction.execute(sql, params![id, collection_id, title, now_ms()])?;
            let id = id.parse().map_err(|_| CatalogError::Corrupt { column: "id" })?;
            read_conversation(transaction, &id)
        };
        self.database.transact(work).await
    }

    async fn get_conversation(&self, id: &ConversationId) -> Result<Conversation, CatalogError> {
        let id = id.clone();
        self.database.transact(move |transaction| read_conversation(transaction, &id)).await
    }

    async fn list_messages(&self, id: &ConversationId) -> Result<Vec<Message>, CatalogError> {
        let id = id.clone();
        let work = move |transaction: &Transaction<'_>| {
            read_conversation(transaction, &id)?;
            let sql = "SELECT role, text, answer, created_at_ms FROM messages
                WHERE conversation_id = ?1 ORDER BY position";
            let mut statement = transaction.prepare_cached(sql)?;
            let found = statement.query_and_then([id.as_str()], read_message)?;
            found.collect()
        };
        self.database.transact(work).await
    }

    async fn append_messages(
        &self,
        id: &ConversationId,
        messages: Vec<Message>,
    ) -> Result<(), CatalogError> {
        let id = id.clone();
        let work =
            move |transaction: &Transaction<'_>| append_messages(transaction, &id, &messages);
        self.database.transact(work).await
    }

    async fn rename_conversation(
        &self,
        id: &ConversationId,
        title: &str,
    ) -> Result<Conversation, CatalogError> {
        let (id, title) = (id.clone(), title.to_owned());
        let work = move |transaction: &Transaction<'_>| {
            let sql = "UPDATE conversations SET title = ?2 WHERE id = ?1";
            transaction.execute(sql, params![id.as_str(), title])?;
            read_conversation(transaction, &id)
        };
        self.database.transact(work).await
    }

    async fn delete_conversation(&self, id: &ConversationId) -> Result<(), CatalogError> {
        let id = id.clone();
        let work = move |transaction: &Transaction<'_>| {
            read_conversation(transaction, &id)?;
            transaction.execute("DELETE FROM conversations WHERE id = ?1", [id.as_str()])?;
            Ok(())
        };
        self.database.transact(work).await
    }
}
