//! A network's answers to a batch, and what is computed from them and the labels.

use crate::model::{DIGITS, Loss};

use super::View;
use super::batch::Batch;
use super::kernels;
use super::launch::Launch;
use super::metrics::MetricsRing;
use super::network::Activations;
use super::progress::Progress;

/// The penalties that a forward pass gave the classes, the batch's labels, and how far training is.
pub(super) struct Answers<'a> {
    pub activations: &'a Activations,
    pub batch: &'a Batch,
    pub progress: &'a Progress,
}

impl Answers<'_> {
    /// The launch of `loss`: the loss of every sample goes into `losses`, the gradient of their
    /// mean with respect to the penalties into `gradient`.
    pub fn loss(&self, loss: &Loss, gradient: &View, losses: &View) -> Launch {
        let kernel = kernels::loss::forward(loss, self.activations.batches.room(), DIGITS);
        let results = [("gradient", gradient), ("losses", losses)];
        Launch::new(kernel, self.bindings().into_iter().chain(results))
    }

    /// As [`Answers::loss`], of samples that should be taken for `targets`.
    pub fn taught_loss(
        &self,
        loss: &Loss,
        targets: &View,
        gradient: &View,
        losses: &View,
    ) -> Launch {
        let kernel = kernels::loss::taught(loss, self.activations.batches.room(), DIGITS);
        let rest = [
            ("targets", targets),
            ("gradient", gradient),
            ("losses", losses),
        ];
        Launch::new(kernel, self.bindings().into_iter().chain(rest))
    }

    /// The launch that gives the labels `share` of the `targets`.
    pub fn by_label(&self, loss: &Loss, share: f32, targets: &View) -> Launch {
        let kernel = kernels::loss::by_label(loss, share, self.activations.batches.room(), DIGITS);
        let bindings = [("labels", &self.batch.labels), ("targets", targets)];
        Launch::new(kernel, bindings)
    }

    /// The launch that adds `share` of what these answers, a teacher's, stand for in `loss` to `targets`.
    pub fn learn(&self, loss: &Loss, share: f32, targets: &View) -> Launch {
        let kernel = kernels::loss::learn(loss, share, self.activations.batches.room(), DIGITS);
        let bindings = [
            ("penalties", self.activations.penalties()),
            ("labels", &self.batch.labels),
            ("targets", targets),
        ];
        Launch::new(kernel, bindings)
    }

    /// The launch that puts the second derivatives of `loss` with respect to the penalties into
    /// `curvature`; none if they are always 0, as for eq. 8.
    pub fn second_loss(&self, loss: &Loss, curvature: &View) -> Option<Launch> {
        let kernel = kernels::loss::second(loss, self.activations.batches.room(), DIGITS)?;
        let results = [("curvature", curvature)];
        Some(Launch::new(
            kernel,
            self.bindings().into_iter().chain(results),
        ))
    }

    /// The launch that puts the step's metrics, of samples with `loss`, into `ring` and counts the step.
    pub fn metrics(&self, loss: &Loss, losses: &View, ring: &MetricsRing) -> Launch {
        let batches = self.activations.batches;
        let kernel = kernels::metrics::gather(batches, DIGITS, MetricsRing::STEPS, loss);
        let rest = [("losses", losses), ("ring", &ring.view)];
        Launch::new(kernel, self.bindings().into_iter().chain(rest))
    }

    fn bindings(&self) -> [(&'static str, &View); 3] {
        [
            ("penalties", self.activations.penalties()),
            ("labels", &self.batch.labels),
            ("progress", &self.progress.view),
        ]
    }
}
