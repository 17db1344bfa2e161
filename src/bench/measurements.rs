//! Every measurement as a row of a CSV file, one measurement per row.

use std::path::Path;

use serde::Serialize;

use super::throughput::label;
use super::{Comparison, DispatchCost, MedianRange, Profile, Row, StartUp, TimeTo};
use crate::store::{RunError, write_whole};

/// One measurement.
#[derive(Clone, Debug, Serialize)]
pub struct Measurement {
    /// What was measured: throughput, kernel, start-up and so on.
    pub measure: &'static str,
    /// Name of the adapter, or CPU.
    pub adapter: String,
    /// vulkan, metal, dx12, gl, or cpu.
    pub backend: &'static str,
    /// train or infer; none where it is neither.
    pub mode: Option<&'static str>,
    /// Batch size, where there is one.
    pub batch: Option<usize>,
    /// Networks trained side by side, where there may be several.
    pub models: Option<usize>,
    /// Layer of a kernel.
    pub layer: Option<&'static str>,
    /// The kernel.
    pub kernel: Option<&'static str>,
    /// Median of the measurements, or the only one; none if there is none.
    pub median: Option<f64>,
    /// Lowest of several.
    pub lowest: Option<f64>,
    /// Highest of several.
    pub highest: Option<f64>,
    /// Its unit.
    pub unit: &'static str,
}

impl Measurement {
    fn of(measure: &'static str, adapter: &str, backend: &'static str, unit: &'static str) -> Self {
        Self {
            measure,
            adapter: adapter.to_owned(),
            backend,
            mode: None,
            batch: None,
            models: None,
            layer: None,
            kernel: None,
            median: None,
            lowest: None,
            highest: None,
            unit,
        }
    }

    fn value(mut self, value: f64) -> Self {
        self.median = Some(value);
        self
    }

    fn spread(mut self, spread: Option<MedianRange>) -> Self {
        self.median = spread.map(|spread| spread.median);
        self.lowest = spread.map(|spread| spread.lowest);
        self.highest = spread.map(|spread| spread.highest);
        self
    }
}

impl StartUp {
    /// Start-up and first step.
    pub fn measurements(&self) -> Vec<Measurement> {
        let seconds = |measure, value| {
            Measurement::of(measure, &self.adapter, self.backend, "s").value(value)
        };
        vec![
            seconds("start-up", self.start_up_seconds),
            seconds("first step", self.first_step_seconds),
        ]
    }
}

impl Row {
    /// Throughput, and the arithmetic in it.
    pub fn measurements(&self) -> Vec<Measurement> {
        let measurement = |measure, unit| Measurement {
            mode: Some(self.mode.name()),
            batch: Some(self.batch),
            models: Some(self.models),
            ..Measurement::of(measure, &self.label(), self.backend, unit)
        };
        let rates = MedianRange {
            median: self.samples_per_second,
            lowest: self.lowest,
            highest: self.highest,
        };
        vec![
            measurement("throughput", "samples/s").spread(Some(rates)),
            measurement("arithmetic", "GFLOP/s").value(self.gflops),
        ]
    }
}

impl Comparison {
    /// The ratio, and the interval it lies in.
    pub fn measurements(&self) -> Vec<Measurement> {
        let spread = MedianRange {
            median: self.ratio.ratio,
            lowest: self.ratio.lowest,
            highest: self.ratio.highest,
        };
        let measurement = Measurement {
            mode: Some(self.mode.name()),
            batch: Some(self.batch),
            models: Some(self.models),
            ..Measurement::of(
                "now to then",
                &label(&self.adapter, self.plan),
                self.backend,
                "1",
            )
        };
        vec![measurement.spread(Some(spread))]
    }
}

impl Profile {
    /// Peaks, dispatches, every kernel, their sum, the wall and the gap.
    pub fn measurements(&self) -> Vec<Measurement> {
        let measurement = |measure, unit| Measurement {
            mode: Some("train"),
            batch: Some(self.batch),
            ..Measurement::of(measure, &self.adapter, self.backend, unit)
        };
        let mut measurements = vec![
            Measurement::of("peak arithmetic", &self.adapter, self.backend, "GFLOP/s")
                .value(self.peaks.gflops),
            Measurement::of("peak copy", &self.adapter, self.backend, "GB/s")
                .value(self.peaks.gigabytes_per_second),
            measurement("dispatches", "a step").value(self.dispatches as f64),
        ];
        for time in &self.kernels {
            let kernel = |measure, unit| Measurement {
                layer: Some(time.layer),
                kernel: Some(time.kernel),
                ..measurement(measure, unit)
            };
            measurements.extend([
                kernel("workgroups", "a dispatch").value(time.workgroups as f64),
                kernel("invocations", "a dispatch").value(time.invocations as f64),
                kernel("kernel", "µs").spread(Some(time.microseconds.spread)),
            ]);
            let arithmetic = time
                .gflops
                .map(|value| kernel("kernel", "GFLOP/s").value(value));
            let traffic = time
                .gigabytes_per_second
                .map(|value| kernel("kernel", "GB/s").value(value));
            measurements.extend(arithmetic.into_iter().chain(traffic));
        }
        measurements.extend([
            measurement("sum of kernels", "µs").value(self.sum_microseconds),
            measurement("wall", "µs").spread(Some(self.wall_microseconds.spread)),
            measurement("gap", "µs").value(self.gap_microseconds),
        ]);
        measurements
    }
}

impl DispatchCost {
    /// Every cost, and the floor of a step.
    pub fn measurements(&self) -> Vec<Measurement> {
        let measurement =
            |measure, unit| Measurement::of(measure, &self.adapter, self.backend, unit);
        let costs = self.all().into_iter();
        let costs = costs.map(|(what, rounds)| measurement(what, "µs").spread(Some(rounds.spread)));
        let of_a_step = [
            measurement("dispatches", "a step").value(self.dispatches as f64),
            measurement("floor of a step", "µs").value(self.floor_microseconds),
        ];
        costs.chain(of_a_step).collect()
    }
}

impl TimeTo {
    /// Attempts that reached the goal, their seconds, passes, samples and arithmetic, and each attempt's error.
    pub fn measurements(&self) -> Vec<Measurement> {
        let measurement = |measure, unit| Measurement {
            mode: Some("train"),
            ..Measurement::of(measure, &self.adapter, self.backend, unit)
        };
        let errors = self.attempts.iter().map(|attempt| attempt.error_percent);
        vec![
            measurement("goal", "%").value(self.goal_percent),
            measurement("reached", "attempts").value(self.reached as f64),
            measurement("time to error", "s").spread(self.seconds),
            measurement("passes to error", "passes").spread(self.passes),
            measurement("samples to error", "samples").spread(self.samples),
            measurement("arithmetic to error", "FLOP").spread(self.training_flops),
            measurement("error at the end", "%")
                .spread(MedianRange::of(&errors.collect::<Vec<_>>())),
        ]
    }
}

/// Writes `measurements` to `path`, first under a temporary name.
///
/// # Errors
/// If it cannot be written.
pub fn write_csv(measurements: &[Measurement], path: &Path) -> Result<(), RunError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for measurement in measurements {
        writer
            .serialize(measurement)
            .expect("plain data serialises");
    }
    let bytes = writer.into_inner().expect("memory can be written");
    write_whole(path, &bytes)
}
