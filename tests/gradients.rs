//! Every gradient of the reference, in f64, against central finite differences: each operation by
//! itself on small odd shapes, and whole networks with every choice of sub-sampling, connections
//! and loss.

use lenet_gpu::cpu::{
    self, Activations, average_pool, conv, dense, loss, max_pool, rbf, softmax, squash, subsample,
};
use lenet_gpu::model::{
    C3Connections, Choices, ConnectionTable, Head, Initialisation, Loss, LossKind, MapShape,
    Network, Parameters, Subsampling, rbf_codes,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Half the distance of the two points of a difference. Its square, the error of the formula, and
/// 10⁻¹⁶ divided by it, the rounding, are both far below the tolerance.
const STEP: f64 = 1e-5;
const RELATIVE_TOLERANCE: f64 = 1e-6;
const ABSOLUTE_TOLERANCE: f64 = 1e-9;

/// Numbers that are the same on every machine.
struct Noise(ChaCha8Rng);

impl Noise {
    fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// `count` numbers, uniform in ±1.
    fn values(&mut self, count: usize) -> Vec<f64> {
        (0..count)
            .map(|_| f64::from(self.0.next_u32()) / f64::from(1u32 << 31) - 1.0)
            .collect()
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0.next_u32() as usize % limit
    }
}

/// (E(x + h) − E(x − h)) / 2h for the value at `place`.
fn difference(x: &mut [f64], place: usize, energy: &mut impl FnMut(&[f64]) -> f64) -> f64 {
    let original = x[place];
    x[place] = original + STEP;
    let above = energy(x);
    x[place] = original - STEP;
    let below = energy(x);
    x[place] = original;
    (above - below) / (2.0 * STEP)
}

#[track_caller]
fn assert_close(what: &str, place: usize, gradient: f64, difference: f64) {
    let size = gradient.abs().max(difference.abs());
    let off = (gradient - difference).abs();
    assert!(
        off <= ABSOLUTE_TOLERANCE + RELATIVE_TOLERANCE * size,
        "{what}[{place}]: the gradient is {gradient}, the finite difference {difference}"
    );
}

/// Holds every value of `gradient` against a difference of `energy` around `x`.
#[track_caller]
fn assert_gradient(what: &str, x: &[f64], gradient: &[f64], mut energy: impl FnMut(&[f64]) -> f64) {
    assert_eq!(x.len(), gradient.len());
    assert!(
        gradient.iter().any(|&value| value != 0.0),
        "{what} is all 0"
    );
    let mut x = x.to_vec();
    for (place, &value) in gradient.iter().enumerate() {
        assert_close(what, place, value, difference(&mut x, place, &mut energy));
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// What `write` leaves in `count` values that hold NaN before.
fn written(count: usize, write: impl FnOnce(&mut [f64])) -> Vec<f64> {
    let mut values = vec![f64::NAN; count];
    write(&mut values);
    values
}

/// What `add` adds to `first` and `second` values that hold 1 before.
fn added(
    (first, second): (usize, usize),
    add: impl FnOnce(&mut [f64], &mut [f64]),
) -> (Vec<f64>, Vec<f64>) {
    let (mut a, mut b) = (vec![1.0; first], vec![1.0; second]);
    add(&mut a, &mut b);
    let less_one = |values: Vec<f64>| values.into_iter().map(|value| value - 1.0).collect();
    (less_one(a), less_one(b))
}

// --- operations ----------------------------------------------------------------------------------
//
// E = Σ g·output with random g, so that ∂E/∂output = g.

#[test]
fn convolution() {
    let table = ConnectionTable::new(3, vec![vec![2], vec![0, 1, 2], vec![0], vec![1, 2]]);
    let input = MapShape::new(3, 6, 9);
    let output = input.convolved(table.outputs());
    let shape = conv::Shape {
        table: &table,
        input,
        output,
    };
    let mut noise = Noise::new(1);
    let x = noise.values(input.units());
    let w = noise.values(table.pairs().count() * 25);
    let b = noise.values(output.maps);
    let g = noise.values(output.units());
    let energy = |x: &[f64], w: &[f64], b: &[f64]| {
        let a = written(g.len(), |a| conv::forward(&shape, x, w, b, a));
        dot(&a, &g)
    };

    let dx = written(x.len(), |dx| conv::backward_input(&shape, &g, &w, dx));
    let (dw, db) = added((w.len(), b.len()), |dw, db| {
        conv::backward_weight(&shape, &x, &g, dw, db);
    });
    assert_gradient("input", &x, &dx, |x| energy(x, &w, &b));
    assert_gradient("weight", &w, &dw, |w| energy(&x, w, &b));
    assert_gradient("bias", &b, &db, |b| energy(&x, &w, b));
}

/// A shape of which the last row and the last column are left out.
const ODD: MapShape = MapShape {
    maps: 2,
    height: 5,
    width: 7,
};

#[test]
fn trainable_subsampling() {
    let mut noise = Noise::new(2);
    let x = noise.values(ODD.units());
    let (w, b) = (noise.values(ODD.maps), noise.values(ODD.maps));
    let g = noise.values(ODD.halved().units());
    let energy = |x: &[f64], w: &[f64], b: &[f64]| {
        let a = written(g.len(), |a| subsample::forward(ODD, x, w, b, a));
        dot(&a, &g)
    };

    let dx = written(x.len(), |dx| subsample::backward_input(ODD, &g, &w, dx));
    let (dw, db) = added((w.len(), b.len()), |dw, db| {
        subsample::backward_weight(ODD, &x, &g, dw, db);
    });
    assert_gradient("input", &x, &dx, |x| energy(x, &w, &b));
    assert_gradient("coefficient", &w, &dw, |w| energy(&x, w, &b));
    assert_gradient("bias", &b, &db, |b| energy(&x, &w, b));
}

#[test]
fn average_pooling() {
    let mut noise = Noise::new(3);
    let x = noise.values(ODD.units());
    let g = noise.values(ODD.halved().units());
    let dx = written(x.len(), |dx| average_pool::backward_input(ODD, &g, dx));
    assert_gradient("input", &x, &dx, |x| {
        dot(&written(g.len(), |a| average_pool::forward(ODD, x, a)), &g)
    });
}

#[test]
fn max_pooling() {
    let mut noise = Noise::new(4);
    // A tenth and more between any two, so that no difference changes which is the largest.
    let mut x: Vec<f64> = (0..ODD.units()).map(|i| i as f64 / 10.0).collect();
    for i in (1..x.len()).rev() {
        x.swap(i, noise.below(i + 1));
    }
    let g = noise.values(ODD.halved().units());
    let dx = written(x.len(), |dx| max_pool::backward_input(ODD, &x, &g, dx));
    assert_gradient("input", &x, &dx, |x| {
        dot(&written(g.len(), |a| max_pool::forward(ODD, x, a)), &g)
    });
}

#[test]
fn full_connection() {
    let (inputs, outputs) = (13, 7);
    let mut noise = Noise::new(5);
    let x = noise.values(inputs);
    let (w, b) = (noise.values(inputs * outputs), noise.values(outputs));
    let g = noise.values(outputs);
    let energy = |x: &[f64], w: &[f64], b: &[f64]| {
        dot(&written(outputs, |a| dense::forward(x, w, b, a)), &g)
    };

    let dx = written(inputs, |dx| dense::backward_input(&g, &w, dx));
    let (dw, db) = added((w.len(), outputs), |dw, db| {
        dense::backward_weight(&x, &g, dw, db);
    });
    assert_gradient("input", &x, &dx, |x| energy(x, &w, &b));
    assert_gradient("weight", &w, &dw, |w| energy(&x, w, &b));
    assert_gradient("bias", &b, &db, |b| energy(&x, &w, b));
}

#[test]
fn distances_to_codes() {
    let (inputs, classes) = (11, 3);
    let mut noise = Noise::new(6);
    let x = noise.values(inputs);
    let codes = noise.values(inputs * classes);
    let g = noise.values(classes);
    let dx = written(inputs, |dx| rbf::backward_input(&x, &codes, &g, dx));
    assert_gradient("input", &x, &dx, |x| {
        dot(&written(classes, |y| rbf::forward(x, &codes, y)), &g)
    });
}

#[test]
fn softmax_penalties() {
    let mut noise = Noise::new(7);
    let x = noise.values(5);
    let g = noise.values(5);
    let y = written(5, |y| softmax::forward(&x, y));
    let dx = written(5, |dx| softmax::backward_input(&y, &g, dx));
    assert_gradient("scores", &x, &dx, |x| {
        dot(&written(5, |y| softmax::forward(x, y)), &g)
    });
}

#[test]
fn squashing() {
    let mut noise = Noise::new(8);
    let x: Vec<f64> = noise.values(20).iter().map(|x| 4.0 * x).collect();
    let g = noise.values(20);
    let y = written(20, |y| squash::forward(&x, y));
    let dx = written(20, |dx| squash::backward_input(&y, &g, dx));
    assert_gradient("input", &x, &dx, |x| {
        dot(&written(20, |y| squash::forward(x, y)), &g)
    });
}

/// The gradient is that of the mean over the batch: a third of one of three samples' own.
#[test]
fn losses() {
    let penalties: Vec<f64> = Noise::new(9)
        .values(10)
        .iter()
        .map(|value| 60.0 * (1.0 + value))
        .collect();
    for kind in [LossKind::Map, LossKind::Mse] {
        let loss = Loss {
            kind,
            scale: 0.05,
            rubbish: 1.5,
        };
        for label in [0, 4, 9] {
            let evaluate = |y: &[f64], dy: &mut [f64]| loss::forward(&loss, y, label, 3, dy);
            let dy = written(10, |dy| {
                evaluate(&penalties, dy);
            });
            assert_gradient("penalties", &penalties, &dy, |y| {
                evaluate(y, &mut [0.0; 10]) / 3.0
            });
        }
    }
}

/// The slide deck's pooling example, worked by hand.
#[test]
fn the_decks_pooling_example() {
    #[rustfmt::skip]
    let picture = [
        1.0, 2.0,   2.0, 0.0,
        1.0, 2.0,   3.0, 2.0,

        3.0, 1.0,   3.0, 2.0,
        0.0, 2.0,   0.0, 2.0,
    ];
    let maps = MapShape::new(1, 4, 4);
    let largest = written(4, |a| max_pool::forward(maps, &picture, a));
    let means = written(4, |a| average_pool::forward(maps, &picture, a));
    let weighted = written(4, |a| {
        subsample::forward(maps, &picture, &[0.5], &[0.25], a);
    });
    assert_eq!(largest, [2.0, 3.0, 3.0, 3.0]);
    assert_eq!(means, [1.5, 1.75, 1.5, 1.75]);
    assert_eq!(weighted, [3.25, 3.75, 3.25, 3.75]);
}

// --- networks ------------------------------------------------------------------------------------

/// Ranges up to this length are checked throughout, longer ones at as many places.
const CHECKED: usize = 16;

/// A network with random pictures: the mean loss of a small batch as a function of the parameters.
struct Problem {
    network: Network,
    parameters: Parameters,
    codes: Vec<f64>,
    loss: Loss,
    /// Input fields and labels.
    samples: Vec<(Vec<f64>, usize)>,
}

impl Problem {
    fn new(choices: Choices, loss: Loss) -> Self {
        let network = Network::lenet5(choices);
        let mut noise = Noise::new(10);
        let mut sample = |label| (noise.values(network.input().units()), label);
        Self {
            samples: vec![sample(3), sample(8)],
            parameters: Parameters::of(&network),
            codes: rbf_codes().into_iter().map(f64::from).collect(),
            loss,
            network,
        }
    }

    fn initial_arena(&self) -> Vec<f64> {
        let rule = Initialisation::SqrtFanIn;
        let mut arena: Vec<f64> = self
            .parameters
            .initialise(&self.network, rule, 1.0, 11)
            .into_iter()
            .map(f64::from)
            .collect();
        // Biases start at 0 and coefficients all alike; nothing may be right only there.
        let mut noise = Noise::new(12);
        for range in self.parameters.ranges() {
            for (value, shift) in arena[range.span()]
                .iter_mut()
                .zip(noise.values(range.len()))
            {
                *value += 0.05 * shift;
            }
        }
        arena
    }

    /// The mean loss, after calling `visit` with each sample's activations, which hold ∂E/∂penalty.
    fn mean_loss(&self, arena: &[f64], mut visit: impl FnMut(&mut Activations<f64>)) -> f64 {
        let mut activations = Activations::new(&self.network);
        let mut sum = 0.0;
        for (field, label) in &self.samples {
            activations.input_mut().copy_from_slice(field);
            cpu::forward(
                &self.network,
                &self.parameters,
                arena,
                &self.codes,
                &mut activations,
            );
            let (y, dy) = activations.penalties_and_gradient();
            sum += loss::forward(&self.loss, y, *label, self.samples.len(), dy);
            visit(&mut activations);
        }
        sum / self.samples.len() as f64
    }

    fn gradient(&self, arena: &[f64]) -> Vec<f64> {
        let mut gradient = vec![0.0; arena.len()];
        self.mean_loss(arena, |activations| {
            cpu::backward(
                &self.network,
                &self.parameters,
                arena,
                &self.codes,
                activations,
                &mut gradient,
            );
        });
        gradient
    }

    fn check(&self) {
        let mut arena = self.initial_arena();
        let gradient = self.gradient(&arena);
        let mut noise = Noise::new(13);
        let mut energy = |arena: &[f64]| self.mean_loss(arena, |_| ());
        for range in self.parameters.ranges() {
            assert!(
                gradient[range.span()].iter().any(|&value| value != 0.0),
                "{} is all 0",
                range.name
            );
            for i in 0..range.len().min(CHECKED) {
                let i = if range.len() > CHECKED {
                    noise.below(range.len())
                } else {
                    i
                };
                let place = range.offset + i;
                let difference = difference(&mut arena, place, &mut energy);
                assert_close(&range.name, i, gradient[place], difference);
            }
        }
    }
}

/// Checks all connections and losses with one kind of sub-sampling.
fn check_networks(subsampling: Subsampling) {
    let loss = |kind, scale| Loss {
        kind,
        scale,
        rubbish: 1.0,
    };
    for c3 in [C3Connections::Table1, C3Connections::Full] {
        for (head, loss) in [
            (Head::Rbf, loss(LossKind::Map, 0.05)),
            (Head::Rbf, loss(LossKind::Mse, 0.05)),
            (Head::Softmax, loss(LossKind::Mse, 1.0)),
        ] {
            let choices = Choices {
                subsampling,
                c3,
                head,
            };
            println!("{choices:?}, {loss:?}");
            Problem::new(choices, loss).check();
        }
    }
}

#[test]
fn networks_with_trainable_subsampling() {
    check_networks(Subsampling::Trainable);
}

#[test]
fn networks_with_average_pooling() {
    check_networks(Subsampling::Average);
}

#[test]
fn networks_with_max_pooling() {
    check_networks(Subsampling::Max);
}
