//! What an adapter is busy with before it computes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use indicatif::ProgressBar;

use super::Output;
use crate::gpu::{CompiledKernels, DeviceObserver, Found};
use crate::store::KernelCache;

/// Shows on a terminal how far an adapter is with compiling kernels, and keeps them for the next run.
pub struct Compiling {
    output: Output,
    cache: Option<KernelCache>,
    /// While kernels are compiled.
    bar: Mutex<Option<ProgressBar>>,
    has_told_of_large_buffers: AtomicBool,
}

impl Compiling {
    /// For the adapter in `found`.
    pub fn new(output: &Output, found: &Found) -> Self {
        Self {
            output: output.clone(),
            cache: KernelCache::of(found),
            bar: Mutex::default(),
            has_told_of_large_buffers: AtomicBool::new(false),
        }
    }

    /// The kernels that an earlier run kept.
    pub fn kept(&self) -> Option<CompiledKernels> {
        self.cache.as_ref()?.read()
    }
}

impl DeviceObserver for Compiling {
    fn compiling(&self, done: usize, total: usize) {
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        let template = "Compiling kernels: {pos} of {len}";
        let bar = bar.get_or_insert_with(|| self.output.bar(total as u64, template));
        // Threads may overtake one another.
        bar.set_position(bar.position().max(done as u64));
    }

    fn compiled(&self, kernels: Option<CompiledKernels>) {
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = bar.take() {
            bar.finish_and_clear();
        }
        if let (Some(cache), Some(kernels)) = (&self.cache, kernels) {
            cache.keep(&kernels);
        }
    }

    fn large_buffer(&self, what: &str, bytes: u64, default: u64) {
        if self.has_told_of_large_buffers.swap(true, Ordering::Relaxed) {
            return;
        }
        self.output.note(format!(
            "A buffer of {bytes} bytes ({what}) is above the limit that WebGPU sets by default \
             (max_storage_buffer_binding_size, {default}); this adapter allows it."
        ));
    }
}
