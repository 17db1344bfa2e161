//! What is said of two results beside each other.

use serde::Serialize;

use crate::cli::Output;
use crate::conformance::{Change, Comparison, Record, Target};

#[derive(Serialize)]
struct Document<'a> {
    worse: bool,
    before: &'a Target,
    after: &'a Target,
    #[serde(flatten)]
    comparison: &'a Comparison,
}

/// How the second of two records differs from the first.
pub fn document<'a>(
    comparison: &'a Comparison,
    [before, after]: [&'a Record; 2],
) -> impl Serialize + use<'a> {
    Document {
        worse: comparison.is_worse(),
        before: &before.target,
        after: &after.target,
        comparison,
    }
}

/// Prints how the second of two records differs from the first.
pub fn print(comparison: &Comparison, records: [&Record; 2], output: &Output) {
    output.note("");
    for (which, record) in ["before", "after"].into_iter().zip(records) {
        output.note(format!("{which:<6}  {}", origin(record)));
    }
    if !comparison.cases.is_empty() {
        print_cases(comparison, output);
    }
    for (count, whose) in [
        (comparison.only_before, "before"),
        (comparison.only_after, "after"),
    ] {
        if count > 0 {
            output.result(format!("Only {whose}, and not compared: {count}."));
        }
    }
    let worse = comparison.cases.iter();
    let worse = worse.filter(|case| case.change == Change::Worse).count();
    output.result(format!(
        "Of {} cases {} differ by much, and {worse} of them got worse.",
        comparison.common,
        comparison.cases.len()
    ));
}

fn print_cases(comparison: &Comparison, output: &Output) {
    let width = comparison
        .cases
        .iter()
        .map(|case| case.name.chars().count());
    let width = width.max().unwrap_or_default();
    output.result(format!(
        "{:<width$}  {:<15} {:<15} {:>8} {:>8}  change",
        "case", "before", "after", "error", "error"
    ));
    for case in &comparison.cases {
        let [before, after] = case.status;
        let [error_before, error_after] = case.worst;
        output.result(format!(
            "{:<width$}  {:<15} {:<15} {:>6.0} % {:>6.0} %  {}",
            case.name,
            before.name(),
            after.name(),
            100.0 * error_before,
            100.0 * error_after,
            case.change.name()
        ));
    }
    output.result("(The largest error is given as a share of what the tolerance allows.)");
}

/// Where and when `record` was made.
fn origin(record: &Record) -> String {
    let target = &record.target;
    let facts = [&*target.name, &target.backend, &target.driver];
    let facts: Vec<&str> = facts.into_iter().filter(|fact| !fact.is_empty()).collect();
    format!(
        "{}, by lenet-gpu {} with wgpu {} on {}",
        facts.join(", "),
        target.version,
        target.wgpu,
        record.date
    )
}
