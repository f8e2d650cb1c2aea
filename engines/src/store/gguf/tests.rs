//! Heads of files that were made to harm, and of files that were cut off.

use std::io::{Cursor, ErrorKind, Result};

use super::{GgufHead, parse};
use crate::store::tests::gguf;

fn read(bytes: &[u8]) -> Result<GgufHead> {
    parse(&mut Cursor::new(bytes), bytes.len() as u64)
}

/// Refused by its own words, or because the file ended.
fn refuses(bytes: &[u8], words: &str) {
    let error = read(bytes).expect_err("it is no model");
    let told = error.to_string();
    assert!(told.contains(words) || error.kind() == ErrorKind::UnexpectedEof, "{told}");
}

fn head(tensors: u64, entries: u64) -> Vec<u8> {
    [b"GGUF".to_vec(), 3_u32.to_le_bytes().to_vec(), numbers(&[tensors, entries])].concat()
}

fn numbers(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn entry(key: &str, kind: u32, value: &[u8]) -> Vec<u8> {
    let key = [numbers(&[key.len() as u64]), key.as_bytes().to_vec()].concat();
    [key, kind.to_le_bytes().to_vec(), value.to_vec()].concat()
}

fn list(kind: u32, count: u64) -> Vec<u8> {
    [kind.to_le_bytes().to_vec(), count.to_le_bytes().to_vec()].concat()
}

fn tensor(sides: &[u64], kind: u32, offset: u64) -> Vec<u8> {
    let name = [numbers(&[1]), b"t".to_vec()].concat();
    let count = (sides.len() as u32).to_le_bytes().to_vec();
    [name, count, numbers(sides), kind.to_le_bytes().to_vec(), numbers(&[offset])].concat()
}

#[test]
fn absurd_heads_are_refused_without_absurd_memory() {
    refuses(b"GGML....", "not a GGUF file");
    refuses(&head(0, u64::MAX), "too many entries");
    refuses(&head(u64::MAX, 0), "too many tensors");
    let with = |entry: Vec<u8>| [head(0, 1), entry].concat();
    refuses(&[head(0, 1), numbers(&[u64::MAX])].concat(), "text that is too long");
    refuses(&with(entry("a", 8, &numbers(&[1 << 23]))), "beyond the end");
    refuses(&with(entry("a", 8, &numbers(&[u64::MAX]))), "too long");
    refuses(&with(entry("a", 99, &[])), "unknown type");
    refuses(&with(entry("a", 9, &list(9, 1))), "list of lists");
    refuses(&with(entry("a", 9, &list(8, u64::MAX))), "list that is too long");
    refuses(&with(entry("a", 9, &list(12, u64::MAX / 8))), "list that is too long");
    refuses(&with(entry("a", 9, &list(12, 1 << 20))), "longer than the file");
    let far = [list(8, 1), numbers(&[u64::MAX / 2])].concat();
    refuses(&with(entry("a", 9, &far)), "longer than the file");
}

#[test]
fn tensors_must_lie_in_the_file() {
    let with = |tensor: Vec<u8>, data: usize| [head(1, 0), tensor, vec![0; data]].concat();
    read(&with(tensor(&[8, 2], 0, 0), 96)).expect("64 bytes, and what comes before them");
    refuses(&with(tensor(&[8, 2], 0, 0), 32), "ends before its tensors");
    refuses(&with(tensor(&[8], 0, 1 << 40), 96), "ends before its tensors");
    refuses(&with(tensor(&[8], 0, u64::MAX), 96), "absurd place");
    refuses(&with(tensor(&[u64::MAX, 2], 0, 0), 96), "absurd size");
    refuses(&with(tensor(&[0], 0, 0), 96), "absurd size");
    refuses(&with(tensor(&[1, 1, 1, 1, 1], 0, 0), 96), "too many sides");
    let odd = [head(1, 1), entry("general.alignment", 4, &3_u32.to_le_bytes())].concat();
    refuses(&[odd, tensor(&[8], 0, 0), vec![0; 96]].concat(), "no power of two");
}

#[test]
fn every_beginning_of_a_file_is_refused() {
    let whole = gguf("llama");
    assert_eq!(read(&whole).expect("a head").architecture, "llama");
    for length in 0..whole.len() {
        assert!(read(&whole[..length]).is_err(), "{length} bytes");
    }
}
