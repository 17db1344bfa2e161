//! `lenet-gpu man`.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Command};
use serde_json::json;

use super::Output;

/// Options of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The folder, made if there is none
    #[arg(long, value_name = "DIR", default_value = "man")]
    out: PathBuf,
}

/// Writes a page about `program` and one about each of its commands.
pub(super) fn run(args: &ManArgs, program: Command, output: &Output) -> Result<ExitCode> {
    let folder = args.out.display();
    let first = args.out.join(format!("{}.1", program.get_name()));
    fs::create_dir_all(&args.out)
        .and_then(|()| clap_mangen::generate_to(program, &args.out))
        .with_context(|| format!("cannot write pages of the manual into '{folder}'"))?;
    output.result(format!(
        "The pages of the manual are in {folder}: man {}",
        first.display()
    ));
    output.json(&json!({ "folder": args.out }));
    Ok(ExitCode::SUCCESS)
}
