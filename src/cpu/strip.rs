//! A network replicated over strips (section VII): C1 to S4 of each strip once, and of all its positions the
//! units above, in blocks.

use rayon::prelude::*;

use super::block::{BlockSize, expect_size_of};
use super::memory::Aligned;
use super::network::BlockNetwork;
use super::simd::{Level, Simd, Task};
use crate::data::strings::Strip;
use crate::model::{DIGITS, Network, StripNetwork};
use crate::reference::windows;

/// The penalties of the ten classes at every position of every strip of `strips`, by `network` with the
/// parameters in `arena`, with the widest vectors that the processor has.
pub fn evaluate_strips(
    network: &Network,
    arena: &[f32],
    strips: &[Strip],
) -> Vec<Vec<[f32; DIGITS]>> {
    let level = Level::best();
    let each = strips.par_iter();
    each.map(|strip| evaluate_strip_at_level(level, network, arena, strip))
        .collect()
}

/// The same of one strip, with the vectors of `level`.
pub fn evaluate_strip_at_level(
    level: Level,
    network: &Network,
    arena: &[f32],
    strip: &Strip,
) -> Vec<[f32; DIGITS]> {
    let network = StripNetwork::new(network, strip.positions());
    let (maps, units) = network.parts_of(arena);
    let features = level.dispatch(Features {
        network: &network,
        arena: &Aligned::of(maps),
        levels: strip.levels(),
    });
    let units = &Aligned::of(units);
    match BlockSize::of(level, strip.positions()) {
        BlockSize::One => units_in_blocks::<1>(level, &network, units, &features),
        BlockSize::Eight => units_in_blocks::<8>(level, &network, units, &features),
        BlockSize::Sixteen => units_in_blocks::<16>(level, &network, units, &features),
    }
}

/// What a strip becomes by its maps [c,y,x].
struct Features<'a> {
    network: &'a StripNetwork,
    /// That of the maps.
    arena: &'a [f32],
    levels: &'a [f32],
}

impl Task for Features<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Vec<f32> {
        let maps = BlockNetwork::<1>::new(self.network.maps());
        let mut activations = maps.activations();
        maps.put_values(0, self.levels, &mut activations);
        maps.forward(simd, self.arena, &mut activations);
        let mut features = vec![0.0; self.network.features().units()];
        maps.get_output(0, &activations, &mut features);
        features
    }
}

fn units_in_blocks<const SAMPLES: usize>(
    level: Level,
    network: &StripNetwork,
    arena: &[f32],
    features: &[f32],
) -> Vec<[f32; DIGITS]> {
    level.dispatch(Units::<SAMPLES> {
        network,
        arena,
        features,
    })
}

/// The penalties at all positions.
struct Units<'a, const SAMPLES: usize> {
    network: &'a StripNetwork,
    /// That of the units.
    arena: &'a [f32],
    features: &'a [f32],
}

impl<const SAMPLES: usize> Task for Units<'_, SAMPLES> {
    type Output = Vec<[f32; DIGITS]>;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Vec<[f32; DIGITS]> {
        expect_size_of::<S, SAMPLES>();
        let (shape, window_shape) = (self.network.features(), self.network.window());
        let units = BlockNetwork::<SAMPLES>::new(self.network.units());
        let mut activations = units.activations();
        let mut window = vec![0.0; window_shape.units()];
        let mut penalties = vec![[0.0; DIGITS]; self.network.positions()];
        for (block, penalties) in penalties.chunks_mut(SAMPLES).enumerate() {
            for sample in 0..penalties.len() {
                let position = block * SAMPLES + sample;
                windows::gather(shape, self.features, window_shape, position, &mut window);
                units.put_values(sample, &window, &mut activations);
            }
            units.forward(simd, self.arena, &mut activations);
            for (sample, penalties) in penalties.iter_mut().enumerate() {
                *penalties = units.penalties(sample, &activations);
            }
        }
        penalties
    }
}
