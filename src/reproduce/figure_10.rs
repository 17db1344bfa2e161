//! Figure 10: how many digits must be rejected until half a per cent of the rest are wrong.

use anyhow::Result;

use super::bars::{self, Bar};
use super::figure_9::table_of;
use super::paper::{REJECTION_GOAL, REJECTIONS};
use super::protocol::{COMPARED, Figure};
use super::report::{Picture, Section, Table};
use super::study::{Study, spread};
use super::workshop::Trained;
use crate::model::DIGITS;
use crate::plot::{Axis, COLOURS, Curve, CurveChart, Stroke};
use crate::reference::metrics;

/// Rejecting the test digits of one network, those it is least sure of first.
struct Rejection {
    digits: usize,
    /// The possible thresholds, beginning with the one that rejects nothing.
    cuts: Vec<Cut>,
}

/// A threshold: how many digits are rejected below it, and how many are wrong above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cut {
    rejected: usize,
    wrong: usize,
}

impl Rejection {
    /// From the `penalties` [n,class] of digits and their `labels`. The score of a digit is the
    /// difference of its two best classes; digits with the same score are rejected together.
    fn of(penalties: &[f32], labels: &[u8]) -> Self {
        let answers = penalties.chunks(DIGITS).zip(labels);
        let mut scored: Vec<(f32, bool)> = answers
            .map(|(penalties, &label)| {
                let wrong = metrics::answer(penalties) != usize::from(label);
                (margin(penalties), wrong)
            })
            .collect();
        scored.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut wrong = scored.iter().filter(|(_, wrong)| *wrong).count();
        let mut cuts = Vec::new();
        for (rejected, &(margin, is_wrong)) in scored.iter().enumerate() {
            if rejected == 0 || margin > scored[rejected - 1].0 {
                cuts.push(Cut { rejected, wrong });
            }
            wrong -= usize::from(is_wrong);
        }
        Self {
            digits: labels.len(),
            cuts,
        }
    }

    fn rejected_percent(&self, cut: &Cut) -> f64 {
        100.0 * cut.rejected as f64 / self.digits as f64
    }

    /// The error on the digits that are not rejected.
    fn error_percent(&self, cut: &Cut) -> f64 {
        100.0 * cut.wrong as f64 / (self.digits - cut.rejected) as f64
    }

    /// The fewest digits to reject, in per cent, for an error of at most `goal` on the rest; none if
    /// even the surest digits are wrong too often.
    fn to_reach(&self, goal: f64) -> Option<f64> {
        let cut = self
            .cuts
            .iter()
            .find(|cut| self.error_percent(cut) <= goal)?;
        Some(self.rejected_percent(cut))
    }

    /// The error where at least `percent` are rejected; none if that leaves nothing.
    fn error_at(&self, percent: f64) -> Option<f64> {
        let after = self
            .cuts
            .partition_point(|cut| self.rejected_percent(cut) < percent);
        Some(self.error_percent(self.cuts.get(after)?))
    }
}

/// By how much the penalty of the second best class exceeds that of the best.
fn margin(penalties: &[f32]) -> f32 {
    let best = metrics::answer(penalties);
    let others = (0..penalties.len()).filter(|&class| class != best);
    let second = others
        .map(|class| penalties[class])
        .fold(f32::INFINITY, f32::min);
    second - penalties[best]
}

/// The seeds of a recipe.
struct Row {
    name: &'static str,
    seeds: Vec<Rejection>,
}

pub fn section(study: &Study) -> Result<Section> {
    let labels = study.data.test.labels();
    let reject = |network: &&Trained| Rejection::of(&network.penalties, labels);
    let rows: Vec<Row> = COMPARED
        .iter()
        .map(|&(preset, name)| Row {
            name,
            seeds: study.seeds_of(preset).iter().map(reject).collect(),
        })
        .collect();
    let mut bars: Vec<Bar> = REJECTIONS
        .iter()
        .map(|(name, percent)| Bar::published(name, *percent))
        .collect();
    let mut out_of_reach = Vec::new();
    for row in &rows {
        let reached = row.seeds.iter().map(|seed| seed.to_reach(REJECTION_GOAL));
        match reached.collect::<Option<Vec<f64>>>() {
            Some(percents) => bars.push(Bar::measured(row.name, spread(&percents))),
            None => out_of_reach.push(row.name),
        }
    }
    bars.sort_by(|a, b| b.length().total_cmp(&a.length()));
    let mut text = vec![format!(
        "The score of a digit is the difference of the two best classes; those with the lowest \
         scores are rejected until at most {REJECTION_GOAL} % of the rest are wrong. LeNet-5 is \
         missing in the paper's figure, so its rows here are new."
    )];
    if !out_of_reach.is_empty() {
        let names = out_of_reach.join("; ");
        text.push(format!(
            "However much is rejected, some seed does not get below {REJECTION_GOAL} %: {names}."
        ));
    }
    Ok(Section {
        figure: Figure::Rejection,
        title: format!("per cent to reject for {REJECTION_GOAL} % error"),
        text,
        table: table_of(&bars),
        pictures: vec![draw_bars(study, &bars)?, draw_curve(study, &rows)?],
        data: curve_data(&rows),
    })
}

