//! Convolution.

use super::blocks::{blocks, with_whole_blocks};
use super::guarded::{Guarded, Summed};
use super::layout::{Convolved, TIMES_0, UNREAD, aligned, placed};
use super::operation::{self, Operation, each_size, in_blocks};
use super::task::task;
use crate::cpu::memory::Planes;
use crate::cpu::{Level, conv};
use crate::verify::check::Check;
use crate::verify::compare::Outcome;
use crate::verify::problems::conv::{Conv, Layer, shapes};
use crate::verify::problems::maps::Weighted;

/// All problems.
fn problems() -> impl Iterator<Item = Conv> {
    let shapes = with_whole_blocks(shapes()).into_iter();
    shapes.map(|(samples, layer)| Conv::new(samples, layer, 0))
}

pub fn checks(level: Level) -> Vec<Check<'static>> {
    let operations = [
        Operation {
            name: "conv.forward",
            tolerance: Conv::FORWARD,
            runs: in_blocks(level, each_size!(forward)),
        },
        Operation {
            name: "conv.backward_input",
            tolerance: Conv::BACKWARD_INPUT,
            runs: in_blocks(level, each_size!(backward_input)),
        },
        Operation {
            name: "conv.backward_weight",
            tolerance: Conv::BACKWARD_WEIGHT,
            runs: in_blocks(level, each_size!(backward_weight)),
        },
    ];
    operation::checks(level, problems(), &operations)
}

task! {
    Forward {
        geometry: &'a conv::Geometry<SAMPLES>,
        input: &'a [f32],
        weight: &'a [f32],
        bias: &'a [f32],
        sums: &'a mut [f32],
    } |simd| conv::forward(simd, geometry, input, weight, bias, sums)
}

task! {
    BackwardInput {
        geometry: &'a conv::Geometry<SAMPLES>,
        sum_gradient: &'a [f32],
        weight: &'a [f32],
        input_gradient: &'a mut [f32],
    } |simd| conv::backward_input(simd, geometry, sum_gradient, weight, input_gradient)
}

task! {
    BackwardWeight {
        geometry: &'a conv::Geometry<SAMPLES>,
        input: &'a [f32],
        sum_gradient: &'a [f32],
        weight_gradient: &'a mut [f32],
        bias_gradient: &'a mut [f32],
    } |simd| conv::backward_weight(
        simd, geometry, input, sum_gradient, weight_gradient, bias_gradient,
    )
}

fn geometry<const SAMPLES: usize>(layer: &Layer) -> conv::Geometry<SAMPLES> {
    let Convolved { sums, gradient } = Convolved::new(layer.output());
    conv::Geometry::new(&layer.table, Planes::aligned(layer.input), sums, gradient)
}

fn forward<const SAMPLES: usize>(conv: &Conv, level: Level) -> Outcome {
    forward_by::<SAMPLES>(conv, |task| level.dispatch(task))
}

/// `run` computes a block.
fn forward_by<const SAMPLES: usize>(conv: &Conv, run: impl Fn(Forward<SAMPLES>)) -> Outcome {
    let (geometry, expected) = (geometry(&conv.layer), conv.forward());
    let mut outcome = Outcome::default();
    for block in blocks::<SAMPLES>(conv.x.count()) {
        let mut sums = Guarded::unwritten(geometry.output).ignoring(geometry.output.row);
        run(Forward {
            geometry: &geometry,
            input: &placed(&geometry.input, &conv.x, &block, UNREAD),
            weight: &aligned(&conv.w),
            bias: &conv.b,
            sums: sums.memory(),
        });
        sums.compare("sums", &expected, &block, &Conv::FORWARD, &mut outcome);
    }
    outcome
}

fn backward_input<const SAMPLES: usize>(conv: &Conv, level: Level) -> Outcome {
    let (geometry, expected) = (geometry::<SAMPLES>(&conv.layer), conv.backward_input());
    let mut outcome = Outcome::default();
    for block in blocks::<SAMPLES>(conv.x.count()) {
        let planes = geometry.input;
        let mut input_gradient = Guarded::unwritten(planes).keeping_zeros(planes.row);
        level.dispatch(BackwardInput {
            geometry: &geometry,
            sum_gradient: &placed(&geometry.gradient, &conv.da, &block, 0.0),
            weight: &aligned(&conv.w),
            input_gradient: input_gradient.memory(),
        });
        let (name, tolerance) = ("input_gradient", &Conv::BACKWARD_INPUT);
        input_gradient.compare(name, &expected, &block, tolerance, &mut outcome);
    }
    outcome
}

