//! Networks in PyTorch.

use super::script::{Parts, has, sources_of};
use crate::model::{Head, Layer, Network, Operation};

/// The parts of the script for `network`.
pub fn parts(network: &Network) -> Parts {
    let mut layers = CONVOLUTION.to_owned();
    if has(network, &Operation::Subsampling) {
        layers += SUBSAMPLING;
    }
    let class = network.choices().architecture.name().replace('-', "");
    Parts {
        library: "PyTorch",
        packages: "torch numpy safetensors",
        imports: "import numpy\nimport torch\nfrom safetensors import SafetensorError\nfrom \
                  safetensors.torch import load_file\nfrom torch import nn\nfrom torch.nn import \
                  functional as F",
        tanh: "torch.tanh",
        layers,
        network: class_of(network, &class),
        use_of_it: USE.replace("NETWORK", &class),
    }
}

/// The class `class` of `network`.
fn class_of(network: &Network, class: &str) -> String {
    let side = network.input().height;
    let mut text = format!(
        "\n\nclass {class}(nn.Module):\n    \"\"\"Fields [n, 1, {side}, {side}] to penalties [n, 10], \
         the least of which is the answer.\"\"\"\n\n    def __init__(self):\n        \
         super().__init__()\n"
    );
    for layer in network.layers() {
        if let Some(made) = construction(layer) {
            text += &format!("        self.{} = {made}\n", layer.name);
        }
    }
    if network.choices().head == Head::Rbf {
        text += "        self.register_buffer(\"codes\", torch.from_numpy(codes()), \
                 persistent=False)\n";
    }
    text += "\n    def forward(self, x):\n";
    let mut are_maps = true;
    for layer in network.layers() {
        let input = match are_maps && layer.operation == Operation::Dense {
            true => "x.flatten(1)",
            false => "x",
        };
        are_maps &= layer.operation != Operation::Dense;
        text += &format!("        x = {}\n", application(layer, input));
    }
    text + "        return x\n"
}

/// How `layer` is made; none where it has no parameters to keep.
fn construction(layer: &Layer) -> Option<String> {
    let (inputs, maps) = (layer.input.units(), layer.output.maps);
    Some(match &layer.operation {
        Operation::Convolution(table) => {
            format!(
                "Convolution({}, {})",
                table.inputs(),
                sources_of(layer, table)
            )
        }
        Operation::Subsampling => format!("Subsampling({maps})"),
        Operation::AveragePooling => "nn.AvgPool2d(2)".to_owned(),
        Operation::MaxPooling => "nn.MaxPool2d(2)".to_owned(),
        Operation::Dense => format!("nn.Linear({inputs}, {maps})"),
        Operation::Rbf | Operation::Softmax => return None,
    })
}

/// What `layer` makes of `input`.
fn application(layer: &Layer, input: &str) -> String {
    let computed = match layer.operation {
        Operation::Rbf => format!("(({input}[:, None, :] - self.codes) ** 2).sum(2)"),
        Operation::Softmax => format!("-F.log_softmax({input}, 1)"),
        _ => format!("self.{}({input})", layer.name),
    };
    match layer.squashed {
        true => format!("squash({computed})"),
        false => computed,
    }
}

const CONVOLUTION: &str = r##"

class Convolution(nn.Module):
    """A kernel of 5x5 for each pair of an output map and an input map that it reads."""

    def __init__(self, inputs, sources):
        super().__init__()
        pairs = [(output, source) for output, maps in enumerate(sources) for source in maps]
        self.outputs, self.sources = map(list, zip(*pairs))
        self.shape = (len(sources), inputs, 5, 5)
        self.weight = nn.Parameter(torch.zeros(len(pairs), 5, 5))
        self.bias = nn.Parameter(torch.zeros(len(sources)))

    def forward(self, maps):
        kernels = self.weight.new_zeros(self.shape)
        kernels[self.outputs, self.sources] = self.weight
        return F.conv2d(maps, kernels, self.bias)
"##;

const SUBSAMPLING: &str = r##"

class Subsampling(nn.Module):
    """The sum of 2x2 units, times a coefficient, plus a bias, one of each per map."""

    def __init__(self, maps):
        super().__init__()
        self.coefficient = nn.Parameter(torch.zeros(maps))
        self.bias = nn.Parameter(torch.zeros(maps))

    def forward(self, maps):
        sums = 4 * F.avg_pool2d(maps, 2)
        return self.coefficient.view(-1, 1, 1) * sums + self.bias.view(-1, 1, 1)
"##;

const USE: &str = r##"

def load(file):
    """The network with the parameters of a model file."""
    network = NETWORK()
    network.load_state_dict(load_file(file))
    return network.eval()


def answers(network, fields):
    """The digits that a network takes fields for."""
    with torch.inference_mode():
        batches = torch.from_numpy(fields).unsqueeze(1).split(500)
        return torch.cat([network(batch).argmin(1) for batch in batches]).numpy()
"##;
