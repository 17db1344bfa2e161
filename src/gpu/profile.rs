//! How long each dispatch of a plan takes, and how long it takes to launch anything at all.

use super::plan::encode_dispatches;
use super::{Device, GpuError, Plan};
use crate::platform::Instant;

/// Timestamps that WebGPU keeps in one set.
const MOST_TIMESTAMPS: usize = 4096;

impl Plan {
    /// How many times [`Plan::profile`] can run this plan at once.
    pub fn most_profiled(&self) -> usize {
        MOST_TIMESTAMPS / (2 * self.dispatches().len()).max(1)
    }

    /// Runs the plan `times` times over in one submission and returns the seconds that every
    /// dispatch took, in order, plan after plan. Each dispatch has a compute pass of its own, with
    /// a timestamp on either side: within a pass not every adapter can tell the time.
    ///
    /// # Errors
    /// If the device reported an error.
    ///
    /// # Panics
    /// If the device has no timestamps, or `times` is 0 or more than [`Plan::most_profiled`].
    pub async fn profile(&self, device: &Device, times: usize) -> Result<Vec<f64>, GpuError> {
        assert!(device.has_timestamps(), "no timestamps");
        assert!((1..=self.most_profiled()).contains(&times), "{times} times");
        let count = (2 * times * self.dispatches().len()) as u32;
        let set = device.timestamps(count);
        let mut encoder = device.encoder();
        for (index, dispatch) in (0..times).flat_map(|_| self.dispatches()).enumerate() {
            let begin = 2 * index as u32;
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                label: None,
                timestamp_writes: Some(wgpu::ComputePassTimestampWrites {
                    query_set: &set,
                    beginning_of_pass_write_index: Some(begin),
                    end_of_pass_write_index: Some(begin + 1),
                }),
            });
            dispatch.encode(&mut pass);
        }
        let stamps = device.run_timed(encoder, &set, count).await?;
        Ok(stamps.chunks(2).map(|pass| pass[1] - pass[0]).collect())
    }

    /// The seconds that the dispatch at `index` takes, where there are no timestamps: `times` of it
    /// in one submission, by the host's clock, less what an empty submission takes at best. Below 0
    /// where the noise is longer than the kernel: repeat it more often.
    ///
    /// # Errors
    /// If the device reported an error.
    pub async fn time_repeated(
        &self,
        device: &Device,
        index: usize,
        times: usize,
    ) -> Result<f64, GpuError> {
        let seconds_of = async |times| {
            let started = Instant::now();
            self.run_dispatch(device, index, times).await?;
            Ok::<f64, GpuError>(started.elapsed().as_secs_f64())
        };
        let empty = seconds_of(0).await?.min(seconds_of(0).await?);
        Ok((seconds_of(times).await? - empty) / times as f64)
    }

    /// Times the dispatch at `index`, `times` times over in one submission, the host's part and the
    /// adapter's each by itself.
    ///
    /// # Errors
    /// If the device reported an error.
    pub async fn time_launches(
        &self,
        device: &Device,
        index: usize,
        times: usize,
    ) -> Result<LaunchTime, GpuError> {
        let encoding = Instant::now();
        let mut encoder = device.encoder();
        encode_dispatches(&mut encoder, &self.dispatches()[index..=index], times);
        let commands = encoder.finish();
        let encoding = encoding.elapsed().as_secs_f64();
        let running = Instant::now();
        device.run_encoded(commands).await?;
        Ok(LaunchTime {
            encoding,
            running: running.elapsed().as_secs_f64(),
        })
    }
}

/// The seconds that a submission took, by the host's clock.
#[derive(Clone, Copy, Debug)]
pub struct LaunchTime {
    /// To encode it, on the host.
    pub encoding: f64,
    /// From handing it over to its end.
    pub running: f64,
}

impl Device {
    /// Submits nothing, and waits for its end: what a submission costs, whatever is in it.
    ///
    /// # Errors
    /// If the device reported an error.
    pub async fn submit_nothing(&self) -> Result<(), GpuError> {
        self.run(self.encoder()).await
    }
}
