//! Networks and recipes that between them use every choice and every kernel.

use crate::model::{
    Architecture, C3Connections, Choices, Coefficients, Decay, Distortion, Head, Initialisation,
    Loss, LossKind, Optimiser, Recipe, Subsampling,
};

/// A network and what it is trained with.
pub struct Setting {
    pub label: &'static str,
    choices: Choices,
    loss: LossKind,
    distortion: Distortion,
    teacher_share: f32,
    preconditioning: f32,
}

pub const PAPER: Setting = Setting {
    label: "paper, eq. 9",
    choices: Choices {
        architecture: Architecture::Lenet5,
        subsampling: Subsampling::Trainable,
        c3: C3Connections::Table1,
        head: Head::Rbf,
    },
    loss: LossKind::Map,
    distortion: Distortion::NONE,
    teacher_share: 0.0,
    preconditioning: 0.0,
};
pub const PAPER_MSE: Setting = Setting {
    label: "paper, eq. 8",
    loss: LossKind::Mse,
    ..PAPER
};
pub const DECK: Setting = Setting {
    label: "average, softmax",
    choices: Choices {
        subsampling: Subsampling::Average,
        head: Head::Softmax,
        ..PAPER.choices
    },
    ..PAPER_MSE
};
pub const MAX_FULL: Setting = Setting {
    label: "max, full C3, eq. 9",
    choices: Choices {
        subsampling: Subsampling::Max,
        c3: C3Connections::Full,
        ..PAPER.choices
    },
    ..PAPER
};
pub const LENET1: Setting = Setting {
    label: "LeNet-1, softmax",
    choices: Choices::lenet1(),
    ..PAPER_MSE
};
pub const DISTORTED: Setting = Setting {
    label: "paper, eq. 9, distorted",
    distortion: Distortion {
        linear: 0.2,
        shift: 1.0,
        ..Distortion::NONE
    },
    ..PAPER
};
pub const COPIES: Setting = Setting {
    label: "paper, eq. 9, elastic copies",
    distortion: Distortion {
        rotation: 10.0,
        scale: 0.1,
        shear: 0.1,
        elastic: 0.6,
        fixed_copies: 2,
        ..DISTORTED.distortion
    },
    ..PAPER
};
/// With three teachers, of which the one in the middle is LeNet-1.
pub const TAUGHT: Setting = Setting {
    label: "paper, eq. 9, taught",
    teacher_share: 0.7,
    ..DISTORTED
};
pub const TAUGHT_DECK: Setting = Setting {
    label: "average, softmax, taught",
    teacher_share: 1.0,
    ..DECK
};

pub const PRECONDITIONED: Setting = Setting {
    label: "paper, eq. 9, preconditioned",
    preconditioning: 0.5,
    ..PAPER
};
pub const PRECONDITIONED_LENET1: Setting = Setting {
    label: "LeNet-1, softmax, preconditioned",
    preconditioning: 0.5,
    ..LENET1
};

/// A recipe with every part of the update in it.
pub fn adam_recipe() -> Recipe {
    PAPER.recipe(Optimiser::Adam, 1)
}

impl Setting {
    /// The recipe that trains the network by `optimiser`, `batch` samples per update.
    pub fn recipe(&self, optimiser: Optimiser, batch: usize) -> Recipe {
        let scale = if self.choices.head == Head::Softmax {
            1.0
        } else {
            0.05
        };
        Recipe {
            choices: self.choices,
            initialisation: Initialisation::SqrtFanIn,
            gain: 1.0,
            coefficients: Coefficients::Mean,
            loss: Loss {
                kind: self.loss,
                scale,
                rubbish: 1.0,
            },
            optimiser,
            distortion: self.distortion,
            passes: 1,
            batch,
            // Cases bring rates of their own.
            rate: 1.0,
            warmup: 0.0,
            decay: Decay::Constant,
            momentum: 0.9,
            beta2: 0.99,
            damping: 0.02,
            estimate_samples: 37,
            weight_decay: 0.01,
            average: 0.9,
            string_fields: 0,
            teacher_share: self.teacher_share,
            preconditioning: self.preconditioning,
        }
    }
}