fn backward_weight<const SAMPLES: usize>(conv: &Conv, level: Level) -> Outcome {
    let geometry = geometry::<SAMPLES>(&conv.layer);
    let mut weight_gradient = Summed::new("weight_gradient", conv.w.len());
    let mut bias_gradient = Summed::new("bias_gradient", conv.b.len());
    for block in blocks::<SAMPLES>(conv.x.count()) {
        level.dispatch(BackwardWeight {
            geometry: &geometry,
            input: &placed(&geometry.input, &conv.x, &block, TIMES_0),
            sum_gradient: &placed(&geometry.gradient, &conv.da, &block, 0.0),
            weight_gradient: weight_gradient.of_block(),
            bias_gradient: bias_gradient.of_block(),
        });
        weight_gradient.add();
        bias_gradient.add();
    }
    let expected = conv.backward_weight();
    let (of_weights, of_biases) = expected.split_at(conv.w.len());
    let mut outcome = Outcome::default();
    weight_gradient.compare(of_weights, &Conv::BACKWARD_WEIGHT, &mut outcome);
    bias_gradient.compare(of_biases, &Conv::BACKWARD_WEIGHT, &mut outcome);
    outcome
}

/// The harness must find what is wrong with an operation.
#[cfg(test)]
mod negative_controls {
    use super::*;
    use crate::cpu::block::BlockSize;
    use crate::cpu::memory::LINE;
    use crate::model::KERNEL;

    /// The outcome of every convolution of sixteen samples, at every level that has blocks of `SAMPLES`,
    /// with `run` for the right operation.
    fn outcomes_of<const SAMPLES: usize>(run: impl Fn(Level, Forward<SAMPLES>)) -> Vec<Outcome> {
        let mut levels = Level::available();
        levels.retain(|&level| [1, BlockSize::whole(level).samples()].contains(&SAMPLES));
        let all = levels.iter().flat_map(|&level| {
            let run = &run;
            shapes().into_iter().map(move |(_, layer)| {
                let conv = Conv::new(LINE, layer, 0);
                forward_by(&conv, |task| run(level, task))
            })
        });
        all.collect()
    }

    fn turned<const SAMPLES: usize>(level: Level, task: Forward<SAMPLES>) {
        let mut weight = task.weight.to_vec();
        for kernel in weight.chunks_mut(KERNEL * KERNEL) {
            kernel.reverse();
        }
        level.dispatch(Forward {
            weight: &weight,
            ..task
        });
    }

    #[test]
    fn a_kernel_turned_by_180_degrees_is_found() {
        let of_blocks = outcomes_of::<8>(turned).into_iter();
        let of_blocks = of_blocks.chain(outcomes_of::<16>(turned));
        for outcome in of_blocks.chain(outcomes_of::<1>(turned)) {
            assert!(outcome.off > outcome.compared / 2);
        }
    }

    fn without_a_lane<const SAMPLES: usize>(level: Level, task: Forward<SAMPLES>) {
        let sums = task.sums.to_vec();
        level.dispatch(Forward {
            sums: &mut *task.sums,
            ..task
        });
        let units = task.sums.chunks_mut(SAMPLES).zip(sums.chunks(SAMPLES));
        for (unit, before) in units {
            unit[SAMPLES - 1] = before[SAMPLES - 1];
        }
    }

    #[test]
    fn a_lane_that_is_left_out_is_found() {
        for outcome in outcomes_of::<8>(without_a_lane) {
            assert_eq!(outcome.off, outcome.compared / 8);
        }
        for outcome in outcomes_of::<16>(without_a_lane) {
            assert_eq!(outcome.off, outcome.compared / 16);
        }
    }

    #[test]
    fn a_weight_after_the_last_is_found() {
        for level in Level::available() {
            let (_, layer) = shapes().swap_remove(0);
            let outcome = forward_by::<1>(&Conv::new(LINE, layer, 0), |task| {
                level.dispatch(Forward {
                    weight: &task.weight[1..],
                    ..task
                });
            });
            assert!(outcome.max_abs.is_infinite());
        }
    }

    fn too_far<const SAMPLES: usize>(level: Level, task: Forward<SAMPLES>) {
        level.dispatch(Forward {
            sums: &mut *task.sums,
            ..task
        });
        let end = task.geometry.output.extent();
        task.sums[end - 2 * LINE..][..LINE].fill(0.0);
    }

    #[test]
    fn a_vector_that_is_written_too_far_is_found() {
        // Sixteen samples are two blocks of eight.
        for outcome in outcomes_of::<8>(too_far) {
            assert_eq!((outcome.off, outcome.overwritten.len()), (0, 2));
        }
        for outcome in outcomes_of::<16>(too_far) {
            assert_eq!((outcome.off, outcome.overwritten.len()), (0, 1));
        }
    }
}
