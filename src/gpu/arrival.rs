//! Waiting for an adapter: in a browser for the page to be told, elsewhere for the driver.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use super::GpuError;
use super::fault::{Fault, locked, reported};

/// What wgpu calls back with, and who waits for it.
#[derive(Default)]
struct Signal {
    outcome: Option<Result<(), GpuError>>,
    waiting: Option<Waker>,
}

/// The sending end of an [`Arrival`].
pub(super) struct Sender(Arc<Mutex<Signal>>);

impl Sender {
    /// Ends the waiting.
    pub fn send(self, outcome: Result<(), GpuError>) {
        let waiting = {
            let mut signal = locked(&self.0);
            signal.outcome = Some(outcome);
            signal.waiting.take()
        };
        if let Some(waker) = waiting {
            waker.wake();
        }
    }
}

/// The end of a submission, as a future. Its error is the first that the device reported before, whoever
/// caused it.
///
/// In a browser it is pending until the page is told. Elsewhere nobody tells: it waits for the driver
/// inside its first poll and is ready then, whatever runs it. Only where another thread waits for the
/// same device at the same time may that one be called back; then it is polled again at once.
pub(super) struct Arrival {
    device: wgpu::Device,
    fault: Fault,
    submission: wgpu::SubmissionIndex,
    signal: Arc<Mutex<Signal>>,
}

impl Arrival {
    /// The end of `submission` to `device`, once the sender says so.
    pub fn new(
        device: &wgpu::Device,
        fault: &Fault,
        submission: wgpu::SubmissionIndex,
    ) -> (Sender, Self) {
        let signal = Arc::default();
        let arrival = Self {
            device: device.clone(),
            fault: Arc::clone(fault),
            submission,
            signal: Arc::clone(&signal),
        };
        (Sender(signal), arrival)
    }

    /// Lets the driver finish the submission and call back. A browser does so by itself.
    fn wait_for_driver(&self) -> Result<(), GpuError> {
        if cfg!(target_arch = "wasm32") || locked(&self.signal).outcome.is_some() {
            return Ok(());
        }
        let waited = self.device.poll(wgpu::PollType::Wait {
            submission_index: Some(self.submission.clone()),
            timeout: None,
        });
        match waited {
            Ok(_) => Ok(()),
            Err(error) => Err(GpuError::Reported(error.to_string())),
        }
    }
}

impl Future for Arrival {
    type Output = Result<(), GpuError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let waited = self.wait_for_driver();
        if let Some(error) = reported(&self.fault) {
            return Poll::Ready(Err(error));
        }
        waited?;
        let mut signal = locked(&self.signal);
        match &signal.outcome {
            Some(outcome) => Poll::Ready(outcome.clone()),
            None if cfg!(target_arch = "wasm32") => {
                signal.waiting = Some(context.waker().clone());
                Poll::Pending
            }
            None => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }
}
