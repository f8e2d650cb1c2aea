//! Reads the heads of safetensors files: which tensors a folder holds, and where, without reading their numbers.
//!
//! Files come from anywhere: lengths, sides and places are checked before anything is allocated or sought, so that a
//! file that was cut off, or promises more than it holds, is an error here. The weights are one `model.safetensors`, or
//! several files that `model.safetensors.index.json` names.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

/// The weights of a model, if they are one file.
pub const WEIGHTS: &str = "model.safetensors";
/// Says which files hold the weights, if they are several.
pub const INDEX: &str = "model.safetensors.index.json";
/// A head that is longer than this is none.
const LONGEST_HEAD: u64 = 100 << 20;
/// More files than this no model has.
const MOST_FILES: usize = 1000;

/// Where a tensor is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TensorPlace {
    /// The file.
    pub file: PathBuf,
    /// The type of its numbers, as the format names it: `F32`, `BF16`.
    pub kind: String,
    /// Its sides.
    pub shape: Vec<usize>,
    /// Where in the file it begins, in bytes.
    pub offset: u64,
    /// Its bytes.
    pub bytes: u64,
}

impl TensorPlace {
    /// Counts its numbers.
    pub fn numbers(&self) -> u64 {
        // The sides were multiplied when the head was read.
        self.shape.iter().map(|side| *side as u64).product()
    }
}

/// Counts the bytes of a tensor as chat models hold it: matrices of 16 bits and a wide range stay as they are, all else is
/// widened to 32 bits.
pub fn held_bytes(place: &TensorPlace) -> u64 {
    let width = if place.kind == "BF16" && place.shape.len() > 1 { 2 } else { 4 };
    place.numbers().saturating_mul(width)
}

/// Returns whether a folder holds weights, a tokenizer and a configuration.
pub fn is_model(folder: &Path) -> bool {
    let has = |name: &str| folder.join(name).is_file();
    (has(WEIGHTS) || has(INDEX)) && has("tokenizer.json") && has("config.json")
}

/// Lists the tensors of the model in a folder, by name. Blocks on the disk.
pub fn read_places(folder: &Path) -> io::Result<BTreeMap<String, TensorPlace>> {
    let mut places = BTreeMap::new();
    for file in weight_files(folder)? {
        let named = |error: io::Error| wrong(&format!("`{}`: {error}", file.display()));
        for (name, place) in read_head(&file).map_err(named)? {
            if places.insert(name.clone(), place).is_some() {
                return Err(wrong(&format!("tensor `{name}` is in two files")));
            }
        }
    }
    Ok(places)
}

#[derive(Deserialize)]
struct IndexFile {
    weight_map: BTreeMap<String, String>,
}

/// Lists the files that hold the weights.
fn weight_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let whole = folder.join(WEIGHTS);
    if whole.is_file() {
        return Ok(vec![whole]);
    }
    let index = fs::read(folder.join(INDEX))
        .map_err(|error| wrong(&format!("neither `{WEIGHTS}` nor `{INDEX}`: {error}")))?;
    let index: IndexFile =
        serde_json::from_slice(&index).map_err(|error| wrong(&format!("`{INDEX}`: {error}")))?;
    let mut names: Vec<String> = index.weight_map.into_values().collect();
    names.sort();
    names.dedup();
    // A name that leaves the folder is none that a model has.
    let is_plain = |name: &String| Path::new(name).file_name().is_some_and(|it| it == &**name);
    if names.is_empty() || names.len() > MOST_FILES || !names.iter().all(is_plain) {
        return Err(wrong(&format!("`{INDEX}` does not name files of the folder")));
    }
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

/// Lists the tensors of one file.
fn read_head(path: &Path) -> io::Result<BTreeMap<String, TensorPlace>> {
    let mut file = File::open(path)?;
    let file_bytes = file.metadata()?.len();
    let mut length = [0; 8];
    file.read_exact(&mut length)?;
    let head_bytes = u64::from_le_bytes(length);
    let begins = head_bytes.checked_add(8).filter(|begins| *begins <= file_bytes);
    let Some(begins) = begins.filter(|_| head_bytes <= LONGEST_HEAD) else {
        return Err(wrong("its head is longer than the file, or absurdly long"));
    };
    let mut head = Vec::new();
    file.take(head_bytes).read_to_end(&mut head)?;
    let head: Map<String, Value> =
        serde_json::from_slice(&head).map_err(|error| wrong(&format!("its head: {error}")))?;
    let mut places = BTreeMap::new();
    for (name, entry) in head {
        if name == "__metadata__" {
            continue;
        }
        let entry: Entry = serde_json::from_value(entry)
            .map_err(|error| wrong(&format!("tensor `{name}`: {error}")))?;
        let place = entry.place(path, begins, file_bytes);
        places.insert(
            name.clone(),
            place.map_err(|reason| wrong(&format!("tensor `{name}` {reason}")))?,
        );
    }
    Ok(places)
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (u64, u64),
}

