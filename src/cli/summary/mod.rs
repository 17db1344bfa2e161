//! `lenet-gpu summary`.

mod explain;
mod halving;
mod picture_file;
mod sentences;
mod table;

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::Output;
use super::options::NetworkArgs;
use crate::model::{Choices, Layer, Network};

/// Options of `summary`.
#[derive(Debug, Args)]
pub struct SummaryArgs {
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    explain: explain::ExplainArgs,
}

pub(super) fn run(args: &SummaryArgs, output: &Output) -> Result<ExitCode> {
    let choices = args.network.apply(Choices::default());
    choices.check()?;
    let network = Network::of(choices);
    let layers: Vec<_> = network.layers().iter().map(layer_json).collect();
    let mut document = json!({
        "architecture": network.choices().architecture.name(),
        "choices": network.choices(),
        "parameters": network.parameters(),
        "connections": network.connections(),
        "multiply_adds": network.multiply_adds(),
        "layers": layers,
    });
    match args.explain.subject(&network, &args.network)? {
        None => table::print_table(&network, output),
        Some(subject) => document["explained"] = args.explain.explain(&subject, output)?,
    }
    output.json(&document);
    Ok(ExitCode::SUCCESS)
}

fn layer_json(layer: &Layer) -> serde_json::Value {
    json!({
        "name": layer.name,
        "what": layer.description(),
        "output": [layer.output.maps, layer.output.height, layer.output.width],
        "parameters": layer.parameters(),
        "connections": layer.connections(),
        "multiply_adds": layer.multiply_adds(),
    })
}
