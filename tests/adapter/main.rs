//! The tests that run on an adapter, and their counterparts on the CPU path. One program for all of
//! them, because each would link the whole library. They name themselves at run time, and show as
//! ignored where there is no adapter.

#[path = "../common/adapter.rs"]
mod adapter;
mod cli;
#[path = "../common/digits.rs"]
mod digits;
#[path = "../common/driving.rs"]
mod driving;
#[path = "../common/fixtures.rs"]
mod fixtures;
mod kernels;
mod large_data;
mod long_schedule;
mod profiling;
#[path = "../common/program.rs"]
mod program;
mod pytorch;
mod side_by_side;
mod step_by_step;
mod training;
mod validation;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments = Arguments::from_args();
    // Alone, before all others: what runs beside a measured dispatch would be measured too.
    let measured = libtest_mimic::run(&arguments, named("profiling", profiling::tests()));
    let others = [
        ("kernels", kernels::tests()),
        ("large_data", large_data::tests()),
        ("pytorch", pytorch::tests()),
        ("training", training::tests()),
        ("side_by_side", side_by_side::tests()),
        ("step_by_step", step_by_step::tests()),
        ("long_schedule", long_schedule::tests()),
        ("cli", cli::tests()),
        ("validation", validation::tests()),
    ];
    let others = others
        .into_iter()
        .flat_map(|(name, tests)| named(name, tests));
    let others = libtest_mimic::run(&arguments, others.collect());
    measured.exit_if_failed();
    others.exit();
}

/// `tests`, their names preceded by that of their file.
fn named(file: &str, tests: Vec<Trial>) -> Vec<Trial> {
    let named = |test: Trial| test.with_kind(file);
    tests.into_iter().map(named).collect()
}
