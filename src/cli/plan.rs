//! `--plan`, and what `auto` makes of it.

use anyhow::{Result, bail};
use clap::ValueEnum;

use super::Output;
use crate::compute::Compute;
use crate::data::Dataset;
use crate::gpu::{AdapterChoice, Device, StepPlan, Variant, missing_in_fused_plan};
use crate::model::Recipe;
use crate::store::{BatchTuning, Tuning, TuningError};
use crate::tune::{Race, race};

/// The plan of a training step, as it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PlanChoice {
    /// The faster one, by a tuning or a race; the layered one on software adapters
    #[default]
    Auto,
    /// A kernel or more per layer and direction
    Layered,
    /// One kernel for the samples and one for the update
    Fused,
}

impl PlanChoice {
    /// The choice of `plan`, or of none.
    pub fn of(plan: Option<StepPlan>) -> Self {
        match plan {
            None => Self::Auto,
            Some(StepPlan::Layered) => Self::Layered,
            Some(StepPlan::Fused) => Self::Fused,
        }
    }

    /// The plan, if one is asked for.
    pub fn plan(self) -> Option<StepPlan> {
        match self {
            Self::Auto => None,
            Self::Layered => Some(StepPlan::Layered),
            Self::Fused => Some(StepPlan::Fused),
        }
    }
}

/// What is to be trained, and where and how that was asked for.
#[derive(Clone, Copy)]
pub struct PlanRequest<'a> {
    /// The adapter.
    pub adapter: &'a AdapterChoice,
    /// The plan.
    pub plan: PlanChoice,
    /// The recipe.
    pub recipe: &'a Recipe,
    /// The digits.
    pub digits: &'a Dataset,
}

impl PlanRequest<'_> {
    /// `compute` with the plan that is asked for or, without one, that was faster when the adapter was
    /// tuned, or that wins a race; or the CPU path, if the adapter is `auto` and that was faster. Says
    /// what it chooses, and why.
    ///
    /// # Errors
    /// If a plan is asked for on the CPU path, or the adapter fails.
    pub fn apply(&self, compute: Compute, output: &Output) -> Result<Compute> {
        let missing = missing_in_fused_plan(self.recipe);
        let device = match (compute, self.plan.plan()) {
            (Compute::Cpu, None) => return Ok(Compute::Cpu),
            (Compute::Cpu, Some(plan)) => bail!(
                "--plan {plan} is for adapters, and the CPU path has no plans: name an adapter with \
                 --adapter (`lenet-gpu adapters` lists them)"
            ),
            (Compute::Gpu(device), Some(plan)) => {
                if let (StepPlan::Fused, Some(missing)) = (plan, missing) {
                    bail!(
                        "--plan fused has no {missing}: leave it out, and the layered plan is taken"
                    );
                }
                let variant = device.variant_at(self.recipe.batch);
                return Ok(with(&device, variant.by_plan(plan)));
            }
            (Compute::Gpu(device), None) => device,
        };
        let tuning = Tuning::load(device.description())?;
        let known = tuning
            .as_ref()
            .and_then(|tuning| tuning.for_batch(self.recipe.batch));
        match known {
            Some(known) if self.is_faster_on_cpu(known, output) => Ok(Compute::Cpu),
            _ if missing.is_some() => {
                let variant = device.variant_at(self.recipe.batch);
                Ok(with(&device, variant.by_plan(StepPlan::Layered)))
            }
            Some(known) => Ok(by_tuning(&device, known, output)),
            None if device.description().is_hardware() => self.by_race(&device, tuning, output),
            None => Ok(Compute::Gpu(device)),
        }
    }

    /// Whether the adapter is `auto`, and the CPU path was faster when the machine was tuned; says so.
    fn is_faster_on_cpu(&self, known: &BatchTuning, output: &Output) -> bool {
        let (AdapterChoice::Auto, Some(gain)) = (self.adapter, known.gain_of_cpu()) else {
            return false;
        };
        output.note(format!(
            "Computing on the CPU instead, which was {gain:.1} times as fast at batch {} when this machine was \
             tuned.",
            known.batch
        ));
        true
    }

    fn by_race(&self, device: &Device, tuning: Option<Tuning>, output: &Output) -> Result<Compute> {
        let Race {
            tuning: raced,
            agree,
        } = race(device, self.recipe, self.digits)?;
        if !agree {
            output.note(
                "The two plans do not compute the same on this adapter: run `lenet-gpu verify`. The \
                 layered plan is taken.",
            );
            return Ok(with(device, raced.variant));
        }
        output.note(line_of(&raced));
        let variant = raced.variant;
        let mut tuning =
            tuning.unwrap_or_else(|| Tuning::new(device.description(), device.variant()));
        tuning.learn(raced);
        // A machine where nothing can be kept races again.
        match tuning.store(device.description()) {
            Ok(_) | Err(TuningError::SwitchedOff) => {}
            Err(error) => output.note(format!("The choice is not kept: {error}.")),
        }
        Ok(with(device, variant))
    }
}

fn by_tuning(device: &Device, known: &BatchTuning, output: &Output) -> Compute {
    output.note(format!(
        "By the {} plan, which was the faster one at batch {} when the adapter was tuned.",
        known.variant.plan, known.batch
    ));
    with(device, known.variant)
}

/// The result of a race in one line.
fn line_of(raced: &BatchTuning) -> String {
    let microseconds = |seconds: f64| format!("{:.0} µs", seconds * 1e6);
    format!(
        "By the {} plan: at batch {} a step takes {} fused and {} layered.",
        raced.variant.plan,
        raced.batch,
        microseconds(raced.fused_seconds),
        microseconds(raced.layered_seconds)
    )
}

fn with(device: &Device, variant: Variant) -> Compute {
    Compute::Gpu(Box::new(device.with_variant(variant)))
}
