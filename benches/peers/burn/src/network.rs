//! LeNet-5 as lenet-gpu trains it (Table I, trainable sub-sampling, scaled tanh, RBF codes, eq. 9),
//! written as a user of burn would.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Initializer, Linear, LinearConfig};
use burn::tensor::module::{avg_pool2d, conv2d};
use burn::tensor::ops::{AvgPoolOptions, ConvOptions};
use burn::tensor::{Device, Distribution, IndexingUpdateOp, Int, Tensor, TensorData};

/// Trainable parameters of the paper's network.
pub const PARAMETERS: usize = 60_000;

/// The constants of the recipe `default`: its loss, and half the width of the initial weights
/// times the root of the fan-in.
const LOSS_SCALE: f32 = 0.05;
const RUBBISH: f32 = 3.0;
const GAIN: f64 = 1.5;

/// Table I: the S2 maps that each C3 map reads.
const TABLE_1: [&[i32]; 16] = [
    &[0, 1, 2],
    &[1, 2, 3],
    &[2, 3, 4],
    &[3, 4, 5],
    &[0, 4, 5],
    &[0, 1, 5],
    &[0, 1, 2, 3],
    &[1, 2, 3, 4],
    &[2, 3, 4, 5],
    &[0, 3, 4, 5],
    &[0, 1, 4, 5],
    &[0, 1, 2, 5],
    &[0, 1, 3, 4],
    &[1, 2, 4, 5],
    &[0, 2, 3, 5],
    &[0, 1, 2, 3, 4, 5],
];

/// The RBF codes (Figure 3), the ten digits side by side; `#` is +1, `.` is −1.
const CODES: [&str; 12] = [
    ".#####. ...##.. .#####. ####### .#####. .#####. ..####. ####### .#####. .#####.",
    "....... ..###.. ....... .....## ....... ....... .##.... .....## ##...## ##..###",
    "..###.. .####.. .#####. ....##. ....... ####### ##..... .....## ##...## ##...##",
    ".##.##. ...##.. ##...## ...##.. .##..## ##..... ##..... ....##. ##...## ##...##",
    "##...## ...##.. #....## ..####. .##..## ##..... ######. ...##.. .#####. ##..###",
    "##...## ...##.. ....##. .....## ###..## .####.. ###..## ...##.. ##...## .######",
    "##...## ...##.. ..###.. .....## ##...## ..####. ##...## ..##... ##...## .....##",
    "##...## ...##.. .##.... .....## ##...## .....## ##...## ..##... ##...## .....##",
    ".##.##. ...##.. ##..... ##...## ##..### ##...## ###..## ..##... ##...## ....##.",
    "..###.. .###### ####### .#####. .###### .#####. .#####. ..##... .#####. .####..",
    "....... ....... ....... ....... .....## ....... ....... ....... ....... .......",
    "....... ....... ....... ....... .....## ....... ....... ....... ....... .......",
];

/// Everything trainable: 60,000 parameters.
#[derive(Module, Debug)]
pub struct LeNet5 {
    c1: Conv2d,
    s2: Subsampling,
    /// The 60 kernels of Table I: 60×25.
    c3_kernels: Param<Tensor<2>>,
    c3_bias: Param<Tensor<1>>,
    s4: Subsampling,
    c5: Linear,
    f6: Linear,
}

/// What is fixed: where the kernels of C3 stand among all 96, and the codes transposed, 84×10.
pub struct Tables {
    c3_places: Tensor<1, Int>,
    codes: Tensor<2>,
}

impl Tables {
    pub fn new(device: &Device) -> Self {
        let places: Vec<i32> = TABLE_1
            .iter()
            .zip(0..)
            .flat_map(|(inputs, output)| inputs.iter().map(move |input| 6 * output + input))
            .collect();
        let codes: Vec<f32> = (0..84)
            .flat_map(|unit| {
                (0..10).map(move |digit| CODES[unit / 7].as_bytes()[digit * 8 + unit % 7])
            })
            .map(|pixel| if pixel == b'#' { 1.0 } else { -1.0 })
            .collect();
        let pairs = places.len();
        Self {
            c3_places: Tensor::from_data(TensorData::new(places, [pairs]), device),
            codes: Tensor::from_data(TensorData::new(codes, [84, 10]), device),
        }
    }
}

