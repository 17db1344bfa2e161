//! `summary --explain`: which explanation is asked for.

use anyhow::{Result, bail, ensure};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::picture_file::PictureFile;
use super::{halving, sentences};
use crate::cli::Output;
use crate::cli::options::NetworkArgs;
use crate::cli::output::path_in_json;
use crate::explain::{
    Halving, LayerCounts, LocalFields, PicturePadding, SharedWeights, Sliding, Squashing,
};
use crate::model::{InvalidValue, Layer, Network};

/// The largest coefficient and bias of the example, up and down: more is no example.
const LARGEST: f64 = 1000.0;
/// The coefficient of the example of sub-sampling: ¼, with which the sum of four is their mean.
const COEFFICIENT: f64 = 0.25;

/// Options of explanations.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Work out the numbers of a layer with their formulas, or one of the ideas behind the network,
    /// instead of the table; of the input and all layers if nothing is named
    #[arg(long, value_name = "TOPIC", num_args = 0..=1, ignore_case = true)]
    explain: Option<Option<Topic>>,
    /// With --explain and --kernel: the side of an input, to work out that of the output
    #[arg(long, value_name = "W", requires = "explain", requires = "kernel")]
    input: Option<usize>,
    /// The side of the kernel that slides over it
    #[arg(long, value_name = "F", requires = "input")]
    kernel: Option<usize>,
    /// Units added on each side of the input [default: 0]
    #[arg(long, value_name = "P", requires = "input")]
    padding: Option<usize>,
    /// How far the kernel moves at a time [default: 1]
    #[arg(long, value_name = "S", requires = "input")]
    stride: Option<usize>,
    /// With --explain sub-sampling: the trainable coefficient [default: 0.25]
    #[arg(
        long,
        value_name = "W",
        requires = "explain",
        allow_negative_numbers = true
    )]
    coefficient: Option<f64>,
    /// With --explain sub-sampling: the trainable bias [default: 0]
    #[arg(
        long,
        value_name = "B",
        requires = "explain",
        allow_negative_numbers = true
    )]
    bias: Option<f64>,
    /// With --explain squashing: draw the function and its derivatives into this new file, .svg or .png
    #[arg(long, value_name = "FILE", requires = "explain", value_parser = PictureFile::parse)]
    plot: Option<PictureFile>,
}

/// What can be explained by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Topic {
    /// How the picture fills the field
    Input,
    /// The layer C1; likewise S2, C3, S4, C5, F6, output and softmax
    #[value(name = "C1")]
    C1,
    #[value(name = "S2")]
    S2,
    #[value(name = "C3")]
    C3,
    #[value(name = "S4")]
    S4,
    #[value(name = "C5")]
    C5,
    #[value(name = "F6")]
    F6,
    Output,
    Softmax,
    /// Units that see a part of the picture
    LocalFields,
    /// Units with the same weights
    SharedWeights,
    /// Max pooling, average pooling and trainable sub-sampling of one small map
    #[value(alias = "subsampling")]
    SubSampling,
    /// The squashing function and its derivatives
    Squashing,
}

