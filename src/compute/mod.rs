//! The choice of where networks are computed: on the processor or on an adapter.

mod answer;
pub mod ensemble;
#[cfg(feature = "strings")]
mod strips;

use std::convert::Infallible;

use crate::cpu::{self, CpuTrainer};
use crate::data::Dataset;
use crate::gpu::{
    AdapterChoice, Device, DeviceOptions, Evaluator, Found, GpuError, GpuTrainer, Otherwise,
    StepPlan, Variant,
};
use crate::model::{Network, Recipe, StepMetrics, TrainingState};
use crate::trainer::{Trainer, TrainingTask};

pub use answer::Answer;
pub use ensemble::{Ensemble, EnsembleError};

/// The processor or an opened adapter. Clones share the adapter.
#[derive(Clone)]
pub enum Compute {
    /// The CPU path, on all cores.
    Cpu,
    /// An adapter.
    Gpu(Box<Device>),
}

impl Compute {
    /// Opens what `choice` means.
    ///
    /// # Errors
    /// If no adapter matches it, or the one that does cannot be used.
    pub async fn open(choice: &AdapterChoice) -> Result<Self, GpuError> {
        let found = Found::of(choice, Otherwise::CpuPath).await?;
        Self::of(found, DeviceOptions::default()).await
    }

    /// Opens the adapter in `found` as `options` say, or is the CPU path.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub async fn of(found: Found, options: DeviceOptions) -> Result<Self, GpuError> {
        Ok(match Device::of(found, options).await? {
            Some(device) => Self::Gpu(Box::new(device)),
            None => Self::Cpu,
        })
    }

    /// A trainer of `task`.
    ///
    /// # Errors
    /// If the adapter has no room for it.
    ///
    /// # Panics
    /// As [`TrainingTask::step`], and if there are more seeds than [`Compute::most_models`].
    pub fn trainer<'a>(&'a self, task: &TrainingTask<'a>) -> Result<AnyTrainer<'a>, GpuError> {
        Ok(match self {
            Self::Cpu => AnyTrainer::Cpu(CpuTrainer::new(task)),
            Self::Gpu(device) => AnyTrainer::Gpu(Box::new(GpuTrainer::new(device, task)?)),
        })
    }

    /// How the kernels of an adapter divide their work in batches of `batch` samples, as recorded with
    /// a run; `None` on the processor.
    pub fn variant_at(&self, batch: usize) -> Option<Variant> {
        match self {
            Self::Cpu => None,
            Self::Gpu(device) => Some(device.variant_at(batch)),
        }
    }

    /// The plan of a training step of `batch` samples on an adapter; `None` on the processor.
    pub fn plan_at(&self, batch: usize) -> Option<StepPlan> {
        self.variant_at(batch).map(|variant| variant.plan)
    }

    /// The plan of a training step on an adapter, if it is the same at all batch sizes.
    pub fn only_plan(&self) -> Option<StepPlan> {
        match self {
            Self::Gpu(device) if device.has_one_variant() => Some(device.variant().plan),
            Self::Cpu | Self::Gpu(_) => None,
        }
    }

    /// The same; an adapter trains by `plan`.
    pub fn by_plan(self, plan: StepPlan) -> Self {
        match self {
            Self::Cpu => Self::Cpu,
            Self::Gpu(device) => {
                let variant = device.variant().by_plan(plan);
                Self::Gpu(Box::new(device.with_variant(variant)))
            }
        }
    }

    /// The same; an adapter divides its work as `variant` says, if there is one.
    pub fn with_variant(self, variant: Option<Variant>) -> Self {
        match (self, variant) {
            (Self::Gpu(device), Some(variant)) => Self::Gpu(Box::new(device.with_variant(variant))),
            (compute, _) => compute,
        }
    }

    /// Its description, as recorded with results: name, backend, type and driver.
    pub fn describe(&self) -> String {
        match self {
            Self::Cpu => {
                let (threads, level) = (cpu::thread_count(), cpu::Level::best());
                let s = if threads == 1 { "" } else { "s" };
                format!("CPU ({threads} thread{s}, {})", level.name())
            }
            Self::Gpu(device) => device.description().to_string(),
        }
    }

    /// Whether it leads to the same bytes as what described itself as `description` when it was
    /// recorded. The number of threads of the CPU path makes no difference.
    pub fn is_like(&self, description: &str) -> bool {
        let kind = |text: &str| match text.strip_prefix("CPU (") {
            Some(cpu) => format!("CPU{}", cpu.trim_start_matches(|c: char| c != ',')),
            None => text.to_owned(),
        };
        kind(&self.describe()) == kind(description)
    }

    /// Its name alone.
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

    /// The largest number of models of `network` that one trainer trains in parallel by `recipe`.
    pub fn most_models(&self, network: &Network, recipe: &Recipe) -> usize {
        match self {
            Self::Cpu => usize::MAX,
            Self::Gpu(device) => GpuTrainer::most_models(device, network, recipe),
        }
    }

    /// The penalties [n,class] that `network` with the parameters in `arena` gives every picture of
    /// `data`.
    ///
    /// # Errors
    /// If the adapter fails.
    pub async fn penalties(
        &self,
        network: &Network,
        arena: &[f32],
        data: &Dataset,
    ) -> Result<Vec<f32>, GpuError> {
        if data.is_empty() {
            return Ok(Vec::new());
        }
        let classifier = Classifier::new(self, network, arena, data, Classifier::BATCH)?;
        classifier.penalties().await
    }
}

