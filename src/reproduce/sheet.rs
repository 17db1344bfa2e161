//! Sheets of feature maps: the units of each layer as squares from white to black.

use crate::model::{CODE_LENGTH, CODE_WIDTH, Layer, MapShape, SQUASH_AMPLITUDE, rbf_codes};
use crate::plot::{Anchor, Bar, BarChart, BarGroup, COLOURS, Colour, Drawing, Place, SMALL, TEXT};
use crate::reference::metrics;

// All sizes are in pixels.

/// Width of a sheet.
const WIDTH: f64 = 1000.0;
/// Where maps begin, to the right of the names of the layers.
const LEFT: f64 = 110.0;
/// Between rows.
const GAP: f64 = 14.0;
/// Between maps.
const MAP_GAP: f64 = 4.0;
/// Height of F6 and its code.
const GLYPH_HEIGHT: f64 = 168.0;
/// Size of the names of the layers.
const NAME: f64 = 17.0;
/// Height of all layers drawn in one line.
pub const LINE_HEIGHT: f64 = 130.0;
/// Width of the widest line, that of LeNet-5.
pub const LINE_WIDTH: f64 = 1000.0;
/// Between the layers in a line.
pub const LINE_GAP: f64 = 16.0;

/// A drawing of `panels`, one beneath the other.
pub fn drawing(panels: &[Panel]) -> Drawing {
    let heights = panels.iter().map(|panel| panel.height() + GAP);
    let mut drawing = Drawing::new(WIDTH, GAP + heights.sum::<f64>());
    let mut top = GAP;
    for panel in panels {
        panel.draw(&mut drawing, top);
        top += panel.height() + GAP;
    }
    drawing
}

/// A row of a sheet.
pub struct Panel<'a> {
    /// The name of the layer.
    pub name: String,
    /// What is drawn of it.
    pub content: Content<'a>,
}

/// What is drawn of a layer.
pub enum Content<'a> {
    /// Its maps.
    Maps(Maps<'a>),
    /// What F6 drew, beside the code of the digit that it came closest to.
    Glyphs {
        /// The values of F6.
        drawn: &'a [f32],
        /// The digit.
        digit: usize,
    },
    /// The penalties of the ten classes, as bars.
    Penalties(&'a [f32]),
}

impl Panel<'_> {
    fn height(&self) -> f64 {
        match &self.content {
            Content::Maps(maps) => maps.height().max(36.0),
            Content::Glyphs { .. } => GLYPH_HEIGHT,
            Content::Penalties(penalties) => penalty_bars(penalties).height(WIDTH - LEFT - GAP),
        }
    }

    fn draw(&self, drawing: &mut Drawing, top: f64) {
        drawing.text(&self.name, (GAP, top + 8.0), NAME, Anchor::Start);
        let mut note = |words: &str| {
            drawing.text(words, (GAP, top + 27.0), SMALL, Anchor::Start);
        };
        match &self.content {
            Content::Maps(maps) => {
                note(&maps.size_in_words());
                maps.draw(drawing, (LEFT, top));
            }
            Content::Glyphs { drawn, digit } => {
                note(&format!("{} units", drawn.len()));
                draw_comparison(drawing, top, drawn, *digit);
            }
            Content::Penalties(penalties) => {
                penalty_bars(penalties).draw(drawing, (LEFT, top), WIDTH - LEFT - GAP);
            }
        }
    }
}

/// The maps of a layer as pictures.
#[derive(Clone)]
pub struct Maps<'a> {
    /// Their number and size.
    pub shape: MapShape,
    /// All units, map after map, row after row.
    pub values: &'a [f32],
    /// The values drawn white and black.
    pub range: (f32, f32),
    /// Side of a unit.
    pub zoom: f64,
    /// Maps next to one another.
    pub columns: usize,
}

/// Fewer between single units.
fn map_gap(shape: MapShape) -> f64 {
    if shape.area() == 1 { 1.0 } else { MAP_GAP }
}

impl<'a> Maps<'a> {
    /// Maps from white at −A to black at +A, the bounds of the squashing function.
    pub fn of(layer: &Layer, values: &'a [f32]) -> Self {
        let bound = SQUASH_AMPLITUDE as f32;
        let zoom = match layer.output.height {
            20.. => 4.0,
            8..20 => 5.0,
            2..8 => 10.0,
            _ => 12.0,
        };
        let across = layer.output.width as f64 * zoom + map_gap(layer.output);
        let fitting = (WIDTH - LEFT) / across;
        Self {
            shape: layer.output,
            values,
            range: (-bound, bound),
            zoom,
            columns: (fitting as usize).min(layer.output.maps),
        }
    }

    fn size_in_words(&self) -> String {
        let MapShape {
            maps,
            height,
            width,
        } = self.shape;
        match (maps, height * width) {
            (_, 1) => format!("{maps} units"),
            (1, _) => format!("{height}×{width}"),
            _ => format!("{maps} @ {height}×{width}"),
        }
    }

    /// From one map to the next, across and down.
    fn step(&self) -> (f64, f64) {
        let gap = map_gap(self.shape);
        (
            self.shape.width as f64 * self.zoom + gap,
            self.shape.height as f64 * self.zoom + gap,
        )
    }

