//! Projectors: files beside a chat model that make of an image what the model reads.
//!
//! A projector is no model by itself. It is called `mmproj…` wherever models come from, and its head says `clip`. Of several
//! of one model the one with numbers of 16 bits is taken, which is as exact as they come and computed as fast on every
//! machine; numbers of 8 bits are the next best, and those of 32 bits take more memory for nothing.

use std::path::{Path, PathBuf};

use super::gguf::read_head;

/// The types of numbers, best first.
const BEST: [&str; 4] = ["F16", "Q8_0", "BF16", "F32"];

/// Returns whether a file is a projector by its name, as hubs have it.
pub fn is_projector_name(name: &str) -> bool {
    let is_gguf = Path::new(name).extension().is_some_and(|it| it.eq_ignore_ascii_case("gguf"));
    is_gguf && name.to_ascii_lowercase().contains("mmproj")
}

/// Returns whether a file on disk is a projector, by its name or by its head.
pub fn is_projector(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    is_projector_name(name) || read_head(path).is_ok_and(|head| head.is_projector())
}

/// Sorts projectors by the type of their numbers: the first is the best.
pub fn rank(quantization: Option<&str>) -> usize {
    let place = |wanted: &str| BEST.iter().position(|one| one.eq_ignore_ascii_case(wanted));
    quantization.and_then(place).unwrap_or(BEST.len())
}

/// Picks the projectors out of the files of a folder. Blocks on the disk.
pub fn among(files: Vec<PathBuf>) -> Vec<PathBuf> {
    let is_gguf = |path: &Path| path.extension().is_some_and(|it| it.eq_ignore_ascii_case("gguf"));
    files.into_iter().filter(|path| is_gguf(path) && is_projector(path)).collect()
}

/// Finds, among the files of a model's folder, the projector with which the model reads images. One that cannot be read is
/// told in the log. Blocks on the disk.
pub fn find(files: Vec<PathBuf>) -> Option<PathBuf> {
    let mut found = Vec::new();
    for path in among(files) {
        match read_head(&path) {
            Ok(head) if head.is_projector() && head.vision.reads_images() => {
                found.push((rank(head.quantization.as_deref()), path));
            }
            Ok(head) => {
                let kind = &head.vision.kind;
                tracing::debug!(path = %path.display(), kind, "no images are read with this projector");
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "a projector cannot be read; the model reads no images");
            }
        }
    }
    found.into_iter().min().map(|(_, path)| path)
}
