//! What drivers compiled, kept in a file per adapter so that the next run starts at once.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::files::write_in_folder;
use super::tuning;
use crate::gpu::{CompiledKernels, Found};

/// The largest file that is used. Each batch size and recipe adds to it, and nothing can be taken out
/// again; so a larger one is begun anew.
const MOST_BYTES: usize = 64 << 20;

/// The file of an adapter's compiled kernels, beside the tunings. It saves time and nothing else: a
/// file that is missing, damaged or of another driver is replaced, and one that cannot be written is
/// done without.
pub struct KernelCache {
    file: PathBuf,
    /// What is in the file.
    kept: Mutex<Vec<u8>>,
}

impl KernelCache {
    /// The file for the adapter in `found`; `None` if its driver hands out nothing to be kept, or
    /// nothing is to be kept at all.
    pub fn of(found: &Found) -> Option<Self> {
        let name = format!("{}.bin", found.cache_key()?);
        Some(Self::in_file(tuning::file()?.with_file_name(name)))
    }

    fn in_file(file: PathBuf) -> Self {
        Self {
            kept: Mutex::new(std::fs::read(&file).unwrap_or_default()),
            file,
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<u8>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The kernels in the file; `None` if there are none that can be used.
    pub fn read(&self) -> Option<CompiledKernels> {
        let kept = self.kept();
        if kept.len() > MOST_BYTES {
            return None;
        }
        // SAFETY: the file is in a folder of the user's own, who may be trusted to let nobody write
        // there who must not: the program's own configuration is kept there, too.
        unsafe { CompiledKernels::from_bytes(&kept) }
    }

    /// Keeps `kernels` in the file.
    pub fn keep(&self, kernels: &CompiledKernels) {
        let bytes = kernels.to_bytes();
        let mut kept = self.kept();
        // A run without a cache takes longer, and is otherwise the same.
        if *kept != bytes && write_in_folder(&self.file, &bytes).is_ok() {
            *kept = bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_and_what_is_damaged_is_replaced() {
        // The checksum of no data is 0.
        let (whole, damaged) = ([0; 4], [1, 0, 0, 0]);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new").join("kernels.bin");
        let cache = KernelCache::in_file(file.clone());
        assert!(cache.read().is_none());
        // SAFETY: no driver sees it.
        let kernels = unsafe { CompiledKernels::from_bytes(&whole) }.unwrap();
        cache.keep(&kernels);
        assert_eq!(std::fs::read(&file).unwrap(), whole);
        assert!(KernelCache::in_file(file.clone()).read().is_some());

        std::fs::write(&file, damaged).unwrap();
        let cache = KernelCache::in_file(file.clone());
        assert!(cache.read().is_none());
        cache.keep(&kernels);
        assert_eq!(std::fs::read(&file).unwrap(), whole);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_done_without() {
        let folder = tempfile::tempdir().unwrap();
        let no_folder = folder.path().join("a file");
        std::fs::write(&no_folder, "").unwrap();
        let cache = KernelCache::in_file(no_folder.join("kernels.bin"));
        // SAFETY: no driver sees it.
        let kernels = unsafe { CompiledKernels::from_bytes(&[0; 4]) }.unwrap();
        cache.keep(&kernels);
        assert!(cache.read().is_none());
    }
}
