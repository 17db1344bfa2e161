//! The tables of `bench`.

use std::fmt::Display;

use crate::bench::{
    Comparison, DispatchCost, Goal, KernelTime, LeftOut, MedianRange, Profile, Row, StartUp,
    TimeTo, label,
};
use crate::cli::Output;
use crate::cli::numbers::thousands;

/// Prints the throughput of every compute, mode and batch size.
pub fn print_rows(rows: &[Row], output: &Output) {
    output.result(format!(
        "{:<44} {:<7} {:<6} {:>5} {:>6} {:>10} {:>21} {:>8} {:>8} {:>7} {:>7}",
        "adapter",
        "backend",
        "mode",
        "batch",
        "models",
        "samples/s",
        "lowest to highest",
        "GFLOP/s",
        "of peak",
        "to CPU",
        "to one"
    ));
    for row in rows {
        let beside = rows
            .iter()
            .find(|other| {
                other.backend == "cpu"
                    && other.mode == row.mode
                    && (other.batch, other.models) == (row.batch, row.models)
            })
            .map(|cpu| times(row.samples_per_second / cpu.samples_per_second));
        output.result(format!(
            "{:<44} {:<7} {:<6} {:>5} {:>6} {:>10} {:>10} {:>10} {:>8.1} {:>8} {:>7} {:>7}",
            row.label(),
            row.backend,
            row.mode.name(),
            row.batch,
            row.models,
            thousands(row.samples_per_second as usize),
            thousands(row.lowest as usize),
            thousands(row.highest as usize),
            row.gflops,
            or_dash(row.percent_of_peak, |value| format!("{value:.1} %")),
            beside.unwrap_or_default(),
            row.gain_over_one.map(times).unwrap_or_default(),
        ));
    }
    if rows
        .iter()
        .any(|row| row.backend == "cpu" && row.models > 1)
    {
        output.result(
            "On the CPU path networks share the cores: several gain what one of them leaves idle.",
        );
    }
}

/// How many times as much, as text.
fn times(ratio: f64) -> String {
    format!("{ratio:.2}x")
}

/// Says what could not be measured.
pub fn print_left_out(left_out: &[LeftOut], output: &Output) {
    for LeftOut {
        adapter,
        backend,
        batch,
        models,
        most_models,
    } in left_out
    {
        output.result(format!(
            "Left out: {models} networks at batch {batch} are {} more than {adapter}, {backend}, can \
             train side by side, which is {most_models}.",
            models - most_models
        ));
    }
}

/// Prints every measurement beside the earlier one.
pub fn print_comparisons(comparisons: &[Comparison], output: &Output) {
    output.result(format!(
        "{:<44} {:<7} {:<6} {:>5} {:>6} {:>8} {:>17}",
        "adapter", "backend", "mode", "batch", "models", "now/then", "lowest to highest"
    ));
    for comparison in comparisons {
        let ratio = &comparison.ratio;
        output.result(format!(
            "{:<44} {:<7} {:<6} {:>5} {:>6} {:>8.3} {:>8.3} {:>8.3}  {}",
            label(&comparison.adapter, comparison.plan),
            comparison.backend,
            comparison.mode.name(),
            comparison.batch,
            comparison.models,
            ratio.ratio,
            ratio.lowest,
            ratio.highest,
            ratio.verdict.words()
        ));
    }
}

/// Prints how long each compute took to start.
pub fn print_starts(starts: &[StartUp], output: &Output) {
    output.result("");
    output.result(format!(
        "{:<44} {:<7} {:>10} {:>12}",
        "adapter", "backend", "start-up s", "first step s"
    ));
    for start in starts {
        output.result(format!(
            "{:<44} {:<7} {:>10.3} {:>12.3}",
            label(&start.adapter, start.plan),
            start.backend,
            start.start_up_seconds,
            start.first_step_seconds
        ));
    }
}

/// Prints the time of every kernel of a training step.
pub fn print_profile(profile: &Profile, output: &Output) {
    let peaks = &profile.peaks;
    output.result("");
    output.result(format!(
        "A training step of batch {} on {}, {}, by the {} plan: {} dispatches, timed by {}.",
        profile.batch,
        profile.adapter,
        profile.backend,
        profile.plan,
        profile.dispatches,
        profile.method
    ));
    output.result(format!(
        "Measured peaks: {:.1} GFLOP/s of multiply-adds, {:.1} GB/s of copying.",
        peaks.gflops, peaks.gigabytes_per_second
    ));
    output.result(format!(
        "{:<8} {:<26} {:>10} {:>7} {:>10} {:>11} {:>9} {:>8} {:>9} {:>8}",
        "layer",
        "kernel",
        "µs",
        "share",
        "workgroups",
        "invocations",
        "GFLOP/s",
        "of peak",
        "GB/s",
        "of peak"
    ));
    for kernel in &profile.kernels {
        print_kernel(kernel, output);
    }
    let wall = profile.wall_microseconds.median();
    for (what, microseconds) in [
        ("sum of kernels", profile.sum_microseconds),
        ("gap between them", profile.gap_microseconds),
        ("wall of a step", wall),
    ] {
        output.result(format!(
            "{what:<35} {microseconds:>10.1} {:>5.1} %",
            100.0 * microseconds / wall
        ));
    }
}

