//! What the head of a projector says: of the network that makes of an image what a chat model reads.

use super::Found;

/// Projectors whose places depend on what stands before an image. Here every image is read by itself, so these would be
/// read wrongly.
const BOUND_TO_THEIR_PLACE: [&str; 2] = ["deepseek4v", "hunyuanvl"];

/// The network of a projector, each number 0 if the head does not state it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct VisionHead {
    /// Whether it says that it reads images; some projectors read sound.
    pub has_encoder: bool,
    /// Such as `mlp`, `idefics3`, `qwen3vl_merger`.
    pub kind: String,
    /// The side of an image as the network sees it, in pixels.
    pub image_size: u64,
    /// The side of the squares that it cuts an image into, in pixels.
    pub patch_size: u64,
    /// How many numbers a square's vector has.
    pub width: u64,
    /// The numbers of a row within a layer.
    pub inner_width: u64,
    /// Heads of attention, of a layer.
    pub heads: u64,
}

impl VisionHead {
    /// Takes in an entry, if it is one of a projector.
    pub(super) fn read(&mut self, key: &str, found: &Found) {
        match (key, found) {
            ("clip.has_vision_encoder", Found::Number(number)) => self.has_encoder = *number != 0,
            ("clip.projector_type" | "clip.vision.projector_type", Found::Text(kind)) => {
                kind.clone_into(&mut self.kind);
            }
            ("clip.vision.image_size", Found::Number(number)) => self.image_size = *number,
            ("clip.vision.patch_size", Found::Number(number)) => self.patch_size = *number,
            ("clip.vision.embedding_length", Found::Number(number)) => self.width = *number,
            ("clip.vision.feed_forward_length", Found::Number(number)) => {
                self.inner_width = *number;
            }
            ("clip.vision.attention.head_count", Found::Number(number)) => self.heads = *number,
            _ => {}
        }
    }

    /// Returns whether images can be read by it here.
    pub fn reads_images(&self) -> bool {
        self.has_encoder && !BOUND_TO_THEIR_PLACE.contains(&self.kind.as_str())
    }

    /// Gives how many squares an image of the network's own size is cut into.
    pub fn patches(&self) -> u64 {
        let side = self.image_size.checked_div(self.patch_size).unwrap_or(0);
        side.saturating_mul(side)
    }
}
