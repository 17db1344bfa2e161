//! The losses on the penalties: launches of `loss.wgsl`.

use super::{Kernel, by_group};
use crate::model::{Loss, LossKind};

fn of_loss(name: &'static str, loss: &Loss, batch: usize, classes: usize) -> Kernel {
    let mut kernel = by_group(name, batch, classes);
    kernel.constants.extend([
        ("SCALE", loss.scale.into()),
        ("RUBBISH", loss.rubbish.into()),
    ]);
    kernel
}

/// The loss and its gradient with respect to the penalties.
pub(crate) fn forward(loss: &Loss, batch: usize, classes: usize) -> Kernel {
    let name = match loss.kind {
        LossKind::Map => "loss.map",
        LossKind::Mse => "loss.mse",
    };
    of_loss(name, loss, batch, classes)
}

/// The second derivatives of the loss with respect to the penalties; none for eq. 8, which is linear in
/// them.
pub(crate) fn second(loss: &Loss, batch: usize, classes: usize) -> Option<Kernel> {
    match loss.kind {
        LossKind::Map => Some(of_loss("loss.second_map", loss, batch, classes)),
        LossKind::Mse => None,
    }
}
