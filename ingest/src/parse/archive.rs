//! A ZIP archive that holds a document: opened only if it is of a bearable size.

use std::collections::HashMap;
use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::{ParseError, ParseLimits, encoding};

/// Growth is no concern below this size.
const HARMLESS_BYTES: u64 = 16 << 20;

/// An opened archive. Its entries are read one by one, into memory and nowhere else, so that no name can lead out of it.
pub(super) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    max_part_bytes: u64,
    /// The names of the entries that are written with backslashes, with those that they should have.
    renamed: HashMap<String, String>,
}

impl<'a> Archive<'a> {
    /// Opens an archive; nothing is unpacked before its stated size is checked.
    pub(super) fn open(bytes: &'a [u8], limits: &ParseLimits) -> Result<Self, ParseError> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| {
            let reason = "the directory at the end of the package is missing".to_owned();
            ParseError::Truncated { reason }
        })?;
        check_size(&mut archive, bytes.len() as u64, limits)?;
        let mut renamed = HashMap::new();
        let names: Vec<String> = archive.file_names().flatten().map(Into::into).collect();
        for name in names.into_iter().filter(|name| name.contains('\\')) {
            renamed.insert(name.replace('\\', "/").to_lowercase(), name);
        }
        Ok(Self { zip: archive, max_part_bytes: limits.max_expanded_bytes, renamed })
    }

    /// Reads an entry as text, if there is one of that name.
    pub(super) fn read(&mut self, path: &str) -> Result<Option<String>, ParseError> {
        let bytes = self.read_bytes(path)?;
        Ok(bytes.map(|bytes| encoding::decode_as(encoding_rs::UTF_8, &bytes).0))
    }

    /// Reads the bytes of an entry, if there is one of that name.
    pub(super) fn read_bytes(&mut self, path: &str) -> Result<Option<Vec<u8>>, ParseError> {
        let path = self.renamed.get(&path.to_lowercase()).map_or(path, String::as_str);
        let Ok(file) = self.zip.by_name(path) else { return Ok(None) };
        let limit = self.max_part_bytes;
        let mut bytes = Vec::new();
        // A stated size can lie, so the limit holds for what really comes out as well.
        file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| ParseError::Malformed {
            reason: format!("the part `{path}` cannot be unpacked: {error}"),
        })?;
        if bytes.len() as u64 > limit {
            let (what, value) = ("bytes when unpacked", bytes.len() as u64);
            return Err(ParseError::TooLarge { what, value, limit });
        }
        Ok(Some(bytes))
    }
}

fn check_size(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    packed: u64,
    limits: &ParseLimits,
) -> Result<(), ParseError> {
    let mut total: u64 = 0;
    for index in 0..archive.len() {
        if let Ok(file) = archive.by_index_raw(index) {
            if file.encrypted() {
                return Err(ParseError::Encrypted);
            }
            total = total.saturating_add(file.size());
        }
    }
    let limit = limits.max_expanded_bytes;
    if total > limit {
        return Err(ParseError::TooLarge { what: "bytes when unpacked", value: total, limit });
    }
    let (ratio, limit) = (total / packed.max(1), limits.max_expansion_ratio);
    if ratio > limit && total > HARMLESS_BYTES {
        let what = "times its size when unpacked";
        return Err(ParseError::TooLarge { what, value: ratio, limit });
    }
    Ok(())
}

/// Makes a path in the archive of a reference that stands in a file of `folder`.
pub(super) fn resolve(folder: &str, target: &str) -> String {
    let full = match target.strip_prefix('/') {
        Some(absolute) => absolute.to_owned(),
        None => format!("{folder}/{target}"),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in full.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Gives the folder that a path of the archive lies in.
pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
