//! Copies the built web app to where the binary embeds it from.
//!
//! The app is in `QUIRE_SITE_DIR`, or in `<target>/site`. Where there is none, nothing is embedded
//! and the pages say how to build it.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=QUIRE_SITE_DIR");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let embedded = out.join("site");
    let _ = fs::remove_dir_all(&embedded);
    fs::create_dir_all(&embedded).expect("the output folder can be written");
    let Some(site) = find_site(&out) else { return };
    println!("cargo:rerun-if-changed={}", site.display());
    copy_folder(&site, &embedded).expect("the web app can be copied");
}

fn find_site(out: &Path) -> Option<PathBuf> {
    if let Some(given) = env::var_os("QUIRE_SITE_DIR") {
        return Some(given.into());
    }
    // <target>/<profile>/build/<package>/out
    let site = out.ancestors().nth(4)?.join("site");
    // An empty folder is made, so that cargo has something to watch for changes.
    fs::create_dir_all(&site).ok()?;
    Some(site)
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir_all(&target)?;
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
