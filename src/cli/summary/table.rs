//! The layer table.

use crate::cli::Output;
use crate::cli::numbers::thousands;
use crate::model::{MapShape, Network};

/// Prints the layer table of `network`.
pub fn print_table(network: &Network, output: &Output) {
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

fn size(shape: MapShape) -> String {
    if shape.area() == 1 {
        shape.maps.to_string()
    } else {
        format!("{}@{}x{}", shape.maps, shape.height, shape.width)
    }
}
