//! The adapters of this machine, as wgpu finds them.

use wgpu::Backends;

use super::backends::SearchedBackends;
use super::choice::AdapterChoice;
use super::description::AdapterDescription;
use super::list::{AdapterList, Otherwise};
use crate::gpu::GpuError;

/// What a choice means on this machine: an adapter that is still to be opened, or the CPU path.
pub struct Found {
    pub(in crate::gpu) adapter: Option<(AdapterDescription, wgpu::Adapter)>,
    reason: Option<String>,
    passed_over: Option<AdapterDescription>,
}

impl Found {
    /// What `choice` means; with `auto` and no GPU that can be used, `otherwise`.
    ///
    /// # Errors
    /// If nothing matches it, what matches cannot be used, or `WGPU_BACKEND` rules it out or names
    /// no backend.
    pub async fn of(choice: &AdapterChoice, otherwise: Otherwise) -> Result<Self, GpuError> {
        if *choice == AdapterChoice::Cpu {
            return Ok(Self {
                adapter: None,
                reason: None,
                passed_over: None,
            });
        }
        let (list, mut adapters) = enumerate().await?;
        let pick = list.pick(choice, otherwise)?;
        let passed_over = match pick.adapter {
            Some(_) => None,
            None => list.best().cloned(),
        };
        let adapter = pick.adapter.map(|index| {
            let description = list.adapters[index].clone();
            (description, adapters.swap_remove(index))
        });
        Ok(Self {
            adapter,
            reason: pick.reason,
            passed_over,
        })
    }

    /// The adapter; `None` stands for the CPU path.
    pub fn adapter(&self) -> Option<&AdapterDescription> {
        self.adapter.as_ref().map(|(description, _)| description)
    }

    /// Why `auto` took it, as a clause; `None` if it was asked for.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The adapter that can be used, but to which `auto` preferred the CPU path.
    pub fn passed_over(&self) -> Option<&AdapterDescription> {
        self.passed_over.as_ref()
    }

    /// A name for what drivers compile for this adapter, as part of a file's name; `None` where that
    /// cannot be kept.
    pub fn cache_key(&self) -> Option<String> {
        let (_, adapter) = self.adapter.as_ref()?;
        wgpu::util::pipeline_cache_key(&adapter.get_info())
    }
}

fn instance(backends: Backends) -> wgpu::Instance {
    wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends,
        // None, unless the environment asks: WGPU_VALIDATION=1, WGPU_DEBUG=1.
        flags: wgpu::InstanceFlags::empty().with_env() & wgpu::InstanceFlags::debugging(),
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    })
}

/// All adapters of this machine in the order of their indices, which is the same whatever is wanted of
/// them.
async fn enumerate() -> Result<(AdapterList, Vec<wgpu::Adapter>), GpuError> {
    let searched = SearchedBackends::from_environment()?;
    let backends = searched.backends;
    let adapters = instance(backends).enumerate_adapters(backends).await;
    let describe = |(index, adapter)| AdapterDescription::of(index, adapter);
    let descriptions = adapters.iter().enumerate().map(describe).collect();
    Ok((AdapterList::new(descriptions, searched), adapters))
}

/// All adapters of this machine, but for those that `WGPU_BACKEND` rules out.
///
/// # Errors
/// If that variable names no backend.
pub async fn list_adapters() -> Result<AdapterList, GpuError> {
    let (list, _) = enumerate().await?;
    Ok(list)
}
