//! The digest of a tree of files: two sides that agree on it hold the same files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{FileHash, SourcePath};

/// The reply to `GET /api/sources/{sid}/digest`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DigestReply {
    /// The source's sequence number that it is the digest of.
    pub seq: u64,
    /// The digest of the whole tree.
    pub digest: FileHash,
    /// Names the rules that chose the files; a client with others must take these first.
    #[serde(default)]
    pub rules_hash: String,
    /// The digests of folders down to the depth asked for, by path with a slash at the end.
    pub folders: BTreeMap<String, FileHash>,
}

/// The digests of a tree.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TreeDigests {
    /// The digest of the whole tree.
    pub root: FileHash,
    /// The digest of each folder, by path with a slash at the end, such as `Notes/2026/`.
    pub folders: BTreeMap<String, FileHash>,
}

/// Makes the digests of a tree of files; `sha256` hashes bytes.
///
/// The digest of a folder is the SHA-256 over one line for each thing in it: `name`, a zero byte,
/// the hash, a line feed. The name of a folder ends in `/` and its hash is its own digest; hashes
/// are written `sha256:<64 hexadecimal digits>`. Lines are sorted by name as bytes, the slash of a
/// folder's name included. An empty tree has the SHA-256 of nothing. Times play no part.
pub fn tree_digests<'a>(
    files: impl IntoIterator<Item = (&'a SourcePath, &'a FileHash)>,
    sha256: impl Fn(&[u8]) -> [u8; 32],
) -> TreeDigests {
    let mut lines: BTreeMap<&str, BTreeMap<&str, FileHash>> = BTreeMap::new();
    lines.insert("", BTreeMap::new());
    for (path, hash) in files {
        let (folder, name) = split(path.as_str());
        lines.entry(folder).or_default().insert(name, hash.clone());
        // Every folder above has a line for the one below, filled in on the way up.
        let mut above = folder;
        while !above.is_empty() && !lines.contains_key(parent(above)) {
            above = parent(above);
            lines.insert(above, BTreeMap::new());
        }
    }
    let mut folders = BTreeMap::new();
    // A folder sorts before all that lies in it, so the last one has nothing unfinished below.
    while let Some((folder, content)) = lines.pop_last() {
        let mut text = Vec::new();
        for (name, hash) in content {
            text.extend_from_slice(format!("{name}\0{hash}\n").as_bytes());
        }
        let digest = FileHash::from_digest(sha256(&text));
        if folder.is_empty() {
            return TreeDigests { root: digest, folders };
        }
        let (above, name) = (parent(folder), &folder[parent(folder).len()..]);
        lines.entry(above).or_default().insert(name, digest.clone());
        folders.insert(folder.to_owned(), digest);
    }
    TreeDigests { root: FileHash::from_digest(sha256(b"")), folders }
}

/// Cuts a path into its folder, with the slash, and its name.
fn split(path: &str) -> (&str, &str) {
    path.split_at(path.rfind('/').map_or(0, |slash| slash + 1))
}

/// Gives the folder above a folder that ends in a slash.
fn parent(folder: &str) -> &str {
    split(folder.trim_end_matches('/')).0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Not cryptographic (FNV-1a), but enough to see which lines are hashed in which order.
    fn sum(bytes: &[u8]) -> [u8; 32] {
        let step =
            |state: u64, byte: &u8| (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        let sum = bytes.iter().fold(0xcbf2_9ce4_8422_2325, step).to_le_bytes();
        std::array::from_fn(|index| sum[index % 8])
    }

    fn digests(files: &[(&str, u8)]) -> TreeDigests {
        let parsed: Vec<(SourcePath, FileHash)> = files
            .iter()
            .map(|(path, byte)| (path.parse().expect("a path"), FileHash::from_digest([*byte; 32])))
            .collect();
        tree_digests(parsed.iter().map(|(path, hash)| (path, hash)), sum)
    }

    #[test]
    fn a_folder_is_hashed_over_its_sorted_lines() {
        let tree = digests(&[("b.md", 2), ("a/x/y.md", 1), ("a.md", 3)]);
        let hash = |byte| FileHash::from_digest([byte; 32]);
        let line = |name: &str, hash: &FileHash| format!("{name}\0{hash}\n");
        let inner = FileHash::from_digest(sum(line("y.md", &hash(1)).as_bytes()));
        let outer = FileHash::from_digest(sum(line("x/", &inner).as_bytes()));
        let root = [line("a.md", &hash(3)), line("a/", &outer), line("b.md", &hash(2))].concat();
        assert_eq!(tree.folders["a/x/"], inner);
        assert_eq!(tree.folders["a/"], outer);
        assert_eq!(tree.root, FileHash::from_digest(sum(root.as_bytes())));
    }

    #[test]
    fn order_plays_no_part_and_every_change_shows() {
        let tree = digests(&[("a/b/c.md", 1), ("a/d.md", 2), ("e.md", 3)]);
        assert_eq!(tree, digests(&[("e.md", 3), ("a/d.md", 2), ("a/b/c.md", 1)]));
        assert_ne!(tree.root, digests(&[("a/b/c.md", 9), ("a/d.md", 2), ("e.md", 3)]).root);
        assert_ne!(tree.root, digests(&[("a/b/z.md", 1), ("a/d.md", 2), ("e.md", 3)]).root);
        assert_eq!(digests(&[]).root, FileHash::from_digest(sum(b"")));
    }

    #[test]
    fn folders_sort_after_files_whose_names_come_before_the_slash() {
        // `a b` and `a-b` come before `a/` as bytes, `a0` after; and so do the folders of their names.
        let tree = digests(&[("a/1", 1), ("a b/2", 2), ("a-b", 3), ("a0/3", 4), ("a/b/c", 5)]);
        assert_eq!(tree.folders.len(), 4);
        let again = digests(&[("a0/3", 4), ("a/b/c", 5), ("a-b", 3), ("a b/2", 2), ("a/1", 1)]);
        assert_eq!(tree, again);
    }
}
