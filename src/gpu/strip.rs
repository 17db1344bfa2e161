//! A network replicated over strips on an adapter (section VII).

use std::collections::BTreeMap;

use crate::data::strings::Strip;
use crate::model::{DIGITS, Network, StripNetwork};

use super::groups::{Batches, GROUP, deinterleave, interleave};
use super::kernels::windows;
use super::launch::{Launch, Launches};
use super::layers::parameter_arena;
use super::network::{Activations, LayeredNetwork};
use super::{Device, GpuError, Plan, View};

/// Columns that are computed at once at most, unless a single group of strips has more: C1 of them takes 11 MB.
const MOST_COLUMNS: usize = 1 << 14;

/// The least number of positions that kernels are made for.
const LEAST_POSITIONS: usize = 16;

/// The penalties of the ten classes at every position of every strip of `strips`, by `network` with the
/// parameters in `arena`.
///
/// # Errors
/// If the adapter has no room for them, or fails.
pub async fn evaluate_strips(
    device: &Device,
    network: &Network,
    arena: &[f32],
    strips: &[Strip],
) -> Result<Vec<Vec<[f32; DIGITS]>>, GpuError> {
    let mut penalties = vec![Vec::new(); strips.len()];
    for (positions, numbers) in of_like_length(strips) {
        let network = StripNetwork::new(network, positions);
        let at_once = (MOST_COLUMNS / network.width() / GROUP).max(1) * GROUP;
        let at_once = at_once.min(numbers.len());
        let reader = StripReader::new(device, &network, arena, at_once)?;
        for numbers in numbers.chunks(at_once) {
            let batch: Vec<&Strip> = numbers.iter().map(|&number| &strips[number]).collect();
            let computed = reader.penalties(device, &batch).await?;
            for (&number, of_strip) in numbers.iter().zip(computed.chunks(positions)) {
                penalties[number] = of_strip[..strips[number].positions()].to_vec();
            }
        }
    }
    Ok(penalties)
}

/// The places of the strips, by the number of positions for which they are computed.
fn of_like_length(strips: &[Strip]) -> BTreeMap<usize, Vec<usize>> {
    let mut places: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, strip) in strips.iter().enumerate() {
        let positions = computed_positions(strip.positions());
        places.entry(positions).or_default().push(place);
    }
    places
}

/// For how many positions a strip of `positions` is computed. Kernels are compiled for a number of positions, which
/// takes longer than to compute a few more: there are at most four numbers between each power of 2 and the next.
fn computed_positions(positions: usize) -> usize {
    let step = (positions.next_power_of_two() / 8).max(LEAST_POSITIONS);
    positions.next_multiple_of(step)
}

/// A network over strips that are computed for one number of positions, several at once.
struct StripReader {
    plan: Plan,
    /// Input fields of the strips, [group][y][x].
    fields: View,
    /// [group of positions][class]
    penalties: View,
    field_units: usize,
    positions: usize,
}

impl StripReader {
    fn new(
        device: &Device,
        network: &StripNetwork,
        arena: &[f32],
        strips: usize,
    ) -> Result<Self, GpuError> {
        let (of_maps, of_units) = network.parts_of(arena);
        let (maps, units) = (network.maps(), network.units());
        let strip_batches = Batches::single(strips);
        let position_batches = Batches::single(strips * network.positions());
        let map_layers = LayeredNetwork::new(device, maps, &parameter_arena(device, of_maps)?, 1)?;
        let unit_layers =
            LayeredNetwork::new(device, units, &parameter_arena(device, of_units)?, 1)?;
        let map_values = Activations::new(device, maps, strip_batches)?;
        let unit_values = Activations::new(device, units, position_batches)?;
        let mut launches = Launches::default();
        map_layers.push_forward(&mut launches, &map_values);
        launches.section("windows");
        let (features, window) = (network.features(), network.window());
        launches.push(Launch::new(
            windows::gather(strips, network.positions(), features, window),
            [
                ("features", map_values.last()),
                ("windows", &unit_values.input),
            ],
        ));
        unit_layers.push_forward(&mut launches, &unit_values);
        Ok(Self {
            plan: Plan::of(device, launches)?,
            fields: map_values.input.clone(),
            penalties: unit_values.penalties().clone(),
            field_units: maps.input().units(),
            positions: network.positions(),
        })
    }

    /// The penalties at all positions that are computed of `strips`, one strip after another.
    async fn penalties(
        &self,
        device: &Device,
        strips: &[&Strip],
    ) -> Result<Vec<[f32; DIGITS]>, GpuError> {
        let mut levels = Vec::with_capacity(strips.len() * self.field_units);
        for strip in strips {
            levels.extend_from_slice(strip.continued_to(self.positions).levels());
        }
        device.write(&self.fields, &interleave(&levels, self.field_units));
        let mut encoder = device.encoder();
        self.plan.encode(&mut encoder, 1);
        device.submit(encoder);
        let grouped: Vec<f32> = device.read(&self.penalties).await?;
        let penalties = deinterleave(&grouped, DIGITS, strips.len() * self.positions);
        Ok(penalties.as_chunks().0.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_are_computed_for_few_numbers_of_positions() {
        for (positions, computed) in [
            (1, 16),
            (16, 16),
            (17, 32),
            (118, 128),
            (130, 160),
            (257, 320),
        ] {
            assert_eq!(computed_positions(positions), computed, "{positions}");
        }
        let of_test: std::collections::BTreeSet<usize> = (1..=64).map(computed_positions).collect();
        assert_eq!(of_test.len(), 4);
    }
}
