//! Networks in Keras 3.

use super::script::{Parts, has, sources_of};
use crate::model::{Layer, Network, Operation};

/// The parts of the script for `network`.
pub fn parts(network: &Network) -> Parts {
    let mut layers = CONVOLUTION.to_owned();
    if has(network, &Operation::Subsampling) {
        layers += SUBSAMPLING;
    }
    if has(network, &Operation::Dense) {
        layers += FULL_CONNECTION;
    }
    let name = network.choices().architecture.name();
    let function = name.to_lowercase().replace('-', "");
    Parts {
        library: "Keras",
        packages: "keras numpy safetensors  # and one of tensorflow, jax, torch",
        imports: "import keras\nimport numpy\nfrom keras import ops\nfrom safetensors import \
                  SafetensorError\nfrom safetensors.numpy import load_file",
        tanh: "ops.tanh",
        layers,
        network: function_of(network, &function),
        use_of_it: USE.replace("NETWORK", &function),
    }
}

/// The function `function` that makes `network`.
fn function_of(network: &Network, function: &str) -> String {
    let side = network.input().height;
    let mut text = format!(
        "\n\ndef {function}():\n    \"\"\"Fields [n, {side}, {side}, 1] to penalties [n, 10], the least \
         of which is the answer.\"\"\"\n    fields = x = keras.Input(({side}, {side}, 1))\n"
    );
    let mut are_maps = true;
    for layer in network.layers() {
        if are_maps && layer.operation == Operation::Dense {
            // Parameters of a full connection belong to inputs map by map, which come last in Keras.
            text += "    x = keras.layers.Flatten()(keras.layers.Permute((3, 1, 2))(x))\n";
            are_maps = false;
        }
        text += &format!("    x = {}\n", application(layer));
    }
    text + "    return keras.Model(fields, x)\n"
}

/// What `layer` makes of its input, `x`.
fn application(layer: &Layer) -> String {
    let name = layer.name;
    let computed = match &layer.operation {
        Operation::Convolution(table) => {
            format!(
                "Convolution({}, name=\"{name}\")(x)",
                sources_of(layer, table)
            )
        }
        Operation::Subsampling => format!("Subsampling(name=\"{name}\")(x)"),
        Operation::AveragePooling => {
            format!("keras.layers.AveragePooling2D(2, name=\"{name}\")(x)")
        }
        Operation::MaxPooling => format!("keras.layers.MaxPooling2D(2, name=\"{name}\")(x)"),
        Operation::Dense => format!("FullConnection({}, name=\"{name}\")(x)", layer.output.maps),
        Operation::Rbf => "ops.sum((ops.expand_dims(x, 1) - codes()) ** 2, axis=2)".to_owned(),
        Operation::Softmax => "-ops.log_softmax(x, axis=1)".to_owned(),
    };
    match layer.squashed {
        // As a layer, because the product of a number and a symbolic tensor counts as sparse.
        true => format!("keras.layers.Activation(squash)({computed})"),
        false => computed,
    }
}

const CONVOLUTION: &str = r##"

class Convolution(keras.layers.Layer):
    """A kernel of 5x5 for each pair of an output map and an input map that it reads."""

    def __init__(self, sources, **options):
        super().__init__(**options)
        pairs = [(output, source) for output, maps in enumerate(sources) for source in maps]
        self.pairs, self.outputs = numpy.array(pairs), len(sources)

    def build(self, shape):
        self.shape = (self.outputs, shape[-1], 5, 5)
        self.weight = self.add_weight(name="weight", shape=(len(self.pairs), 5, 5))
        self.bias = self.add_weight(name="bias", shape=(self.outputs,))

    def call(self, maps):
        kernels = ops.scatter(self.pairs, self.weight, self.shape)
        kernels = ops.transpose(kernels, (2, 3, 1, 0))
        return ops.conv(maps, kernels, data_format="channels_last") + self.bias
"##;

const SUBSAMPLING: &str = r##"

class Subsampling(keras.layers.Layer):
    """The sum of 2x2 units, times a coefficient, plus a bias, one of each per map."""

    def build(self, shape):
        self.coefficient = self.add_weight(name="coefficient", shape=(shape[-1],))
        self.bias = self.add_weight(name="bias", shape=(shape[-1],))

    def call(self, maps):
        sums = 4 * ops.average_pool(maps, 2, strides=2, data_format="channels_last")
        return self.coefficient * sums + self.bias
"##;

const FULL_CONNECTION: &str = r##"

class FullConnection(keras.layers.Layer):
    """A weight [unit, input] for every input of every unit, and a bias."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units

    def build(self, shape):
        self.weight = self.add_weight(name="weight", shape=(self.units, shape[-1]))
        self.bias = self.add_weight(name="bias", shape=(self.units,))

    def call(self, x):
        return ops.matmul(x, ops.transpose(self.weight)) + self.bias
"##;

const USE: &str = r##"

def load(file):
    """The network with the parameters of a model file."""
    network, tensors = NETWORK(), load_file(file)
    for layer in network.layers:
        for variable in layer.weights:
            name = f"{layer.name}.{variable.name}"
            if name not in tensors:
                raise ValueError(f"{file} has no {name}, so it is of another network")
            variable.assign(tensors[name])
    return network


def answers(network, fields):
    """The digits that a network takes fields for."""
    return network.predict(fields[..., None], batch_size=500, verbose=0).argmin(1)
"##;
