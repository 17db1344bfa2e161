//! Measured figures as horizontal bars.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::{Profile, Row, TimeTo};
use crate::plot::{Area, FONT, draw_png, text_style};
use crate::store::RunError;

/// Bars that share a scale, in groups with a bar for each series.
#[derive(Clone, Debug)]
pub struct Panel {
    /// What is shown, and its unit.
    title: String,
    /// Name of each series.
    series: Vec<String>,
    groups: Vec<Group>,
}

/// Bars beneath one another that belong together.
#[derive(Clone, Debug)]
struct Group {
    label: String,
    /// A bar for each series; none where it was not measured.
    values: Vec<Option<f64>>,
}

// Sizes in pixels.
const WIDTH: u32 = 900;
const MARGIN: i32 = 20;
const TITLE: i32 = 34;
const LEGEND_LINE: i32 = 22;
const BAR: i32 = 15;
const GROUP_GAP: i32 = 8;
const PANEL_GAP: i32 = 18;
const LABELS: i32 = 190;
/// Room for the number behind the longest bar.
const NUMBERS: i32 = 90;

const COLOURS: [RGBColor; 6] = [
    RGBColor(120, 120, 120),
    RGBColor(31, 119, 180),
    RGBColor(214, 39, 40),
    RGBColor(44, 160, 44),
    RGBColor(148, 103, 189),
    RGBColor(255, 127, 14),
];

impl Panel {
    /// Samples a second by batch size, a panel a mode, a series a compute.
    pub fn of_rows(rows: &[Row]) -> Vec<Self> {
        let mut panels = Vec::new();
        for mode in distinct(rows.iter().map(|row| row.mode)) {
            let rows: Vec<&Row> = rows.iter().filter(|row| row.mode == mode).collect();
            let name = |row: &&Row| (row.adapter.clone(), row.backend);
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
            bar(label, time.microseconds.median)
        });
        let gap = bar("gap".to_owned(), profile.gap_microseconds);
        Self {
            title: format!("Kernels of a step, batch {}: microseconds", profile.batch),
            series: vec![format!("{}, {}", profile.adapter, profile.backend)],
            groups: kernels.chain([gap]).collect(),
        }
    }

    /// Seconds of training to the error wanted, a series a compute; no bar where no seed reached
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

    fn height(&self) -> i32 {
        let group = self.series.len() as i32 * BAR + GROUP_GAP;
        TITLE
            + self.series.len() as i32 * LEGEND_LINE
            + self.groups.len() as i32 * group
            + PANEL_GAP
    }

    fn draw(&self, area: &Area, top: i32) -> Result<(), Box<dyn Error>> {
        let mut y = top;
        let title = (FONT, 22).into_font().color(&BLACK);
        area.draw(&Text::new(self.title.clone(), (MARGIN, y), title))?;
        y += TITLE;
        for (name, colour) in self.series.iter().zip(COLOURS.iter().cycle()) {
            let swatch = [(MARGIN, y + 2), (MARGIN + 14, y + 14)];
            area.draw(&Rectangle::new(swatch, colour.filled()))?;
            let text = (FONT, 15).into_font().color(&BLACK);
            area.draw(&Text::new(name.clone(), (MARGIN + 22, y), text))?;
            y += LEGEND_LINE;
        }
        let values = self.groups.iter().flat_map(|group| &group.values).flatten();
        let largest = values.copied().fold(f64::MIN_POSITIVE, f64::max);
        for group in &self.groups {
            self.draw_group(area, group, y, largest)?;
            y += self.series.len() as i32 * BAR + GROUP_GAP;
        }
        Ok(())
    }

    fn draw_group(
        &self,
        area: &Area,
        group: &Group,
        top: i32,
        largest: f64,
    ) -> Result<(), Box<dyn Error>> {
        let left = MARGIN + LABELS;
        let longest = WIDTH as i32 - MARGIN - NUMBERS - left;
        let text = |horizontal| text_style(14, horizontal);
        let middle = top + group.values.len() as i32 * BAR / 2;
        let label = Text::new(group.label.clone(), (left - 8, middle), text(HPos::Right));
        area.draw(&label)?;
        for (place, (value, colour)) in group.values.iter().zip(COLOURS.iter().cycle()).enumerate()
        {
            let y = top + place as i32 * BAR;
            let length = value.map_or(0.0, |value| value.max(0.0) / largest * f64::from(longest));
            let right = left + length.round() as i32;
            let bar = Rectangle::new([(left, y + 1), (right, y + BAR - 2)], colour.filled());
            area.draw(&bar)?;
            let number = value.map_or("none".to_owned(), short);
            let place = (right + 6, y + BAR / 2);
            area.draw(&Text::new(number, place, text(HPos::Left)))?;
        }
        Ok(())
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

/// The different ones of `items`, in the order of their first appearance.
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
    let height = 2 * MARGIN + panels.iter().map(Panel::height).sum::<i32>();
    draw_png(path, (WIDTH, height as u32), |area| {
        let mut top = MARGIN;
        for panel in panels {
            panel.draw(area, top)?;
            top += panel.height();
        }
        Ok(())
    })
}
