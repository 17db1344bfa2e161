//! The backends in which adapters are looked for, and their names.

use wgpu::{Backend, Backends};

use crate::gpu::GpuError;

/// The environment variable that restricts them, as in other programs that use wgpu.
const VARIABLE: &str = "WGPU_BACKEND";

/// The name of `backend` in options, messages and results.
pub(super) fn backend_name(backend: Backend) -> &'static str {
    match backend {
        Backend::Vulkan => "vulkan",
        Backend::Metal => "metal",
        Backend::Dx12 => "dx12",
        Backend::Gl => "gl",
        Backend::BrowserWebGpu => "webgpu",
        Backend::Noop => "noop",
    }
}

/// The backend that is called `word`, in lower case; wgpu's short and long names will do.
pub(super) fn backend_named(word: &str) -> Option<Backend> {
    Some(match word {
        "vulkan" | "vk" => Backend::Vulkan,
        "metal" | "mtl" => Backend::Metal,
        "dx12" | "d3d12" => Backend::Dx12,
        "gl" | "gles" | "opengl" => Backend::Gl,
        _ => return None,
    })
}

/// The backends in which adapters are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SearchedBackends {
    /// All of them, or those that the environment names.
    pub backends: Backends,
    /// What the environment says, where it restricts them.
    pub restriction: Option<String>,
}

impl SearchedBackends {
    /// Those that the environment leaves: all, unless `WGPU_BACKEND` names some.
    ///
    /// # Errors
    /// If it names one that is not known.
    pub fn from_environment() -> Result<Self, GpuError> {
        match std::env::var_os(VARIABLE) {
            Some(value) if !value.is_empty() => Self::named_by(&value.to_string_lossy()),
            _ => Ok(Self {
                backends: Backends::all(),
                restriction: None,
            }),
        }
    }

    /// Those in `value`, a list with commas.
    ///
    /// # Errors
    /// If it names one that is not known.
    pub fn named_by(value: &str) -> Result<Self, GpuError> {
        let unknown = || GpuError::UnknownBackend {
            value: value.to_owned(),
        };
        let words = value.split(',').map(|word| word.trim().to_lowercase());
        let backends: Option<Vec<Backend>> = words.map(|word| backend_named(&word)).collect();
        let backends = backends.ok_or_else(unknown)?;
        Ok(Self {
            backends: backends.into_iter().map(Backends::from).collect(),
            restriction: Some(format!("{VARIABLE}={value}")),
        })
    }

    /// Refuses `backend` where the environment rules it out.
    ///
    /// # Errors
    /// Says that it does.
    pub fn check(&self, backend: Backend) -> Result<(), GpuError> {
        match &self.restriction {
            Some(restriction) if !self.backends.contains(backend.into()) => {
                Err(GpuError::RuledOut {
                    wanted: backend_name(backend).to_owned(),
                    restriction: restriction.clone(),
                })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_backends_is_read_and_remembered() {
        let searched = SearchedBackends::named_by("vk, GL").unwrap();
        assert_eq!(searched.backends, Backends::VULKAN | Backends::GL);
        assert_eq!(searched.restriction.as_deref(), Some("WGPU_BACKEND=vk, GL"));
        assert!(searched.check(Backend::Gl).is_ok());
        let error = searched.check(Backend::Metal).unwrap_err().to_string();
        assert!(error.contains("'metal'") && error.contains("WGPU_BACKEND=vk, GL"));
    }

    #[test]
    fn an_unknown_backend_is_refused_by_name() {
        for value in ["abacus", "vulkan,abacus", "vulkan,", "webgpu"] {
            let error = SearchedBackends::named_by(value).unwrap_err().to_string();
            let named = error.contains(&format!("'{value}'"));
            assert!(
                named && error.contains("vulkan, metal, dx12, gl"),
                "{error}"
            );
        }
    }
}
