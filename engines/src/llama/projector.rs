//! The projector of a chat model: it makes of an image what the model reads in place of tokens.
//!
//! The work is llama.cpp's `mtmd`. Here an image is read by itself, so that what it becomes does not depend on what stands
//! around it. Whoever prepares a prompt has it cut into parts ([`Projector::read`]), which tells how much room it takes; the
//! loop that owns the context has the parts computed when it is their turn ([`Projector::evaluate`]).

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::mtmd::{
    MtmdBitmap, MtmdContext, MtmdContextParams, MtmdInputChunks, MtmdInputText, mtmd_default_marker,
};

use super::entry::{Entry, ImageHash, entries_of_image};
use super::picture::{Pixels, decode};

/// The side of the picture by which is found out how many cells a large one takes.
const LARGE: u32 = 2048;

/// A projector, loaded for one model.
pub struct Projector {
    /// Reading and computing exclude each other. It is dropped before the model, whose words it knows.
    context: Mutex<MtmdContext>,
    /// One image is decoded at a time, for the pixels of a large one take much memory.
    decoding: Mutex<()>,
    /// How many cells an image may take, if all of its parts look at each other and so are read at once.
    most_at_once: Option<usize>,
    _model: Arc<LlamaModel>,
}

/// An image, cut into the parts that the projector computes.
pub struct ReadImage {
    /// What tells it from others.
    pub hash: ImageHash,
    /// How many positions it takes.
    pub positions: u32,
    /// How many cells of the context it takes.
    pub cells: u32,
    chunks: MtmdInputChunks,
}

/// Where an image is read.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    /// The sequence.
    pub sequence: usize,
    /// The position of its first part.
    pub position: usize,
    /// How many cells are read at once.
    pub batch_tokens: u32,
}

impl Projector {
    /// Loads a projector from a GGUF file; the error says why it cannot be used with the model.
    pub fn load(
        path: &Path,
        model: &Arc<LlamaModel>,
        (threads, use_gpu): (i32, bool),
    ) -> Result<Self, String> {
        let text = path.to_str().ok_or("its path is not UTF-8")?;
        let parameters = MtmdContextParams {
            use_gpu,
            print_timings: false,
            n_threads: threads,
            ..MtmdContextParams::default()
        };
        let context = MtmdContext::init_from_file(text, model, &parameters)
            .map_err(|_| "llama.cpp cannot use it with this model")?;
        if !context.support_vision() {
            return Err("it reads no images".to_owned());
        }
        let reads_at_once = context.decode_use_non_causal();
        let (context, decoding) = (Mutex::new(context), Mutex::default());
        let mut projector =
            Self { context, decoding, most_at_once: None, _model: Arc::clone(model) };
        if reads_at_once {
            let rgb = vec![127; (LARGE * LARGE * 3) as usize];
            let grey = Pixels { width: LARGE, height: LARGE, rgb };
            let large = projector.cut(ImageHash::of(b""), &grey)?;
            projector.most_at_once = Some(large.cells as usize);
        }
        Ok(projector)
    }

    /// Gives how many cells must be read at once, if the parts of an image look at each other.
    pub fn cells_at_once(&self) -> Option<usize> {
        self.most_at_once
    }

    /// Decodes the file of an image and cuts it into parts. Blocks while another one is decoded or computed. The error says
    /// what is wrong with the file.
    pub fn read(&self, bytes: &[u8]) -> Result<ReadImage, String> {
        let _alone = lock(&self.decoding);
        let image = self.cut(ImageHash::of(bytes), &decode(bytes)?)?;
        match self.most_at_once {
            Some(most) if image.cells as usize > most => Err(format!(
                "it takes {} tokens, and the model reads {most} at once: make it smaller",
                image.cells
            )),
            _ => Ok(image),
        }
    }

    fn cut(&self, hash: ImageHash, pixels: &Pixels) -> Result<ReadImage, String> {
        let refuse = |error: &dyn std::fmt::Display| format!("llama.cpp cannot take it ({error})");
        let bitmap = MtmdBitmap::from_image_data(pixels.width, pixels.height, &pixels.rgb);
        let bitmap = bitmap.map_err(|error| refuse(&error))?;
        let text = mtmd_default_marker().to_owned();
        let text = MtmdInputText { text, add_special: false, parse_special: true };
        let chunks = lock(&self.context).tokenize(text, &[&bitmap]);
        let chunks = chunks.map_err(|error| refuse(&error))?;
        let positions = u32::try_from(chunks.total_positions()).unwrap_or(0);
        let cells = u32::try_from(chunks.total_tokens()).unwrap_or(0).max(positions);
        if positions == 0 {
            return Err("nothing of it is left to be read".to_owned());
        }
        Ok(ReadImage { hash, positions, cells, chunks })
    }

    /// Computes an image and puts it into a sequence; what else it holds there is for the caller to take out if this fails.
    pub fn evaluate(
        &self,
        image: &ReadImage,
        context: &mut LlamaContext<'_>,
        spot: Spot,
    ) -> Result<(), String> {
        let number = |number: usize| i32::try_from(number).map_err(|error| error.to_string());
        let (position, sequence) = (number(spot.position)?, number(spot.sequence)?);
        let at_once = self.most_at_once.unwrap_or(0).max(spot.batch_tokens as usize);
        let batch = number(at_once)?;
        let mut projector = lock(&self.context);
        let end = image
            .chunks
            .eval_chunks(&mut projector, context, position, sequence, batch, false)
            .map_err(|error| format!("an image could not be computed ({error})"))?;
        let expected = position + number(image.positions as usize)?;
        if end == expected {
            Ok(())
        } else {
            Err(format!("an image ended at position {end} instead of {expected}"))
        }
    }
}

impl ReadImage {
    /// Gives what it is in a sequence.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        entries_of_image(self.hash, self.positions, self.cells)
    }
}

/// What a panic left behind is as good as it was: nothing here is changed in steps.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
