//! Tiny chat models that see, with weights that are drawn: a network for words, a projector for images, and images.
//!
//! Names and entries are those of llama.cpp's `convert_hf_to_gguf.py`. The weights mean nothing, so that a model's words are
//! noise; but they depend on all that it reads, as those of a real one do.

use std::path::Path;

use quire_engines::store::gguf::GgufWriter;

/// The numbers of a token's row.
const WIDTH: u64 = 32;
const INNER: u64 = 48;
const LAYERS: u64 = 2;
const HEADS: u64 = 4;
const KEPT_WIDTH: u64 = 16;
/// The tokens: all bytes, and marks of ChatML.
const MARKS: [&str; 3] = ["<|im_start|>", "<|im_end|>", "<|endoftext|>"];
/// The longest text.
pub const CONTEXT: u64 = 4096;
/// The numbers of a row in the projector.
const SEEN_WIDTH: u64 = 32;
const SEEN_INNER: u64 = 48;
/// The side of a square that an image is cut into, in pixels.
const PATCH: u64 = 4;
/// ggml's number of the type of numbers with 32 bits.
const F32: u32 = 0;

/// The kinds of projectors that are read in ways of their own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sight {
    /// As many positions as there are squares, one behind the other, as `LLaVA` has it.
    Plain,
    /// Positions have rows and columns: an image takes fewer than it has cells, as in Qwen2-VL.
    Grid,
    /// The squares look at each other, so that they are read at once, as in Gemma 3.
    AtOnce,
}

impl Sight {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Plain, Self::Grid, Self::AtOnce];
}

/// Writes a model that sees as `model.gguf`, with `mmproj-model-f16.gguf` beside it.
pub fn write(folder: &Path, sight: Sight) {
    std::fs::create_dir_all(folder).expect("a folder");
    std::fs::write(folder.join("model.gguf"), words(sight)).expect("a file");
    std::fs::write(folder.join("mmproj-model-f16.gguf"), projector(sight, WIDTH)).expect("a file");
}

/// Numbers without a pattern, the same on every machine: Marsaglia's xorshift.
struct Drawn(u64);

impl Drawn {
    /// Draws a number between -1 and 1.
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 40) as f32 / (1_u64 << 23) as f32) - 1.0
    }

    fn tensor(&mut self, file: &mut GgufWriter, name: &str, shape: &[u64]) {
        let count: u64 = shape.iter().product();
        // Rows that are as long as those that go in.
        let scale = (3.0 / shape[0] as f32).sqrt();
        let weights: Vec<u8> =
            (0..count).flat_map(|_| (scale * self.next()).to_le_bytes()).collect();
        file.tensor(name, shape, F32, &weights);
    }
}

fn ones(file: &mut GgufWriter, name: &str, count: u64) {
    let ones: Vec<u8> = (0..count).flat_map(|_| 1.0_f32.to_le_bytes()).collect();
    file.tensor(name, &[count], F32, &ones);
}

