//! Where each trainable parameter is stored, and what it starts from.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use super::Network;
use super::layer::WeightKind;

/// Named ranges start at multiples of this many values (256 bytes), WebGPU's alignment of a
/// storage-buffer binding, so that each can be bound on its own.
const RANGE_ALIGNMENT: usize = 64;

/// The rule of the initial weights. Biases start at 0 under every rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum Initialisation {
    /// The paper's: uniform in ±2.4/F, F the fan-in of the unit (Appendix A).
    #[default]
    FanIn,
    /// Uniform in ±√(3/F): weighted sums start with variance 1 for inputs of variance 1.
    SqrtFanIn,
}

impl Initialisation {
    /// Half the width of the uniform distribution for units of fan-in `fan_in`.
    fn bound(self, fan_in: usize) -> f32 {
        match self {
            Self::FanIn => 2.4 / fan_in as f32,
            Self::SqrtFanIn => (3.0 / fan_in as f32).sqrt(),
        }
    }
}

/// What the coefficients of sub-sampling start from, which the paper leaves open. The biases start
/// at 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum Coefficients {
    /// ¼: the mean of the four inputs.
    #[default]
    Mean,
    /// 1: their sum.
    Sum,
    /// Random like all other weights, with the four inputs as the fan-in.
    Random,
}

/// What parameters start from.
#[derive(Clone, Copy, Debug)]
pub struct InitialParameters {
    /// The rule of the weights.
    pub rule: Initialisation,
    /// Factor on the rule's bounds.
    pub gain: f32,
    /// The coefficients of sub-sampling.
    pub coefficients: Coefficients,
}

/// A named run of parameters in the arena.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// Layer and role, for example `C3.weight` or `S2.coefficient`.
    pub name: String,
    /// Dimensions, outermost first.
    pub shape: Vec<usize>,
    /// First value in the arena.
    pub offset: usize,
    /// Position of the layer in the network's table.
    pub layer: usize,
}

impl Range {
    /// Number of values.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the range holds nothing; never true for a range of a network.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of values up to the start of the next range: those of the range and its padding.
    pub fn padded_len(&self) -> usize {
        self.len().next_multiple_of(RANGE_ALIGNMENT)
    }

    /// The positions of values and padding in the arena.
    pub fn padded_span(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.padded_len()
    }

    /// The values' positions in the arena.
    pub fn span(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.len()
    }
}

/// The layout of the parameter arena: one array for all trainable parameters, in which each
/// trainable layer owns a weight range and a bias range. Values between ranges are padding and stay
/// 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    ranges: Vec<Range>,
    arena_len: usize,
}

impl Parameters {
    /// The layout of `network`.
    pub fn of(network: &Network) -> Self {
        let mut ranges = Vec::new();
        let mut offset = 0;
        for (index, layer) in network.layers().iter().enumerate() {
            let Some(trainable) = layer.facts().trainable else {
                continue;
            };
            let weights = (trainable.kind.name(), trainable.shape);
            let biases = ("bias", vec![layer.output.maps]);
            for (role, shape) in [weights, biases] {
                let range = Range {
                    name: format!("{}.{role}", layer.name),
                    shape,
                    offset,
                    layer: index,
                };
                offset = range.padded_span().end;
                ranges.push(range);
            }
        }
        Self {
            ranges,
            arena_len: offset,
        }
    }

    /// All ranges, in the order of the layers, weights before biases.
    pub fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    /// Weight and bias range of the layer at `layer`, if it has any.
    pub fn of_layer(&self, layer: usize) -> Option<(&Range, &Range)> {
        let first = self.ranges.iter().position(|range| range.layer == layer)?;
        Some((&self.ranges[first], &self.ranges[first + 1]))
    }

    /// Length of the arena in values, padding included; a multiple of 64.
    pub fn arena_len(&self) -> usize {
        self.arena_len
    }

    /// Fresh parameters for `network`, the same for the same seed on every machine.
    pub fn initialise(&self, network: &Network, start: &InitialParameters, seed: u64) -> Vec<f32> {
        let bound = |fan_in| start.gain * start.rule.bound(fan_in);
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut arena = vec![0.0; self.arena_len];
        for (index, layer) in network.layers().iter().enumerate() {
            let facts = layer.facts();
            let (Some(trainable), Some((weight, _))) = (facts.trainable, self.of_layer(index))
            else {
                continue;
            };
            let values = &mut arena[weight.span()];
            match (trainable.kind, start.coefficients) {
                (WeightKind::OfSum, Coefficients::Mean) => values.fill(0.25),
                (WeightKind::OfSum, Coefficients::Sum) => values.fill(1.0),
                (WeightKind::OfSum, Coefficients::Random) | (WeightKind::PerInput, _) => {
                    let mut first = 0;
                    for fan_in in facts.fan_in {
                        let weights = trainable.kind.per_map(fan_in);
                        let of_map = &mut values[first..first + weights];
                        fill_uniform(of_map, bound(fan_in), &mut random);
                        first += weights;
                    }
                }
            }
        }
        arena
    }
}

/// Uniform in ±`bound`, from the top 24 bits of each random word: exact in f32.
fn fill_uniform(values: &mut [f32], bound: f32, random: &mut ChaCha8Rng) {
    for value in values {
        let unit = (random.next_u32() >> 8) as f32 / (1 << 24) as f32;
        *value = bound * (2.0 * unit - 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Choices;

    #[test]
    fn ranges_are_aligned_disjoint_and_complete() {
        let network = Network::lenet5(Choices::default());
        let parameters = Parameters::of(&network);
        let mut end = 0;
        for range in parameters.ranges() {
            assert_eq!(range.offset % RANGE_ALIGNMENT, 0);
            assert!(range.offset >= end);
            end = range.span().end;
        }
        assert!(end <= parameters.arena_len());
        let total: usize = parameters.ranges().iter().map(Range::len).sum();
        assert_eq!(total, 60_000);
    }

    #[test]
    fn initial_weights_stay_within_the_papers_bound_and_fill_it() {
        let network = Network::lenet5(Choices::default());
        let parameters = Parameters::of(&network);
        let start = InitialParameters {
            rule: Initialisation::FanIn,
            gain: 1.0,
            coefficients: Coefficients::Mean,
        };
        let arena = parameters.initialise(&network, &start, 0);
        let (c5, c5_bias) = parameters.of_layer(4).unwrap();
        let bound = 2.4 / 400.0;
        let largest = arena[c5.span()].iter().fold(0f32, |m, v| m.max(v.abs()));
        assert!(largest <= bound && largest > 0.99 * bound);
        assert!(arena[c5_bias.span()].iter().all(|&v| v == 0.0));
        assert_ne!(arena, parameters.initialise(&network, &start, 1));
    }

    #[test]
    fn coefficients_start_as_asked_for() {
        let network = Network::lenet5(Choices::default());
        let parameters = Parameters::of(&network);
        let coefficients_of = |coefficients| {
            let start = InitialParameters {
                rule: Initialisation::FanIn,
                gain: 1.0,
                coefficients,
            };
            let (weight, _) = parameters.of_layer(3).unwrap();
            parameters.initialise(&network, &start, 0)[weight.span()].to_vec()
        };
        assert_eq!(coefficients_of(Coefficients::Mean), [0.25; 16]);
        assert_eq!(coefficients_of(Coefficients::Sum), [1.0; 16]);
        let random = coefficients_of(Coefficients::Random);
        assert!(random.iter().all(|value| value.abs() <= 2.4 / 4.0));
        assert!(random.iter().any(|value| value.abs() > 2.4 / 8.0));
    }
}
