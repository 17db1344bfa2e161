//! The program: arguments in, exit code out.

use std::process::ExitCode;

use clap::Parser;
use lenet_gpu::cli::Cli;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    name_a_runtime_folder();
    match Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            // Causes only where the message above them does not tell them already.
            let mut message = error.to_string();
            for cause in error.chain().skip(1).map(ToString::to_string) {
                if !message.contains(&cause) {
                    message = format!("{message}: {cause}");
                }
            }
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Names some folder as XDG_RUNTIME_DIR where there is none, as in containers: Mesa's drivers look
/// for a display there and print a line that reads like an error of ours if it is not set.
#[cfg(target_os = "linux")]
fn name_a_runtime_folder() {
    const VARIABLE: &str = "XDG_RUNTIME_DIR";
    if std::env::var_os(VARIABLE).is_none() {
        // SAFETY: no other thread runs yet that could read the environment.
        unsafe { std::env::set_var(VARIABLE, std::env::temp_dir()) };
    }
}
