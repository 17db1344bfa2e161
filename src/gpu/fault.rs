//! The errors that a device reports, until somebody asks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::GpuError;

/// The first error that the device reported since it was last checked.
pub(super) type Fault = Arc<Mutex<Option<GpuError>>>;

/// Locks `mutex`. A thread that panicked while it held the lock is no reason to fail: none leaves a
/// value half changed.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The error in `fault`, which is then told; that a device is lost, it stays.
pub(super) fn reported(fault: &Fault) -> Option<GpuError> {
    let mut fault = locked(fault);
    match &*fault {
        Some(GpuError::Lost(_)) => fault.clone(),
        _ => fault.take(),
    }
}

/// Lets `device` put its errors into `fault` instead of ending the program. The first one is kept,
/// as those that follow are mostly its consequences; only the loss of the device replaces any
/// other.
pub(super) fn report_faults(device: &wgpu::Device, fault: &Fault) {
    let slot = Arc::clone(fault);
    device.on_uncaptured_error(Arc::new(move |error| {
        locked(&slot).get_or_insert(match error {
            wgpu::Error::OutOfMemory { source } => GpuError::OutOfMemory(source.to_string()),
            other => GpuError::Reported(other.to_string()),
        });
    }));
    let slot = Arc::clone(fault);
    device.set_device_lost_callback(move |reason, message| {
        if reason != wgpu::DeviceLostReason::Destroyed {
            *locked(&slot) = Some(GpuError::Lost(message));
        }
    });
}
