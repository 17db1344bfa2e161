//! Figure 5: error by pass.

use anyhow::Result;

use super::paper;
use super::protocol::{BY_PASS, Figure};
use super::report::{Picture, Section, Table};
use super::study::{Study, spread, test_errors};
use crate::plot::{Axis, COLOURS, Curve, CurveChart, Stroke};
use crate::store::PassRow;
use crate::train::MeanDeviation;

/// The fewest passes shown, so that the published curve is visible even beside a short one.
const LEAST_PASSES: usize = 10;

/// The errors of all seeds after one pass, in per cent.
struct Pass {
    number: usize,
    training: MeanDeviation,
    test: MeanDeviation,
}

pub fn section(study: &Study) -> Result<Section> {
    let networks = study.seeds_of(BY_PASS);
    let rows: Vec<&[PassRow]> = networks.iter().map(|network| &network.rows[..]).collect();
    let passes = passes(&rows);
    let training_digits = study.data.train.clone();
    let training_digits = training_digits.take_first(study.protocol.most_measured);
    let after_training = study.errors(&networks, &training_digits)?;
    let mut table = Table::new(&["what", "paper", "here"]);
    table.row([
        format!(
            "test error after the last pass (here {}, paper 10 to 12)",
            passes.len()
        ),
        format!("{:.2}", paper::TEST_ERROR),
        test_errors(&networks).to_string(),
    ]);
    table.row([
        format!(
            "training error after it (here on {} digits; paper after {} passes)",
            training_digits.len(),
            paper::TRAINING_ERROR_PASS
        ),
        format!("{:.2}", paper::TRAINING_ERROR),
        after_training.to_string(),
    ]);
    Ok(Section {
        figure: Figure::ByPass,
        title: "error by pass".to_owned(),
        text: vec![format!(
            "Recipe {}. The training error by pass is that of each batch before its update, so \
                 it belongs to a network that is up to a pass younger than that of the test error. \
                 The third curve is published: the demonstration of LeNet-5 in EBLearn, the later \
                 library of the paper's group.",
            BY_PASS.name()
        )],
        table,
        pictures: vec![draw(study, &passes)?],
        data: data(&passes),
    })
}

/// Mean and spread over the runs, by pass.
fn passes(runs: &[&[PassRow]]) -> Vec<Pass> {
    let count = runs.iter().map(|rows| rows.len()).min().unwrap_or(0);
    let over_runs = |pass: usize, value: fn(&PassRow) -> f64| {
        let values = runs.iter().map(|rows| value(&rows[pass]));
        spread(&values.collect::<Vec<f64>>())
    };
    (0..count)
        .map(|pass| Pass {
            number: pass + 1,
            training: over_runs(pass, |row| row.training_error_percent),
            test: over_runs(pass, |row| row.watched_error().unwrap_or(f64::NAN)),
        })
        .collect()
}

fn draw(study: &Study, passes: &[Pass]) -> Result<Picture> {
    let last = passes.len().max(LEAST_PASSES);
    let curve = |name: &str, colour, value: fn(&Pass) -> f64| Curve {
        name: Some(name.to_owned()),
        colour,
        stroke: Stroke::Dotted,
        points: passes
            .iter()
            .map(|pass| (pass.number as f64, value(pass)))
            .collect(),
    };
    let eblearn = paper::EBLEARN.map(|(pass, error)| (pass as f64, error));
    let curves = vec![
        curve("training digits, during the pass", COLOURS[0], |pass| {
            pass.training.mean
        }),
        curve("test digits, after the pass", COLOURS[1], |pass| {
            pass.test.mean
        }),
        Curve {
            name: Some("test digits, EBLearn (published)".to_owned()),
            colour: COLOURS[3],
            stroke: Stroke::Dotted,
            points: eblearn.to_vec(),
        },
        Curve::paper_error(last),
    ];
    let caption = "Error by pass, mean over the seeds; values above 5 % at the upper edge";
    let chart = CurveChart {
        title: "Figure 5: error by pass".to_owned(),
        x: Axis::of_passes(last),
        y: Axis {
            name: "error, per cent",
            range: 0.0..5.0,
            least_step: 0.0,
        },
        curves,
    };
    study.chart("figure-5.png", caption, &chart.drawing(800.0, 500.0))
}

fn data(passes: &[Pass]) -> Table {
    let mut table = Table::new(&[
        "pass",
        "training_error_percent",
        "training_error_deviation",
        "test_error_percent",
        "test_error_deviation",
        "seeds",
        "eblearn_test_error_percent",
    ]);
    let last = paper::EBLEARN.map(|(pass, _)| pass)[paper::EBLEARN.len() - 1];
    for number in 1..=passes.len().max(last) {
        let eblearn = paper::EBLEARN.iter().find(|(pass, _)| *pass == number);
        let eblearn = eblearn.map(|(_, error)| error.to_string());
        let measured = passes.get(number - 1);
        if measured.is_none() && eblearn.is_none() {
            continue;
        }
        let cells = measured.map(|pass| {
            let [training, training_deviation, _] = pass.training.cells();
            let [test, test_deviation, seeds] = pass.test.cells();
            [training, training_deviation, test, test_deviation, seeds]
        });
        let [a, b, c, d, e] = cells.unwrap_or_default();
        table.row([
            number.to_string(),
            a,
            b,
            c,
            d,
            e,
            eblearn.unwrap_or_default(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(pass: usize, training: f64, test: f64) -> PassRow {
        let row = serde_json::json!({
            "pass": pass,
            "training_loss": 0.0,
            "training_error_percent": training,
            "test_error_percent": test,
            "samples_per_second": 1.0,
            "seconds": 1.0,
        });
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn passes_are_averaged_over_the_seeds_and_set_beside_eblearn() {
        let runs = [
            [row(1, 4.0, 2.0), row(2, 2.0, 1.0)],
            [row(1, 6.0, 4.0), row(2, 2.0, 3.0)],
        ];
        let passes = passes(&[&runs[0], &runs[1]]);
        assert_eq!(passes[0].training.mean, 5.0);
        assert_eq!(passes[1].test.mean, 2.0);
        let table = data(&passes);
        assert_eq!(table.rows[0][6], "1.85");
        assert_eq!(table.rows.len(), 7, "passes 1, 2, 3, 5, 9, 15, 37");
        assert!(table.rows[6][1].is_empty(), "we have no pass 37");
    }
}