fn words(sight: Sight) -> Vec<u8> {
    let family = if sight == Sight::Grid { "qwen2vl" } else { "llama" };
    let mut file = GgufWriter::default();
    file.text("general.architecture", family);
    file.number(&format!("{family}.context_length"), CONTEXT);
    file.number(&format!("{family}.embedding_length"), WIDTH);
    file.number(&format!("{family}.block_count"), LAYERS);
    file.number(&format!("{family}.feed_forward_length"), INNER);
    file.number(&format!("{family}.attention.head_count"), HEADS);
    file.number(&format!("{family}.attention.head_count_kv"), HEADS * KEPT_WIDTH / WIDTH);
    file.fraction(&format!("{family}.attention.layer_norm_rms_epsilon"), 1e-5);
    file.number(&format!("{family}.rope.dimension_count"), WIDTH / HEADS);
    if sight == Sight::Grid {
        file.numbers("qwen2vl.rope.dimension_sections", &[2, 1, 1, 0]);
    }
    let tokens: Vec<String> = spellings().into_iter().chain(MARKS.map(str::to_owned)).collect();
    let kinds: Vec<i32> = (0..tokens.len()).map(|token| if token < 256 { 1 } else { 3 }).collect();
    file.text("tokenizer.ggml.model", "gpt2");
    file.text("tokenizer.ggml.pre", "gpt-2");
    file.texts("tokenizer.ggml.tokens", &tokens);
    file.numbers("tokenizer.ggml.token_type", &kinds);
    // Nothing is merged: what it would be is no token.
    file.texts("tokenizer.ggml.merges", &["q x".to_owned()]);
    file.number("tokenizer.ggml.eos_token_id", 257);
    let mut drawn = Drawn(0x9e37_79b9_7f4a_7c15);
    let count = tokens.len() as u64;
    drawn.tensor(&mut file, "token_embd.weight", &[WIDTH, count]);
    drawn.tensor(&mut file, "output.weight", &[WIDTH, count]);
    ones(&mut file, "output_norm.weight", WIDTH);
    for layer in 0..LAYERS {
        let name = |part: &str| format!("blk.{layer}.{part}");
        drawn.tensor(&mut file, &name("attn_q.weight"), &[WIDTH, WIDTH]);
        drawn.tensor(&mut file, &name("attn_k.weight"), &[WIDTH, KEPT_WIDTH]);
        drawn.tensor(&mut file, &name("attn_v.weight"), &[WIDTH, KEPT_WIDTH]);
        drawn.tensor(&mut file, &name("attn_output.weight"), &[WIDTH, WIDTH]);
        drawn.tensor(&mut file, &name("ffn_gate.weight"), &[WIDTH, INNER]);
        drawn.tensor(&mut file, &name("ffn_up.weight"), &[WIDTH, INNER]);
        drawn.tensor(&mut file, &name("ffn_down.weight"), &[INNER, WIDTH]);
        ones(&mut file, &name("attn_norm.weight"), WIDTH);
        ones(&mut file, &name("ffn_norm.weight"), WIDTH);
        if sight == Sight::Grid {
            drawn.tensor(&mut file, &name("attn_q.bias"), &[WIDTH]);
            drawn.tensor(&mut file, &name("attn_k.bias"), &[KEPT_WIDTH]);
            drawn.tensor(&mut file, &name("attn_v.bias"), &[KEPT_WIDTH]);
        }
    }
    file.finish()
}

/// Writes a projector for a model whose rows have so many numbers.
pub fn projector(sight: Sight, width: u64) -> Vec<u8> {
    let (kind, side) = match sight {
        Sight::Plain => ("mlp", 4),
        Sight::Grid => ("qwen2vl_merger", 8),
        Sight::AtOnce => ("gemma3", 32),
    };
    let mut file = GgufWriter::default();
    file.text("general.architecture", "clip");
    file.number("general.file_type", 1);
    file.flag("clip.has_vision_encoder", true);
    file.text("clip.projector_type", kind);
    file.number("clip.vision.image_size", side * PATCH);
    file.number("clip.vision.patch_size", PATCH);
    file.number("clip.vision.embedding_length", SEEN_WIDTH);
    file.number("clip.vision.feed_forward_length", SEEN_INNER);
    file.number("clip.vision.block_count", LAYERS);
    file.number("clip.vision.projection_dim", width);
    file.number("clip.vision.attention.head_count", 2);
    file.fraction("clip.vision.attention.layer_norm_epsilon", 1e-5);
    file.fractions("clip.vision.image_mean", &[0.5; 3]);
    file.fractions("clip.vision.image_std", &[0.5; 3]);
    let mut drawn = Drawn(0x2545_f491_4f6c_dd1d);
    drawn.tensor(&mut file, "v.patch_embd.weight", &[PATCH, PATCH, 3, SEEN_WIDTH]);
    for layer in 0..LAYERS {
        let name = |part: &str| format!("v.blk.{layer}.{part}");
        for part in ["attn_q", "attn_k", "attn_v", "attn_out"] {
            let name = name(part);
            drawn.tensor(&mut file, &format!("{name}.weight"), &[SEEN_WIDTH, SEEN_WIDTH]);
            drawn.tensor(&mut file, &format!("{name}.bias"), &[SEEN_WIDTH]);
        }
        drawn.tensor(&mut file, &name("ffn_up.weight"), &[SEEN_WIDTH, SEEN_INNER]);
        drawn.tensor(&mut file, &name("ffn_down.weight"), &[SEEN_INNER, SEEN_WIDTH]);
        ones(&mut file, &name("ln1.weight"), SEEN_WIDTH);
        ones(&mut file, &name("ln2.weight"), SEEN_WIDTH);
    }
    match sight {
        Sight::Plain => {
            drawn.tensor(&mut file, "v.position_embd.weight", &[SEEN_WIDTH, side * side]);
            perceptron(&mut drawn, &mut file, [SEEN_WIDTH, width]);
        }
        Sight::Grid => {
            drawn.tensor(&mut file, "v.patch_embd.weight.1", &[PATCH, PATCH, 3, SEEN_WIDTH]);
            // Four squares become one row.
            perceptron(&mut drawn, &mut file, [4 * SEEN_WIDTH, width]);
        }
        Sight::AtOnce => {
            drawn.tensor(&mut file, "v.position_embd.weight", &[SEEN_WIDTH, side * side]);
            ones(&mut file, "mm.soft_emb_norm.weight", SEEN_WIDTH);
            drawn.tensor(&mut file, "mm.input_projection.weight", &[width, SEEN_WIDTH]);
        }
    }
    file.finish()
}

