//! Addresses of documents: `note://collection/path/to/file`, each part as a part of a URL.

use quire_domain::url_part;

/// Writes the address of a document.
pub fn write(collection: &str, path: &str) -> String {
    let parts: Vec<String> = path.split('/').map(url_part).collect();
    format!("note://{}/{}", url_part(collection), parts.join("/"))
}

/// Reads an address: the collection and the path.
pub fn read(address: &str) -> Option<(String, String)> {
    let (collection, path) = address.strip_prefix("note://")?.split_once('/')?;
    let (collection, path) = (decode(collection)?, decode(path)?);
    (!collection.is_empty() && !path.is_empty()).then_some((collection, path))
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
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
        for wrong in ["note://", "note://a", "note://a/", "file:///etc/passwd", "note://a/%zz"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
