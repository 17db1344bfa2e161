//! The cases of the CPU path: every operation of `native` for single samples and for sixteen side by
//! side, at every level. What a case expects comes from the reference in f64; how the values lie in
//! memory is the same as in a network.

mod batch;
mod conv;
mod dense;
mod halving;
mod rbf;
mod room;
mod squash;

use std::fmt::Display;

use crate::cpu::Level;
use crate::cpu::memory::{Aligned, LINE, Planes};
use crate::model::{KERNEL, MapShape};
use crate::verify::check::Check;
use crate::verify::compare::{Outcome, Tolerance};

/// All checks of the operations, with the vectors of `level`.
pub fn cpu_checks(level: Level) -> Vec<Check<'static>> {
    let mut checks = checks_with::<1>(level);
    checks.extend(checks_with::<LINE>(level));
    checks.extend(dense::batch_checks(level));
    checks
}

fn checks_with<const SAMPLES: usize>(level: Level) -> Vec<Check<'static>> {
    let mut checks = batch::checks::<SAMPLES>(level);
    checks.extend(conv::checks::<SAMPLES>(level));
    checks.extend(halving::checks::<SAMPLES>(level));
    checks.extend(squash::checks::<SAMPLES>(level));
    checks.extend(dense::checks::<SAMPLES>(level));
    checks.extend(rbf::checks::<SAMPLES>(level));
    checks
}

/// An operation: its name, how far off it may be, and how it is run on a problem.
type Operation<P> = (
    &'static str,
    Tolerance,
    fn(&P, Level, &Tolerance) -> Outcome,
);

/// Every one of `operations` on every one of `problems`.
fn all_checks<P>(
    level: Level,
    samples: &str,
    problems: &[P],
    operations: &[Operation<P>],
) -> Vec<Check<'static>>
where
    P: Clone + Display + Send + Sync + 'static,
{
    let mut checks = Vec::new();
    for problem in problems {
        for &(name, tolerance, run) in operations {
            let problem = problem.clone();
            let text = format!("{name} {}{samples}, {problem}", level.name());
            let run = move || Ok(run(&problem, level, &tolerance));
            checks.push(Check::new(text, tolerance, run));
        }
    }
    checks
}

/// How many samples lie side by side, in words.
fn samples_text(samples: usize) -> String {
    match samples {
        1 => " 1 sample".to_owned(),
        _ => format!(" {samples} samples"),
    }
}

/// Defines a [`Task`](crate::cpu::simd::Task) with the given fields that does what is behind
/// them.
macro_rules! task {
    (
        $(#[$comment:meta])*
        $name:ident { $($field:ident: $type:ty),+ $(,)? } |$simd:ident| $work:expr
    ) => {
        $(#[$comment])*
        struct $name<'a, const SAMPLES: usize> {
            $($field: $type),+
        }

        impl<const SAMPLES: usize> $crate::cpu::simd::Task for $name<'_, SAMPLES> {
            type Output = ();

            #[inline(always)]
            fn run<S: $crate::cpu::simd::Simd>(self, $simd: S) {
                let Self { $($field),+ } = self;
                $work
            }
        }
    };
}
use task;

/// What is in memory behind the last column of a row of inputs: any number will do, because what is
/// computed from it is ignored.
const IGNORED: f32 = 7.0;

/// `values` [sample][unit] in their layout, and `around` in all other places.
fn placed<const SAMPLES: usize>(planes: &Planes<SAMPLES>, values: &[f32], around: f32) -> Aligned {
    let mut memory = Aligned::zeros(planes.extent());
    memory.fill(around);
    for (unit, place) in unit_places(planes).enumerate() {
        for sample in 0..SAMPLES {
            memory[place + sample] = values[sample * planes.shape.units() + unit];
        }
    }
    memory
}

/// Where the first sample of every unit lies, in the order [c,y,x].
fn unit_places<const SAMPLES: usize>(planes: &Planes<SAMPLES>) -> impl Iterator<Item = usize> {
    let (planes, shape) = (*planes, planes.shape);
    (0..shape.units()).map(move |unit| {
        let (row, x) = (unit / shape.width, unit % shape.width);
        planes.at(row / shape.height, row % shape.height) + x * SAMPLES
    })
}

/// Where the weighted sums `shape` of a convolution lie, and their gradient.
struct Convolved<const SAMPLES: usize> {
    sums: Planes<SAMPLES>,
    gradient: Planes<SAMPLES>,
}

impl<const SAMPLES: usize> Convolved<SAMPLES> {
    fn new(shape: MapShape) -> Self {
        let input = MapShape::new(1, shape.height + KERNEL - 1, shape.width + KERNEL - 1);
        let row = Planes::<SAMPLES>::aligned(input).row;
        Self {
            sums: match SAMPLES {
                1 => Planes::with_row(shape, row),
                _ => Planes::aligned(shape),
            },
            gradient: Planes::framed(shape, row),
        }
    }
}