fn perceptron(drawn: &mut Drawn, file: &mut GgufWriter, [from, to]: [u64; 2]) {
    drawn.tensor(file, "mm.0.weight", &[from, to]);
    drawn.tensor(file, "mm.0.bias", &[to]);
    drawn.tensor(file, "mm.2.weight", &[to, to]);
    drawn.tensor(file, "mm.2.bias", &[to]);
}

/// How GPT-2's tokenizer spells the bytes.
fn spellings() -> Vec<String> {
    let mut next = 0x100_u32;
    let spell = |byte: u8| {
        let is_itself = matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
        let number = if is_itself { u32::from(byte) } else { next };
        next += u32::from(!is_itself);
        char::from_u32(number).expect("a character").to_string()
    };
    (0..=255).map(spell).collect()
}

/// Draws an image of 32 by 24 pixels as a PNG; each number is another one.
pub fn picture(number: u8) -> Vec<u8> {
    const SIDES: [usize; 2] = [32, 24];
    let pixel = |x: usize, y: usize| {
        let is_light = (x / 4 + y / 6 * usize::from(number)).is_multiple_of(2);
        let stripes = if is_light { 240 } else { 20 };
        [stripes, number.wrapping_mul(67), (8 * x) as u8]
    };
    let mut rows = Vec::new();
    for y in 0..SIDES[1] {
        // A row begins with the number of its filter: none.
        rows.push(0);
        rows.extend((0..SIDES[0]).flat_map(|x| pixel(x, y)));
    }
    png(SIDES[0] as u32, SIDES[1] as u32, &rows)
}

/// Puts the rows of an image with eight bits for red, green and blue into a PNG, without packing them.
pub fn png(width: u32, height: u32, rows: &[u8]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    chunk(&mut file, *b"IHDR", &head);
    // One stored block of deflate in a stream of zlib.
    let length = u16::try_from(rows.len()).expect("it fits into a block");
    let mut data = vec![0x78, 0x01, 1];
    data.extend(length.to_le_bytes());
    data.extend((!length).to_le_bytes());
    data.extend(rows);
    data.extend(adler(rows).to_be_bytes());
    chunk(&mut file, *b"IDAT", &data);
    chunk(&mut file, *b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    file.extend((data.len() as u32).to_be_bytes());
    let body = [&kind[..], data].concat();
    file.extend(&body);
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
        })
    };
    file.extend((!body.iter().fold(u32::MAX, step)).to_be_bytes());
}

fn adler(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}