    fn rows(&self) -> usize {
        self.shape.maps.div_ceil(self.columns)
    }

    /// Width of all.
    pub fn width(&self) -> f64 {
        self.columns as f64 * self.step().0
    }

    fn height(&self) -> f64 {
        self.rows() as f64 * self.step().1
    }

    /// The same maps in a block as high as a line.
    pub fn in_one_line(&self) -> Self {
        let rows = match self.shape.maps {
            1 => 1,
            2..=6 => 2,
            7..=30 => 4,
            _ => 10,
        };
        let height = LINE_HEIGHT / rows as f64 - map_gap(self.shape);
        Self {
            zoom: (height / self.shape.height as f64).floor().max(1.0),
            columns: self.shape.maps.div_ceil(rows),
            ..self.clone()
        }
    }

    /// Draws them with the upper left corner at `(left, top)`.
    pub fn draw(&self, drawing: &mut Drawing, (left, top): Place) {
        let (across, down) = self.step();
        for (map, values) in self.values.chunks(self.shape.area()).enumerate() {
            let cells = Cells {
                values,
                width: self.shape.width,
                range: self.range,
                zoom: self.zoom,
            };
            let x = left + (map % self.columns) as f64 * across;
            let y = top + (map / self.columns) as f64 * down;
            cells.draw(drawing, (x, y));
        }
    }
}

/// Values as squares from white to black, in a frame.
pub struct Cells<'a> {
    /// Row after row.
    pub values: &'a [f32],
    /// Values in a row.
    pub width: usize,
    /// The values drawn white and black.
    pub range: (f32, f32),
    /// Side of a square.
    pub zoom: f64,
}

impl Cells<'_> {
    /// Draws them with the upper left corner at `(left, top)`.
    pub fn draw(&self, drawing: &mut Drawing, (left, top): Place) {
        let (white, black) = self.range;
        for (index, &value) in self.values.iter().enumerate() {
            let darkness = ((value - white) / (black - white)).clamp(0.0, 1.0);
            let level = (255.0 * (1.0 - darkness)).round() as u8;
            let x = left + (index % self.width) as f64 * self.zoom;
            let y = top + (index / self.width) as f64 * self.zoom;
            drawing.rectangle((x, y), (self.zoom, self.zoom), Colour::grey(level));
        }
        let rows = self.values.len() / self.width;
        let size = [self.width, rows].map(|cells| cells as f64 * self.zoom + 1.0);
        drawing.frame((left, top), size.into(), Colour::grey(170));
    }
}

/// Draws the values of F6, or a code, `height` high as the bitmap they stand for.
pub fn draw_glyph(drawing: &mut Drawing, corner: Place, height: f64, values: &[f32]) {
    let bound = SQUASH_AMPLITUDE as f32;
    let cells = Cells {
        values,
        width: CODE_WIDTH,
        range: (-bound, bound),
        zoom: glyph_zoom(height, values),
    };
    cells.draw(drawing, corner);
}

/// Side of a unit of a glyph that is `height` high.
fn glyph_zoom(height: f64, values: &[f32]) -> f64 {
    (height / (values.len() / CODE_WIDTH) as f64).floor()
}

/// What F6 drew, and to the right of it the code of `digit`.
fn draw_comparison(drawing: &mut Drawing, top: f64, drawn: &[f32], digit: usize) {
    let width = CODE_WIDTH as f64 * glyph_zoom(GLYPH_HEIGHT, drawn);
    draw_glyph(drawing, (LEFT, top), GLYPH_HEIGHT, drawn);
    let codes = rbf_codes();
    let code = &codes[digit * CODE_LENGTH..(digit + 1) * CODE_LENGTH];
    let right = LEFT + width + 40.0;
    draw_glyph(drawing, (right, top), GLYPH_HEIGHT, code);
    let words = format!("left: what F6 drew; right: the code it is closest to, that of {digit}");
    let place = (right + width + 20.0, top + 8.0);
    drawing.text(&words, place, TEXT, Anchor::Start);
}

/// A bar per class; the shortest is the answer's.
fn penalty_bars(penalties: &[f32]) -> BarChart {
    let answer = metrics::answer(penalties);
    let group = |(digit, &penalty): (usize, &f32)| BarGroup {
        label: digit.to_string(),
        bars: vec![Bar {
            value: Some(penalty.into()),
            deviation: None,
            number: format!("{penalty:.1}"),
            colour: match digit == answer {
                true => COLOURS[1],
                false => Colour(140, 160, 180),
            },
        }],
    };
    BarChart {
        title: String::new(),
        legend: Vec::new(),
        groups: penalties.iter().enumerate().map(group).collect(),
        cut: f64::INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Choices, Network};

    #[test]
    fn maps_fit_into_their_sheet_and_their_line() {
        let network = Network::lenet5(Choices::default());
        for layer in &network.layers()[..6] {
            let values = vec![0.0; layer.output.units()];
            let maps = Maps::of(layer, &values);
            assert!(maps.width() <= WIDTH - LEFT, "{}", layer.name);
            assert!(maps.in_one_line().height() <= LINE_HEIGHT, "{}", layer.name);
        }
    }
}
