//! Running a trained network over a data set.

use rayon::prelude::*;

use super::batch::{Assembler, FIELD};
use super::first_phase::LANES;
use super::memory::Aligned;
use super::model_trainer::SAMPLES_ONE_BY_ONE;
use super::network::{Activations, Block};
use super::simd::{Level, Simd, Task};
use super::threads::{own, rooms};
use crate::data::Dataset;
use crate::model::{DIGITS, Network};

/// The penalties [n,class] of every picture in `data` under the parameters in `arena`, `batch`
/// pictures at a time, with the widest vectors there are.
pub fn evaluate(network: &Network, arena: &[f32], data: &Dataset, batch: usize) -> Vec<f32> {
    evaluate_at_level(Level::best(), network, arena, data, batch)
}

/// As [`evaluate`], with the vectors of `level`.
pub fn evaluate_at_level(
    level: Level,
    network: &Network,
    arena: &[f32],
    data: &Dataset,
    batch: usize,
) -> Vec<f32> {
    if batch <= SAMPLES_ONE_BY_ONE {
        evaluate_blocks::<1>(level, network, arena, data, batch)
    } else {
        evaluate_blocks::<LANES>(level, network, arena, data, batch)
    }
}

fn evaluate_blocks<const SAMPLES: usize>(
    level: Level,
    network: &Network,
    arena: &[f32],
    data: &Dataset,
    batch: usize,
) -> Vec<f32> {
    let (block, assembler) = (Block::<SAMPLES>::new(network), Assembler::new());
    let rooms = rooms(|| block.activations());
    let arena = Aligned::of(arena);
    let mut penalties = vec![0.0; data.len() * DIGITS];
    let batches = penalties.chunks_mut(batch * DIGITS).enumerate();
    // Inside the pool from batch to batch: entering it costs more than a small batch.
    rayon::scope(|_| {
        for (index, penalties) in batches {
            penalties
                .par_chunks_mut(SAMPLES * DIGITS)
                .enumerate()
                .for_each(|(place, penalties)| {
                    let mut activations = own(&rooms).lock().expect("no task panics");
                    level.dispatch(EvaluateBlock {
                        block: &block,
                        assembler: &assembler,
                        arena: &arena,
                        data,
                        first: index * batch + place * SAMPLES,
                        activations: &mut activations,
                        penalties,
                    });
                });
        }
    });
    penalties
}

/// Forward of one block.
struct EvaluateBlock<'a, const SAMPLES: usize> {
    block: &'a Block<SAMPLES>,
    assembler: &'a Assembler,
    arena: &'a [f32],
    data: &'a Dataset,
    first: usize,
    activations: &'a mut Activations,
    penalties: &'a mut [f32],
}

impl<const SAMPLES: usize> Task for EvaluateBlock<'_, SAMPLES> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let mut field = [0.0; FIELD];
        let (penalties, _) = self.penalties.as_chunks_mut::<DIGITS>();
        for lane in 0..penalties.len() {
            self.assembler
                .assemble(self.data.image(self.first + lane), &mut field);
            self.block.put_input(lane, &field, self.activations);
        }
        self.block.forward(simd, self.arena, self.activations);
        for (lane, penalties) in penalties.iter_mut().enumerate() {
            *penalties = self.block.penalties(lane, self.activations);
        }
    }
}