/// Longer bars are cut off.
const CUT: f64 = 10.0;

fn draw_bars(study: &Study, bars: &[Bar]) -> Result<Picture> {
    let caption = "Per cent of the test digits to reject: grey as published, blue measured here";
    let title = format!("Figure 10: per cent to reject for {REJECTION_GOAL} % error");
    study.chart("figure-10.png", caption, &bars::draw(&title, CUT, bars))
}

/// Points of the curve per per cent.
const STEPS: usize = 10;
/// The part of the curve that is drawn.
const DRAWN_PERCENT: f64 = 5.0;

/// The mean over the seeds of the error where `percent` are rejected.
fn mean_error(row: &Row, percent: f64) -> Option<f64> {
    let errors = row.seeds.iter().map(|seed| seed.error_at(percent));
    let errors = errors.collect::<Option<Vec<f64>>>()?;
    Some(spread(&errors).mean)
}

/// Per cent rejected, from 0 to 100.
fn steps() -> impl Iterator<Item = f64> {
    (0..=100 * STEPS).map(|step| step as f64 / STEPS as f64)
}

fn draw_curve(study: &Study, rows: &[Row]) -> Result<Picture> {
    let mut curves: Vec<Curve> = rows
        .iter()
        .zip(COLOURS.iter().cycle())
        .map(|(row, &colour)| Curve {
            name: Some(row.name.to_owned()),
            colour,
            stroke: Stroke::Plain,
            points: steps()
                .filter_map(|percent| Some((percent, mean_error(row, percent)?)))
                .collect(),
        })
        .collect();
    let starts = curves.iter().filter_map(|curve| curve.points.first());
    let highest = starts.map(|&(_, error)| error).fold(1.0, f64::max);
    let goal = format!("{REJECTION_GOAL} %");
    curves.push(Curve::goal(goal, REJECTION_GOAL, 0.0..DRAWN_PERCENT));
    let chart = CurveChart {
        title: "Error by rejection".to_owned(),
        x: Axis {
            name: "rejected, per cent of the test digits",
            range: 0.0..DRAWN_PERCENT,
            least_step: 0.0,
        },
        y: Axis {
            name: "error on the rest, per cent",
            range: 0.0..highest * 1.05,
            least_step: 0.0,
        },
        curves,
    };
    let caption = "Error on the digits that are not rejected, mean over the seeds";
    let drawing = chart.drawing(800.0, 500.0);
    study.chart("figure-10-curve.png", caption, &drawing)
}

fn curve_data(rows: &[Row]) -> Table {
    let names = rows
        .iter()
        .map(|row| format!("error_percent: {}", row.name));
    let columns = std::iter::once("rejected_percent".to_owned()).chain(names);
    let line = |percent: f64| -> Vec<String> {
        let errors = rows.iter().map(|row| mean_error(row, percent));
        let cells =
            errors.map(|error| error.map(|error| format!("{error:.4}")).unwrap_or_default());
        std::iter::once(format!("{percent:.1}"))
            .chain(cells)
            .collect()
    };
    Table {
        columns: columns.collect(),
        rows: steps().map(line).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Penalties of a digit answered with 0 with the given margin.
    fn answered(margin: f32) -> [f32; DIGITS] {
        let mut penalties = [100.0; DIGITS];
        penalties[0] = 1.0;
        penalties[5] = 1.0 + margin;
        penalties
    }

    /// Five digits by margin: 8 right, 6 wrong, 4 right, 4 wrong, 2 wrong.
    fn five() -> Rejection {
        let margins = [4.0, 8.0, 2.0, 6.0, 4.0];
        let penalties: Vec<f32> = margins
            .iter()
            .flat_map(|&margin| answered(margin))
            .collect();
        Rejection::of(&penalties, &[0, 0, 1, 2, 3])
    }

    #[test]
    fn the_curve_is_that_worked_by_hand() {
        let cuts: Vec<_> = five()
            .cuts
            .iter()
            .map(|cut| (cut.rejected, cut.wrong))
            .collect();
        // Nothing rejected: 3 of 5 wrong. The surest of all: 0 of 1. Equal margins go together.
        assert_eq!(cuts, [(0, 3), (1, 2), (3, 1), (4, 0)]);
    }

    #[test]
    fn the_least_rejection_that_reaches_the_goal_is_found() {
        let five = five();
        assert_eq!(five.to_reach(60.0), Some(0.0));
        assert_eq!(five.to_reach(59.0), Some(20.0));
        // 1 of 2 wrong after three are rejected.
        assert_eq!(five.to_reach(49.0), Some(80.0));
        assert_eq!(five.to_reach(0.5), Some(80.0));
        let wrong = Rejection::of(&answered(3.0), &[1]);
        assert_eq!(wrong.to_reach(0.5), None);
    }

    #[test]
    fn the_error_between_two_cuts_is_that_of_the_next() {
        let five = five();
        assert_eq!(five.error_at(0.0), Some(60.0));
        assert_eq!(five.error_at(20.0), Some(50.0));
        assert_eq!(
            five.error_at(20.1),
            Some(50.0),
            "1 of 2, as 40 % cannot be rejected"
        );
        assert_eq!(five.error_at(80.0), Some(0.0));
        assert_eq!(five.error_at(80.1), None);
    }
}
