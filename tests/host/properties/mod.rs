//! What holds for any input, tried on random ones. PROPTEST_CASES=100000 tries so many per property, and
//! others in every run. What a search found stands as a test of its own beside the property.

mod command_lines;
mod configs;
mod corpus;
mod damage;
mod idx;
mod pictures;
mod tensors;

use proptest::test_runner::{Config, RngSeed};

/// The settings of a property that is tried on `cases` inputs, the same in every run, unless the
/// environment asks for another number.
fn cases(cases: u32) -> Config {
    let quick = Config {
        cases,
        rng_seed: RngSeed::Fixed(0),
        ..Config::default()
    };
    let asked = std::env::var_os("PROPTEST_CASES").map(|_| Config::default());
    Config {
        failure_persistence: None,
        ..asked.unwrap_or(quick)
    }
}