impl Topic {
    /// Its name.
    fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// What is to be explained, of a network where it is of one.
pub enum Subject<'a> {
    /// Input and all layers.
    Network(&'a Network),
    /// One layer.
    Layer(&'a Layer),
    /// The input of a network.
    Input(&'a Network),
    /// A convolution of any size.
    Convolution(Sliding),
    /// Local receptive fields, also those of the first layer.
    LocalFields(&'a Layer),
    /// Shared weights, also those of the first layer.
    SharedWeights(&'a Layer),
    /// Sub-sampling by a coefficient and a bias, and the poolings.
    SubSampling(f64, f64),
    /// The squashing function.
    Squashing,
}

impl Subject<'_> {
    fn is_of_a_network(&self) -> bool {
        !matches!(
            self,
            Self::Convolution(_) | Self::SubSampling(..) | Self::Squashing
        )
    }
}

impl ExplainArgs {
    /// What is asked for; none if the table is.
    ///
    /// # Errors
    /// If options do not go together, or `network`, which `options` chose, has no such layer.
    pub fn subject<'a>(
        &self,
        network: &'a Network,
        options: &NetworkArgs,
    ) -> Result<Option<Subject<'a>>> {
        let Some(topic) = self.explain else {
            return Ok(None);
        };
        self.check_options_of(topic)?;
        let first = &network.layers()[0];
        let subject = match topic {
            None => match self.convolution()? {
                Some(convolution) => Subject::Convolution(convolution),
                None => Subject::Network(network),
            },
            Some(Topic::Input) => Subject::Input(network),
            Some(Topic::LocalFields) => Subject::LocalFields(first),
            Some(Topic::SharedWeights) => Subject::SharedWeights(first),
            Some(Topic::SubSampling) => self.sub_sampling()?,
            Some(Topic::Squashing) => Subject::Squashing,
            Some(layer) => Subject::Layer(layer_of(network, &layer.name())?),
        };
        ensure!(
            subject.is_of_a_network() || options.is_empty(),
            "--network, --subsampling, --c3 and --head choose a network, and what is explained here is of \
             none: leave them out"
        );
        Ok(Some(subject))
    }

    /// Fails if an option is given that `topic` does not take.
    fn check_options_of(&self, topic: Option<Topic>) -> Result<()> {
        if let Some(topic) = topic {
            ensure!(
                self.input.is_none(),
                "--input and --kernel are those of a convolution of any size: leave out '{}' after \
                 --explain",
                topic.name()
            );
        }
        let is_given = self.coefficient.is_some() || self.bias.is_some();
        ensure!(
            !is_given || topic == Some(Topic::SubSampling),
            "--coefficient and --bias go with --explain {}",
            Topic::SubSampling.name()
        );
        ensure!(
            self.plot.is_none() || topic == Some(Topic::Squashing),
            "--plot goes with --explain {}",
            Topic::Squashing.name()
        );
        Ok(())
    }

    fn convolution(&self) -> Result<Option<Sliding>> {
        let (Some(input), Some(kernel)) = (self.input, self.kernel) else {
            return Ok(None);
        };
        let sliding = Sliding {
            input,
            kernel,
            padding: self.padding.unwrap_or(0),
            stride: self.stride.unwrap_or(1),
        };
        sliding.check()?;
        Ok(Some(sliding))
    }

    fn sub_sampling(&self) -> Result<Subject<'static>> {
        let coefficient = self.coefficient.unwrap_or(COEFFICIENT);
        let bias = self.bias.unwrap_or(0.0);
        for (field, value) in [("coefficient", coefficient), ("bias", bias)] {
            if !(-LARGEST..=LARGEST).contains(&value) {
                let expected = format!("a number from -{LARGEST} to {LARGEST}");
                return Err(InvalidValue::new(field, value, expected).into());
            }
        }
        Ok(Subject::SubSampling(coefficient, bias))
    }

    /// Prints the explanation of `subject`, and draws what is to be drawn. Returns it for JSON.
    ///
    /// # Errors
    /// If a picture cannot be written.
    pub fn explain(&self, subject: &Subject, output: &Output) -> Result<Value> {
        let result = |lines: Vec<String>| lines.into_iter().for_each(|line| output.result(line));
        Ok(match *subject {
            Subject::Network(network) => {
                let (input, layers) = (PicturePadding::of(network), LayerCounts::of_all(network));
                result(sentences::of_input(&input));
                for layer in &layers {
                    result(sentences::of_layer(layer));
                }
                result(sentences::of_totals(&layers));
                json!({ "input": input, "layers": layers })
            }
            Subject::Layer(layer) => {
                let counts = LayerCounts::of(layer);
                result(sentences::of_layer(&counts));
                json!(counts)
            }
            Subject::Input(network) => {
                let input = PicturePadding::of(network);
                result(sentences::of_input(&input));
                json!(input)
            }
            Subject::Convolution(sliding) => {
                result(sentences::of_convolution(&sliding));
                json!({
                    "convolution": sliding,
                    "side": sliding.side(),
                    "left_over": sliding.left_over(),
                    "same_padding": sliding.same_padding(),
                })
            }
            Subject::LocalFields(first) => {
                let (fields, counts) = (LocalFields::default(), LayerCounts::of(first));
                result(sentences::of_local_fields(&fields, first));
                json!({ "example": fields, "layer": counts })
            }
            Subject::SharedWeights(first) => {
                let (weights, counts) = (SharedWeights::default(), LayerCounts::of(first));
                result(sentences::of_shared_weights(&weights, &counts));
                json!({ "example": weights, "layer": counts })
            }
            Subject::SubSampling(coefficient, bias) => {
                let example = Halving::of(coefficient, bias);
                result(halving::sentences(&example));
                json!(example)
            }
            Subject::Squashing => self.explain_squashing(output)?,
        })
    }

    fn explain_squashing(&self, output: &Output) -> Result<Value> {
        if let Some(file) = &self.plot {
            file.ensure_new("--plot")?;
        }
        let squashing = Squashing::new();
        for line in sentences::of_squashing(&squashing) {
            output.result(line);
        }
        let mut document = json!(squashing);
        if let Some(file) = &self.plot {
            let label = "The squashing function and its first two derivatives";
            file.write(&squashing.chart(), label)?;
            output.note(format!("It is drawn in {}.", file.path().display()));
            document["picture"] = json!(path_in_json(file.path()));
        }
        Ok(document)
    }
}

/// The layer of `network` that is called `name`.
fn layer_of<'a>(network: &'a Network, name: &str) -> Result<&'a Layer> {
    let layers = network.layers();
    match layers.iter().find(|layer| layer.name == name) {
        Some(layer) => Ok(layer),
        None => {
            let names: Vec<&str> = layers.iter().map(|layer| layer.name).collect();
            bail!(
                "there is no layer {name} in this network, whose layers are {}",
                names.join(", ")
            )
        }
    }
}
