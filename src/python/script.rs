//! What the scripts for all libraries have in common: the order of their parts, constants, reading files,
//! counting errors.

use crate::data::{BACKGROUND, IMAGE_SIDE, INK};
use crate::model::{
    Architecture, C3Connections, CODE_HEIGHT, CODE_LENGTH, CODE_WIDTH, ConnectionTable, Conversion,
    DIGITS, Head, Layer, Network, Operation, SQUASH_AMPLITUDE, Subsampling, rbf_codes,
};

/// The parts of a script that differ between libraries.
pub struct Parts {
    /// The library's name.
    pub library: &'static str,
    /// The packages to install.
    pub packages: &'static str,
    /// Its imports, sorted, without those of Python itself.
    pub imports: &'static str,
    /// The function that computes tanh.
    pub tanh: &'static str,
    /// Classes of layers, each with two blank lines before it.
    pub layers: String,
    /// The network.
    pub network: String,
    /// `load(file)`, the network with its parameters, and `answers(network, fields)`.
    pub use_of_it: String,
}

/// Whether `network` has a layer of `operation`.
pub fn has(network: &Network, operation: &Operation) -> bool {
    let mut layers = network.layers().iter();
    layers.any(|layer| layer.operation == *operation)
}

/// The whole script.
pub fn assemble(network: &Network, conversion: &Conversion, parts: &Parts) -> String {
    let mut text = docstring(network, parts);
    text += &format!(
        "\nimport argparse\nimport gzip\nimport pathlib\nimport sys\n\n{}\n",
        parts.imports
    );
    text += &constants(network);
    text += &format!(
        "\n\ndef squash(a):\n    \"\"\"f(a) = {SQUASH_AMPLITUDE} tanh(2/3 a).\"\"\"\n    return \
         {SQUASH_AMPLITUDE} * {}(2 / 3 * a)\n",
        parts.tanh
    );
    if network.choices().head == Head::Rbf {
        text += CODES_FUNCTION;
    }
    text += &parts.layers;
    text += &parts.network;
    text += &parts.use_of_it;
    text += READ_IDX;
    text += &fields_of(conversion);
    text += MAIN;
    text
}

fn docstring(network: &Network, parts: &Parts) -> String {
    let choices = network.choices();
    let (name, library) = (choices.architecture.name(), parts.library);
    let halving = match choices.subsampling {
        Subsampling::Trainable => "trainable sub-sampling",
        Subsampling::Average => "average pooling",
        Subsampling::Max => "max pooling",
    };
    let c3 = match (choices.c3, choices.architecture) {
        (C3Connections::Table1, Architecture::Lenet5) => "C3 by Table I",
        (C3Connections::Table1, Architecture::Lenet1) => "C3 of 20 pairs of maps",
        (C3Connections::Full, _) => "C3 of all pairs of maps",
    };
    let head = match choices.head {
        Head::Rbf => "distances to fixed codes",
        Head::Softmax => "softmax",
    };
    format!(
        "#!/usr/bin/env python3\n\
         \"\"\"{name} (1998) in {library}: {halving}, {c3}, {head}.\n\n    \
             pip install {packages}\n    \
             python3 THIS_FILE model.safetensors t10k-images-idx3-ubyte t10k-labels-idx1-ubyte\n\n\
         reads the parameters of the model that this was exported for, by their names, and counts its errors on\n\
         digits in IDX files, raw or .gz. Written by lenet-gpu {version}.\n\
         \"\"\"\n",
        packages = parts.packages,
        version = env!("CARGO_PKG_VERSION"),
    )
}

fn constants(network: &Network) -> String {
    let side = network.input().height;
    let mut text = format!(
        "\nPICTURE = {IMAGE_SIDE}  # side of a picture\n\
         FIELD = {side}  # side of what the network reads, with the picture in its middle\n\
         PAPER, INK = {BACKGROUND}, {INK}  # what bytes of 0 and 255 are to it\n"
    );
    for layer in network.layers() {
        match &layer.operation {
            Operation::Convolution(table) if !table.is_full() => {
                text += &format!(
                    "\n# The input maps that each map of {} reads.\n{}",
                    layer.name,
                    sources(layer, table)
                );
            }
            Operation::Rbf => text += &codes(),
            _ => {}
        }
    }
    text
}

/// The constant of the input maps that each map of `layer` reads by `table`.
fn sources(layer: &Layer, table: &ConnectionTable) -> String {
    let mut text = format!("{} = [\n", sources_name(layer));
    for map in 0..table.outputs() {
        let inputs: Vec<usize> = table.pairs_into(map).map(|pair| pair.input).collect();
        text += &format!("    {inputs:?},\n");
    }
    text + "]\n"
}

