//! The tokens of a model that writes text: from text to tokens, and from a token to its bytes.

use std::collections::BTreeSet;
use std::sync::Arc;

use llguidance::toktrie::{ApproximateTokEnv, TokEnv, TokRxInfo, TokTrie};
use serde_json::Value;
use tokenizers::Tokenizer;

use crate::FirstToken;
use crate::chat::Piece;

/// What ends a turn in the families that are known, whatever their files state: after llama.cpp's list.
const ENDS_OF_TURNS: [&str; 9] = [
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<end_of_turn>",
    "<end_of_utterance>",
    "</s>",
];

/// How models mark the place to be filled in: before it, behind it, and where the filling is to come.
const FILL_IN_MARKS: [[&str; 3]; 3] = [
    ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"],
    ["<fim_prefix>", "<fim_suffix>", "<fim_middle>"],
    ["<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"],
];

/// The tokens of a model.
pub struct Vocabulary {
    tokenizer: Tokenizer,
    tokens: Vec<Token>,
    ends: BTreeSet<u32>,
    /// What every prompt begins with, if the tokenizer says so.
    first: Option<u32>,
}

#[derive(Clone, Debug, Default)]
struct Token {
    bytes: Vec<u8>,
    is_special: bool,
}

/// What is stated of a model's tokens beside its tokenizer.
#[derive(Clone, Debug, Default)]
pub struct StatedTokens {
    /// The text of the first token, if there is one.
    pub bos: Option<String>,
    /// The texts of those that end a reply.
    pub end_texts: Vec<String>,
    /// The numbers of those that do.
    pub ends: Vec<u32>,
    /// Which ones are no text; `None` if the tokenizer says it.
    pub controls: Option<BTreeSet<u32>>,
}

impl Vocabulary {
    /// Reads the bytes of all tokens of a tokenizer, of which the network knows `count`.
    pub fn new(
        mut tokenizer: Tokenizer,
        stated: &StatedTokens,
        count: usize,
    ) -> Result<Self, String> {
        let error = |error: tokenizers::Error| format!("its tokenizer: {error}");
        // A file may ask for both; here nothing is cut in silence and nothing is padded.
        tokenizer.with_padding(None).with_truncation(None).map_err(error)?;
        let spelling = Spelling::of(&tokenizer);
        let added = tokenizer.get_added_tokens_decoder();
        let is_special = |number: u32| match &stated.controls {
            Some(controls) => controls.contains(&number),
            None => added.get(&number).is_some_and(|token| token.special),
        };
        let known = tokenizer.get_vocab(true);
        let largest = known.values().max().map_or(0, |largest| *largest as usize + 1);
        let mut tokens = vec![Token::default(); largest.min(count)];
        for (text, number) in known {
            let Some(token) = tokens.get_mut(number as usize) else { continue };
            *token = match added.get(&number) {
                Some(added) => {
                    let bytes = added.content.clone().into_bytes();
                    Token { bytes, is_special: is_special(number) }
                }
                None => Token { bytes: spelling.bytes(&text), is_special: false },
            };
        }
        let number = |text: &str| tokenizer.token_to_id(text);
        // An ordinary word of such a spelling ends nothing.
        let known_ends = ENDS_OF_TURNS.iter().filter_map(|text| number(text));
        let known_ends = known_ends.filter(|number| is_special(*number));
        let stated_ends = stated.end_texts.iter().filter_map(|text| number(text));
        let ends: BTreeSet<u32> =
            known_ends.chain(stated_ends).chain(stated.ends.iter().copied()).collect();
        if tokens.is_empty() || ends.is_empty() {
            return Err("its tokenizer has no token that ends a reply".to_owned());
        }
        let bos = stated.bos.as_deref().and_then(number);
        let example = tokenizer.encode_fast("a", true).map_err(error)?;
        let first = bos.filter(|bos| example.get_ids().first() == Some(bos));
        Ok(Self { tokenizer, tokens, ends, first })
    }

    /// Counts the tokens.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Cuts text into tokens; names of special tokens in it are those tokens.
    pub fn tokenize(&self, text: &str, first: FirstToken) -> Result<Vec<u32>, String> {
        let encoding =
            self.tokenizer.encode_fast(text, false).map_err(|error| error.to_string())?;
        let first = self.first.filter(|_| first == FirstToken::Added);
        Ok(first.into_iter().chain(encoding.get_ids().iter().copied()).collect())
    }

