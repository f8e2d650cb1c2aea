//! The rules of the house that no compiler knows: who may depend on whom, among
//! crates and within one, and how files look.

mod circles;
mod crates;
mod files;

use anyhow::{Result, bail};

/// Checks all rules and tells every breach.
pub fn check() -> Result<()> {
    let mut breaches = crates::check()?;
    breaches.extend(files::check()?);
    breaches.extend(circles::check()?);
    if breaches.is_empty() {
        println!("All files and dependencies keep the rules");
        return Ok(());
    }
    for breach in &breaches {
        println!("{breach}");
    }
    bail!("{} rules are broken", breaches.len())
}
