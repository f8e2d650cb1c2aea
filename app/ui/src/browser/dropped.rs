//! The files of a drop or a choice, with their paths in the folder that was given.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DataTransfer, File, FileList, FileSystemDirectoryEntry, FileSystemEntry, FileSystemFileEntry,
};

/// A file to upload.
#[derive(Clone, Debug)]
pub(crate) struct ChosenFile {
    /// Its path in the folder given, `/` between parts.
    pub(crate) path: String,
    /// Its bytes, as a handle.
    pub(crate) file: File,
}

/// The files to upload, and how many are left out because they are hidden.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chosen {
    /// The files.
    pub(crate) files: Vec<ChosenFile>,
    /// How many were left out.
    pub(crate) hidden: usize,
}

/// Takes the files of an input; those of a folder carry their paths.
pub(crate) fn from_input(list: &FileList) -> Chosen {
    let files = (0..list.length()).filter_map(|index| list.get(index));
    let chosen = files.map(|file| {
        let relative = Reflect::get(&file, &"webkitRelativePath".into()).ok();
        let relative = relative.and_then(|path| path.as_string()).filter(|path| !path.is_empty());
        ChosenFile { path: relative.unwrap_or_else(|| file.name()), file }
    });
    select(chosen.collect())
}

/// Returns whether files are being dragged, and not a link or a piece of text.
pub(crate) fn has_files(transfer: &DataTransfer) -> bool {
    transfer.types().includes(&JsValue::from_str("Files"), 0)
}

/// What was dropped, before its folders are walked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dropped {
    /// Files and folders.
    entries: Vec<FileSystemEntry>,
    /// Files that come from no disk, such as a picture out of another page.
    files: Vec<File>,
}

/// Takes what is dropped before the event ends, for afterwards the browser takes it back.
pub(crate) fn take(transfer: &DataTransfer) -> Dropped {
    let items = transfer.items();
    let mut dropped = Dropped::default();
    for item in (0..items.length()).filter_map(|index| items.get(index)) {
        match item.webkit_get_as_entry() {
            Ok(Some(entry)) => dropped.entries.push(entry),
            _ => dropped.files.extend(item.get_as_file().ok().flatten()),
        }
    }
    dropped
}

/// Walks dropped files and folders.
pub(crate) async fn from_dropped(dropped: Dropped) -> Chosen {
    let mut waiting: Vec<(String, FileSystemEntry)> =
        dropped.entries.into_iter().rev().map(|entry| (entry.name(), entry)).collect();
    let bare = |file: File| ChosenFile { path: file.name(), file };
    let mut found: Vec<ChosenFile> = dropped.files.into_iter().map(bare).collect();
    while let Some((path, entry)) = waiting.pop() {
        if entry.is_directory() {
            // A folder that cannot be read is left out, like a hidden one.
            let children = children(entry.unchecked_into()).await.unwrap_or_default();
            waiting.extend(
                children.into_iter().rev().map(|child| (format!("{path}/{}", child.name()), child)),
            );
        } else if let Ok(file) = file(&entry.unchecked_into()).await {
            found.push(ChosenFile { path, file });
        }
    }
    select(found)
}

/// Reads a folder; the browser gives its entries in portions until one is empty.
async fn children(folder: FileSystemDirectoryEntry) -> Result<Vec<FileSystemEntry>, JsValue> {
    let reader = folder.create_reader();
    let mut children = Vec::new();
    loop {
        let portion = promise(|resolve, reject| {
            reader.read_entries_with_callback_and_callback(resolve, reject)
        });
        let portion: Array = JsFuture::from(portion).await?.unchecked_into();
        if portion.length() == 0 {
            return Ok(children);
        }
        children.extend(portion.iter().map(JsCast::unchecked_into::<FileSystemEntry>));
    }
}

async fn file(entry: &FileSystemFileEntry) -> Result<File, JsValue> {
    let file = JsFuture::from(promise(|resolve, reject| {
        entry.file_with_callback_and_callback(resolve, reject);
        Ok(())
    }));
    Ok(file.await?.unchecked_into())
}

/// Waits for a callback: the promise is kept or broken by the functions handed to `start`.
fn promise(start: impl Fn(&Function, &Function) -> Result<(), JsValue>) -> Promise {
    Promise::new(&mut |resolve, reject| {
        if let Err(error) = start(&resolve, &reject) {
            // A function of the browser's own takes any value.
            let _ = reject.call1(&JsValue::NULL, &error);
        }
    })
}

/// Leaves hidden files out, and the name of the folder when exactly one folder was given: so a
/// document's path is the same as when the command line ingests that folder.
fn select(mut files: Vec<ChosenFile>) -> Chosen {
    let all = files.len();
    files.retain(|file| !is_hidden(&file.path));
    let hidden = all - files.len();
    if let Some(folder) = shared_folder(files.iter().map(|file| file.path.as_str())) {
        for file in &mut files {
            file.path.drain(..=folder);
        }
    }
    Chosen { files, hidden }
}

/// Returns whether a file is the system's or the editor's own.
fn is_hidden(path: &str) -> bool {
    path.split('/').any(|part| part.starts_with('.'))
        || matches!(path.rsplit('/').next(), Some("Thumbs.db" | "desktop.ini"))
}

/// Finds how long the name of the one folder is that all files lie in.
fn shared_folder<'a>(mut paths: impl Iterator<Item = &'a str>) -> Option<usize> {
    let (folder, _) = paths.next()?.split_once('/')?;
    let inside = |path: &str| path.split_once('/').is_some_and(|(other, _)| other == folder);
    paths.all(inside).then_some(folder.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_folder_is_taken_off_and_several_are_kept() {
        assert_eq!(shared_folder(["a/b.txt", "a/c/d.txt"].into_iter()), Some(1));
        assert_eq!(shared_folder(["a/b.txt", "b/c.txt"].into_iter()), None);
        assert_eq!(shared_folder(["a/b.txt", "c.txt"].into_iter()), None);
        assert_eq!(shared_folder(["c.txt"].into_iter()), None);
        assert_eq!(shared_folder([].into_iter()), None);
    }

    #[test]
    fn hidden_files_are_left_out() {
        assert!(is_hidden("a/.git/config"));
        assert!(is_hidden(".DS_Store"));
        assert!(is_hidden("a/Thumbs.db"));
        assert!(!is_hidden("a/b.c.txt"));
    }
}
