//! How much of a network the fused plan computes at once within WebGPU's limits.

use crate::gpu::FusedBlock;
use crate::gpu::groups::Batches;
use crate::gpu::plan::MOST_WORKGROUPS;
use crate::model::{Network, Parameters};

use super::layout::FusedLayout;

/// Bytes that a storage binding may have by WebGPU's default limits.
const MOST_BYTES: usize = 128 << 20;

/// How many models of `network` can be trained side by side in batches of `batch` samples, at least one.
/// What their samples leave, and their arenas, are one binding each, and they are a dimension of the
/// grid.
pub fn most_fused_models(network: &Network, batch: usize, block: FusedBlock) -> usize {
    let work = FusedLayout::new(network, Batches::single(batch), block).work();
    let values = work.max(Parameters::of(network).arena_len());
    (MOST_BYTES / size_of::<f32>() / values).clamp(1, MOST_WORKGROUPS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::Variant;
    use crate::model::Choices;

    #[test]
    fn many_models_of_small_batches_fit_and_always_one() {
        let network = Network::of(Choices::default());
        let most = |batch| most_fused_models(&network, batch, Variant::HARDWARE.fused_block);
        assert!(most(64) >= 128, "{}", most(64));
        assert!(most(2048) >= 1);
        assert!(most(1) > most(64));
    }
}