    /// Gives the bytes of a token; a number that is none has no bytes.
    pub fn piece(&self, token: u32) -> Piece<'_> {
        match self.tokens.get(token as usize) {
            Some(token) => Piece { bytes: &token.bytes, is_special: token.is_special },
            None => Piece { bytes: &[], is_special: true },
        }
    }

    /// Makes text of tokens; `None` if one of them is not known.
    pub fn detokenize(&self, tokens: &[u32]) -> Option<String> {
        let bytes = tokens.iter().map(|token| self.tokens.get(*token as usize));
        let bytes = bytes.map(|token| token.map(|token| token.bytes.as_slice()));
        let bytes: Vec<&[u8]> = bytes.collect::<Option<_>>()?;
        Some(String::from_utf8_lossy(&bytes.concat()).into_owned())
    }

    /// Returns whether a token ends a reply.
    pub fn is_end(&self, token: u32) -> bool {
        self.ends.contains(&token)
    }

    /// Makes the prompt whose continuation stands between two texts; `None` if the model has no marks for that.
    pub fn prompt_between(&self, before: &str, after: &str) -> Option<Vec<u32>> {
        let number = |mark: &&str| self.tokenizer.token_to_id(mark);
        let marks = FILL_IN_MARKS.iter().find_map(|marks| {
            let numbers: Option<Vec<u32>> = marks.iter().map(&number).collect();
            numbers
        })?;
        let cut = |text: &str| self.tokenize(text, FirstToken::LeftOut).ok();
        let parts = [&[marks[0]][..], &cut(before)?, &[marks[1]], &cut(after)?, &[marks[2]]];
        Some(self.first.into_iter().chain(parts.concat()).collect())
    }

    /// Gives the vocabulary as forms of answers are compiled for it.
    pub fn environment(&self) -> Result<TokEnv, String> {
        let word = |token: &Token| match token.is_special {
            true if token.bytes.is_empty() => Vec::new(),
            true => [&[TokTrie::SPECIAL_TOKEN_MARKER], token.bytes.as_slice()].concat(),
            false => token.bytes.clone(),
        };
        let words: Vec<Vec<u8>> = self.tokens.iter().map(word).collect();
        let is_known = |end: &&u32| (**end as usize) < words.len();
        let ends: Vec<u32> = self.ends.iter().filter(is_known).copied().collect();
        let first = *ends.first().ok_or("no token of its vocabulary ends a reply")?;
        let trie = TokTrie::from(&TokRxInfo::new(words.len() as u32, first), &words);
        Ok(Arc::new(ApproximateTokEnv::new(trie.with_eos_tokens(&ends))))
    }
}

/// How the texts of tokens stand for bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Spelling {
    /// A character a byte, as GPT-2 has it.
    ByteLevel,
    /// Text in which a mark stands for a blank, and `<0x0A>` for a byte, as `SentencePiece` has it.
    Marked,
    /// Text.
    Plain,
}

impl Spelling {
    /// Finds it by what the tokenizer's decoder is made of.
    fn of(tokenizer: &Tokenizer) -> Self {
        let decoder = serde_json::to_value(tokenizer.get_decoder()).unwrap_or_default();
        if has_part(&decoder, "ByteLevel") {
            Self::ByteLevel
        } else if has_part(&decoder, "ByteFallback") || has_part(&decoder, "Metaspace") {
            Self::Marked
        } else {
            Self::Plain
        }
    }

    fn bytes(self, text: &str) -> Vec<u8> {
        match self {
            Self::ByteLevel => {
                let bytes: Option<Vec<u8>> = text.chars().map(byte_of).collect();
                // A text that spells no bytes stands for itself.
                bytes.unwrap_or_else(|| text.as_bytes().to_vec())
            }
            Self::Marked => match named_byte(text) {
                Some(byte) => vec![byte],
                None => text.replace('\u{2581}', " ").into_bytes(),
            },
            Self::Plain => text.as_bytes().to_vec(),
        }
    }
}

fn has_part(decoder: &Value, kind: &str) -> bool {
    let parts = decoder.get("decoders").and_then(Value::as_array);
    decoder.get("type").is_some_and(|it| it == kind)
        || parts.is_some_and(|parts| parts.iter().any(|part| has_part(part, kind)))
}

/// The byte that a character stands for, by GPT-2's table: those that can be seen for themselves, the others in order
/// from U+0100 on.
fn byte_of(c: char) -> Option<u8> {
    let is_itself = |byte: u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    if let Ok(byte) = u8::try_from(c) {
        return is_itself(byte).then_some(byte);
    }
    let place = (c as usize).checked_sub(0x100)?;
    (0..=255).filter(|byte| !is_itself(*byte)).nth(place)
}

/// Reads a byte of the form `<0x0A>`.
fn named_byte(text: &str) -> Option<u8> {
    let digits = text.strip_prefix("<0x")?.strip_suffix('>')?;
    if digits.len() == 2 { u8::from_str_radix(digits, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_one_character() {
        let characters = (0_u32..0x200).filter_map(char::from_u32);
        let mut bytes: Vec<u8> = characters.filter_map(byte_of).collect();
        bytes.sort_unstable();
        assert_eq!(bytes, (0..=255).collect::<Vec<u8>>());
        assert_eq!(
            (byte_of('a'), byte_of('\u{120}'), byte_of('\u{10a}')),
            (Some(b'a'), Some(b' '), Some(b'\n'))
        );
        assert_eq!(byte_of('東'), None);
    }

    #[test]
    fn tokens_are_spelled_as_their_family_does() {
        assert_eq!(Spelling::ByteLevel.bytes("\u{120}h\u{c3}\u{a9}"), " hé".as_bytes());
        assert_eq!(Spelling::Marked.bytes("\u{2581}hé"), " hé".as_bytes());
        assert_eq!(Spelling::Marked.bytes("<0x0A>"), b"\n");
        assert_eq!(Spelling::Marked.bytes("<0x0>"), b"<0x0>");
        assert_eq!(Spelling::Plain.bytes("\u{120}"), "\u{120}".as_bytes());
    }
}