impl LeNet5 {
    pub fn new(device: &Device) -> Self {
        let uniform = |fan_in: usize| {
            let max = bound(fan_in);
            Initializer::Uniform { min: -max, max }
        };
        let kernels = TABLE_1
            .iter()
            .map(|inputs| {
                let max = bound(25 * inputs.len());
                let shape = [inputs.len(), 25];
                Tensor::random(shape, Distribution::Uniform(-max, max), device)
            })
            .collect();
        let linear = |input, output| {
            LinearConfig::new(input, output)
                .with_initializer(uniform(input))
                .init(device)
        };
        Self {
            c1: Conv2dConfig::new([1, 6], [5, 5])
                .with_initializer(uniform(25))
                .init(device),
            s2: Subsampling::new(6, device),
            c3_kernels: Param::from_tensor(Tensor::cat(kernels, 0)),
            c3_bias: Param::from_tensor(Tensor::zeros([16], device)),
            s4: Subsampling::new(16, device),
            c5: linear(400, 120),
            f6: linear(120, 84),
        }
    }

    /// Fields [n,1,32,32] → distances to the ten codes [n,10] (eq. 7).
    pub fn forward(&self, fields: Tensor<4>, tables: &Tables) -> Tensor<2> {
        let x = squash(self.c1.forward(fields));
        let x = squash(self.s2.forward(x));
        let x = conv2d(
            x,
            self.c3_weight(tables),
            Some(self.c3_bias.val()),
            ConvOptions::new([1, 1], [0, 0], [1, 1], 1),
        );
        let x = squash(self.s4.forward(squash(x)));
        let x = squash(self.c5.forward(x.flatten(1, 3)));
        let x = squash(self.f6.forward(x));
        // Σ(x − w)² = Σx² − 2·x·w + Σw², and Σw² is 84 for codes of ±1.
        let squares = (x.clone() * x.clone()).sum_dim(1);
        squares - x.matmul(tables.codes.clone()).mul_scalar(2.0) + 84.0
    }

    /// The kernels of Table I in their places, 0 elsewhere: a full convolution's weights.
    fn c3_weight(&self, tables: &Tables) -> Tensor<4> {
        let kernels = self.c3_kernels.val();
        Tensor::<2>::zeros([96, 25], &kernels.device())
            .select_assign(0, tables.c3_places.clone(), kernels, IndexingUpdateOp::Add)
            .reshape([16, 6, 5, 5])
    }
}

/// Eq. 9, a cross-entropy with the rubbish class as an eleventh logit −j:
/// E = s·y_D + log(e^(−j) + Σ e^(−s·y_i)), the mean over the batch.
pub fn loss(distances: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
    let device = distances.device();
    let rubbish = Tensor::full([distances.dims()[0], 1], -RUBBISH, &device);
    let logits = Tensor::cat(vec![distances.mul_scalar(-LOSS_SCALE), rubbish], 1);
    CrossEntropyLossConfig::new()
        .init(&device)
        .forward(logits, labels)
}

/// Sum of 2×2 units, times a trainable coefficient, plus a trainable bias.
#[derive(Module, Debug)]
struct Subsampling {
    coefficient: Param<Tensor<1>>,
    bias: Param<Tensor<1>>,
}

impl Subsampling {
    fn new(maps: usize, device: &Device) -> Self {
        Self {
            coefficient: Param::from_tensor(Tensor::full([maps], 0.25, device)),
            bias: Param::from_tensor(Tensor::zeros([maps], device)),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let maps = x.dims()[1];
        let mean = avg_pool2d(x, AvgPoolOptions::new([2, 2]));
        let coefficient = self.coefficient.val().mul_scalar(4.0);
        mean * coefficient.reshape([1, maps, 1, 1]) + self.bias.val().reshape([1, maps, 1, 1])
    }
}

/// Half the width of the initial weights' distribution.
fn bound(fan_in: usize) -> f64 {
    GAIN * (3.0 / fan_in as f64).sqrt()
}

/// f(a) = 1.7159·tanh(2/3·a).
fn squash<const D: usize>(a: Tensor<D>) -> Tensor<D> {
    a.mul_scalar(2.0 / 3.0).tanh().mul_scalar(1.7159)
}
