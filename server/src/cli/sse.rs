//! Reading server-sent events from a reply.

use bytes::Bytes;
use futures::{Stream, StreamExt};

/// One event.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SseEvent {
    /// Its name; empty where it has none.
    pub name: String,
    /// Its data.
    pub data: String,
}

/// Splits a body into events; ends when the body ends or breaks.
pub fn events(
    mut body: impl Stream<Item = reqwest::Result<Bytes>> + Unpin + Send,
) -> impl Stream<Item = SseEvent> + Send {
    async_stream::stream! {
        let mut lines = Lines::default();
        let mut event = SseEvent::default();
        while let Some(Ok(bytes)) = body.next().await {
            for line in lines.push(&bytes) {
                if let Some(done) = take_line(&mut event, &line) {
                    yield done;
                }
            }
        }
    }
}

/// Adds a line to an event; a blank line completes it.
fn take_line(event: &mut SseEvent, line: &str) -> Option<SseEvent> {
    if line.is_empty() {
        let done = std::mem::take(event);
        return (!done.data.is_empty()).then_some(done);
    }
    let (field, value) = line.split_once(':')?;
    let value = value.strip_prefix(' ').unwrap_or(value);
    match field {
        "event" => value.clone_into(&mut event.name),
        "data" => {
            if !event.data.is_empty() {
                event.data.push('\n');
            }
            event.data.push_str(value);
        }
        _ => {}
    }
    None
}

/// Bytes until a line is whole, so that no character is split.
#[derive(Default)]
struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        self.rest.extend_from_slice(bytes);
        let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else {
            return Vec::new();
        };
        let rest = self.rest.split_off(end + 1);
        let whole = std::mem::replace(&mut self.rest, rest);
        String::from_utf8_lossy(&whole).lines().map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn events_survive_any_cut() {
        let body = ": keep-alive\n\nevent: a\ndata: {\"x\":\"ü\"}\n\ndata: [DONE]\n\n".as_bytes();
        for cut in 0..body.len() {
            let (first, second) = body.split_at(cut);
            let parts = [first, second].map(|part| Ok(Bytes::copy_from_slice(part)));
            let read: Vec<_> = events(futures::stream::iter(parts)).collect().await;
            let event = |name: &str, data: &str| SseEvent { name: name.into(), data: data.into() };
            assert_eq!(read, [event("a", "{\"x\":\"ü\"}"), event("", "[DONE]")], "cut at {cut}");
        }
    }
}