fn sources_name(layer: &Layer) -> String {
    format!("{}_SOURCES", layer.name)
}

/// The input maps that each map of the convolution `layer` reads, as an expression.
pub fn sources_of(layer: &Layer, table: &ConnectionTable) -> String {
    match table.is_full() {
        true => format!("[range({})] * {}", table.inputs(), table.outputs()),
        false => sources_name(layer),
    }
}

/// The constant of the codes: the ten digits side by side, line by line.
fn codes() -> String {
    let codes = rbf_codes();
    let mut text = "\n# The codes of the ten digits (Figure 3) side by side: # is 1, . is -1.\n\
                    CODES = \"\"\"\\\n"
        .to_owned();
    for row in 0..CODE_HEIGHT {
        let line = (0..DIGITS).map(|digit| {
            let first = digit * CODE_LENGTH + row * CODE_WIDTH;
            let pixels = codes[first..first + CODE_WIDTH].iter();
            pixels
                .map(|&pixel| if pixel > 0.0 { '#' } else { '.' })
                .collect::<String>()
        });
        text += &(line.collect::<Vec<_>>().join(" ") + "\n");
    }
    text + "\"\"\"\n"
}

const CODES_FUNCTION: &str = r##"

def codes():
    """The codes of the digits [10, 84]."""
    rows = [line.split() for line in CODES.splitlines()]
    pictures = ["".join(row[digit] for row in rows) for digit in range(10)]
    return numpy.array([[1.0 if c == "#" else -1.0 for c in p] for p in pictures], numpy.float32)
"##;

const READ_IDX: &str = r##"

def read_idx(file, dimensions):
    """The bytes of an IDX file, as an array of so many dimensions."""
    content = pathlib.Path(file).read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    header = 4 + 4 * dimensions
    if len(content) < header or content[:4] != bytes([0, 0, 8, dimensions]):
        raise ValueError(f"{file} is no IDX file of bytes in {dimensions} dimension(s)")
    shape = [int(size) for size in numpy.frombuffer(content[4:header], ">u4")]
    expected = header + int(numpy.prod(shape))
    if len(content) != expected:
        raise ValueError(f"{file} has {len(content)} bytes, expected {expected}: copy it again")
    return numpy.frombuffer(content, numpy.uint8, offset=header).reshape(shape)


def read_digits(images_file, labels_file):
    """Pictures [n, 28, 28] and labels [n], as bytes."""
    images, labels = read_idx(images_file, 3), read_idx(labels_file, 1)
    if images.shape != (len(labels), PICTURE, PICTURE) or len(labels) == 0:
        raise ValueError(
            f"{images_file} has pictures of the shape {images.shape}, expected "
            f"({len(labels)}, {PICTURE}, {PICTURE}) for the labels of {labels_file}"
        )
    return images, labels
"##;

/// The function that makes fields of pictures, which are first turned as those of the training were.
fn fields_of(conversion: &Conversion) -> String {
    let mut text =
        "\n\ndef fields_of(images):\n    \"\"\"Pictures in the middle of fields [n, FIELD, \
                    FIELD].\"\"\"\n"
            .to_owned();
    let Conversion {
        ink,
        invert,
        transpose,
    } = *conversion;
    if ink != u8::MAX {
        text += &format!(
            "    # The network was trained on pictures whose full ink is {ink}.\n    \
             images = numpy.minimum((images.astype(int) * 255 + {}) // {ink}, 255)\n",
            ink / 2
        );
    }
    if invert {
        text += "    # The network was trained on pictures that are black on white.\n    \
                 images = 255 - images\n";
    }
    if transpose {
        text += "    # The network was trained on pictures whose rows and columns have changed places.\n    \
                 images = images.transpose(0, 2, 1)\n";
    }
    text + "    border = (FIELD - PICTURE) // 2\n    \
            inputs = PAPER + (INK - PAPER) * images.astype(numpy.float32) / 255\n    \
            borders = ((0, 0), (border, border), (border, border))\n    \
            return numpy.pad(inputs, borders, constant_values=PAPER)\n"
}

const MAIN: &str = r##"

def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="a model.safetensors of lenet-gpu")
    parser.add_argument("images", help="pictures of digits in an IDX file")
    parser.add_argument("labels", help="the digits in an IDX file")
    arguments = parser.parse_args()
    try:
        network = load(arguments.model)
        images, labels = read_digits(arguments.images, arguments.labels)
    except (OSError, EOFError, RuntimeError, ValueError, SafetensorError) as error:
        sys.exit(f"error: {error}")
    errors = int((answers(network, fields_of(images)) != labels).sum())
    print(f"Error {100 * errors / len(labels):.2f} %: {errors} of {len(labels)} wrong.")


if __name__ == "__main__":
    main()
"##;
