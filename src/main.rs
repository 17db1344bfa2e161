//! The program: arguments in, exit code out.

use std::io::Write;
use std::process::ExitCode;

use lenet_gpu::cli::{Cli, explain};

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    if standard_output::was_closed() {
        return fail("standard output is closed: redirect it to a file, or to /dev/null");
    }
    #[cfg(target_os = "linux")]
    name_a_runtime_folder();
    let cli = match Cli::from_arguments(std::env::args_os()) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    match cli.run() {
        Ok(code) => code,
        Err(error) => fail(&explain(&error)),
    }
}

/// Tells what stopped the program.
fn fail(message: &str) -> ExitCode {
    // Where even this cannot be written, the exit code still tells.
    let _ = writeln!(std::io::stderr(), "error: {message}");
    ExitCode::FAILURE
}

/// Whether the program was started with its standard output closed. Rust opens /dev/null in its place
/// before `main`, so that every result would be lost without a word: the question is asked before that.
#[cfg(target_os = "linux")]
mod standard_output {
    use std::sync::atomic::{AtomicBool, Ordering};

    static WAS_CLOSED: AtomicBool = AtomicBool::new(false);

    // SAFETY: the section holds pointers to functions of this type, which the C library calls in order
    // before `main`.
    #[used]
    #[unsafe(link_section = ".init_array")]
    static ASK: extern "C" fn() = ask;

    extern "C" fn ask() {
        // SAFETY: asks for the flags of a descriptor, which may also be none.
        let flags = unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFD) };
        WAS_CLOSED.store(flags == -1, Ordering::Relaxed);
    }

    pub fn was_closed() -> bool {
        WAS_CLOSED.load(Ordering::Relaxed)
    }
}

/// Sets XDG_RUNTIME_DIR to some folder where it is not set, as in containers: without it, Mesa's
/// drivers, which look for a display there, print a line that reads like an error of this program.
#[cfg(target_os = "linux")]
fn name_a_runtime_folder() {
    const VARIABLE: &str = "XDG_RUNTIME_DIR";
    if std::env::var_os(VARIABLE).is_none() {
        // SAFETY: no other thread runs yet that could read the environment.
        unsafe { std::env::set_var(VARIABLE, std::env::temp_dir()) };
    }
}
