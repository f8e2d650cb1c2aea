//! Addresses of documents: `note://collection/path/to/file`, each part as a part of a URL.

use quire_domain::{read_url_part, url_part};

/// Writes the address of a document.
pub fn write(collection: &str, path: &str) -> String {
    let parts: Vec<String> = path.split('/').map(url_part).collect();
    format!("note://{}/{}", url_part(collection), parts.join("/"))
}

/// Reads an address: the collection and the path.
pub fn read(address: &str) -> Option<(String, String)> {
    let (collection, path) = address.strip_prefix("note://")?.split_once('/')?;
    let (collection, path) = (read_url_part(collection)?, read_url_part(path)?);
    (!collection.is_empty() && !path.is_empty()).then_some((collection, path))
}

#[cfg(test)]
mod tests {
    use super::{read, write};

    #[test]
    fn an_address_is_read_as_it_was_written() {
        for (collection, path) in [("notes", "a/b c.md"), ("My notes", "Übung/50 % off?#1.txt")] {
            let address = write(collection, path);
            assert_eq!(read(&address), Some((collection.to_owned(), path.to_owned())), "{address}");
        }
        for wrong in ["note://", "note://a", "note://a/", "file:///etc/passwd", "note://a/%C3"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
