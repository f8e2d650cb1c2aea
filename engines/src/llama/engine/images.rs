//! Images in prompts: one is computed at a time, between two batches of tokens, so that whoever writes waits for one image at
//! most before the next token.

use std::sync::Arc;

use super::{End, Engine};
use crate::llama::projector::{ReadImage, Spot};

impl Engine<'_> {
    /// Reads the image that the oldest of the requests waits for which have come to one.
    pub(super) fn read_image(&mut self) {
        let Some((index, image)) = self.find_image() else { return };
        let Some(projector) = self.projector.clone() else { return };
        if !self.make_room_for(index, image.cells as usize) || !self.waits_for(index, &image) {
            return;
        }
        let sequence = self.requests[index].sequence;
        let position = self.sequences.get(sequence).entries.len();
        let spot = Spot { sequence, position, batch_tokens: self.settings.batch_tokens };
        match projector.evaluate(&image, &mut self.context, spot) {
            Ok(()) => self.sequences.get(sequence).entries.extend(image.entries()),
            Err(reason) => {
                // A part of it may be there.
                let start = Some(position as u32);
                if self.context.kv_cache_seq_rm(sequence as i32, start, None).is_err() {
                    self.clear(sequence);
                }
                self.end(index, End::Failed(reason));
            }
        }
    }

    fn find_image(&mut self) -> Option<(usize, Arc<ReadImage>)> {
        let sequences = &mut self.sequences;
        let mut at_work = self.requests.iter().enumerate().filter(|(_, it)| !it.is_paused);
        at_work.find_map(|(index, request)| {
            let held = sequences.get(request.sequence).entries.len();
            Some((index, Arc::clone(request.image_at(held)?)))
        })
    }

    /// Returns whether a request still waits for an image; it may have forgotten it to make room.
    fn waits_for(&mut self, index: usize, image: &ReadImage) -> bool {
        self.find_image().is_some_and(|(at, next)| at == index && next.hash == image.hash)
    }

    /// Makes room for an image before it is computed, which costs more than tokens do; false if its request has to wait.
    ///
    /// Cells that sequences share are counted for each of them, so that there is room for sure.
    fn make_room_for(&mut self, index: usize, cells: usize) -> bool {
        while self.sequences.cells() + cells > self.settings.context_tokens as usize {
            self.make_room();
            if self.requests.get(index).is_none_or(|request| request.is_paused) {
                return false;
            }
        }
        true
    }
}
