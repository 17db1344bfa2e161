//! The answers of a trained network to a data set.

use rayon::prelude::*;

use super::batch::{Assembler, FIELD};
use super::block::{BlockSize, expect_size_of};
use super::memory::Aligned;
use super::network::{Activations, BlockNetwork};
use super::simd::{Level, Simd, Task};
use super::threads::PerThread;
use crate::data::Dataset;
use crate::model::{DIGITS, Network};

/// The penalties [n,class] of every picture in `data` under the parameters in `arena`, `batch`
/// pictures at a time, with the widest vectors that the processor has.
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
    let evaluate = match BlockSize::of(level, batch) {
        BlockSize::One => evaluate_in_blocks::<1>,
        BlockSize::Eight => evaluate_in_blocks::<8>,
        BlockSize::Sixteen => evaluate_in_blocks::<16>,
    };
    evaluate(level, network, arena, data, batch)
}

fn evaluate_in_blocks<const SAMPLES: usize>(
    level: Level,
    network: &Network,
    arena: &[f32],
    data: &Dataset,
    batch: usize,
) -> Vec<f32> {
    let (network, assembler) = (BlockNetwork::<SAMPLES>::new(network), Assembler::new());
    let activations = PerThread::new(|| network.activations());
    let arena = Aligned::of(arena);
    let mut penalties = vec![0.0; data.len() * DIGITS];
    let batches = penalties.chunks_mut(batch * DIGITS).enumerate();
    // Inside the pool from batch to batch: entering it costs more than a small batch.
    rayon::scope(|_| {
        for (index, penalties) in batches {
            penalties
                .par_chunks_mut(SAMPLES * DIGITS)
                .enumerate()
                .for_each(|(block, penalties)| {
                    level.dispatch(EvaluateBlock {
                        network: &network,
                        assembler: &assembler,
                        arena: &arena,
                        data,
                        first: index * batch + block * SAMPLES,
                        activations: &mut activations.own(),
                        penalties,
                    });
                });
        }
    });
    penalties
}

/// The forward pass of one block.
struct EvaluateBlock<'a, const SAMPLES: usize> {
    network: &'a BlockNetwork<SAMPLES>,
    assembler: &'a Assembler,
    arena: &'a [f32],
    data: &'a Dataset,
    /// The first picture of the block.
    first: usize,
    activations: &'a mut Activations,
    /// [sample][class]; fewer samples at the end of the data.
    penalties: &'a mut [f32],
}

impl<const SAMPLES: usize> Task for EvaluateBlock<'_, SAMPLES> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        expect_size_of::<S, SAMPLES>();
        let mut field = [0.0; FIELD];
        let (penalties, _) = self.penalties.as_chunks_mut::<DIGITS>();
        for sample in 0..penalties.len() {
            self.assembler
                .assemble(self.data.image(self.first + sample), &mut field);
            self.network.put_input(sample, &field, self.activations);
        }
        self.network.forward(simd, self.arena, self.activations);
        for (sample, penalties) in penalties.iter_mut().enumerate() {
            *penalties = self.network.penalties(sample, self.activations);
        }
    }
}
