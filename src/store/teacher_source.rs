//! Where the networks come from that a run learns from.

use serde::{Deserialize, Serialize};
use twox_hash::xxhash3_128::Hasher;

use crate::model::{InvalidValue, Model, Recipe};

/// The most teachers of a network: each costs every step a forward pass.
pub const MOST_TEACHERS: usize = 100;

/// Where the teachers of a run come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TeacherSource {
    /// They were there before, and the run keeps copies of them.
    Given {
        /// The checksum of each.
        checksums: Vec<String>,
    },
    /// They are trained first, each with a seed of its own, in folders within the run's.
    Trained {
        /// How many there are.
        count: usize,
        /// How they are trained.
        recipe: Box<Recipe>,
    },
}

impl TeacherSource {
    /// `models`, which are there; none if they are none.
    pub fn given(models: &[Model]) -> Option<Self> {
        let checksums = models.iter().map(Model::checksum).collect();
        (!models.is_empty()).then_some(Self::Given { checksums })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        match self {
            Self::Given { checksums } => checksums.len(),
            Self::Trained { count, .. } => *count,
        }
    }

    /// Checks that there are some, not too many, and that they can be trained.
    ///
    /// # Errors
    /// The first value that makes no sense.
    pub fn check(&self) -> Result<(), InvalidValue> {
        if !(1..=MOST_TEACHERS).contains(&self.count()) {
            let expected = format!("1 to {MOST_TEACHERS}");
            return Err(InvalidValue::new("teachers.count", self.count(), expected));
        }
        let Self::Trained { recipe, .. } = self else {
            return Ok(());
        };
        recipe.check()?;
        match recipe.has_teachers() {
            true => Err(InvalidValue::new(
                "teachers.recipe.teacher_share",
                recipe.teacher_share,
                "0, since teachers have no teachers",
            )),
            false => Ok(()),
        }
    }
}

impl Model {
    /// Its checksum: XXH3 with 128 bits, over the bytes of its file.
    pub fn checksum(&self) -> String {
        format!("xxh3-128:{:032x}", Hasher::oneshot(&self.to_bytes()))
    }
}
