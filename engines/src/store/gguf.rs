//! Reads the head of a GGUF file: what the model is, without loading it.
//!
//! The format is described in ggml's `docs/gguf.md`. Only versions 2 and 3, little-endian. Files come from anywhere, so
//! nothing is taken at its word: counts, lengths and places are bounded before anything is allocated or sought, lists
//! of lists are refused, and what the tensors need must be in the file.

mod known;
mod tensors;
mod vision;
mod writer;

use std::io::{BufReader, Read, Seek};
use std::path::Path;

pub use vision::VisionHead;
pub use writer::GgufWriter;

/// What the head of a GGUF file says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct GgufHead {
    /// Such as `llama`, `qwen2`, `bert`.
    pub architecture: String,
    /// The longest input the model was made for.
    pub context_tokens: Option<u32>,
    /// How many numbers a token's vector has.
    pub width: Option<u32>,
    /// Such as `Q4_K_M`.
    pub quantization: Option<String>,
    /// What sort of adapter it is, such as `lora`, if it is no model by itself.
    pub adapter: Option<String>,
    /// How it says that vectors are pooled, as embedding models do: a `llama_pooling_type`.
    pub pooling: Option<u64>,
    /// The shape of the network, from which the memory beside the weights follows.
    pub shape: GgufShape,
    /// What it says of images, if it is a projector.
    pub vision: VisionHead,
}

/// The shape of a network, each number 0 if the head does not state it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct GgufShape {
    /// Its layers.
    pub layers: u64,
    /// The numbers of a row within a layer.
    pub inner_width: u64,
    /// Heads of attention, of a layer.
    pub heads: u64,
    /// Heads whose keys and values are kept, of the layer with most of them.
    pub kept_heads: u64,
    /// The numbers of a key.
    pub key_width: u64,
    /// The numbers of a value.
    pub value_width: u64,
    /// The tokens that it knows.
    pub vocabulary: u64,
}

impl GgufHead {
    /// Returns whether the model makes vectors instead of text.
    pub fn is_embedding(&self) -> bool {
        self.pooling.is_some()
            || self.architecture.contains("bert")
            || self.architecture.contains("embedding")
    }

    /// Returns whether it is a projector: no model by itself, but what makes of images or sound what one reads.
    pub fn is_projector(&self) -> bool {
        self.architecture == PROJECTOR
    }
}

/// Reads the head of the file at `path`, unless it was read before and the file did not change since.
pub fn read_head(path: &Path) -> std::io::Result<GgufHead> {
    let read = |file, length| parse(&mut BufReader::new(file), length).map_err(tell_end);
    known::look_up(path, read)
}

/// Says of a file that ends too early what that means.
fn tell_end(error: std::io::Error) -> std::io::Error {
    match error.kind() {
        kind @ std::io::ErrorKind::UnexpectedEof => {
            std::io::Error::new(kind, "the file ends within its head: it was cut off")
        }
        _ => error,
    }
}

/// The architecture of projectors.
const PROJECTOR: &str = "clip";
const MAGIC: &[u8; 4] = b"GGUF";
/// Far above any real file; what is larger is not a GGUF file, or a hostile one.
const LONGEST_TEXT: u64 = 1 << 24;
const MOST_ENTRIES: u64 = 1 << 16;
/// Lists have no more entries than this: vocabularies have some hundred thousand.
const MOST_ITEMS: u64 = 1 << 23;
/// What comes before the list of tensors is no longer than this.
const LONGEST_HEAD: u64 = 1 << 28;
/// A key is no longer than this, by far; ggml allows 65,535 bytes.
const LONGEST_KEY: u64 = 1 << 16;
/// Lists with a number for each layer are no longer than this.
const MOST_LAYERS: u64 = 1 << 12;

fn parse(file: &mut (impl Read + Seek), file_bytes: u64) -> std::io::Result<GgufHead> {
    let magic: [u8; 4] = array(file)?;
    let version = u32::from_le_bytes(array(file)?);
    if &magic != MAGIC || !(2..=3).contains(&version) {
        return Err(wrong("not a GGUF file of version 2 or 3"));
    }
    let tensor_count = u64::from_le_bytes(array(file)?);
    let entries = u64::from_le_bytes(array(file)?);
    if entries > MOST_ENTRIES {
        return Err(wrong("too many entries"));
    }
    let mut head = GgufHead::default();
    let mut alignment = None;
    for _ in 0..entries {
        let key = text_of(file, LONGEST_KEY)?;
        let kind = u32::from_le_bytes(array(file)?);
        match (key.as_str(), value(file, kind)?) {
            ("general.architecture", Found::Text(name)) => head.architecture = name,
            ("adapter.type", Found::Text(kind)) => head.adapter = Some(kind),
            ("general.alignment", Found::Number(number)) => alignment = Some(number),
            (key, found) if key.starts_with("clip.") => head.vision.read(key, &found),
            ("general.file_type", Found::Number(kind)) => {
                head.quantization = quantization(kind).map(str::to_owned);
            }
            ("tokenizer.ggml.tokens", Found::List { count, .. }) => head.shape.vocabulary = count,
            (key, Found::Number(length)) if key.ends_with(".context_length") => {
                head.context_tokens = u32::try_from(length).ok();
            }
            (key, Found::Number(width)) if key.ends_with(".embedding_length") => {
                head.width = u32::try_from(width).ok();
            }
            (key, Found::Number(kind)) if key.ends_with(".pooling_type") => {
                head.pooling = Some(kind);
            }
            (key, Found::Number(number) | Found::List { largest: number, .. }) => {
                head.shape.read(key, number);
            }
            _ => {}
        }
        if file.stream_position()? > LONGEST_HEAD.min(file_bytes) {
            return Err(wrong("its head is longer than the file, or absurdly long"));
        }
    }
    tensors::check(file, tensor_count, alignment, file_bytes)?;
    head.shape.fill_in(u64::from(head.width.unwrap_or(0)));
    Ok(head)
}

