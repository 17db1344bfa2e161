//! Where a network is computed: on the processor or on an adapter.

use std::ops::ControlFlow;

use super::Tuning;
use crate::data::Dataset;
use crate::gpu::{AdapterChoice, Device, Evaluator, GpuError, Trainer, Variant};
use crate::model::{Network, Recipe, StepMetrics, StepRates, TrainingState};
use crate::native;

/// The processor, or an opened adapter.
pub enum Compute {
    /// The CPU path, on all cores.
    Cpu,
    /// An adapter.
    Gpu(Box<Device>),
}

impl Compute {
    /// Opens what `choice` means.
    ///
    /// An adapter that was tuned divides its work as was found best.
    ///
    /// # Errors
    /// If nothing matches it, what matches cannot be used, or the tunings cannot be read.
    pub fn open(choice: &AdapterChoice) -> anyhow::Result<Self> {
        let Some(device) = Device::open(choice)? else {
            return Ok(Self::Cpu);
        };
        if let Some(tuning) = Tuning::load(device.description())? {
            device.use_variant(tuning.variant);
        }
        Ok(Self::Gpu(Box::new(device)))
    }

    /// How an adapter's kernels divide their work, as it is recorded with a run.
    pub fn variant(&self) -> Option<Variant> {
        match self {
            Self::Cpu => None,
            Self::Gpu(device) => Some(device.variant()),
        }
    }

    /// What results are recorded under: name, backend, type and driver.
    pub fn describe(&self) -> String {
        match self {
            Self::Cpu => {
                let (threads, level) = (rayon::current_num_threads(), native::Level::best());
                format!("CPU ({threads} threads, {})", level.name())
            }
            Self::Gpu(device) => device.description().to_string(),
        }
    }

    /// The name alone.
    pub fn name(&self) -> String {
        match self {
            Self::Cpu => "CPU".to_owned(),
            Self::Gpu(device) => device.description().name.clone(),
        }
    }

    /// vulkan, metal, dx12, gl, or cpu.
    pub fn backend(&self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Gpu(device) => device.description().backend,
        }
    }

    /// Most networks of the same kind that are trained side by side by `recipe`.
    pub fn most_models(&self, network: &Network, recipe: &Recipe) -> usize {
        match self {
            Self::Cpu => usize::MAX,
            Self::Gpu(_) => Trainer::most_models(network, recipe),
        }
    }

    /// The penalties [n,class] of every picture of `data` under the parameters in `arena`.
    ///
    /// # Errors
    /// If the adapter fails.
    pub fn penalties(
        &self,
        network: &Network,
        arena: &[f32],
        data: &Dataset,
    ) -> Result<Vec<f32>, GpuError> {
        Classifier::new(self, network, arena, data, Classifier::BATCH)?.penalties()
    }
}

/// A trained network over a data set, ready to be run any number of times.
pub enum Classifier<'a> {
    /// On the processor.
    Cpu {
        /// The network.
        network: &'a Network,
        /// Its parameters.
        arena: Vec<f32>,
        /// The pictures.
        data: &'a Dataset,
        /// Samples computed at once.
        batch: usize,
    },
    /// On an adapter, with network and pictures there.
    Gpu {
        /// The adapter.
        device: &'a Device,
        /// The network and the pictures.
        evaluator: Evaluator,
    },
}

impl<'a> Classifier<'a> {
    /// Samples that are computed at once where nothing else is asked for.
    pub const BATCH: usize = Evaluator::BATCH;

    /// Brings network and pictures to where they are computed, `batch` samples at once.
    ///
    /// # Errors
    /// If the adapter has no room for them.
    pub fn new(
        compute: &'a Compute,
        network: &'a Network,
        arena: &[f32],
        data: &'a Dataset,
        batch: usize,
    ) -> Result<Self, GpuError> {
        Ok(match compute {
            Compute::Cpu => Self::Cpu {
                network,
                arena: arena.to_vec(),
                data,
                batch,
            },
            Compute::Gpu(device) => Self::Gpu {
                device,
                evaluator: Evaluator::new(device, network, arena, data, batch)?,
            },
        })
    }

    /// The penalties [n,class] of every picture.
    ///
    /// # Errors
    /// If the adapter fails.
    pub fn penalties(&self) -> Result<Vec<f32>, GpuError> {
        match self {
            Self::Cpu {
                network,
                arena,
                data,
                batch,
            } => Ok(native::evaluate(network, arena, data, *batch)),
            Self::Gpu { device, evaluator } => evaluator.penalties(device),
        }
    }
}

/// A trainer, wherever it computes, of one network or of several that differ in their seed alone.
pub enum Engine<'a> {
    /// On the processor.
    Cpu(native::SideBySide<'a>),
    /// On an adapter.
    Gpu(Box<Trainer<'a>>),
}

impl<'a> Engine<'a> {
    /// A trainer of a network a seed, each of which continues from the state at the same place of
    /// `states`. All of these have made the same number of steps.
    ///
    /// # Errors
    /// If the adapter has no room for it.
    pub fn new(
        compute: &'a Compute,
        network: &'a Network,
        recipe: &'a Recipe,
        rates: &'a [StepRates],
        data: &'a Dataset,
        seeds: &[u32],
        states: Vec<TrainingState>,
    ) -> Result<Self, GpuError> {
        Ok(match compute {
            Compute::Cpu => Self::Cpu(native::SideBySide::new(
                network, recipe, rates, data, seeds, states,
            )),
            Compute::Gpu(device) => {
                let trainer = Trainer::new(device, network, recipe, rates, data, seeds, &states)?;
                Self::Gpu(Box::new(trainer))
            }
        })
    }

    /// Renews SDLM's estimate of the second derivatives; due before the first step of each pass.
    /// Other optimisers have none, and nothing is done.
    ///
    /// # Errors
    /// If the adapter fails.
    pub fn estimate_second_derivatives(&mut self) -> Result<(), GpuError> {
        match self {
            Self::Cpu(trainer) => {
                trainer.estimate_second_derivatives();
                Ok(())
            }
            Self::Gpu(trainer) => trainer.estimate_second_derivatives(),
        }
    }

    /// Makes the next `steps` updates of each network and reports their metrics [step][network] as
    /// they arrive, until `report` breaks.
    ///
    /// # Errors
    /// If the adapter fails.
    pub fn run(
        &mut self,
        steps: usize,
        report: impl FnMut(&[StepMetrics]) -> ControlFlow<()>,
    ) -> Result<(), GpuError> {
        match self {
            Self::Cpu(trainer) => {
                trainer.run(steps, report);
                Ok(())
            }
            Self::Gpu(trainer) => trainer.run(steps, report),
        }
    }

    /// The states after the updates so far, in the order of the seeds.
    ///
    /// # Errors
    /// If the adapter fails.
    pub fn states(&self) -> Result<Vec<TrainingState>, GpuError> {
        match self {
            Self::Cpu(trainers) => Ok(trainers.states()),
            Self::Gpu(trainer) => trainer.states(),
        }
    }
}
