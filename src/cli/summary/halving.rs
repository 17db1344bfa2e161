//! The worked example of sub-sampling, as lines of text.

use std::iter::{once, repeat};

use crate::explain::{Halved, Halving};

/// Width of a column, if nothing in it is wider.
const COLUMN: usize = 16;

/// The map and what each kind of sub-sampling makes of it, side by side, and how they are related.
pub fn sentences(halving: &Halving) -> Vec<String> {
    let Halving {
        map,
        coefficient,
        bias,
        ..
    } = halving;
    let whole: Vec<String> = map.iter().map(|row| cells(row, 0)).collect();
    let columns = [
        ("map", whole),
        ("max", rows(&halving.max, 0)),
        ("average", rows(&halving.average, 2)),
        ("trainable", rows(&halving.trainable, 4)),
        ("squashed", rows(&halving.squashed, 4)),
    ];
    let mut lines = vec![
        "sub-sampling: each field of 2x2 becomes one unit of a map of half the sides".to_owned(),
    ];
    lines.extend(side_by_side(&columns));
    lines.push(format!(
        "Trainable is {coefficient} times the sum of the four, plus {bias}; squashed, it leaves the layer."
    ));
    lines.extend(relation(halving));
    lines
}

/// Columns with their names, the longest first.
fn side_by_side(columns: &[(&str, Vec<String>)]) -> Vec<String> {
    let longest = columns.iter().map(|(_, rows)| rows.len()).max();
    let mut lines = vec![String::new(); 1 + longest.unwrap_or(0)];
    for (name, rows) in columns {
        let cells = || once(*name).chain(rows.iter().map(String::as_str));
        let width = cells().map(str::len).fold(COLUMN, usize::max);
        for (line, cell) in lines.iter_mut().zip(cells().chain(repeat(""))) {
            *line += &format!("  {cell:<width$}");
        }
    }
    lines
        .iter()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// How average pooling and trainable sub-sampling are related, as it was computed.
fn relation(halving: &Halving) -> [String; 2] {
    let and_is = match halving.average_is_a_quarter_of_the_sum() {
        true => "comes to the same as",
        false => "differs from",
    };
    [
        format!(
            "With coefficient 0.25 and bias 0, before squashing, trainable sub-sampling {and_is} average pooling:"
        ),
        "the coefficient of a sum of four is a quarter of the weight of their mean.".to_owned(),
    ]
}

fn rows(map: &Halved, decimals: usize) -> Vec<String> {
    map.iter().map(|row| cells(row, decimals)).collect()
}

/// A row of a map.
fn cells(row: &[f64], decimals: usize) -> String {
    let cells = row.iter().map(|value| format!("{value:.decimals$}"));
    cells.collect::<Vec<_>>().join(" ")
}
