//! A training as a film: kernels, layers, glyphs and error as the network learns.

use super::figure_2;
use super::sheet::{self, Cells, LINE_HEIGHT, LINE_WIDTH};
use crate::data::{Dataset, IMAGE_PIXELS};
use crate::model::{
    CODE_LENGTH, ConnectionTable, DIGITS, Model, Operation, Parameters, PassTotals, rbf_codes,
};
use crate::plot::{Anchor, Axis, COLOURS, Curve, CurveChart, Drawing, Frame, MARGIN, Stroke, TEXT};
use crate::reference::Walk;

/// Frames of a film, unless a training has fewer steps.
const FRAMES: usize = 60;

// All sizes are in pixels.

/// Left of everything.
const LEFT: f64 = 12.0;
/// Where the chart begins.
const CHART_LEFT: f64 = 380.0;
/// Height of what is above the layers.
const UPPER: f64 = 256.0;
/// Height of glyphs and codes.
const GLYPH_HEIGHT: f64 = 72.0;
/// From one glyph with its code to the next.
const GLYPH_STEP: f64 = 100.0;
/// Side of a weight of C1, and of C3.
const ZOOMS: [f64; 2] = [10.0, 3.0];

/// A film that is being made.
pub struct Film<'a> {
    /// The first test digit of each class.
    digits: Vec<&'a [u8; IMAGE_PIXELS]>,
    /// Steps before each frame, ascending.
    due: Vec<usize>,
    steps_per_pass: usize,
    /// The largest number of passes that its chart shows.
    passes: usize,
    /// What was measured at the latest frame, of its pass.
    measured: PassTotals,
    /// After each frame the error of the training digits since the one before, in per cent, by pass.
    errors: Vec<(f64, f64)>,
    frames: Vec<Drawing>,
}

impl<'a> Film<'a> {
    /// A film of a training of `passes` passes of `steps_per_pass` steps. `test` has the digits that go
    /// through the network in it.
    pub fn new(test: &'a Dataset, steps_per_pass: usize, passes: usize) -> Self {
        let labels = test.labels();
        let first = |digit: usize| labels.iter().position(|&label| usize::from(label) == digit);
        Self {
            digits: (0..DIGITS)
                .filter_map(|digit| Some(test.image(first(digit)?)))
                .collect(),
            due: frames_of(steps_per_pass * passes),
            steps_per_pass,
            passes,
            measured: PassTotals::default(),
            errors: Vec::new(),
            frames: Vec::new(),
        }
    }

    /// The number of steps, `step` or more, after which the next frame is due.
    pub fn next(&self, step: usize) -> Option<usize> {
        let left = &self.due[self.frames.len()..];
        left.iter().copied().find(|&due| due >= step)
    }

    /// Adds the frame of `model` after `step` steps; `totals` is what was measured in the pass so far.
    pub fn add(&mut self, step: usize, model: &Model, totals: &PassTotals) {
        let before = match totals.count >= self.measured.count {
            true => self.measured,
            false => PassTotals::default(),
        };
        let since = PassTotals {
            loss: totals.loss - before.loss,
            errors: totals.errors - before.errors,
            count: totals.count - before.count,
            seconds: 0.0,
        };
        self.measured = *totals;
        let pass = step as f64 / self.steps_per_pass as f64;
        if since.count > 0 {
            self.errors.push((pass, since.error_percent()));
        }
        let mut title = format!(
            "{}, after {pass:.2} passes",
            model.network.choices().architecture.name()
        );
        if since.count > 0 {
            title += &format!(
                ": loss {:.3}, {:.1} % of the latest {} training digits wrong",
                since.mean_loss(),
                since.error_percent(),
                since.count
            );
        }
        let frame = self.frame(&title, model);
        self.frames.push(frame);
    }

    /// All frames so far.
    pub fn frames(&self) -> &[Drawing] {
        &self.frames
    }

    fn frame(&self, title: &str, model: &Model) -> Drawing {
        let walks: Vec<Walk> = self
            .digits
            .iter()
            .map(|&digit| Walk::through(model, digit))
            .collect();
        let has_glyphs = walks.iter().any(|walk| walk.glyph().is_some());
        let lines_end = UPPER + LINE_HEIGHT + MARGIN;
        let height = match has_glyphs {
            true => lines_end + 20.0 + GLYPH_HEIGHT + MARGIN,
            false => lines_end,
        };
        let mut drawing = Drawing::new(LINE_WIDTH + 2.0 * LEFT, height);
        drawing.text(title, (LEFT, 16.0), TEXT, Anchor::Start);
        draw_kernels(&mut drawing, model);
        let chart = Frame {
            left: CHART_LEFT,
            top: 20.0,
            width: LINE_WIDTH - CHART_LEFT,
            height: UPPER - 30.0,
        };
        self.chart().draw(&mut drawing, chart);
        if let Some(walk) = walks.last() {
            figure_2::draw_line(walk, &mut drawing, (LEFT, UPPER));
        }
        if has_glyphs {
            let words = "F6 for ten test digits, each beside the code of its class";
            drawing.text(words, (LEFT, lines_end + 6.0), TEXT, Anchor::Start);
            draw_glyphs(&mut drawing, &walks, lines_end + 20.0);
        }
        drawing
    }

