//! The images of a chat: each is read once, and a mark stands for it while the template writes the words around it.
//!
//! What somebody writes is never taken for a mark: the marks of a chat have a name in them that follows from all that the
//! chat says.

use std::sync::Arc;

use llama_cpp_2::mtmd::mtmd_default_marker;
use sha2::{Digest, Sha256};

use super::Inner;
use crate::chat::{Chat, ContentPart, Image};
use crate::llama::entry::ImageHash;
use crate::llama::projector::ReadImage;
use crate::llama::prompt_cache::short_hash;
use crate::{EngineError, Prompt};

/// How many images a chat may show: each takes memory until it is computed.
const MOST_IMAGES: usize = 64;
const MARK_ENDS: &str = "__>";

/// The images of a chat as its model reads them; those that are alike are one.
#[derive(Default)]
pub struct Album {
    images: Vec<Arc<ReadImage>>,
}

impl Album {
    /// Finds an image.
    pub fn find(&self, hash: ImageHash) -> Option<&ReadImage> {
        self.images.iter().find(|image| image.hash == hash).map(AsRef::as_ref)
    }

    /// Gives the images.
    pub fn into_images(self) -> Vec<Arc<ReadImage>> {
        self.images
    }
}

impl Inner {
    /// Reads the images of a prompt; none if the model reads none.
    pub(super) fn look(&self, prompt: &Prompt) -> Result<Album, EngineError> {
        let mut album = Album::default();
        let (Prompt::Chat(chat), Some(projector)) = (prompt, &self.projector) else {
            return Ok(album);
        };
        for (place, image) in images_of(chat).enumerate() {
            let refuse = |reason: String| {
                let model = self.info.model.clone();
                EngineError::InvalidImage { model, number: place + 1, reason }
            };
            if place >= MOST_IMAGES {
                return Err(refuse(format!("a chat may show {MOST_IMAGES}; leave the others out")));
            }
            if album.find(ImageHash::of(&image.bytes)).is_none() {
                album.images.push(Arc::new(projector.read(&image.bytes).map_err(refuse)?));
            }
        }
        Ok(album)
    }
}

fn images_of(chat: &Chat) -> impl Iterator<Item = &Image> {
    let parts = chat.messages.iter().flat_map(|message| &message.content);
    parts.filter_map(|part| match part {
        ContentPart::Image(image) => Some(image),
        ContentPart::Text(_) => None,
    })
}

/// A chat with marks in the place of images.
pub struct MarkedChat {
    /// The chat; it has words alone.
    pub chat: Chat,
    hashes: Vec<ImageHash>,
    mark_begins: String,
}

/// What stands in the text of a marked chat.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Piece<'t> {
    /// Words, or nothing.
    Words(&'t str),
    /// An image.
    Image(ImageHash),
}

impl MarkedChat {
    /// Puts marks in the place of images.
    pub fn new(chat: &Chat) -> Self {
        let hashes: Vec<ImageHash> =
            images_of(chat).map(|image| ImageHash::of(&image.bytes)).collect();
        if hashes.is_empty() {
            return Self { chat: chat.clone(), hashes, mark_begins: String::new() };
        }
        let named = replaced(chat, |place| format!("{:?}", hashes[place]));
        let name = short_hash(&Sha256::digest(format!("{named:?}")));
        let mark_begins = format!("<__image_{name}_");
        let chat = replaced(chat, |place| format!("{mark_begins}{place}{MARK_ENDS}"));
        Self { chat, hashes, mark_begins }
    }

    /// Returns whether it has marks.
    pub fn has_images(&self) -> bool {
        !self.hashes.is_empty()
    }

