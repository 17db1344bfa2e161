//! Figure 9: error beside other methods.

use anyhow::Result;

use super::bars::{self, Bar, Value};
use super::paper;
use super::protocol::{COMPARED, Figure, LOWEST};
use super::report::{Section, Table};
use super::study::{Study, ensemble_penalties, spread, test_errors};
use super::workshop::Trained;
use crate::compute::ensemble::mean_of;
use crate::train::Score;

/// Longer bars are cut off, as in the paper.
const CUT: f64 = 5.0;

pub fn section(study: &Study) -> Result<Section> {
    let mut rows: Vec<Bar> = paper::ERRORS
        .iter()
        .map(|(name, error)| Bar::published(name, *error))
        .collect();
    for (preset, name) in COMPARED {
        rows.push(Bar::measured(name, test_errors(&study.seeds_of(preset))));
    }
    let lowest = study.seeds_of(LOWEST);
    let error = |penalties: &[f32]| Score::of(penalties, &study.data.test).error_percent;
    if lowest.len() > 1 {
        let together = error(&ensemble_penalties(&lowest));
        let name = format!("ensemble of {} ({})", lowest.len(), LOWEST.name());
        rows.push(Bar::measured(&name, spread(&[together])));
    }
    let over_shifts = penalties_over_shifts(study, &lowest)?;
    let errors: Vec<f64> = over_shifts.iter().map(|seed| error(seed)).collect();
    let name = format!("mean over 9 shifts ({})", LOWEST.name());
    rows.push(Bar::measured(&name, spread(&errors)));
    rows.sort_by(|a, b| b.length().total_cmp(&a.length()));
    let caption = "Test error in per cent: grey as published, blue measured here";
    let drawing = bars::draw("Figure 9: test error, per cent", CUT, &rows);
    let picture = study.chart("figure-9.png", caption, &drawing)?;
    Ok(Section {
        figure: Figure::Errors,
        title: "test error beside other methods".to_owned(),
        text: vec![
            "Grey bars are the paper's, cut off at 5 %. The ensemble answers with the mean of the \
             distances of its members, which are the seeds of one recipe. The mean over 9 shifts \
             is that of a single network's distances for a digit as it is and moved by a pixel to \
             each of the eight sides."
                .to_owned(),
        ],
        table: table_of(&rows),
        pictures: vec![picture],
        data: data_of(&rows, "test_error_percent"),
    })
}

/// The penalties [n,class] of the test digits for each of `networks`: the mean over each digit as it
/// is and moved by a pixel in each of the eight directions.
fn penalties_over_shifts(study: &Study, networks: &[&Trained]) -> Result<Vec<Vec<f32>>> {
    let mut by_shift = vec![Vec::new(); networks.len()];
    for (right, down) in (-1..=1).flat_map(|right| (-1..=1).map(move |down| (right, down))) {
        let shifted = study.data.test.shifted(right, down);
        for (network, penalties) in networks.iter().zip(&mut by_shift) {
            penalties.push(study.penalties(network, &shifted)?);
        }
    }
    let mean = |penalties: &Vec<Vec<f32>>| mean_of(penalties.iter().map(Vec::as_slice));
    Ok(by_shift.iter().map(mean).collect())
}

/// The rows, with a column for published values and one for values measured here.
pub(super) fn table_of(rows: &[Bar]) -> Table {
    let mut table = Table::new(&["method", "paper", "here"]);
    for row in rows {
        let (published, measured) = match &row.value {
            Value::Published(value) => (format!("{value:.2}"), String::new()),
            Value::Measured(spread) => (String::new(), spread.to_string()),
        };
        table.row([row.label.clone(), published, measured]);
    }
    table
}

/// The rows for a CSV file.
pub(super) fn data_of(rows: &[Bar], value_name: &str) -> Table {
    let mut table = Table::new(&["method", "source", value_name, "deviation", "seeds"]);
    for row in rows {
        let (source, [value, deviation, seeds]) = match &row.value {
            Value::Published(value) => ("paper", [value.to_string(), String::new(), String::new()]),
            Value::Measured(spread) => ("here", spread.cells()),
        };
        let source = source.to_owned();
        table.row([row.label.clone(), source, value, deviation, seeds]);
    }
    table
}
