//! How a device is opened, and who is told what it does.

use std::sync::Arc;

use super::compiled::CompiledKernels;

/// Is told what a device does that takes long or is out of the ordinary. It may be called by several
/// threads at once.
pub trait DeviceObserver: Send + Sync {
    /// Of `total` kernels of a plan that had not been compiled yet, `done` are.
    fn compiling(&self, done: usize, total: usize);

    /// All kernels of a plan are compiled; `kernels` is what [`DeviceOptions`] takes, where the backend
    /// hands that out.
    fn compiled(&self, kernels: Option<CompiledKernels>);

    /// The buffer `what` takes `bytes` bytes, more than the `default` that every adapter allows.
    fn large_buffer(&self, what: &str, bytes: u64, default: u64);
}

/// How a device is opened.
#[derive(Default)]
pub struct DeviceOptions {
    /// What was compiled earlier on the same adapter; what is in it need not be compiled again.
    pub kernels: Option<CompiledKernels>,
    /// Who is told what the device does. Only for it are kernels collected as they are compiled.
    pub observer: Option<Arc<dyn DeviceObserver>>,
}