    /// Takes the text that a template wrote apart where marks stand. The error says what the template did to an image.
    pub fn split<'t>(&self, text: &'t str) -> Result<Vec<Piece<'t>>, String> {
        if self.hashes.is_empty() {
            return Ok(vec![Piece::Words(text)]);
        }
        let mut is_shown = vec![false; self.hashes.len()];
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once(&self.mark_begins) {
            let mark = behind.split_once(MARK_ENDS);
            let mark = mark.and_then(|(place, rest)| Some((place.parse::<usize>().ok()?, rest)));
            let found = mark.and_then(|(place, rest)| Some((place, self.hashes.get(place)?, rest)));
            let (place, hash, behind) = found.ok_or("it changes the mark of an image")?;
            is_shown[place] = true;
            pieces.extend([Piece::Words(before), Piece::Image(*hash)]);
            rest = behind;
        }
        pieces.push(Piece::Words(rest));
        match is_shown.iter().position(|is_shown| !is_shown) {
            Some(place) => Err(format!("it leaves out image {}", place + 1)),
            None => Ok(pieces),
        }
    }
}

/// Writes pieces as llama.cpp shows prompts: with one mark for all images.
pub fn shown(pieces: &[Piece<'_>]) -> String {
    let show = |piece: &Piece<'_>| match *piece {
        Piece::Words(words) => words.to_owned(),
        Piece::Image(_) => mtmd_default_marker().to_owned(),
    };
    pieces.iter().map(show).collect()
}

/// Replaces images by words.
fn replaced(chat: &Chat, words: impl Fn(usize) -> String) -> Chat {
    let mut chat = chat.clone();
    let parts = chat.messages.iter_mut().flat_map(|message| &mut message.content);
    let images = parts.filter(|part| matches!(part, ContentPart::Image(_)));
    for (place, part) in images.enumerate() {
        *part = ContentPart::Text(words(place));
    }
    chat
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::chat::{ChatMessage, ChatRole};

    fn image(name: &'static [u8]) -> ContentPart {
        let media_type = "image/png".to_owned();
        ContentPart::Image(Image { media_type, bytes: Bytes::from_static(name) })
    }

    fn chat(content: Vec<ContentPart>) -> Chat {
        Chat::new(vec![ChatMessage { content, ..ChatMessage::new(ChatRole::User, "") }])
    }

    #[test]
    fn marks_are_found_again_and_words_are_never_marks() {
        let words = |text: &str| ContentPart::Text(text.to_owned());
        let first = MarkedChat::new(&chat(vec![words("a"), image(b"cat"), image(b"dog")]));
        let written = first.chat.messages[0].text().into_owned();
        let (cat, dog) = (ImageHash::of(b"cat"), ImageHash::of(b"dog"));
        let pieces = first.split(&written).expect("all are there");
        let expected = [
            Piece::Words("a"),
            Piece::Image(cat),
            Piece::Words(""),
            Piece::Image(dog),
            Piece::Words(""),
        ];
        assert_eq!(pieces, expected);
        assert_eq!(shown(&pieces), "a<__media__><__media__>");
        // Somebody who saw the marks of one chat cannot write those of another.
        let copied = MarkedChat::new(&chat(vec![words(&written), image(b"cat")]));
        let written = copied.chat.messages[0].text().into_owned();
        let pieces = copied.split(&written).expect("it is there");
        assert_eq!(pieces.iter().filter(|piece| matches!(piece, Piece::Image(_))).count(), 1);
    }

    #[test]
    fn what_a_template_does_to_an_image_is_told() {
        let marked = MarkedChat::new(&chat(vec![image(b"cat"), image(b"dog")]));
        let written = marked.chat.messages[0].text().into_owned();
        let half = &written[..written.len() / 2];
        assert_eq!(marked.split(half), Err("it leaves out image 2".to_owned()));
        let changed = written.replace("_0__>", "_7__>");
        assert_eq!(marked.split(&changed), Err("it changes the mark of an image".to_owned()));
        assert_eq!(MarkedChat::new(&chat(Vec::new())).split("a"), Ok(vec![Piece::Words("a")]));
    }
}
