//! `lenet-gpu export`.

mod onnx;
mod python;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};

use super::Output;
use super::options::load_model;
use super::result_files::ensure_new;
use crate::exchange::PixelType;
use crate::python::Library;

/// Options of `export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// A model.safetensors or the folder of a run; the newest under runs/ if left out
    #[arg(value_name = "MODEL")]
    model: Option<PathBuf>,
    /// What to write
    #[arg(long)]
    format: Format,
    /// The file to write
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
    /// What the pixels of the pictures are that an ONNX file takes: numbers from 0 for paper to 1 for ink,
    /// which is the default, or bytes from 0 to 255
    #[arg(long, value_name = "PIXELS")]
    input: Option<PixelType>,
}

/// A kind of file for other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A script that defines the network in PyTorch and reads its parameters from the model
    Pytorch,
    /// A script that defines the network in Keras and reads its parameters from the model
    Keras,
    /// The network as a graph of ONNX's operators, with its parameters
    Onnx,
}

/// Writes a model in the format of another program.
pub(super) fn run(args: &ExportArgs, output: &Output) -> Result<ExitCode> {
    ensure!(
        args.input.is_none() || args.format == Format::Onnx,
        "--input is for --format onnx: the scripts read the bytes of IDX files"
    );
    ensure_new("--out", &args.out)?;
    let model = load_model(args.model.as_deref(), output)?;
    match args.format {
        Format::Pytorch => python::write(&model, Library::Pytorch, &args.out, output)?,
        Format::Keras => python::write(&model, Library::Keras, &args.out, output)?,
        Format::Onnx => onnx::write(&model, args.input.unwrap_or_default(), &args.out, output)?,
    }
    Ok(ExitCode::SUCCESS)
}
