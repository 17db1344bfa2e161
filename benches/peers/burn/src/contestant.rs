//! Training or inference at one batch size, measured again and again.

use std::error::Error;
use std::time::{Duration, Instant};

use burn::module::Module;
use burn::optim::module_optimizer::ModuleOptimizer;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor};

use crate::digits::Digits;
use crate::network::{LeNet5, PARAMETERS, Tables, loss};

/// Adam of the recipe `default`, at its peak rate.
const RATE: f64 = 0.007;
const BETAS: [f32; 2] = [0.8, 0.98];
const EPSILON: f32 = 1e-8;

/// Warm-up is over after this many steps and this much time in one run; a run is the stretch of
/// steps after which the host waits for the device.
const WARM_UP_STEPS: usize = 10;
const RUN_TIME: Duration = Duration::from_millis(200);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    Train,
    Infer,
}

/// What was measured.
pub struct Measurement {
    pub samples: usize,
    pub seconds: f64,
    /// Loss of the last batch, or the mean distance of inference: a number that shows it computed.
    pub value: f32,
}

pub struct Contestant<'a> {
    mode: Mode,
    batch: usize,
    digits: &'a Digits,
    device: Device,
    tables: Tables,
    network: LeNet5,
    optimiser: ModuleOptimizer,
    steps_done: usize,
    steps_a_run: usize,
}

impl<'a> Contestant<'a> {
    /// A fresh network, warmed up: kernels are compiled and tuned when this returns.
    pub fn new(
        mode: Mode,
        batch: usize,
        digits: &'a Digits,
        device: &Device,
    ) -> Result<Self, Box<dyn Error>> {
        let device = match mode {
            Mode::Train => device.clone().autodiff(),
            Mode::Infer => device.clone(),
        };
        device.seed(0);
        let network = LeNet5::new(&device);
        if network.num_params() != PARAMETERS {
            let message = format!(
                "the network has {} parameters, expected {PARAMETERS}",
                network.num_params()
            );
            return Err(message.into());
        }
        let mut contestant = Self {
            mode,
            batch,
            digits,
            tables: Tables::new(&device),
            network,
            optimiser: AdamConfig::new()
                .with_beta_1(BETAS[0])
                .with_beta_2(BETAS[1])
                .with_epsilon(EPSILON)
                .init(),
            device,
            steps_done: 0,
            steps_a_run: 1,
        };
        contestant.warm_up()?;
        Ok(contestant)
    }

    /// Doubles the length of a run until it takes `RUN_TIME`.
    fn warm_up(&mut self) -> Result<(), Box<dyn Error>> {
        loop {
            let started = Instant::now();
            self.run()?;
            let long_enough = started.elapsed() >= RUN_TIME;
            if long_enough && self.steps_done >= WARM_UP_STEPS {
                return Ok(());
            }
            if !long_enough {
                self.steps_a_run *= 2;
            }
        }
    }

    /// Runs for `time` at least.
    pub fn measure(&mut self, time: Duration) -> Result<Measurement, Box<dyn Error>> {
        let (started, first) = (Instant::now(), self.steps_done);
        loop {
            let value = self.run()?;
            if started.elapsed() >= time {
                return Ok(Measurement {
                    samples: (self.steps_done - first) * self.batch,
                    seconds: started.elapsed().as_secs_f64(),
                    value,
                });
            }
        }
    }

    /// One run, up to the moment at which the device has finished it.
    fn run(&mut self) -> Result<f32, Box<dyn Error>> {
        let value = match self.mode {
            Mode::Train => self.train(),
            Mode::Infer => self.infer(),
        };
        let value = value.into_scalar::<f32>();
        // The loss does not depend on the last update.
        self.device
            .sync()
            .map_err(|error| format!("the device failed: {error:?}"))?;
        match value.is_finite() {
            true => Ok(value),
            false => Err(format!("the result is {value} after {} steps", self.steps_done).into()),
        }
    }

    /// The loss of the run's last batch.
    fn train(&mut self) -> Tensor<1> {
        let mut last = Tensor::zeros([1], &self.device);
        for _ in 0..self.steps_a_run {
            let (fields, labels) = self.next_batch();
            last = loss(self.network.forward(fields, &self.tables), labels);
            let gradients = GradientsParams::from_grads(last.backward(), &self.network);
            self.network = self.optimiser.step(RATE, self.network.clone(), gradients);
        }
        last
    }

    /// The mean of all distances of the run. Each batch has its part in what is read back, so that
    /// no part of the work can be left out.
    fn infer(&mut self) -> Tensor<1> {
        let mut sum = Tensor::zeros([1], &self.device);
        for _ in 0..self.steps_a_run {
            let (fields, _) = self.next_batch();
            sum = sum + self.network.forward(fields, &self.tables).mean();
        }
        sum.div_scalar(self.steps_a_run as f32)
    }

    fn next_batch(&mut self) -> (Tensor<4>, Tensor<1, burn::tensor::Int>) {
        self.steps_done += 1;
        self.digits
            .batch(self.steps_done - 1, self.batch, &self.device)
    }
}
