//! `lenet-gpu summary`.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::Output;
use super::options::NetworkArgs;
use crate::model::{Choices, Layer, MapShape, Network};

/// Options of `summary`.
#[derive(Debug, Args)]
pub struct SummaryArgs {
    #[command(flatten)]
    network: NetworkArgs,
}

pub(super) fn run(args: SummaryArgs, output: &Output) -> Result<ExitCode> {
    let choices = args.network.apply(Choices::default());
    choices.check()?;
    let network = Network::of(choices);
    print_table(&network, output);
    let layers: Vec<_> = network.layers().iter().map(layer_json).collect();
    output.json(&json!({
        "architecture": network.choices().architecture.name(),
        "choices": network.choices(),
        "parameters": network.parameters(),
        "connections": network.connections(),
        "multiply_adds": network.multiply_adds(),
        "layers": layers,
    }));
    Ok(ExitCode::SUCCESS)
}

fn print_table(network: &Network, output: &Output) {
    let row = |cells: [&str; 6]| {
        let [layer, what, size, parameters, connections, multiply_adds] = cells;
        output.result(format!(
            "{layer:<8} {what:<40} {size:>9} {parameters:>11} {connections:>12} {multiply_adds:>13}"
        ));
    };
    row([
        "layer",
        "what",
        "output",
        "parameters",
        "connections",
        "multiply-adds",
    ]);
    row([
        "input",
        "picture in its field",
        &size(network.input()),
        "",
        "",
        "",
    ]);
    for layer in network.layers() {
        row([
            layer.name,
            &layer.description(),
            &size(layer.output),
            &thousands(layer.parameters()),
            &thousands(layer.connections()),
            &thousands(layer.multiply_adds()),
        ]);
    }
    row([
        "total",
        "",
        "",
        &thousands(network.parameters()),
        &thousands(network.connections()),
        &thousands(network.multiply_adds()),
    ]);
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

fn size(shape: MapShape) -> String {
    if shape.area() == 1 {
        shape.maps.to_string()
    } else {
        format!("{}@{}x{}", shape.maps, shape.height, shape.width)
    }
}

/// 60000 as 60,000.
pub(super) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).expect("digits are ASCII"))
        .collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(840), "840");
        assert_eq!(thousands(60_000), "60,000");
        assert_eq!(thousands(1_340_908), "1,340,908");
    }
}
