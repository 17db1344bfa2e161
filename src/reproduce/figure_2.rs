//! Figure 2 alive: what every layer makes of one digit, drawn.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use crate::data::{BACKGROUND, INK};
use crate::model::Model;
use crate::model::{
    CODE_LENGTH, CODE_WIDTH, DIGITS, Head, Layer, MapShape, Network, SQUASH_AMPLITUDE, rbf_codes,
};
use crate::plot::{Area, draw_png, text_style};
use crate::reference::{self, Activations, ReferenceNetwork, metrics};
use crate::store::RunError;

type Drawn = Result<(), Box<dyn Error>>;

/// The outputs of all layers for one digit, as the reference computes them.
pub struct Walk {
    network: Network,
    field: Vec<f32>,
    outputs: Vec<Vec<f32>>,
}

impl Walk {
    /// Sends the 784 bytes of `image` through `model`.
    pub fn through(model: &Model, image: &[u8]) -> Self {
        let network = model.network.clone();
        let mut activations = Activations::<f32>::new(&network);
        reference::batch::assemble(image, activations.input_mut());
        let field = activations.input_mut().to_vec();
        ReferenceNetwork::new(&network).forward(&model.arena, &mut activations);
        let outputs = (0..network.layers.len())
            .map(|layer| activations.output(layer).to_vec())
            .collect();
        Self {
            network,
            field,
            outputs,
        }
    }

    /// The penalties of the ten classes: distances to the codes, or −log p.
    pub fn penalties(&self) -> &[f32] {
        self.outputs.last().expect("a network has layers")
    }

    /// The digit of the smallest penalty.
    pub fn answer(&self) -> usize {
        metrics::answer(self.penalties())
    }

    /// The 7×12 values of F6, row by row, that the RBF units compare with their codes; none with
    /// another head.
    pub fn glyph(&self) -> Option<&[f32]> {
        let compared = match self.network.choices.head {
            Head::Rbf => self.outputs.len().checked_sub(2)?,
            Head::Softmax => return None,
        };
        Some(&self.outputs[compared])
    }

    /// Draws all layers into the PNG at `path`, a layer a row.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), RunError> {
        let panels = self.panels();
        let height: i32 = panels.iter().map(|panel| panel.height() + GAP).sum();
        let size = (SHEET_WIDTH as u32, (height + GAP) as u32);
        draw_png(path, size, |area| {
            let mut top = GAP;
            for panel in &panels {
                panel.draw(area, top)?;
                top += panel.height() + GAP;
            }
            Ok(())
        })
    }

    fn panels(&self) -> Vec<Panel<'_>> {
        let input = Panel {
            name: "input".to_owned(),
            content: Content::Maps(Maps {
                shape: self.network.input(),
                values: &self.field,
                range: (BACKGROUND, INK),
                zoom: 4,
                columns: 1,
            }),
        };
        let hidden = self.network.layers.iter().zip(&self.outputs);
        let hidden = hidden.filter(|(layer, _)| layer.output.maps != DIGITS);
        let hidden = hidden.map(|(layer, values)| Panel {
            name: layer.name.to_owned(),
            content: match self.glyph() {
                Some(glyph) if std::ptr::eq(glyph, &values[..]) => Content::Glyphs {
                    drawn: glyph,
                    digit: self.answer(),
                },
                _ => Content::Maps(maps_of(layer, values)),
            },
        });
        let what = match self.network.choices.head {
            Head::Rbf => "distances",
            Head::Softmax => "-log p",
        };
        let output = Panel {
            name: what.to_owned(),
            content: Content::Penalties(self.penalties()),
        };
        std::iter::once(input)
            .chain(hidden)
            .chain([output])
            .collect()
    }

    /// Draws input, layers and answer in one line from `(left, top)`, [`LINE_HEIGHT`] high.
    ///
    /// # Errors
    /// If it cannot be drawn.
    pub fn draw_line(&self, area: &Area, (left, top): (i32, i32)) -> Drawn {
        let mut x = left;
        for panel in self.panels() {
            let Content::Maps(maps) = &panel.content else {
                continue;
            };
            let maps = maps.in_one_line();
            maps.draw(area, (x, top))?;
            x += maps.width() + LINE_GAP;
        }
        if let Some(glyph) = self.glyph() {
            let rows = (glyph.len() / CODE_WIDTH) as i32;
            draw_glyph(area, (x, top), LINE_HEIGHT / rows, glyph)?;
        }
        Ok(())
    }
}

/// Width of a sheet.
const SHEET_WIDTH: i32 = 1000;
/// Where maps begin, behind the names of the layers.
const LEFT: i32 = 110;
/// Between rows.
const GAP: i32 = 14;
/// Between maps.
const MAP_GAP: i32 = 4;
/// Side of a unit of F6 and its code.
const CELL: i32 = 14;
/// Height of a bar of the penalties.
const BAR: i32 = 20;
/// Height of all layers drawn in one line.
pub const LINE_HEIGHT: i32 = 130;
/// Width of the widest line, that of LeNet-5.
pub const LINE_WIDTH: i32 = 1050;
/// Between the layers in a line.
const LINE_GAP: i32 = 16;

