//! Whether the data folder can be written to, and how much space is left.

use std::path::Path;
use std::{fs, io};

use super::check::Check;
use crate::Folders;
use crate::cli::output;

/// Below this the next ingest may not finish.
const LITTLE_SPACE: u64 = 2 << 30;

/// Checks that the data folder can be written to.
pub fn data(folders: &Folders) -> Check {
    let path = folders.data.display();
    match write_probe(&folders.data) {
        Ok(()) => Check::ok("data folder", format!("{path} can be written to")),
        Err(error) => Check::broken(
            "data folder",
            format!("{path}: {error}"),
            "make the folder writable for you, or choose another with `--data` or `$QUIRE_DATA`",
        ),
    }
}

fn write_probe(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut probe = tempfile::NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut probe, b"probe")?;
    probe.as_file().sync_all()
}

/// Checks the space that is left on the data folder's disk.
pub fn space(folders: &Folders) -> Check {
    match fs4::available_space(&folders.data) {
        Ok(free) if free < LITTLE_SPACE => Check::warning(
            "disk space",
            format!("only {} are left", output::size(free)),
            "free some space before you add documents or models",
        ),
        Ok(free) => Check::ok("disk space", format!("{} are left", output::size(free))),
        Err(error) => Check::warning(
            "disk space",
            format!("it cannot be told: {error}"),
            "check that the data folder exists",
        ),
    }
}
