//! The prompt: instructions and passages first, since they change least, then the conversation.

use quire_engines::{ChatMessage, ChatRole};

use super::passages::Passage;

/// What the model says when the passages do not answer the question.
pub const NO_ANSWER: &str = "NOT IN THE DOCUMENTS";

const INSTRUCTIONS: &str = "You answer questions about the user's own documents. \
Use only the numbered passages below; never use other knowledge. \
Write one to five short, complete sentences, in the language of the question. \
End each sentence with the number of the passage that it rests on, in square brackets. \
Example: The warranty of the pump lasts 24 months [2]. \
Copy numbers, dates and names exactly as the passage has them. \
If the passages do not answer the question, reply with exactly: NOT IN THE DOCUMENTS";

/// Builds the messages for a question.
pub fn build(
    passages: &[Passage],
    history: &[(String, String)],
    question: &str,
) -> Vec<ChatMessage> {
    let mut system = INSTRUCTIONS.to_owned();
    system.push_str("\n\nPassages:\n");
    for (passage, number) in passages.iter().zip(1..) {
        system.push_str(&render_passage(passage, number));
    }
    let message = |role, content: &str| ChatMessage { role, content: content.to_owned() };
    let mut messages = vec![message(ChatRole::System, system.trim_end())];
    for (question, answer) in history {
        messages.push(message(ChatRole::User, question));
        messages.push(message(ChatRole::Assistant, answer));
    }
    messages.push(message(ChatRole::User, question));
    messages
}

/// Writes one passage as the model sees it.
pub fn render_passage(passage: &Passage, number: usize) -> String {
    let hit = &passage.hit;
    let mut place = hit.document.title.clone();
    if hit.document.title != hit.document.path.file_name() {
        place = format!("{place} ({})", hit.document.path.file_name());
    }
    if let Some(page) = hit.page {
        place = format!("{place}, page {page}");
    }
    if let Some(heading) = hit.heading.last() {
        place = format!("{place}, {heading}");
    }
    format!("\n[{number}] {place}\n{}\n", defused(hit.text.trim()))
}

/// Takes the sting out of marks such as `<|im_end|>`, which would end the turn inside a passage.
fn defused(text: &str) -> String {
    text.replace("<|", "< |").replace("|>", "| >")
}