fn text(size: i32) -> TextStyle<'static> {
    text_style(size, HPos::Left)
}

/// A row of the sheet.
struct Panel<'a> {
    name: String,
    content: Content<'a>,
}

enum Content<'a> {
    Maps(Maps<'a>),
    /// What F6 drew, and the code of the digit that it came closest to.
    Glyphs {
        drawn: &'a [f32],
        digit: usize,
    },
    Penalties(&'a [f32]),
}

impl Panel<'_> {
    fn height(&self) -> i32 {
        match &self.content {
            Content::Maps(maps) => maps.height().max(30),
            Content::Glyphs { drawn, .. } => (drawn.len() / CODE_WIDTH) as i32 * CELL,
            Content::Penalties(penalties) => penalties.len() as i32 * BAR,
        }
    }

    fn draw(&self, area: &Area, top: i32) -> Drawn {
        area.draw(&Text::new(self.name.clone(), (GAP, top + 10), text(19)))?;
        match &self.content {
            Content::Maps(maps) => {
                let size = maps.size_in_words();
                area.draw(&Text::new(size, (GAP, top + 27), text(13)))?;
                maps.draw(area, (LEFT, top))
            }
            Content::Glyphs { drawn, digit } => {
                let size = format!("{} units", drawn.len());
                area.draw(&Text::new(size, (GAP, top + 27), text(13)))?;
                draw_comparison(area, top, drawn, *digit)
            }
            Content::Penalties(penalties) => draw_penalties(area, top, penalties),
        }
    }
}

/// The maps of a layer as pictures.
#[derive(Clone)]
struct Maps<'a> {
    shape: MapShape,
    values: &'a [f32],
    /// The values drawn white and black.
    range: (f32, f32),
    /// Side of a unit in pixels.
    zoom: i32,
    /// Maps side by side.
    columns: usize,
}

/// Maps from white at −A to black at +A, the bounds of the squashing function.
fn maps_of<'a>(layer: &Layer, values: &'a [f32]) -> Maps<'a> {
    let bound = SQUASH_AMPLITUDE as f32;
    let zoom = match layer.output.height {
        20.. => 4,
        12..20 => 5,
        8..12 => 5,
        2..8 => 10,
        _ => 12,
    };
    let gap = map_gap(layer.output);
    let fitting = (SHEET_WIDTH - LEFT) / (layer.output.width as i32 * zoom + gap);
    Maps {
        shape: layer.output,
        values,
        range: (-bound, bound),
        zoom,
        columns: (fitting as usize).min(layer.output.maps),
    }
}

/// Pixels between maps, fewer between single units.
fn map_gap(shape: MapShape) -> i32 {
    if shape.area() == 1 { 1 } else { MAP_GAP }
}

impl Maps<'_> {
    fn size_in_words(&self) -> String {
        let MapShape {
            maps,
            height,
            width,
        } = self.shape;
        match (maps, height * width) {
            (_, 1) => format!("{maps} units"),
            (1, _) => format!("{height}x{width}"),
            _ => format!("{maps} @ {height}x{width}"),
        }
    }

    /// From one map to the next, across and down.
    fn step(&self) -> (i32, i32) {
        let gap = map_gap(self.shape);
        (
            self.shape.width as i32 * self.zoom + gap,
            self.shape.height as i32 * self.zoom + gap,
        )
    }

    fn rows(&self) -> usize {
        self.shape.maps.div_ceil(self.columns)
    }

    fn width(&self) -> i32 {
        self.columns as i32 * self.step().0
    }

    fn height(&self) -> i32 {
        self.rows() as i32 * self.step().1
    }

    /// The same maps in a block as high as a line.
    fn in_one_line(&self) -> Self {
        let rows = match self.shape.maps {
            1 => 1,
            2..=6 => 2,
            7..=30 => 4,
            _ => 10,
        };
        let height = LINE_HEIGHT / rows as i32 - map_gap(self.shape);
        Self {
            zoom: (height / self.shape.height as i32).max(1),
            columns: self.shape.maps.div_ceil(rows),
            ..self.clone()
        }
    }

    fn draw(&self, area: &Area, (left, top): (i32, i32)) -> Drawn {
        let (across, down) = self.step();
        let units = self.shape.area();
        for (map, values) in self.values.chunks(units).enumerate() {
            let x = left + (map % self.columns) as i32 * across;
            let y = top + (map / self.columns) as i32 * down;
            draw_cells(
                area,
                (x, y),
                self.shape.width,
                self.zoom,
                values,
                self.range,
            )?;
        }
        Ok(())
    }
}

