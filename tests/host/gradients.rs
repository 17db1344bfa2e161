//! Every gradient of the reference, in f64, against central finite differences: each operation by
//! itself on small odd shapes, and whole networks with every choice of sub-sampling, connections
//! and loss. Second derivatives are compared with the squares of finite differences.

use lenet_gpu::model::{
    Architecture, C3Connections, Choices, Coefficients, ConnectionTable, Head, InitialParameters,
    Initialisation, Loss, LossKind, MapShape, Network, Parameters, Range, Subsampling,
};
use lenet_gpu::reference::{
    Activations, Curvatures, ReferenceNetwork, average_pool, conv, dense, loss, max_pool, rbf,
    softmax, squash, subsample,
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

/// What teachers think of a sample counts as a label does, in proportion.
#[test]
fn taught_losses() {
    let mut noise = Noise::new(10);
    let mut penalties = || -> Vec<f64> {
        let values = noise.values(10);
        values.iter().map(|value| 60.0 * (1.0 + value)).collect()
    };
    let (own, of_teacher) = (penalties(), penalties());
    for kind in [LossKind::Map, LossKind::Mse] {
        let loss = Loss {
            kind,
            scale: 0.05,
            rubbish: 1.5,
        };
        let mut target = loss::by_label(4, 0.25);
        loss::learn(&loss, &of_teacher, 0.75, &mut target);
        let evaluate = |y: &[f64], dy: &mut [f64]| loss::taught(&loss, y, &target, 3, dy);
        let dy = written(10, |dy| {
            evaluate(&own, dy);
        });
        assert_gradient("penalties", &own, &dy, |y| {
            evaluate(y, &mut [0.0; 10]) / 3.0
        });
        // With eq. 9 a student that gives the teacher's own distances has nothing to learn from it alone. Eq.
        // 8 is linear: it never has its fill.
        let mut target = [0.0; 10];
        loss::learn(&loss, &of_teacher, 1.0, &mut target);
        let dy = written(10, |dy| {
            loss::taught(&loss, &of_teacher, &target, 3, dy);
        });
        assert_eq!(dy.iter().all(|dy| dy.abs() < 1e-12), kind == LossKind::Map);
        let sum: f64 = target.iter().sum();
        assert_eq!(sum < 1.0 - 1e-9, kind == LossKind::Map, "rubbish: {sum}");
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
            loss,
            network,
        }
    }

    fn initial_arena(&self) -> Vec<f64> {
        let start = InitialParameters {
            rule: Initialisation::SqrtFanIn,
            gain: 1.0,
            coefficients: Coefficients::Mean,
        };
        let mut arena: Vec<f64> = self
            .parameters
            .initialise(&self.network, &start, 11)
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
        let reference = ReferenceNetwork::new(&self.network);
        let mut activations = Activations::new(&self.network);
        let mut sum = 0.0;
        for (field, label) in &self.samples {
            activations.input_mut().copy_from_slice(field);
            reference.forward(arena, &mut activations);
            let (y, dy) = activations.penalties_and_gradient();
            sum += loss::forward(&self.loss, y, *label, self.samples.len(), dy);
            visit(&mut activations);
        }
        sum / self.samples.len() as f64
    }

    fn gradient(&self, arena: &[f64]) -> Vec<f64> {
        let mut gradient = vec![0.0; arena.len()];
        let reference = ReferenceNetwork::new(&self.network);
        self.mean_loss(arena, |activations| {
            reference.backward(arena, activations, &mut gradient);
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
                architecture: Architecture::Lenet5,
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

// --- second derivatives --------------------------------------------------------------------------
//
// For one operation the recursion of Appendix C is exact: with H the diagonal matrix of the
// ∂²E/∂output² handed to it and J its Jacobian, it computes the diagonal of JᵀHJ, the Gauss–Newton
// approximation of ∂²E/∂x². J is taken by central differences here, one output at a time.

/// Σ_i h[i]·(∂output_i/∂x)² for every value of `x`.
fn gauss_newton(x: &[f64], h: &[f64], mut outputs: impl FnMut(&[f64]) -> Vec<f64>) -> Vec<f64> {
    let mut x = x.to_vec();
    (0..x.len())
        .map(|place| {
            let original = x[place];
            x[place] = original + STEP;
            let above = outputs(&x);
            x[place] = original - STEP;
            let below = outputs(&x);
            x[place] = original;
            let squares = above.iter().zip(&below).zip(h).map(|((above, below), h)| {
                let slope = (above - below) / (2.0 * STEP);
                h * slope * slope
            });
            squares.sum()
        })
        .collect()
}

/// (E(x + h) − 2·E(x) + E(x − h)) / h² for every value of `x`.
fn second_differences(x: &[f64], mut energy: impl FnMut(&[f64]) -> f64) -> Vec<f64> {
    // Its square against 10⁻¹⁶ divided by it: larger than for first differences.
    const STEP: f64 = 1e-3;
    let mut x = x.to_vec();
    let middle = energy(&x);
    (0..x.len())
        .map(|place| {
            let original = x[place];
            x[place] = original + STEP;
            let above = energy(&x);
            x[place] = original - STEP;
            let below = energy(&x);
            x[place] = original;
            (above - 2.0 * middle + below) / (STEP * STEP)
        })
        .collect()
}

#[track_caller]
fn assert_all_close(what: &str, computed: &[f64], expected: &[f64], relative: f64) {
    assert_eq!(computed.len(), expected.len());
    assert!(expected.iter().any(|&value| value > 0.0), "{what} is all 0");
    for (place, (computed, expected)) in computed.iter().zip(expected).enumerate() {
        assert!(
            (computed - expected).abs() <= ABSOLUTE_TOLERANCE + relative * expected.abs(),
            "{what}[{place}]: computed {computed}, by differences {expected}"
        );
    }
}

/// Curvatures as they occur: none is negative.
fn curvatures(noise: &mut Noise, count: usize) -> Vec<f64> {
    noise.values(count).into_iter().map(f64::abs).collect()
}

#[test]
fn second_derivatives_of_a_convolution() {
    let table = ConnectionTable::new(3, vec![vec![2], vec![0, 1, 2], vec![0], vec![1, 2]]);
    let input = MapShape::new(3, 6, 9);
    let output = input.convolved(table.outputs());
    let shape = conv::Shape {
        table: &table,
        input,
        output,
    };
    let mut noise = Noise::new(21);
    let x = noise.values(input.units());
    let w = noise.values(table.pairs().count() * 25);
    let b = noise.values(output.maps);
    let h = curvatures(&mut noise, output.units());
    let outputs =
        |x: &[f64], w: &[f64], b: &[f64]| written(h.len(), |a| conv::forward(&shape, x, w, b, a));

    let hx = written(x.len(), |hx| {
        conv::second_backward_input(&shape, &h, &w, hx);
    });
    let (hw, hb) = added((w.len(), b.len()), |hw, hb| {
        conv::second_backward_weight(&shape, &x, &h, hw, hb);
    });
    let by_input = gauss_newton(&x, &h, |x| outputs(x, &w, &b));
    let by_weight = gauss_newton(&w, &h, |w| outputs(&x, w, &b));
    let by_bias = gauss_newton(&b, &h, |b| outputs(&x, &w, b));
    assert_all_close("input", &hx, &by_input, RELATIVE_TOLERANCE);
    assert_all_close("weight", &hw, &by_weight, RELATIVE_TOLERANCE);
    assert_all_close("bias", &hb, &by_bias, RELATIVE_TOLERANCE);
}

#[test]
fn second_derivatives_of_trainable_subsampling() {
    let mut noise = Noise::new(22);
    let x = noise.values(ODD.units());
    let (w, b) = (noise.values(ODD.maps), noise.values(ODD.maps));
    let h = curvatures(&mut noise, ODD.halved().units());
    let outputs =
        |x: &[f64], w: &[f64], b: &[f64]| written(h.len(), |a| subsample::forward(ODD, x, w, b, a));

    let hx = written(x.len(), |hx| {
        subsample::second_backward_input(ODD, &h, &w, hx);
    });
    let (hw, hb) = added((w.len(), b.len()), |hw, hb| {
        subsample::second_backward_weight(ODD, &x, &h, hw, hb);
    });
    let by_input = gauss_newton(&x, &h, |x| outputs(x, &w, &b));
    let by_coefficient = gauss_newton(&w, &h, |w| outputs(&x, w, &b));
    let by_bias = gauss_newton(&b, &h, |b| outputs(&x, &w, b));
    assert_all_close("input", &hx, &by_input, RELATIVE_TOLERANCE);
    assert_all_close("coefficient", &hw, &by_coefficient, RELATIVE_TOLERANCE);
    assert_all_close("bias", &hb, &by_bias, RELATIVE_TOLERANCE);
}

#[test]
fn second_derivatives_of_pooling() {
    let mut noise = Noise::new(23);
    // A tenth and more between any two, so that no difference changes which is the largest.
    let mut x: Vec<f64> = (0..ODD.units()).map(|i| i as f64 / 10.0).collect();
    for i in (1..x.len()).rev() {
        x.swap(i, noise.below(i + 1));
    }
    let h = curvatures(&mut noise, ODD.halved().units());
    let average = written(x.len(), |hx| {
        average_pool::second_backward_input(ODD, &h, hx);
    });
    let max = written(x.len(), |hx| {
        max_pool::backward_input(ODD, &x, &h, hx);
    });
    let by_average = gauss_newton(&x, &h, |x| {
        written(h.len(), |a| average_pool::forward(ODD, x, a))
    });
    let by_max = gauss_newton(&x, &h, |x| {
        written(h.len(), |a| max_pool::forward(ODD, x, a))
    });
    assert_all_close("average", &average, &by_average, RELATIVE_TOLERANCE);
    assert_all_close("max", &max, &by_max, RELATIVE_TOLERANCE);
}

#[test]
fn second_derivatives_of_a_full_connection() {
    let (inputs, outputs) = (13, 7);
    let mut noise = Noise::new(24);
    let x = noise.values(inputs);
    let (w, b) = (noise.values(inputs * outputs), noise.values(outputs));
    let h = curvatures(&mut noise, outputs);
    let output = |x: &[f64], w: &[f64], b: &[f64]| written(outputs, |a| dense::forward(x, w, b, a));

    let hx = written(inputs, |hx| dense::second_backward_input(&h, &w, hx));
    let (hw, hb) = added((w.len(), outputs), |hw, hb| {
        dense::second_backward_weight(&x, &h, hw, hb);
    });
    let by_input = gauss_newton(&x, &h, |x| output(x, &w, &b));
    let by_weight = gauss_newton(&w, &h, |w| output(&x, w, &b));
    let by_bias = gauss_newton(&b, &h, |b| output(&x, &w, b));
    assert_all_close("input", &hx, &by_input, RELATIVE_TOLERANCE);
    assert_all_close("weight", &hw, &by_weight, RELATIVE_TOLERANCE);
    assert_all_close("bias", &hb, &by_bias, RELATIVE_TOLERANCE);
}

#[test]
fn second_derivatives_of_squashing() {
    let mut noise = Noise::new(25);
    let x: Vec<f64> = noise.values(20).iter().map(|x| 4.0 * x).collect();
    let h = curvatures(&mut noise, 20);
    let y = written(20, |y| squash::forward(&x, y));
    let hx = written(20, |hx| squash::second_backward_input(&y, &h, hx));
    let expected = gauss_newton(&x, &h, |x| written(20, |y| squash::forward(x, y)));
    assert_all_close("input", &hx, &expected, RELATIVE_TOLERANCE);
}

/// The heads also keep their own second derivative, so this is the whole second derivative of an
/// energy whose own is diagonal: E = Σ_i g_i·y_i + ½·h_i·(y_i − ȳ_i)², at y = ȳ.
#[track_caller]
fn assert_head(
    what: &str,
    x: &[f64],
    gradient: &[f64],
    h: &[f64],
    computed: &[f64],
    penalties: impl Fn(&[f64]) -> Vec<f64>,
) {
    let here = penalties(x);
    let expected = second_differences(x, |x| {
        let y = penalties(x);
        let places = 0..y.len();
        places
            .map(|i| gradient[i] * y[i] + 0.5 * h[i] * (y[i] - here[i]).powi(2))
            .sum()
    });
    assert_all_close(what, computed, &expected, 1e-5);
}

#[test]
fn second_derivatives_of_the_heads() {
    let (inputs, classes) = (11, 3);
    let mut noise = Noise::new(26);
    let x = noise.values(inputs);
    let codes = noise.values(inputs * classes);
    let g = curvatures(&mut noise, classes);
    let h = curvatures(&mut noise, classes);
    let hx = written(inputs, |hx| {
        rbf::second_backward_input(&x, &codes, &g, &h, hx);
    });
    assert_head("distances", &x, &g, &h, &hx, |x| {
        written(classes, |y| rbf::forward(x, &codes, y))
    });

    let y = written(inputs, |y| softmax::forward(&x, y));
    let g = curvatures(&mut noise, inputs);
    let h = curvatures(&mut noise, inputs);
    let hx = written(inputs, |hx| softmax::second_backward_input(&y, &g, &h, hx));
    assert_head("softmax", &x, &g, &h, &hx, |x| {
        written(inputs, |y| softmax::forward(x, y))
    });
}

#[test]
fn second_derivatives_of_the_losses() {
    let penalties: Vec<f64> = Noise::new(27)
        .values(10)
        .iter()
        .map(|value| 30.0 * (1.0 + value))
        .collect();
    for kind in [LossKind::Map, LossKind::Mse] {
        let loss = Loss {
            kind,
            scale: 0.05,
            rubbish: 1.5,
        };
        let h = written(10, |h| loss::second(&loss, &penalties, 3, h));
        let energy = |y: &[f64], dy: &mut [f64]| loss::forward(&loss, y, 4, 3, dy);
        let expected = second_differences(&penalties, |y| energy(y, &mut [0.0; 10]) / 3.0);
        match kind {
            // Differences of numbers near 3 are off by 10⁻¹⁶ / 10⁻⁶.
            LossKind::Map => {
                for (h, expected) in h.iter().zip(expected) {
                    assert!((h - expected).abs() < 1e-8 + 1e-5 * h, "{h}, {expected}");
                }
            }
            LossKind::Mse => assert_eq!(h, [0.0; 10]),
        }
        let gradient = written(10, |dy| {
            energy(&penalties, dy);
        });
        let sum: f64 = gradient.iter().sum();
        assert!(sum > 0.0, "{kind:?}: the gradients sum to {sum}");
    }
}

// --- second derivatives of whole networks --------------------------------------------------------
//
// In a whole network the recursion is an approximation even of the Gauss–Newton diagonal: where a
// parameter reaches an output of F6 along two paths, (∂x/∂w)² has twice the product of the two in
// it, and the recursion, which drops ∂²E/∂a_i∂a_k in every layer, has not. So equality is to be had
// only where no two paths lead from a parameter to the same output. `sparse_arena` makes such a
// network: every unit of C3, C5 and F6 reads one unit. What still joins paths there is the sum of
// four in S2 and S4, unless they take the largest.

/// Parameters in which every unit of C3, C5 and F6 has one weight that is not 0: C3 reads the middle
/// of a field, C5 unit o the S4 unit o, F6 unit o the C5 unit o.
fn sparse_arena(problem: &Problem) -> Vec<f64> {
    let mut arena = problem.initial_arena();
    let mut noise = Noise::new(31);
    for (name, inputs) in [("C3.weight", 0), ("C5.weight", 400), ("F6.weight", 120)] {
        let weights = &mut arena[problem.range(name).span()];
        weights.fill(0.0);
        if inputs > 0 {
            for (o, row) in weights.chunks_mut(inputs).enumerate() {
                row[o] = 0.7 + 0.2 * noise.values(1)[0];
            }
            continue;
        }
        let pairs = ConnectionTable::table_1();
        for output in 0..pairs.outputs() {
            let first = pairs.pairs_into(output).next().unwrap().kernel;
            weights[first * 25 + 12] = 0.7 + 0.2 * noise.values(1)[0];
        }
    }
    arena
}

impl Problem {
    fn range(&self, name: &str) -> &Range {
        let mut ranges = self.parameters.ranges().iter();
        ranges.find(|range| range.name == name).unwrap()
    }

    /// The outputs of F6 of every sample. They are read off distances to codes made for it: from
    /// 0 and from ½ in one place, whose difference is x − ¼ there.
    fn f6_outputs(&self, arena: &[f64]) -> Vec<f64> {
        const UNITS: usize = 84;
        let mut outputs = Vec::new();
        for (field, _) in &self.samples {
            for first in (0..UNITS).step_by(9) {
                let read = first..UNITS.min(first + 9);
                let mut codes = vec![0.0; 10 * UNITS];
                for (i, unit) in read.clone().enumerate() {
                    codes[(i + 1) * UNITS + unit] = 0.5;
                }
                let mut activations = Activations::new(&self.network);
                activations.input_mut().copy_from_slice(field);
                let reference = ReferenceNetwork::with_codes(&self.network, &codes);
                reference.forward(arena, &mut activations);
                let y = activations.penalties();
                outputs.extend((1..=read.len()).map(|i| y[0] - y[i] + 0.25));
            }
        }
        outputs
    }

    /// ∂²E/∂parameter² by the recursion, E the mean loss.
    fn curvature(&self, arena: &[f64]) -> Vec<f64> {
        let mut curvature = vec![0.0; arena.len()];
        let reference = ReferenceNetwork::new(&self.network);
        let mut curvatures = Curvatures::new(&self.network);
        self.mean_loss(arena, |activations| {
            let h = curvatures.penalties_mut();
            loss::second(&self.loss, activations.penalties(), self.samples.len(), h);
            reference.second_backward(arena, activations, &mut curvatures, &mut curvature);
        });
        curvature
    }
}

/// Checks the ranges named in `exact`, whose parameters reach every output along one path only.
/// With eq. 8 E = (s/P)·Σ (x − code)², so that ∂²E/∂x² is 2s/P and nothing else.
fn check_curvatures(subsampling: Subsampling, exact: &[&str]) {
    let choices = Choices {
        subsampling,
        ..Choices::default()
    };
    let loss = Loss {
        kind: LossKind::Mse,
        scale: 0.05,
        rubbish: 1.0,
    };
    let problem = Problem::new(choices, loss);
    let mut arena = sparse_arena(&problem);
    let curvature = problem.curvature(&arena);
    let of_output = 2.0 * f64::from(loss.scale) / problem.samples.len() as f64;
    let mut noise = Noise::new(32);
    for name in exact {
        let range = problem.range(name);
        let mut largest: f64 = 0.0;
        for i in 0..range.len().min(CHECKED) {
            let i = match range.len() > CHECKED {
                true => noise.below(range.len()),
                false => i,
            };
            let place = range.offset + i;
            let original = arena[place];
            arena[place] = original + STEP;
            let above = problem.f6_outputs(&arena);
            arena[place] = original - STEP;
            let below = problem.f6_outputs(&arena);
            arena[place] = original;
            let squares = above.iter().zip(&below).map(|(above, below)| {
                let slope = (above - below) / (2.0 * STEP);
                of_output * slope * slope
            });
            let expected: f64 = squares.sum();
            largest = largest.max(expected);
            let off = (curvature[place] - expected).abs();
            assert!(
                off <= 1e-9 + 1e-5 * expected,
                "{name}[{i}]: computed {}, by differences {expected}",
                curvature[place]
            );
        }
        assert!(largest > 1e-6, "{name} is all 0");
    }
}

#[test]
fn second_derivatives_of_a_network_without_joining_paths() {
    let all = [
        "C1.weight",
        "C1.bias",
        "C3.weight",
        "C3.bias",
        "C5.weight",
        "C5.bias",
        "F6.weight",
        "F6.bias",
    ];
    check_curvatures(Subsampling::Max, &all);
    // A sum of four joins the paths from everything before S4.
    check_curvatures(Subsampling::Average, &all[4..]);
    let from_s4 = [&["S4.coefficient", "S4.bias"], &all[4..]].concat();
    check_curvatures(Subsampling::Trainable, &from_s4);
}

/// No curvature is negative, whatever the head and the loss, and every parameter has one.
#[test]
fn second_derivatives_of_networks_are_not_negative() {
    for (head, kind) in [
        (Head::Rbf, LossKind::Map),
        (Head::Rbf, LossKind::Mse),
        (Head::Softmax, LossKind::Mse),
    ] {
        let choices = Choices {
            head,
            ..Choices::default()
        };
        let loss = Loss {
            kind,
            scale: 0.05,
            rubbish: 1.0,
        };
        let problem = Problem::new(choices, loss);
        let curvature = problem.curvature(&problem.initial_arena());
        for range in problem.parameters.ranges() {
            let values = &curvature[range.span()];
            assert!(values.iter().all(|&h| h > 0.0), "{}", range.name);
        }
    }
}
