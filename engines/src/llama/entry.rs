//! What stands at a place of a sequence: a token, or a part of an image.
//!
//! A sequence is a list of entries, and the place in the list is the position that llama.cpp knows them by. An image stands
//! for as many entries as it takes positions, which know it by its hash: so the beginning that two prompts have in common
//! ends where their images differ. Some models give the many cells of an image few positions; every entry says how many
//! cells of the context it takes.

use llama_cpp_2::token::LlamaToken;
use sha2::{Digest, Sha256};

/// What tells one image from all others: a hash of its file.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ImageHash([u8; 16]);

impl ImageHash {
    /// Hashes a file.
    pub fn of(bytes: &[u8]) -> Self {
        let hash = Sha256::digest(bytes);
        Self(*hash.first_chunk().expect("SHA-256 has 32 bytes"))
    }
}

/// What stands at one position.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Entry {
    /// A token.
    Token(LlamaToken),
    /// A part of an image.
    Image {
        /// Which image.
        hash: ImageHash,
        /// How many parts of it come before.
        offset: u32,
        /// How many cells of the context this part takes.
        cells: u32,
    },
}

impl From<LlamaToken> for Entry {
    fn from(token: LlamaToken) -> Self {
        Self::Token(token)
    }
}

impl Entry {
    /// Gives the token, if it is one.
    pub fn token(&self) -> Option<LlamaToken> {
        match self {
            Self::Token(token) => Some(*token),
            Self::Image { .. } => None,
        }
    }

    /// Returns whether it belongs to the entry before it.
    fn is_inside_image(&self) -> bool {
        matches!(self, Self::Image { offset, .. } if *offset > 0)
    }

    fn cells(&self) -> usize {
        match self {
            Self::Token(_) => 1,
            Self::Image { cells, .. } => *cells as usize,
        }
    }
}

/// Makes the entries of an image that takes so many positions and cells. The first one takes the cells that are left over.
pub fn entries_of_image(
    hash: ImageHash,
    positions: u32,
    cells: u32,
) -> impl Iterator<Item = Entry> {
    let first = cells.saturating_sub(positions.saturating_sub(1));
    (0..positions).map(move |offset| {
        let cells = if offset == 0 { first } else { 1 };
        Entry::Image { hash, offset, cells }
    })
}

/// Makes entries of tokens.
pub fn entries_of(tokens: &[LlamaToken]) -> Vec<Entry> {
    tokens.iter().copied().map(Entry::from).collect()
}

/// Gives the tokens among entries.
pub fn tokens_of(entries: &[Entry]) -> Vec<LlamaToken> {
    entries.iter().filter_map(Entry::token).collect()
}

/// Counts the tokens that come before the first image.
pub fn tokens_before_image(entries: &[Entry]) -> usize {
    entries.iter().take_while(|entry| entry.token().is_some()).count()
}

/// Counts the cells of the context that entries take.
pub fn cells_of(entries: &[Entry]) -> usize {
    entries.iter().map(Entry::cells).sum()
}

/// Gives the first place from `place` on that is not inside an image.
pub fn end_of_image(entries: &[Entry], place: usize) -> usize {
    let inside = entries.get(place..).unwrap_or_default().iter();
    place + inside.take_while(|entry| entry.is_inside_image()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(id: i32) -> Entry {
        LlamaToken::new(id).into()
    }

    #[test]
    fn an_image_is_whole_or_not_there() {
        let image = |name: &[u8]| entries_of_image(ImageHash::of(name), 3, 9);
        let with = |name: &[u8]| -> Vec<Entry> {
            [token(1)].into_iter().chain(image(name)).chain([token(2)]).collect()
        };
        let (one, other) = (with(b"a cat"), with(b"a dog"));
        let alike = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
        assert_eq!(alike, 1, "no part of an image is that of another one");
        assert_eq!((one.len(), cells_of(&one)), (5, 11));
        assert_eq!(tokens_of(&one), [LlamaToken::new(1), LlamaToken::new(2)]);
        assert_eq!((tokens_before_image(&one), tokens_before_image(&one[1..])), (1, 0));
        let ends = [0, 1, 2, 3, 4, 5].map(|place| end_of_image(&one, place));
        assert_eq!(ends, [0, 1, 4, 4, 4, 5]);
    }

    #[test]
    fn cells_and_positions_may_be_as_many() {
        let entries: Vec<Entry> = entries_of_image(ImageHash::of(b""), 4, 4).collect();
        assert!(entries.iter().all(|entry| entry.cells() == 1));
        assert_eq!(entries.len(), 4);
    }
}
