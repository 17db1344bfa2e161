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
mod strings;
mod training;
mod validation;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments = Arguments::from_args();
    // One by one, before all others: what runs beside a measured dispatch would be measured too.
    let one_by_one = Arguments {
        test_threads: Some(1),
        ..arguments.clone()
    };
    let measured = libtest_mimic::run(&one_by_one, named("profiling", profiling::tests()));
    // The longest first, so that no thread is left with one at the end.
    let others = [
        ("kernels", kernels::tests()),
        ("validation", validation::tests()),
        ("side_by_side", side_by_side::tests()),
        ("training", training::tests()),
        ("cli", cli::tests()),
        ("pytorch", pytorch::tests()),
        ("long_schedule", long_schedule::tests()),
        ("step_by_step", step_by_step::tests()),
        ("large_data", large_data::tests()),
        ("strings", strings::tests()),
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