fn print_kernel(time: &KernelTime, output: &Output) {
    output.result(format!(
        "{:<8} {:<26} {:>10.1} {:>5.1} % {:>10} {:>11} {:>9} {:>8} {:>9} {:>8}",
        time.layer,
        time.kernel,
        time.microseconds.median(),
        time.share_percent,
        thousands(time.workgroups),
        thousands(time.invocations),
        or_dash(time.gflops, |value| format!("{value:.2}")),
        or_dash(time.gflops_percent_of_peak, |value| format!("{value:.1} %")),
        or_dash(time.gigabytes_per_second, |value| format!("{value:.2}")),
        or_dash(time.gigabytes_percent_of_peak, |value| format!(
            "{value:.1} %"
        )),
    ));
}

/// Prints what launching costs.
pub fn print_cost(cost: &DispatchCost, output: &Output) {
    output.result("");
    output.result(format!("Launching on {}, {}:", cost.adapter, cost.backend));
    output.result(format!(
        "{:<26} {:>10} {:>21}",
        "what", "µs", "lowest to highest"
    ));
    for (what, rounds) in cost.all() {
        let [median, lowest, highest] = columns(Some(rounds.spread), 2);
        output.result(format!(
            "{what:<26} {median:>10} {lowest:>10} {highest:>10}"
        ));
    }
    output.result(format!(
        "A step of the default recipe has {} dispatches, which alone take {:.1} µs.",
        cost.dispatches, cost.floor_microseconds
    ));
}

/// Prints how long each compute took to reach the error.
pub fn print_times(goal: &Goal, times: &[TimeTo], output: &Output) {
    output.result(format!(
        "Recipe {} to {} % test error, {} seeds from {}; median of those that reached it:",
        goal.preset.name(),
        goal.error_percent,
        goal.seeds,
        goal.seed
    ));
    output.result(format!(
        "{:<40} {:<7} {:>8} {:>9} {:>19} {:>7} {:>19} {:>9} {:>7} {:>12}",
        "adapter",
        "backend",
        "reached",
        "seconds",
        "lowest to highest",
        "passes",
        "lowest to highest",
        "samples",
        "TFLOP",
        "evaluation s"
    ));
    for time in times {
        let evaluation: Vec<f64> = time
            .attempts
            .iter()
            .map(|attempt| attempt.evaluation_seconds)
            .collect();
        let [seconds, slowest, fastest] = columns(time.seconds, 2);
        let [passes, fewest, most] = columns(time.passes, 1);
        let samples = or_dash(time.samples, |spread| format!("{:.0}", spread.median));
        let operations = or_dash(time.training_flops, |spread| {
            format!("{:.2}", spread.median / TERA)
        });
        output.result(format!(
            "{:<40} {:<7} {:>8} {seconds:>9} {slowest:>9} {fastest:>9} {passes:>7} {fewest:>9} {most:>9} {samples:>9} {operations:>7} {:>12}",
            time.adapter,
            time.backend,
            format!("{} of {}", time.reached, time.attempts.len()),
            or_dash(MedianRange::of(&evaluation), |spread| format!("{:.2}", spread.median)),
        ));
    }
    for time in times {
        for attempt in time.attempts.iter().filter(|attempt| !attempt.reached) {
            output.result(format!(
                "Seed {} on {}, {}, did not reach it: {:.2} % after all {} passes.",
                attempt.seed, time.adapter, time.backend, attempt.error_percent, attempt.passes
            ));
        }
    }
}

/// Operations in a unit that starts with tera.
const TERA: f64 = 1e12;

/// Median, lowest and highest, with `decimals` decimals.
fn columns(spread: Option<MedianRange>, decimals: usize) -> [String; 3] {
    let column = |value: fn(MedianRange) -> f64| {
        or_dash(spread, |spread| format!("{:.decimals$}", value(spread)))
    };
    [
        column(|spread| spread.median),
        column(|spread| spread.lowest),
        column(|spread| spread.highest),
    ]
}

/// `value` as `text` formats it, or a dash if there is none.
fn or_dash<T, D: Display>(value: Option<T>, text: impl Fn(T) -> D) -> String {
    value.map_or("–".to_owned(), |value| text(value).to_string())
}