/// Draws `values`, rows of `width`, as squares of `zoom` pixels from white to black, in a
/// frame.
pub(super) fn draw_cells(
    area: &Area,
    (left, top): (i32, i32),
    width: usize,
    zoom: i32,
    values: &[f32],
    (white, black): (f32, f32),
) -> Drawn {
    for (index, &value) in values.iter().enumerate() {
        let x = left + (index % width) as i32 * zoom;
        let y = top + (index / width) as i32 * zoom;
        let darkness = ((value - white) / (black - white)).clamp(0.0, 1.0);
        let level = (255.0 * (1.0 - darkness)).round() as u8;
        let square = [(x, y), (x + zoom, y + zoom)];
        let grey = RGBColor(level, level, level);
        area.draw(&Rectangle::new(square, grey.filled()))?;
    }
    let right = left + width as i32 * zoom;
    let bottom = top + (values.len() / width) as i32 * zoom;
    let frame = RGBColor(170, 170, 170).stroke_width(1);
    area.draw(&Rectangle::new([(left, top), (right, bottom)], frame))?;
    Ok(())
}

/// Draws the values of F6, or a code, as the bitmap they stand for.
fn draw_glyph(area: &Area, corner: (i32, i32), cell: i32, values: &[f32]) -> Drawn {
    let bound = SQUASH_AMPLITUDE as f32;
    draw_cells(area, corner, CODE_WIDTH, cell, values, (-bound, bound))
}

/// What F6 drew beside the code of `digit`.
fn draw_comparison(area: &Area, top: i32, drawn: &[f32], digit: usize) -> Drawn {
    let glyph_width = CODE_WIDTH as i32 * CELL;
    draw_glyph(area, (LEFT, top), CELL, drawn)?;
    let codes = rbf_codes();
    let code = &codes[digit * CODE_LENGTH..(digit + 1) * CODE_LENGTH];
    let right = LEFT + glyph_width + 40;
    draw_glyph(area, (right, top), CELL, code)?;
    let words = format!("left: what F6 drew; right: the code it is closest to, that of {digit}");
    let place = (right + glyph_width + 20, top + 10);
    area.draw(&Text::new(words, place, text(15)))?;
    Ok(())
}

/// A bar a class; the shortest is the answer's.
fn draw_penalties(area: &Area, top: i32, penalties: &[f32]) -> Drawn {
    let answer = metrics::answer(penalties);
    let largest = penalties.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    let longest = (SHEET_WIDTH - LEFT - 120) as f32;
    for (digit, &penalty) in penalties.iter().enumerate() {
        let y = top + digit as i32 * BAR;
        let middle = y + BAR / 2;
        area.draw(&Text::new(digit.to_string(), (LEFT, middle), text(16)))?;
        let left = LEFT + 20;
        let right = left + (penalty.max(0.0) / largest * longest).round() as i32;
        let colour = match digit == answer {
            true => RGBColor(214, 39, 40),
            false => RGBColor(140, 160, 180),
        };
        let bar = [(left, y + 3), (right, y + BAR - 3)];
        area.draw(&Rectangle::new(bar, colour.filled()))?;
        let number = format!("{penalty:.1}");
        area.draw(&Text::new(number, (right + 8, middle), text(15)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::IMAGE_PIXELS;
    use crate::model::{Choices, TrainingState};
    use crate::train::Preset;

    fn walk(preset: Preset) -> Walk {
        let recipe = preset.recipe();
        let network = Network::lenet5(recipe.choices);
        let model = Model {
            arena: TrainingState::start(&network, &recipe, 0).parameter,
            loss: recipe.loss,
            network,
        };
        Walk::through(&model, &[128; IMAGE_PIXELS])
    }

    #[test]
    fn penalties_are_the_distances_of_the_glyph_to_the_codes() {
        let walk = walk(Preset::Plain);
        let glyph = walk.glyph().unwrap();
        let mut distances = [0.0; DIGITS];
        reference::rbf::forward(glyph, &rbf_codes(), &mut distances);
        assert_eq!(walk.penalties(), distances);
        assert_eq!(walk.panels().len(), 8);
    }

    #[test]
    fn the_softmax_head_draws_no_glyph() {
        let walk = walk(Preset::Deck);
        assert!(walk.glyph().is_none());
        assert_eq!(walk.penalties().len(), DIGITS);
    }

    #[test]
    fn maps_fit_into_their_sheet_and_their_line() {
        let network = Network::lenet5(Choices::default());
        for layer in &network.layers[..6] {
            let values = vec![0.0; layer.output.units()];
            let maps = maps_of(layer, &values);
            assert!(maps.width() <= SHEET_WIDTH - LEFT, "{}", layer.name);
            assert!(maps.in_one_line().height() <= LINE_HEIGHT, "{}", layer.name);
        }
    }
}
