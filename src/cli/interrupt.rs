//! Ctrl-C: the first one asks a command to stop after saving, the second ends the program at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

/// The exit code that shells expect of a program that Ctrl-C ended.
pub const INTERRUPTED: u8 = 130;

/// A flag that the first Ctrl-C sets; the second ends the program. So do the other requests to end: that
/// of `kill`, and of a terminal that is closed, unless the program was started to survive it, as by
/// `nohup`.
///
/// # Errors
/// If the operating system does not report Ctrl-C.
pub fn stop_on_ctrl_c() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    #[cfg(unix)]
    let hangup = Hangup::before();
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED.into());
        }
    })
    .context("cannot listen for Ctrl-C")?;
    #[cfg(unix)]
    hangup.restore();
    Ok(stop)
}

/// Whether the signal of a terminal that is closed is ignored.
#[cfg(unix)]
struct Hangup {
    is_ignored: bool,
}

#[cfg(unix)]
impl Hangup {
    /// As the program was started.
    fn before() -> Self {
        let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: without a new action, the present one is only written into the second argument; where
        // that fails, it stays zero, which is a valid action that ignores nothing.
        let action = unsafe {
            libc::sigaction(libc::SIGHUP, std::ptr::null(), action.as_mut_ptr());
            action.assume_init()
        };
        Self {
            is_ignored: action.sa_sigaction == libc::SIG_IGN,
        }
    }

    /// Ignores the signal again if it was ignored.
    fn restore(&self) {
        if self.is_ignored {
            // SAFETY: ignoring a signal runs no code of ours.
            unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
        }
    }
}
