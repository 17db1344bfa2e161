//! The table of a sweep, best first.

use super::words::error_of;
use crate::cli::Output;
use crate::sweep::{Combination, Place, Standings};
use crate::train::MeanDeviation;

/// The most combinations that are listed as missing.
const MOST_LISTED: usize = 8;

/// Prints the combinations of `standings`, best first, and what there is to know about them.
pub fn print(standings: &Standings, output: &Output) {
    let ranking = standings.ranking();
    let rows = rows(standings, &ranking);
    if rows.len() > 1 {
        for line in aligned(&rows) {
            output.result(line);
        }
        notes(standings, &ranking)
            .iter()
            .for_each(|line| output.note(line));
    }
    if standings.only_diverged() {
        output.result("No combination was measured: try a lower --lr or a lower --loss-scale.");
    }
    standings
        .remarks
        .iter()
        .for_each(|line| output.result(line));
    if let Some(line) = missing(standings) {
        output.result(line);
    }
}

/// The header and a row for each combination that is done.
fn rows(standings: &Standings, ranking: &[Place]) -> Vec<Vec<String>> {
    let columns = standings.columns().filter(|columns| !columns.is_empty());
    let row = |place: String, combination: &Combination, rest: [String; 3]| {
        let settings = settings(combination, columns.as_deref());
        [vec![place], settings, rest.to_vec()].concat()
    };
    let names = columns.as_deref().unwrap_or(&["settings"]);
    let names = [&[""], names, &["error %", "seconds", "than the best"]].concat();
    let header = names.into_iter().map(str::to_owned).collect();
    let measured = ranking.iter().enumerate().map(|(place, one)| {
        let rest = [
            error_of(&one.error_percent),
            format!("{:.1}", one.seconds),
            than_the_best(one),
        ];
        row((place + 1).to_string(), &one.entry.combination, rest)
    });
    let diverged = standings.diverged().map(|(entry, _)| {
        let rest = ["diverged", "", ""].map(str::to_owned);
        row("-".to_owned(), &entry.combination, rest)
    });
    std::iter::once(header)
        .chain(measured)
        .chain(diverged)
        .collect()
}

/// The values that `combination` has in `columns`, or its name where there are none.
fn settings(combination: &Combination, columns: Option<&[&str]>) -> Vec<String> {
    let value = |option: &&str| combination.value_of(option).unwrap_or_default().to_owned();
    match columns {
        Some(columns) => columns.iter().map(value).collect(),
        None => vec![combination.name()],
    }
}

fn than_the_best(place: &Place) -> String {
    match &place.comparison {
        Some(comparison) => format!(
            "{:+.2}, {}",
            comparison.difference_percent,
            comparison.verdict.words()
        ),
        None => String::new(),
    }
}

/// The lines of a table whose first row is its header. Text stands on the left of its column, numbers on
/// the right.
fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows[0].len();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let is_number = |column: usize| column == 0 || column == columns - 2;
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(column, (cell, &width))| match is_number(column) {
            true => format!("{cell:>width$}"),
            false => format!("{cell:<width$}"),
        });
        let line = cells.collect::<Vec<String>>().join("  ");
        line.trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// What the figures mean.
fn notes(standings: &Standings, ranking: &[Place]) -> Vec<String> {
    let (seeds, digits) = (&standings.plan.seeds, standings.plan.held_out.digits);
    let mut notes = Vec::new();
    if let Some(best) = ranking.first() {
        let spread = match seeds.len() {
            1 => "One seed, so the spread is unknown:".to_owned(),
            count => format!("Mean ± standard deviation of {count} seeds,"),
        };
        let MeanDeviation { mean, .. } = best.error_percent;
        notes.push(format!(
            "{spread} on {digits} digits held out, trained on {}. By the choice of these digits alone, an \
             error of {mean:.2} % has a standard deviation of {:.2}.",
            standings.adapters().join(" and "),
            chance_percent(mean, digits)
        ));
    }
    if ranking.len() > 1 {
        notes.push(match seeds.len() {
            0..=2 => "Whether a difference is more than noise shows with three --seeds or more.".to_owned(),
            _ => "More than noise: neither other seeds nor other digits would be likely to reverse it, at 95 % \
                  for all pairs of lines together."
                .to_owned(),
        });
    }
    notes
}

/// The standard deviation, in per cent, that an error of `percent` has by the choice of `digits` digits.
pub fn chance_percent(percent: f64, digits: usize) -> f64 {
    (percent * (100.0 - percent) / digits as f64).sqrt()
}

/// Which combinations are missing, if any are.
fn missing(standings: &Standings) -> Option<String> {
    let names: Vec<String> = standings
        .missing()
        .map(|entry| entry.combination.name())
        .collect();
    let listed = names
        .iter()
        .take(MOST_LISTED)
        .cloned()
        .collect::<Vec<String>>();
    let more = match names.len() - listed.len() {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    (!names.is_empty()).then(|| {
        format!(
            "Missing: {} of {} combinations: {}{more}.",
            names.len(),
            standings.entries.len(),
            listed.join("; ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let rows = [
            ["", "lr", "error %", "seconds", "than the best"],
            ["1", "0.002", "0.95 ± 0.04", "8.1", ""],
            [
                "10",
                "0.01",
                "1.95 ± 0.10",
                "10.0",
                "+1.00, more than noise",
            ],
        ];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        let expected = [
            "    lr     error %      seconds  than the best",
            " 1  0.002  0.95 ± 0.04      8.1",
            "10  0.01   1.95 ± 0.10     10.0  +1.00, more than noise",
        ];
        assert_eq!(aligned(&rows), expected);
    }

    #[test]
    fn chance_is_that_of_a_proportion() {
        // √(0.009·0.991/10,000) is 0.094 %.
        assert!((chance_percent(0.9, 10_000) - 0.0944).abs() < 1e-4);
    }
}
