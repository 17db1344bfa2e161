//! Measured figures as horizontal bars.

use std::path::Path;

use super::{DispatchCost, Profile, Row, TimeTo};
use crate::plot::{Bar, BarChart, BarGroup, COLOURS, Colour, stack};
use crate::store::{RunError, write_whole};

/// Bars that share a scale, in groups with a bar per series.
#[derive(Clone, Debug)]
pub struct Panel {
    /// What is shown, and its unit.
    title: String,
    /// The name of each series.
    series: Vec<String>,
    groups: Vec<Group>,
}

/// One bar per series.
#[derive(Clone, Debug)]
struct Group {
    label: String,
    /// The length of each bar; none where it was not measured.
    values: Vec<Option<f64>>,
}

impl Panel {
    /// Samples per second by batch size: a panel per mode, a series per compute.
    pub fn of_rows(rows: &[Row]) -> Vec<Self> {
        let mut panels = Vec::new();
        for mode in distinct(rows.iter().map(|row| row.mode)) {
            let rows: Vec<&Row> = rows.iter().filter(|row| row.mode == mode).collect();
            let name = |row: &&Row| (row.label(), row.backend);
            let computes = distinct(rows.iter().map(name));
            let group = |(batch, models): (usize, usize)| Group {
                label: match models {
                    1 => format!("batch {batch}"),
                    models => format!("batch {batch}, {models} networks"),
                },
                values: computes
                    .iter()
                    .map(|compute| {
                        let mut rows = rows.iter();
                        let row = rows.find(|row| {
                            (row.batch, row.models) == (batch, models) && name(row) == *compute
                        });
                        row.map(|row| row.samples_per_second)
                    })
                    .collect(),
            };
            let batches = distinct(rows.iter().map(|row| (row.batch, row.models)));
            panels.push(Self {
                title: format!("LeNet-5, {}: samples per second", mode.name()),
                groups: batches.into_iter().map(group).collect(),
                series: computes
                    .iter()
                    .map(|(adapter, backend)| format!("{adapter}, {backend}"))
                    .collect(),
            });
        }
        panels
    }

    /// The kernels of a step and the gap between them, in order.
    pub fn of_profile(profile: &Profile) -> Self {
        let bar = |label: String, value| Group {
            label,
            values: vec![Some(value)],
        };
        let kernels = profile.kernels.iter().map(|time| {
            let label = format!("{} {}", time.layer, time.kernel);
            bar(label, time.microseconds.median())
        });
        let gap = bar("gap".to_owned(), profile.gap_microseconds);
        Self {
            title: format!("Kernels of a step, batch {}: microseconds", profile.batch),
            series: vec![format!("{}, {}", profile.adapter, profile.backend)],
            groups: kernels.chain([gap]).collect(),
        }
    }

    /// What launching costs, a series per adapter.
    pub fn of_costs(costs: &[DispatchCost]) -> Self {
        let names = costs.first().map(DispatchCost::all).into_iter().flatten();
        let group = |(index, (what, _)): (usize, (&str, _))| Group {
            label: what.to_owned(),
            values: costs
                .iter()
                .map(|cost| Some(cost.all()[index].1.median()))
                .collect(),
        };
        Self {
            title: "What launching costs: microseconds".to_owned(),
            series: costs
                .iter()
                .map(|cost| format!("{}, {}", cost.adapter, cost.backend))
                .collect(),
            groups: names.enumerate().map(group).collect(),
        }
    }

    /// Seconds of training to the error wanted, a series per compute; no bar where no seed reached
    /// it.
    pub fn of_times(times: &[TimeTo]) -> Self {
        let goal = times.first().map_or(f64::NAN, |time| time.goal_percent);
        let median = |time: &TimeTo| time.seconds.map(|seconds| seconds.median);
        Self {
            title: format!("LeNet-5: seconds of training to {goal} % test error"),
            series: times
                .iter()
                .map(|time| format!("{}, {}", time.adapter, time.backend))
                .collect(),
            groups: vec![Group {
                label: "median of the seeds".to_owned(),
                values: times.iter().map(median).collect(),
            }],
        }
    }

    fn chart(&self) -> BarChart {
        let colours = || COLOURS.into_iter().cycle();
        let bar = |(value, colour): (&Option<f64>, Colour)| Bar {
            value: *value,
            deviation: None,
            number: value.map_or("none".to_owned(), short),
            colour,
        };
        let group = |group: &Group| BarGroup {
            label: group.label.clone(),
            bars: group.values.iter().zip(colours()).map(bar).collect(),
        };
        BarChart {
            title: self.title.clone(),
            legend: self.series.iter().cloned().zip(colours()).collect(),
            groups: self.groups.iter().map(group).collect(),
            cut: f64::INFINITY,
        }
    }
}

/// A number with three digits, or all of those before the point.
fn short(value: f64) -> String {
    let decimals = match value.abs() {
        size if size < 10.0 => 2,
        size if size < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

/// The distinct ones among `items`, in the order of their first appearance.
fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    items.fold(Vec::new(), |mut found, item| {
        if !found.contains(&item) {
            found.push(item);
        }
        found
    })
}

/// Draws `panels` beneath one another into the PNG at `path`.
///
/// # Errors
/// If it cannot be written.
pub fn draw_bars(panels: &[Panel], path: &Path) -> Result<(), RunError> {
    let charts: Vec<BarChart> = panels.iter().map(Panel::chart).collect();
    write_whole(path, &stack(&charts).png())
}
