//! `lenet-gpu completions`.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Command};
use clap_complete::{Shell, generate};
use serde_json::json;

use super::Output;

/// Options of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell that reads the script
    shell: Shell,
}

/// Prints the script that completes `program`'s commands and options.
pub(super) fn run(
    args: &CompletionsArgs,
    mut program: Command,
    output: &Output,
) -> Result<ExitCode> {
    let name = program.get_name().to_owned();
    let mut script = Vec::new();
    generate(args.shell, &mut program, name, &mut script);
    let script = String::from_utf8(script)?;
    output.result(script.trim_end());
    output.json(&json!({ "shell": args.shell.to_string(), "script": script }));
    Ok(ExitCode::SUCCESS)
}
