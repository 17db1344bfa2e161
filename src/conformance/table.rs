//! The table of `docs/adapters.md`.

use super::{Record, Status};

const HEAD: [&str; 9] = [
    "adapter",
    "backend",
    "driver",
    "system",
    "program",
    "cases passed",
    "known failures",
    "failed",
    "largest error",
];

/// A table in Markdown with a line for each of `records`, whose adapter is a link to its file; the largest
/// error is a share of what the tolerance allows, in percent.
pub fn table<'a>(records: impl IntoIterator<Item = (&'a str, &'a Record)>) -> String {
    let rule = ["---"; 5].into_iter().chain(["---:"; 4]);
    let mut lines = vec![line(HEAD), line(rule)];
    lines.extend(records.into_iter().map(|(file, record)| {
        let target = &record.target;
        let failed = record.count(Status::Failed) + record.count(Status::UnexpectedPass);
        line([
            format!("[{}]({file})", target.name),
            target.backend.clone(),
            target.driver.clone(),
            format!("{} {}", target.os, target.arch),
            format!("{}, wgpu {}, {}", target.version, target.wgpu, record.date),
            format!("{} of {}", record.count(Status::Passed), record.cases.len()),
            record.count(Status::KnownFailure).to_string(),
            failed.to_string(),
            largest_error(record),
        ])
    }));
    lines.concat()
}

fn line(cells: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let cells = cells.into_iter();
    // A bar would end the cell.
    let cells = cells.map(|cell| cell.as_ref().replace('|', "\\|"));
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

/// The largest error of those cases that pass.
fn largest_error(record: &Record) -> String {
    let passing = record.cases.iter();
    let passing = passing.filter(|case| case.status == Status::Passed);
    let largest = passing.max_by(|a, b| a.worst.total_cmp(&b.worst));
    largest.map_or_else(String::new, |case| {
        format!("{:.0} %, {}", 100.0 * case.worst, case.name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_a_line() {
        let mut record = Record::example();
        record.target.name = "Abacus | Slate".to_owned();
        let table = table([("adapters/abacus.json", &record)]);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(
            lines[2],
            "| [Abacus \\| Slate](adapters/abacus.json) | vulkan | abacus Beads 22.3.6 (LLVM 15.0.6) \
             | linux x86_64 | 0.1.0, wgpu 30.0.1, 1998-11-01 | 2 of 2 | 0 | 0 \
             | 25 %, conv.forward 1x1 |"
        );
    }
}
