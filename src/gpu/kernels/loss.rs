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

/// A penalty that leaves a rubbish class no probability: e^(−j) is 0 in f32, and nothing overflows on the way.
const NO_RUBBISH: f32 = 1e30;

/// What the labels have in the targets: `share` of each.
pub(crate) fn by_label(loss: &Loss, share: f32, batch: usize, classes: usize) -> Kernel {
    with_share(of_loss("loss.by_label", loss, batch, classes), share)
}

/// What one teacher has in the targets: `share` of each.
pub(crate) fn learn(loss: &Loss, share: f32, batch: usize, classes: usize) -> Kernel {
    let rubbish = match loss.kind {
        LossKind::Map => loss.rubbish,
        LossKind::Mse => NO_RUBBISH,
    };
    let loss = Loss { rubbish, ..*loss };
    with_share(of_loss("loss.learn", &loss, batch, classes), share)
}

fn with_share(mut kernel: Kernel, share: f32) -> Kernel {
    kernel.constants.push(("SHARE", share.into()));
    kernel
}

/// As [`forward`], of samples that teachers have a share in the targets of.
pub(crate) fn taught(loss: &Loss, batch: usize, classes: usize) -> Kernel {
    let name = match loss.kind {
        LossKind::Map => "loss.map_taught",
        LossKind::Mse => "loss.mse_taught",
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