impl Entry {
    /// Checks that the tensor lies within the file, and has the bytes that its sides make.
    fn place(self, file: &Path, begins: u64, file_bytes: u64) -> Result<TensorPlace, &'static str> {
        let (start, end) = self.data_offsets;
        let sides =
            self.shape.iter().try_fold(1_u64, |product, side| product.checked_mul(*side as u64));
        let numbers = sides.ok_or("has an absurd size")?;
        let bytes = end.checked_sub(start).ok_or("ends before it begins")?;
        if let Some(width) = width_bytes(&self.dtype)
            && numbers.checked_mul(width) != Some(bytes)
        {
            return Err("has other bytes than its sides make");
        }
        match begins.checked_add(end) {
            Some(ends) if ends <= file_bytes => {}
            _ => return Err("lies behind the end of the file: it was cut off"),
        }
        let (kind, shape) = (self.dtype, self.shape);
        Ok(TensorPlace { file: file.to_owned(), kind, shape, offset: begins + start, bytes })
    }
}

/// The bytes of a number of the types that networks are kept in.
fn width_bytes(kind: &str) -> Option<u64> {
    match kind {
        "F64" | "I64" | "U64" => Some(8),
        "F32" | "I32" | "U32" => Some(4),
        "F16" | "BF16" | "I16" | "U16" => Some(2),
        "I8" | "U8" | "BOOL" | "F8_E4M3" | "F8_E5M2" => Some(1),
        _ => None,
    }
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(head: &str, data_bytes: usize) -> Vec<u8> {
        [&(head.len() as u64).to_le_bytes(), head.as_bytes(), &vec![0; data_bytes]].concat()
    }

    fn read(bytes: &[u8]) -> io::Result<BTreeMap<String, TensorPlace>> {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(WEIGHTS), bytes).expect("a file");
        read_places(folder.path())
    }

    const HEAD: &str = r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12]},"b":{"dtype":"F32","shape":[],"data_offsets":[12,16]}}"#;

    #[test]
    fn tensors_are_found_where_they_are() {
        let places = read(&file(HEAD, 16)).expect("a head");
        let (a, b) = (&places["a"], &places["b"]);
        assert_eq!((a.kind.as_str(), a.shape.as_slice(), a.bytes), ("BF16", &[2, 3][..], 12));
        assert_eq!((a.numbers(), b.numbers(), b.offset - a.offset), (6, 1, 12));
    }

    #[test]
    fn what_is_not_there_is_not_promised() {
        let entry = |entry: &str| file(&format!("{{\"a\":{entry}}}"), 16);
        let whole = file(HEAD, 16);
        for broken in [
            whole[..whole.len() - 1].to_vec(),
            whole[..40].to_vec(),
            b"weights, or so it says".to_vec(),
            Vec::new(),
            entry(r#"{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,16]}"#),
            entry(r#"{"dtype":"F32","shape":[1000000000],"data_offsets":[0,4000000000]}"#),
            entry(r#"{"dtype":"F32","shape":[4],"data_offsets":[16,0]}"#),
            entry(
                r#"{"dtype":"F32","shape":[4],"data_offsets":[18446744073709551600,18446744073709551615]}"#,
            ),
            entry(r#"{"dtype":"F32","shape":[3],"data_offsets":[0,16]}"#),
            entry(r#"{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}"#),
            entry("7"),
        ] {
            let error = read(&broken).expect_err("it is broken");
            assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn several_files_are_one_model_and_none_is_outside_of_its_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, bytes: &[u8]| {
            fs::write(folder.path().join(name), bytes).expect("a file");
        };
        write("one.safetensors", &file(HEAD, 16));
        write(
            "two.safetensors",
            &file(&HEAD.replace("\"a\"", "\"c\"").replace("\"b\"", "\"d\""), 16),
        );
        let index =
            |first: &str| format!(r#"{{"weight_map":{{"a":"{first}","c":"two.safetensors"}}}}"#);
        write(INDEX, index("one.safetensors").as_bytes());
        let places = read_places(folder.path()).expect("both");
        assert_eq!(places.keys().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
        for outside in ["../one.safetensors", "/etc/passwd", "", "missing.safetensors"] {
            write(INDEX, index(outside).as_bytes());
            read_places(folder.path()).expect_err(outside);
        }
    }
}
