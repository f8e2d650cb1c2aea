//! The list of tensors in a GGUF file: whether what it promises is in the file at all.
//!
//! A file that was cut off, or that was made to harm whoever reads it, is found out here, before an engine maps it.

use std::io::{Read, Seek};

use super::{array, text_of, wrong};

/// Tensors have as many sides as ggml knows.
const MOST_SIDES: u32 = 4;
/// Far above any real network.
const MOST_TENSORS: u64 = 1 << 16;
/// Names are no longer than this, by far.
const LONGEST_NAME: u64 = 1 << 10;
/// Where the bytes of tensors may begin, unless the file says otherwise.
const USUAL_ALIGNMENT: u64 = 32;

/// Checks that each tensor lies within the file. Of types that are not known here only the beginning is checked.
pub fn check(
    file: &mut (impl Read + Seek),
    count: u64,
    alignment: Option<u64>,
    file_bytes: u64,
) -> std::io::Result<()> {
    if count > MOST_TENSORS {
        return Err(wrong("too many tensors"));
    }
    let mut furthest = 0_u64;
    for _ in 0..count {
        let _name = text_of(file, LONGEST_NAME)?;
        let sides = u32::from_le_bytes(array(file)?);
        if sides > MOST_SIDES {
            return Err(wrong("a tensor has too many sides"));
        }
        let mut numbers = 1_u64;
        for _ in 0..sides {
            let side = u64::from_le_bytes(array(file)?);
            let product = numbers.checked_mul(side).filter(|_| side > 0);
            numbers = product.ok_or_else(|| wrong("a tensor has an absurd size"))?;
        }
        let kind = u32::from_le_bytes(array(file)?);
        let offset = u64::from_le_bytes(array(file)?);
        let bytes = size_bytes(kind, numbers).unwrap_or(1);
        let end = offset.checked_add(bytes).ok_or_else(|| wrong("a tensor has an absurd place"))?;
        furthest = furthest.max(end);
    }
    let alignment = alignment.unwrap_or(USUAL_ALIGNMENT);
    if !alignment.is_power_of_two() {
        return Err(wrong("its alignment is no power of two"));
    }
    let begins = file.stream_position()?.checked_next_multiple_of(alignment);
    let ends = begins.and_then(|begins| begins.checked_add(furthest));
    match ends {
        Some(ends) if count == 0 || ends <= file_bytes => Ok(()),
        _ => Err(wrong("the file ends before its tensors do")),
    }
}

/// The bytes of so many numbers of a type, by ggml's `type_traits`: how many numbers a block has, and its bytes.
fn size_bytes(kind: u32, numbers: u64) -> Option<u64> {
    let (block, bytes) = match kind {
        0 | 26 => (1, 4),
        1 | 25 | 30 => (1, 2),
        24 => (1, 1),
        27 | 28 => (1, 8),
        2 | 20 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        9 => (32, 36),
        10 => (256, 84),
        11 | 21 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        15 => (256, 292),
        16 | 35 => (256, 66),
        17 => (256, 74),
        18 => (256, 98),
        19 => (256, 50),
        22 => (256, 82),
        23 => (256, 136),
        29 => (256, 56),
        34 => (256, 54),
        39 => (32, 17),
        _ => return None,
    };
    numbers.div_ceil(block).checked_mul(bytes)
}