impl GgufShape {
    /// Takes in an entry, if it is about the shape; of a list, its largest number.
    fn read(&mut self, key: &str, number: u64) {
        // What comes before the first dot is the architecture.
        match key.split_once('.').map(|(_, key)| key) {
            Some("block_count") => self.layers = number,
            Some("feed_forward_length") => self.inner_width = number,
            Some("attention.head_count") => self.heads = number,
            Some("attention.head_count_kv") => self.kept_heads = number,
            Some("attention.key_length") => self.key_width = number,
            Some("attention.value_length") => self.value_width = number,
            _ => {}
        }
    }

    /// Gives how many numbers are kept of a token: a key and a value of each layer.
    pub fn kept_numbers(&self) -> u64 {
        let width = self.key_width.saturating_add(self.value_width);
        self.kept_heads.saturating_mul(width).saturating_mul(self.layers)
    }

    /// Fills in what follows if it is not stated, as llama.cpp does.
    fn fill_in(&mut self, width: u64) {
        let fill = |number: &mut u64, usual: u64| {
            if *number == 0 {
                *number = usual;
            }
        };
        let head_width = width.checked_div(self.heads).unwrap_or(0);
        fill(&mut self.kept_heads, self.heads);
        fill(&mut self.key_width, head_width);
        fill(&mut self.value_width, head_width);
    }
}

enum Found {
    Text(String),
    Number(u64),
    /// A list: its length, and the largest of its numbers, 0 if they are not such as are read here.
    List {
        count: u64,
        largest: u64,
    },
    Other,
}

fn value(file: &mut (impl Read + Seek), kind: u32) -> std::io::Result<Found> {
    Ok(match kind {
        0 | 1 | 7 => Found::Number(u64::from(array::<1>(file)?[0])),
        2 | 3 => Found::Number(u64::from(u16::from_le_bytes(array(file)?))),
        4 | 5 => Found::Number(u64::from(u32::from_le_bytes(array(file)?))),
        10 | 11 => Found::Number(u64::from_le_bytes(array(file)?)),
        6 => skip(file, 4)?,
        12 => skip(file, 8)?,
        8 => Found::Text(text_of(file, LONGEST_TEXT)?),
        9 => list(file)?,
        _ => return Err(wrong("an entry of an unknown type")),
    })
}

/// Reads a short list of numbers and passes over any other.
fn list(file: &mut (impl Read + Seek)) -> std::io::Result<Found> {
    let kind = u32::from_le_bytes(array(file)?);
    let count = u64::from_le_bytes(array(file)?);
    if count > MOST_ITEMS {
        return Err(wrong("a list that is too long"));
    }
    if matches!(kind, 4 | 5) && count <= MOST_LAYERS {
        let mut largest = 0;
        for _ in 0..count {
            largest = largest.max(u64::from(u32::from_le_bytes(array(file)?)));
        }
        return Ok(Found::List { count, largest });
    }
    let width = match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        10..=12 => 8,
        8 => {
            for _ in 0..count {
                let length = u64::from_le_bytes(array(file)?);
                skip(file, length)?;
            }
            return Ok(Found::List { count, largest: 0 });
        }
        9 => return Err(wrong("a list of lists")),
        _ => return Err(wrong("a list of an unknown type")),
    };
    skip(file, count.saturating_mul(width))
}

fn skip(file: &mut impl Seek, bytes: u64) -> std::io::Result<Found> {
    let bytes = i64::try_from(bytes).map_err(|_| wrong("an entry beyond the end"))?;
    file.seek_relative(bytes)?;
    Ok(Found::Other)
}

/// Reads a text that is no longer than `longest`; what is allocated grows with what is there.
fn text_of(file: &mut impl Read, longest: u64) -> std::io::Result<String> {
    let length = u64::from_le_bytes(array(file)?);
    if length > longest {
        return Err(wrong("a text that is too long"));
    }
    let mut bytes = Vec::new();
    file.by_ref().take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != length {
        return Err(wrong("a text beyond the end: the file was cut off"));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn array<const N: usize>(file: &mut impl Read) -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn wrong(what: &str) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, what)
}

/// Names a file type, after `llama_ftype` of llama.cpp.
fn quantization(kind: u64) -> Option<&'static str> {
    Some(match kind {
        0 => "F32",
        1 => "F16",
        2 => "Q4_0",
        3 => "Q4_1",
        7 => "Q8_0",
        8 => "Q5_0",
        9 => "Q5_1",
        10 => "Q2_K",
        11 => "Q3_K_S",
        12 => "Q3_K_M",
        13 => "Q3_K_L",
        14 => "Q4_K_S",
        15 => "Q4_K_M",
        16 => "Q5_K_S",
        17 => "Q5_K_M",
        18 => "Q6_K",
        19 => "IQ2_XXS",
        20 => "IQ2_XS",
        21 => "Q2_K_S",
        22 => "IQ3_XS",
        23 => "IQ3_XXS",
        24 => "IQ1_S",
        25 => "IQ4_NL",
        26 => "IQ3_S",
        27 => "IQ3_M",
        28 => "IQ2_S",
        29 => "IQ2_M",
        30 => "IQ4_XS",
        31 => "IQ1_M",
        32 => "BF16",
        36 => "TQ1_0",
        37 => "TQ2_0",
        38 => "MXFP4",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
