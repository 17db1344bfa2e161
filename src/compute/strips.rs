//! The answers of a trained network along lines of digits.

use super::Compute;
use crate::cpu;
use crate::data::FIELD_SIDE;
use crate::data::strings::Strip;
use crate::gpu::GpuError;
use crate::model::{DIGITS, Model};

impl Model {
    /// The penalties of the ten digits at every position of every strip of `strips`.
    ///
    /// # Errors
    /// If the adapter fails.
    ///
    /// # Panics
    /// If the network is LeNet-1, whose field has fewer rows than a strip.
    pub async fn penalties_along(
        &self,
        compute: &Compute,
        strips: &[Strip],
    ) -> Result<Vec<Vec<[f32; DIGITS]>>, GpuError> {
        assert_eq!(
            self.network.input().height,
            FIELD_SIDE,
            "strips are for networks with the paper's field"
        );
        match compute {
            Compute::Cpu => Ok(cpu::evaluate_strips(&self.network, &self.arena, strips)),
            Compute::Gpu(device) => {
                crate::gpu::evaluate_strips(device, &self.network, &self.arena, strips).await
            }
        }
    }
}
