//! Prompts that are longer than the context: their oldest messages are left out, never those of the system.

use crate::chat::{Chat, ChatRole};

/// Leaves out as few of the oldest messages as must be so that `fits` gives something, and gives that, too. `None` if
/// what the system says and the last message of the user do not fit.
///
/// The conversation begins with a message of the user then, so that no answer or result of a tool stands without what it
/// answers.
pub fn shorten<T, E>(
    chat: &Chat,
    mut fits: impl FnMut(&Chat) -> Result<Option<T>, E>,
) -> Result<Option<(Chat, T)>, E> {
    let says = |role, place: usize| chat.messages[place].role == role;
    let first = (0..chat.messages.len()).take_while(|place| says(ChatRole::System, *place)).count();
    let beginnings = (first + 1..chat.messages.len()).filter(|place| says(ChatRole::User, *place));
    let beginnings: Vec<usize> = beginnings.collect();
    let mut found = None;
    // The later a beginning, the more likely it fits.
    let (mut low, mut high) = (0, beginnings.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        let mut messages = chat.messages[..first].to_vec();
        messages.extend_from_slice(&chat.messages[beginnings[middle]..]);
        let shorter = Chat { messages, ..chat.clone() };
        match fits(&shorter)? {
            Some(it) => {
                found = Some((shorter, it));
                high = middle;
            }
            None => low = middle + 1,
        }
    }
    Ok(found)
}

/// Leaves out the oldest tokens behind the first `kept`, until there are no more than `most`.
pub fn cut_tokens<T>(tokens: &mut Vec<T>, kept: usize, most: usize) {
    let over = tokens.len().saturating_sub(most);
    let end = (kept + over).min(tokens.len());
    tokens.drain(kept.min(end)..end);
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::chat::ChatMessage;

    fn chat(messages: &[(ChatRole, &str)]) -> Chat {
        Chat::new(messages.iter().map(|(role, text)| ChatMessage::new(*role, *text)).collect())
    }

    /// Shortens to so many bytes of text and shows what is left.
    fn shortened(chat: &Chat, most: usize) -> Option<String> {
        let text = |chat: &Chat| {
            let texts = chat.messages.iter().map(|message| message.text().into_owned());
            texts.collect::<Vec<String>>().join(" ")
        };
        let fits = |chat: &Chat| Ok::<_, Infallible>((text(chat).len() <= most).then_some(()));
        let Ok(found) = shorten(chat, fits);
        found.map(|(chat, ())| text(&chat))
    }

    #[test]
    fn the_oldest_messages_go_and_the_systems_stay() {
        use ChatRole::{Assistant, System, Tool, User};
        let long = chat(&[
            (System, "Rules"),
            (User, "one"),
            (Assistant, "call"),
            (Tool, "result"),
            (Assistant, "first"),
            (User, "two"),
            (Assistant, "second"),
            (User, "three"),
        ]);
        assert_eq!(shortened(&long, 99).as_deref(), Some("Rules two second three"));
        assert_eq!(shortened(&long, 15).as_deref(), Some("Rules three"));
        assert_eq!(shortened(&long, 9), None);
        assert_eq!(shortened(&chat(&[(User, "alone")]), 3), None);
    }

    #[test]
    fn tokens_go_behind_the_first() {
        let cut = |kept, most| {
            let mut tokens: Vec<i32> = (0..6).collect();
            cut_tokens(&mut tokens, kept, most);
            tokens
        };
        assert_eq!(cut(1, 3), [0, 4, 5]);
        assert_eq!(cut(0, 3), [3, 4, 5]);
        assert_eq!(cut(1, 9), [0, 1, 2, 3, 4, 5]);
        assert_eq!(cut(1, 0), [0]);
    }
}
