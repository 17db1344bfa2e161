//! A whole network and what of it is compared.

use super::settings::Setting;
use super::start::StartingPoint;
#[cfg(feature = "strings")]
use super::strip;
use super::subject::Subject;
use super::{curvature, gradient, inference, trajectory};
use crate::gpu::{Device, FusedBlock, GpuError, StepPlan, Variant};
use crate::model::{Optimiser, Recipe};
use crate::verify::compare::{Outcome, Tolerance};
use crate::verify::tensor::{Inputs, Tensor};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Gradient,
    Curvature,
    Trajectory,
    Inference,
    #[cfg(feature = "strings")]
    Strip,
}

/// A whole network, or several models of it trained side by side.
pub struct NetworkCase {
    kind: Kind,
    models: usize,
    recipe: Recipe,
    label: String,
    /// How an adapter's kernels divide their work; `None` for its own way.
    variant: Option<Variant>,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Gradient => "network.gradient",
            Self::Curvature => "network.curvature",
            Self::Trajectory => "network.trajectory",
            Self::Inference => "network.inference",
            #[cfg(feature = "strings")]
            Self::Strip => "network.strip",
        }
    }
}

impl NetworkCase {
    /// One model of `setting`.
    pub(super) fn new(kind: Kind, setting: &Setting, optimiser: Optimiser, batch: usize) -> Self {
        let update = match (kind, optimiser) {
            (Kind::Trajectory, Optimiser::Adam) => ", Adam",
            (Kind::Trajectory, Optimiser::Sgd) => ", SGD",
            (Kind::Trajectory, Optimiser::Sdlm) => ", SDLM",
            _ => "",
        };
        Self {
            kind,
            models: 1,
            recipe: setting.recipe(optimiser, batch),
            label: format!("{}{update}, batch {batch}", setting.label),
            variant: None,
        }
    }

    /// The same with `models` models side by side.
    pub(super) fn side_by_side(self, models: usize) -> Self {
        let label = match models {
            1 => self.label,
            _ => format!("{}, {models} models", self.label),
        };
        Self {
            models,
            label,
            ..self
        }
    }

    /// The same in the variant for a kind of adapter, whatever it is run on.
    pub(super) fn divided_as_on(self, kind_of_adapter: &str, variant: Variant) -> Self {
        Self {
            variant: Some(variant),
            label: format!("{}, divided as on {kind_of_adapter}", self.label),
            ..self
        }
    }

    /// The same by the fused plan in `block`, whatever plan is that of what it is run on.
    pub(super) fn fused(self, block: FusedBlock) -> Self {
        let variant = Variant {
            plan: StepPlan::Fused,
            fused_block: block,
            ..Variant::HARDWARE
        };
        Self {
            variant: Some(variant),
            label: format!("{}, fused, {block}", self.label),
            ..self
        }
    }

    /// Whether it is one of the gradients, which alone decide whether an update is right, in the
    /// variant of whatever it is run on.
    pub fn is_gradient_of_own_variant(&self) -> bool {
        self.kind == Kind::Gradient && self.variant.is_none()
    }

    /// Whether another case is the same on `device`, since the variant of this one is its own.
    pub fn is_repeated_on(&self, device: &Device) -> bool {
        self.variant == Some(device.variant())
    }

    /// What is compared, network and recipe.
    pub fn name(&self) -> String {
        format!("{} {}", self.kind.name(), self.label)
    }

    /// The recipe it is trained by.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// What it starts from: the pictures [picture,pixel], their labels, and the parameters of every
    /// model.
    pub fn inputs(&self) -> Vec<Tensor> {
        StartingPoint::new(&self.recipe, self.models).tensors()
    }

    /// How far off losses, gradients, parameters and penalties may be.
    pub fn tolerance(&self) -> Tolerance {
        match self.kind {
            Kind::Gradient => gradient::TOLERANCE,
            Kind::Curvature => curvature::TOLERANCE,
            Kind::Trajectory => trajectory::TOLERANCE,
            Kind::Inference => inference::TOLERANCE,
            #[cfg(feature = "strings")]
            Kind::Strip => strip::TOLERANCE,
        }
    }

    /// Runs the case on `subject`.
    ///
    /// # Errors
    /// If the adapter fails altogether; a wrong result is an outcome, not an error.
    pub async fn run(&self, subject: Subject<'_>) -> Result<Outcome, GpuError> {
        match (subject, self.variant) {
            (Subject::Adapter(device), Some(variant)) => {
                let device = device.with_variant(variant);
                self.run_as_is(Subject::Adapter(&device)).await
            }
            _ => self.run_as_is(subject).await,
        }
    }

    /// Runs the case on `subject` in the variant of that.
    async fn run_as_is(&self, subject: Subject<'_>) -> Result<Outcome, GpuError> {
        let start = StartingPoint::new(&self.recipe, self.models);
        match self.kind {
            Kind::Gradient => gradient::run(subject, &start).await,
            Kind::Curvature => curvature::run(subject, &start).await,
            Kind::Trajectory => trajectory::run(subject, &start).await,
            Kind::Inference => inference::run(subject, &start).await,
            #[cfg(feature = "strings")]
            Kind::Strip => strip::run(subject, &start).await,
        }
    }
}
