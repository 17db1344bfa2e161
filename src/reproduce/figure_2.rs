//! Figure 2 for a trained network: the output of every layer for one digit.

use std::path::Path;

use super::sheet::{self, Content, LINE_GAP, LINE_HEIGHT, Maps, Panel};
use crate::data::{BACKGROUND, INK};
use crate::model::{DIGITS, Head, Model, Network};
use crate::plot::{Drawing, Place};
use crate::reference::{self, Activations, ReferenceNetwork, metrics};
use crate::store::{RunError, write_whole};

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
        let outputs = (0..network.layers().len())
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
        let compared = match self.network.choices().head {
            Head::Rbf => self.outputs.len().checked_sub(2)?,
            Head::Softmax => return None,
        };
        Some(&self.outputs[compared])
    }

    /// Draws all layers into the PNG at `path`, a layer per row.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), RunError> {
        write_whole(path, &sheet::drawing(&self.panels()).png())
    }

    fn panels(&self) -> Vec<Panel<'_>> {
        let input = Panel {
            name: "input".to_owned(),
            content: Content::Maps(Maps {
                shape: self.network.input(),
                values: &self.field,
                range: (BACKGROUND, INK),
                zoom: 4.0,
                columns: 1,
            }),
        };
        let hidden = self.network.layers().iter().zip(&self.outputs);
        let hidden = hidden.filter(|(layer, _)| layer.output.maps != DIGITS);
        let hidden = hidden.map(|(layer, values)| Panel {
            name: layer.name.to_owned(),
            content: match self.glyph() {
                Some(glyph) if std::ptr::eq(glyph, &values[..]) => Content::Glyphs {
                    drawn: glyph,
                    digit: self.answer(),
                },
                _ => Content::Maps(Maps::of(layer, values)),
            },
        });
        let output = Panel {
            name: match self.network.choices().head {
                Head::Rbf => "distances",
                Head::Softmax => "−log p",
            }
            .to_owned(),
            content: Content::Penalties(self.penalties()),
        };
        std::iter::once(input)
            .chain(hidden)
            .chain([output])
            .collect()
    }

    /// Draws the input and the layers in one line from `(left, top)`, `LINE_HEIGHT` high.
    pub fn draw_line(&self, drawing: &mut Drawing, (left, top): Place) {
        let mut x = left;
        for panel in self.panels() {
            let Content::Maps(maps) = &panel.content else {
                continue;
            };
            let maps = maps.in_one_line();
            maps.draw(drawing, (x, top));
            x += maps.width() + LINE_GAP;
        }
        if let Some(glyph) = self.glyph() {
            sheet::draw_glyph(drawing, (x, top), LINE_HEIGHT, glyph);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::IMAGE_PIXELS;
    use crate::model::{TrainingState, rbf_codes};
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
}
