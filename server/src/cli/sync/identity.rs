//! Who pushes what: the device, and the name of its source.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::Context;
use quire_domain::CollectionName;
use quire_domain::sync::{Device, DeviceId, SourceId};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The file of a data folder that holds the device's id.
const DEVICE_FILE: &str = "device";

/// Gives the id of this installation, choosing one the first time.
pub fn device(data: &Path) -> anyhow::Result<Device> {
    let path = data.join(DEVICE_FILE);
    let failed = || format!("`{}` cannot be read or written", path.display());
    let id = match std::fs::read_to_string(&path) {
        Ok(id) => id.trim().parse().with_context(failed)?,
        Err(error) if error.kind() == ErrorKind::NotFound => choose(&path).with_context(failed)?,
        Err(error) => return Err(error).with_context(failed),
    };
    let name = ["HOSTNAME", "COMPUTERNAME"].iter().find_map(|name| std::env::var(name).ok());
    let name = name.or_else(|| std::fs::read_to_string("/etc/hostname").ok());
    let name = name.map_or_else(|| "this computer".to_owned(), |name| name.trim().to_owned());
    Ok(Device { id, name, platform: std::env::consts::OS.to_owned(), seen_at: None })
}

fn choose(path: &Path) -> anyhow::Result<DeviceId> {
    let id = Uuid::new_v4().to_string();
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // Two commands that start at once choose one: whoever comes second takes the first one's.
    let unfinished = path.with_extension(&id);
    std::fs::write(&unfinished, &id)?;
    let linked = std::fs::hard_link(&unfinished, path);
    std::fs::remove_file(&unfinished)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => std::fs::write(path, &id)?,
        _ => {}
    }
    Ok(std::fs::read_to_string(path)?.trim().parse()?)
}

/// Names the source of a folder: always the same for this device, folder and collection, so that
/// nothing has to be remembered. It is a UUID of the sort that everybody makes as they like (8).
pub fn source_id(
    device: &DeviceId,
    root: &str,
    collection: &CollectionName,
) -> anyhow::Result<SourceId> {
    let name = ["quire sync", device.as_str(), root, collection.as_str()].join("\0");
    let mut bytes: [u8; 16] = std::array::from_fn(|_| 0);
    bytes.copy_from_slice(&Sha256::digest(name)[..16]);
    bytes[6] = 0x80 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    Ok(Uuid::from_bytes(bytes).to_string().parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_keeps_its_id_and_a_folder_its_source() {
        let data = tempfile::tempdir().expect("a folder");
        let device = |folder: &Path| super::device(folder).expect("an id").id;
        let first = device(data.path());
        assert_eq!(first, device(data.path()));
        let collection = |name: &str| name.parse::<CollectionName>().expect("a name");
        let source =
            |root: &str, name: &str| source_id(&first, root, &collection(name)).expect("an id");
        assert_eq!(source("/notes", "a"), source("/notes", "a"));
        assert_ne!(source("/notes", "a"), source("/notes", "b"));
        assert_ne!(source("/notes", "a"), source("/other", "a"));
        let uuid: Uuid = source("/notes", "a").as_str().parse().expect("a UUID");
        assert_eq!(uuid.get_version_num(), 8);
        let other = tempfile::tempdir().expect("a folder");
        assert_ne!(first, device(other.path()));
    }
}
