//! Cutting a stream of server-sent events into the data of each, however the bytes arrive.

/// The beginning of an event whose end has not come yet.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    rest: String,
}

impl Frames {
    /// Takes more text; gives the data of every event that is complete now.
    pub(crate) fn push(&mut self, text: &str) -> Vec<String> {
        self.rest.push_str(&text.replace('\r', ""));
        let mut complete = Vec::new();
        while let Some((frame, rest)) = self.rest.split_once("\n\n") {
            let data: Vec<&str> =
                frame.lines().filter_map(|line| line.strip_prefix("data:")).collect();
            if !data.is_empty() {
                let data: Vec<&str> =
                    data.into_iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
                complete.push(data.join("\n"));
            }
            self.rest = rest.to_owned();
        }
        complete
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_found_wherever_the_stream_is_cut() {
        let stream =
            ": ping\n\nevent: token\ndata: {\"a\":1}\n\nevent: done\r\ndata:x\r\ndata: y\r\n\r\n";
        for cut in 0..=stream.len() {
            let mut frames = Frames::default();
            let mut found = frames.push(&stream[..cut]);
            found.extend(frames.push(&stream[cut..]));
            assert_eq!(found, ["{\"a\":1}", "x\ny"], "cut at {cut}");
        }
    }
}