    fn chart(&self) -> CurveChart {
        CurveChart {
            title: String::new(),
            x: Axis {
                name: "passes over the training set",
                range: 0.0..self.passes as f64,
                least_step: 0.0,
            },
            y: Axis {
                name: "error, per cent",
                range: 0.0..25.0,
                least_step: 0.0,
            },
            curves: vec![Curve {
                name: Some("training digits since the last frame".to_owned()),
                colour: COLOURS[0],
                stroke: Stroke::Plain,
                points: self.errors.clone(),
            }],
        }
    }
}

/// The steps before each frame: many at the start, when most is learnt, and fewer and fewer.
fn frames_of(steps: usize) -> Vec<usize> {
    let part = |frame: usize| (frame as f64 / (FRAMES - 1) as f64).powi(3);
    let mut due: Vec<usize> = (0..FRAMES)
        .map(|frame| (part(frame) * steps as f64).round() as usize)
        .collect();
    due.dedup();
    due
}

/// The kernels of C1 side by side, and those of C3 by the map they read (row) and write (column).
fn draw_kernels(drawing: &mut Drawing, model: &Model) {
    let parameters = Parameters::of(&model.network);
    let mut top = 44.0;
    let mut zooms = ZOOMS.into_iter();
    for (number, layer) in model.network.layers().iter().enumerate() {
        let Operation::Convolution(table) = &layer.operation else {
            continue;
        };
        let (Some((weights, _)), Some(zoom)) = (parameters.of_layer(number), zooms.next()) else {
            continue;
        };
        let weights = &model.arena[weights.span()];
        let whose = match table.inputs() {
            1 => "",
            _ => " by the maps that they read and write",
        };
        let words = format!("{}: kernels{whose}", layer.name);
        drawing.text(&words, (LEFT, top), TEXT, Anchor::Start);
        top += 12.0;
        draw_table(drawing, (LEFT, top), table, weights, zoom);
        top += table.inputs() as f64 * (side_of(table, weights) as f64 * zoom + 2.0) + 20.0;
    }
}

/// Side of the kernels whose `weights` are those of `table`.
fn side_of(table: &ConnectionTable, weights: &[f32]) -> usize {
    (weights.len() / table.pairs().count()).isqrt()
}

fn draw_table(
    drawing: &mut Drawing,
    (left, top): (f64, f64),
    table: &ConnectionTable,
    weights: &[f32],
    zoom: f64,
) {
    let side = side_of(table, weights);
    let bound = weights
        .iter()
        .fold(f32::MIN_POSITIVE, |bound, weight| bound.max(weight.abs()));
    let step = side as f64 * zoom + 2.0;
    for (pair, kernel) in table.pairs().zip(weights.chunks(side * side)) {
        let cells = Cells {
            values: kernel,
            width: side,
            range: (-bound, bound),
            zoom,
        };
        let place = (
            left + pair.output as f64 * step,
            top + pair.input as f64 * step,
        );
        cells.draw(drawing, place);
    }
}

/// What F6 drew for each digit, and to the right of it the code of its class.
fn draw_glyphs(drawing: &mut Drawing, walks: &[Walk], top: f64) {
    let codes = rbf_codes();
    for (digit, (walk, code)) in walks.iter().zip(codes.chunks(CODE_LENGTH)).enumerate() {
        let left = LEFT + digit as f64 * GLYPH_STEP;
        if let Some(glyph) = walk.glyph() {
            sheet::draw_glyph(drawing, (left, top), GLYPH_HEIGHT, glyph);
            sheet::draw_glyph(
                drawing,
                (left + GLYPH_STEP / 2.0 - 4.0, top),
                GLYPH_HEIGHT,
                code,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_dense_at_the_start_and_end_with_the_last_step() {
        let due = frames_of(3752);
        assert_eq!(due.first(), Some(&0));
        assert_eq!(due.last(), Some(&3752));
        assert!(due.is_sorted_by(|a, b| a < b));
        assert!(due.iter().filter(|&&step| step < 938).count() > FRAMES / 3);
        assert_eq!(frames_of(3), [0, 1, 2, 3]);
    }
}
