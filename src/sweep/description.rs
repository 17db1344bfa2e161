//! What a sweep was started with, as `sweep.json`.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::{Plan, Setting};
use crate::gpu::StepPlan;

/// The version of `sweep.json` that this program writes and reads.
const FORMAT: u32 = 1;

/// What a sweep was started with, as `sweep.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Version of the file's format.
    format: u32,
    /// Version of the program that started it.
    pub version: String,
    /// Folder of the IDX files, as an absolute path in UTF-8; none for the embedded set.
    pub data: Option<PathBuf>,
    /// Passes between checkpoints.
    pub checkpoint_every: usize,
    /// The adapter as it was asked for.
    pub adapter_choice: String,
    /// The plan of a step on an adapter, if one was asked for.
    pub step_plan: Option<StepPlan>,
    /// The options that all combinations start from.
    pub fixed: Vec<Setting>,
    /// What determines the results.
    #[serde(flatten)]
    pub plan: Plan,
}

impl Description {
    /// Of a sweep of `plan` that this program starts; the rest is still to be filled in.
    pub fn of(plan: Plan) -> Self {
        Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            data: None,
            checkpoint_every: 1,
            adapter_choice: String::new(),
            step_plan: None,
            fixed: Vec::new(),
            plan,
        }
    }

    /// What is in the bytes of a `sweep.json`, checked.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct Header {
            format: u32,
        }
        let Header { format } = serde_json::from_slice(json)?;
        ensure!(
            format == FORMAT,
            "it has version {format} of its format, and this program reads version {FORMAT}"
        );
        let description: Self = serde_json::from_slice(json)?;
        description.plan.check().map_err(anyhow::Error::msg)?;
        ensure!(
            description.checkpoint_every > 0,
            "checkpoint_every is 0, expected at least 1"
        );
        Ok(description)
    }
}
