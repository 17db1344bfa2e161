//! `lenet-gpu import`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::json;

use super::Output;
use super::numbers::thousands;
use super::options::NetworkArgs;
use super::output::path_in_json;
use super::result_files::ensure_new;
use crate::exchange::{Imported, Source, in_words};
use crate::model::{Choices, Head, Loss, LossKind, Network};
use crate::store::{Checkpoint, read_bounded, write_new};
use crate::train::Preset;

/// Options of `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// A safetensors file or an ONNX file with the parameters of a network, by the names and in the shapes of
    /// docs/onnx.md
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The model to write, for `eval` and `predict`: a model.safetensors
    #[arg(long, short, value_name = "MODEL")]
    out: PathBuf,
    #[command(flatten)]
    network: NetworkArgs,
}

pub(super) fn run(args: &ImportArgs, output: &Output) -> Result<ExitCode> {
    ensure_new("--out", &args.out)?;
    let name = args.file.display();
    ensure!(
        !args.file.is_dir(),
        "cannot read '{name}': it is a folder; name the file in it (of a run its model.safetensors)"
    );
    let bytes = read_bounded(&args.file).with_context(|| format!("cannot read '{name}'"))?;
    ensure!(
        !Checkpoint::is_in(&bytes),
        "'{name}' is a checkpoint, which a training is resumed from: the model is model.safetensors beside it"
    );
    let source = Source::read(&args.file, &bytes)?;
    let choices = choices(args, &source)?;
    let Imported {
        model,
        computes_otherwise,
    } = source.model(choices, loss_of(choices.head))?;
    if computes_otherwise {
        output.result(format!(
            "Warning: the operators in '{name}', or their version (opset), are not those that this program \
             writes. Only the parameters are read: the network answers as it does here, whatever these \
             operators compute."
        ));
    }
    write_new(&args.out, &model.to_bytes())?;
    let parameters = model.network.parameters();
    output.result(format!(
        "The {} parameters of {} are in {}.",
        thousands(parameters),
        choices.architecture.name(),
        args.out.display()
    ));
    output.json(&json!({
        "file": path_in_json(&args.out),
        "choices": choices,
        "parameters": parameters,
        "computes_otherwise": computes_otherwise,
    }));
    Ok(ExitCode::SUCCESS)
}

/// The network that the file says it holds, or else the one that was asked for.
///
/// # Errors
/// If these are different ones, or there is no network such as was asked for.
fn choices(args: &ImportArgs, source: &Source) -> Result<Choices> {
    let Some(described) = source.choices() else {
        let choices = args.network.apply(Choices::default());
        choices.check()?;
        return Ok(choices);
    };
    ensure!(
        args.network.apply(described) == described,
        "'{}' says itself which network it holds, and that is another: leave out --network, --subsampling, \
         --c3 and --head. It is {}",
        args.file.display(),
        in_words(&Network::of(described))
    );
    Ok(described)
}

/// The loss of a network whose file does not say by which it was trained. Of distances it is eq. 8, which claims
/// no probabilities.
fn loss_of(head: Head) -> Loss {
    let preset = match head {
        Head::Rbf => Preset::Default,
        Head::Softmax => Preset::Deck,
    };
    Loss {
        kind: LossKind::Mse,
        ..preset.recipe().loss
    }
}
