//! The program: arguments in, exit code out.

use std::process::ExitCode;

use clap::Parser;
use lenet_gpu::cli::{Cli, explain};

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    name_a_runtime_folder();
    match Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", explain(&error));
            ExitCode::FAILURE
        }
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
