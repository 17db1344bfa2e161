//! A network replicated over a strip (section VII).

use super::{Activations, Real, ReferenceNetwork, windows};
use crate::model::StripNetwork;

/// The penalties [position,class] of `strip` for its field `levels` [y,x], with the parameters in `arena`,
/// that of the whole network.
pub fn penalties<T: Real>(strip: &StripNetwork, arena: &[T], levels: &[T]) -> Vec<T> {
    let (of_maps, of_units) = strip.parts_of(arena);
    let mut maps = Activations::new(strip.maps());
    maps.input_mut().copy_from_slice(levels);
    ReferenceNetwork::new(strip.maps()).forward(of_maps, &mut maps);
    let features = maps.penalties();
    let network = ReferenceNetwork::new(strip.units());
    let mut units = Activations::new(strip.units());
    let mut penalties = Vec::new();
    for position in 0..strip.positions() {
        let window = units.input_mut();
        windows::gather(strip.features(), features, strip.window(), position, window);
        network.forward(of_units, &mut units);
        penalties.extend_from_slice(units.penalties());
    }
    penalties
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::FIELD_SIDE;
    use crate::model::{
        Choices, Coefficients, Head, InitialParameters, Initialisation, Network, Parameters, STEP,
        Subsampling,
    };

    /// Every position answers as the network does to what is seen there: to the last bit, since all sums have
    /// the same order.
    #[test]
    fn a_position_of_a_strip_is_the_network_on_the_field_there() {
        let softmax = Choices {
            head: Head::Softmax,
            subsampling: Subsampling::Max,
            ..Choices::default()
        };
        for choices in [Choices::default(), softmax] {
            let network = Network::of(choices);
            let start = InitialParameters {
                rule: Initialisation::SqrtFanIn,
                gain: 1.5,
                coefficients: Coefficients::Mean,
            };
            let arena = Parameters::of(&network).initialise(&network, &start, 5);
            for positions in [1, 2, 9] {
                let strip = StripNetwork::new(&network, positions);
                let (width, area) = (strip.width(), strip.width() * FIELD_SIDE);
                let levels: Vec<f32> = (0..area)
                    .map(|i| (i * i % 97) as f32 / 80.0 - 0.1)
                    .collect();
                let penalties = super::penalties(&strip, &arena, &levels);
                let mut alone = Activations::new(&network);
                let of_class = penalties.chunks(penalties.len() / positions);
                for (position, of_position) in of_class.enumerate() {
                    for (y, row) in alone.input_mut().chunks_mut(FIELD_SIDE).enumerate() {
                        row.copy_from_slice(&levels[y * width + STEP * position..][..FIELD_SIDE]);
                    }
                    ReferenceNetwork::new(&network).forward(&arena, &mut alone);
                    assert_eq!(of_position, alone.penalties(), "position {position}");
                }
            }
        }
    }
}
