//! Ctrl-C: the first one asks a command to stop after saving, the second ends the program at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

/// The exit code that shells expect of a program that Ctrl-C ended.
pub const INTERRUPTED: u8 = 130;

/// A flag that the first Ctrl-C sets; the second ends the program.
///
/// # Errors
/// If the operating system does not report Ctrl-C.
pub fn stop_on_ctrl_c() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED.into());
        }
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(stop)
}
