//! Launches of `loss.wgsl`.

use super::{Kernel, by_group};
use crate::model::{Loss, LossKind};

/// The loss and its gradient with respect to the penalties.
pub fn forward(loss: &Loss, batch: usize, classes: usize) -> Kernel {
    let name = match loss.kind {
        LossKind::Map => "loss.map",
        LossKind::Mse => "loss.mse",
    };
    let mut kernel = by_group(name, batch, classes);
    kernel.constants.push(("SCALE", loss.scale.into()));
    kernel.constants.push(("RUBBISH", loss.rubbish.into()));
    kernel
}

/// Second derivatives of the loss with respect to the penalties; none for eq. 8, which is linear in them.
pub fn second(loss: &Loss, batch: usize, classes: usize) -> Option<Kernel> {
    match loss.kind {
        LossKind::Map => {
            let mut kernel = by_group("loss.second_map", batch, classes);
            kernel.constants.push(("SCALE", loss.scale.into()));
            kernel.constants.push(("RUBBISH", loss.rubbish.into()));
            Some(kernel)
        }
        LossKind::Mse => None,
    }
}