/// A trained network and a data set, ready to be run any number of times.
pub enum Classifier<'a> {
    /// On the processor.
    Cpu {
        /// The network.
        network: &'a Network,
        /// Its parameters, an arena.
        arena: Vec<f32>,
        /// The pictures.
        data: &'a Dataset,
        /// Number of samples computed at once.
        batch: usize,
    },
    /// On an adapter, to which network and pictures have been uploaded.
    Gpu {
        /// The adapter.
        device: &'a Device,
        /// The network and the pictures on it.
        evaluator: Box<Evaluator>,
    },
}

impl<'a> Classifier<'a> {
    /// Number of samples computed at once unless another is asked for.
    pub const BATCH: usize = Evaluator::BATCH;

    /// Uploads network and pictures to an adapter, or keeps them for the processor, to compute `batch`
    /// samples at once.
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
                evaluator: Box::new(Evaluator::new(device, network, arena, data, batch)?),
            },
        })
    }

    /// The penalties [n,class] of every picture.
    ///
    /// # Errors
    /// If the adapter fails.
    pub async fn penalties(&self) -> Result<Vec<f32>, GpuError> {
        match self {
            Self::Cpu {
                network,
                arena,
                data,
                batch,
            } => Ok(cpu::evaluate(network, arena, data, *batch)),
            Self::Gpu { device, evaluator } => evaluator.penalties(device).await,
        }
    }
}

/// A trainer, wherever it computes.
pub enum AnyTrainer<'a> {
    /// On the processor.
    Cpu(CpuTrainer<'a>),
    /// On an adapter.
    Gpu(Box<GpuTrainer<'a>>),
}

impl<'a> AnyTrainer<'a> {
    /// Whether updates that were begun are made while the host does something else.
    pub fn works_ahead(&self) -> bool {
        matches!(self, Self::Gpu(_))
    }

    /// As [`Trainer::begin`], behind other work of an adapter; see [`GpuTrainer::begin_ahead`].
    pub fn begin_ahead(&mut self, most: usize) -> usize {
        match self {
            Self::Cpu(trainer) => trainer.begin(most),
            Self::Gpu(trainer) => trainer.begin_ahead(most),
        }
    }

    /// Asks for the penalties [n,class] that the model at place `model` gives every picture of
    /// `classifier`, after the updates begun so far. Further ones may be begun before the future is
    /// awaited. On an adapter, the classifier's own parameters are overwritten.
    ///
    /// # Errors
    /// If the adapter fails.
    ///
    /// # Panics
    /// If `classifier` is one of another network, or does not compute where the trainer does.
    pub fn penalties(
        &self,
        model: usize,
        classifier: &Classifier<'a>,
    ) -> impl Future<Output = Result<Vec<f32>, GpuError>> + use<'a> {
        let asked = match (self, classifier) {
            (
                Self::Cpu(trainer),
                Classifier::Cpu {
                    network,
                    data,
                    batch,
                    ..
                },
            ) => {
                let (network, data, batch) = (*network, *data, *batch);
                let arena = trainer.weights(model);
                Asked::Cpu(async move { Ok(cpu::evaluate(network, &arena, data, batch)) })
            }
            (Self::Gpu(trainer), Classifier::Gpu { evaluator, .. }) => {
                Asked::Gpu(trainer.penalties(model, evaluator))
            }
            _ => panic!("trainer and classifier compute on different hardware"),
        };
        asked.arrived()
    }
}

/// What a trainer was asked for, on the processor or on an adapter.
enum Asked<C, G> {
    Cpu(C),
    Gpu(G),
}

impl<C, G> Asked<C, G> {
    async fn arrived<T>(self) -> Result<T, GpuError>
    where
        C: Future<Output = Result<T, Infallible>>,
        G: Future<Output = Result<T, GpuError>>,
    {
        match self {
            Self::Cpu(asked) => infallible(asked.await),
            Self::Gpu(asked) => asked.await,
        }
    }
}

/// The result of a trainer that cannot fail, as one that could.
fn infallible<T>(result: Result<T, Infallible>) -> Result<T, GpuError> {
    result.map_err(|never| match never {})
}

impl<'a> Trainer for AnyTrainer<'a> {
    type Error = GpuError;

    async fn estimate_second_derivatives(&mut self) -> Result<(), GpuError> {
        match self {
            Self::Cpu(trainer) => infallible(trainer.estimate_second_derivatives().await),
            Self::Gpu(trainer) => trainer.estimate_second_derivatives().await,
        }
    }

    fn begin(&mut self, most: usize) -> usize {
        match self {
            Self::Cpu(trainer) => trainer.begin(most),
            Self::Gpu(trainer) => trainer.begin(most),
        }
    }

    async fn finish(&mut self) -> Result<Option<Vec<StepMetrics>>, GpuError> {
        match self {
            Self::Cpu(trainer) => infallible(trainer.finish().await),
            Self::Gpu(trainer) => trainer.finish().await,
        }
    }

    fn states(&self) -> impl Future<Output = Result<Vec<TrainingState>, GpuError>> + use<'a> {
        let asked = match self {
            Self::Cpu(trainer) => Asked::Cpu(trainer.states()),
            Self::Gpu(trainer) => Asked::Gpu(trainer.states()),
        };
        asked.arrived()
    }
}
