//! The adapters of a machine as a list, and what a choice means among them.

use super::backends::{SearchedBackends, backend_name};
use super::choice::AdapterChoice;
use super::description::{AdapterDescription, UNKNOWN};
use crate::gpu::GpuError;

/// What `auto` takes on a machine without a GPU that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// The CPU path, which is faster than a software adapter.
    CpuPath,
    /// A software adapter, where it is adapters that matter; without one, the CPU path.
    Software,
}

/// The adapters of this machine.
#[derive(Clone, Debug)]
pub struct AdapterList {
    /// In the order of their indices.
    pub adapters: Vec<AdapterDescription>,
    searched: SearchedBackends,
}

/// What a choice means among the adapters of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pick {
    /// Its index; `None` stands for the CPU path.
    pub adapter: Option<usize>,
    /// Why `auto` took it, as a clause.
    pub reason: Option<String>,
}

impl Pick {
    /// What was asked for.
    fn wanted(adapter: Option<usize>) -> Self {
        Self {
            adapter,
            reason: None,
        }
    }
}

impl AdapterList {
    pub(super) fn new(adapters: Vec<AdapterDescription>, searched: SearchedBackends) -> Self {
        Self { adapters, searched }
    }

    /// The setting in the environment that keeps adapters of other backends out of the list, as in
    /// `WGPU_BACKEND=gl`.
    pub fn restriction(&self) -> Option<&str> {
        self.searched.restriction.as_deref()
    }

    /// The adapter that can be used and that is taken before all others, be it software.
    pub fn best(&self) -> Option<&AdapterDescription> {
        self.best_of(|adapter| adapter.usable)
    }

    /// What `choice` means here.
    ///
    /// # Errors
    /// If nothing matches it, or what matches cannot be used.
    pub(super) fn pick(
        &self,
        choice: &AdapterChoice,
        otherwise: Otherwise,
    ) -> Result<Pick, GpuError> {
        let found = match choice {
            AdapterChoice::Auto => return Ok(self.pick_best(otherwise)),
            AdapterChoice::Cpu => return Ok(Pick::wanted(None)),
            AdapterChoice::Backend(backend) => {
                self.searched.check(*backend)?;
                self.best_of(|adapter| adapter.backend == backend_name(*backend))
            }
            AdapterChoice::Index(index) => {
                let number = || self.best_named(&index.to_string());
                self.adapters.get(*index).or_else(number)
            }
            AdapterChoice::Name(name) => self.best_named(name),
        };
        match found {
            None => Err(GpuError::NoMatch {
                wanted: choice.to_string(),
                available: self.describe(),
            }),
            Some(adapter) => match &adapter.shortfall {
                Some(shortfall) => Err(GpuError::Unusable {
                    adapter: adapter.to_string(),
                    shortfall: shortfall.clone(),
                }),
                None => Ok(Pick::wanted(Some(adapter.index))),
            },
        }
    }

    /// What `auto` means here.
    fn pick_best(&self, otherwise: Otherwise) -> Pick {
        let best = self.best();
        let (adapter, reason) = match best {
            Some(best) if best.is_hardware() => (Some(best), self.why_this_gpu(best)),
            _ => match otherwise {
                Otherwise::CpuPath => (None, self.why_no_gpu()),
                Otherwise::Software => (best, self.why_no_gpu()),
            },
        };
        Pick {
            adapter: adapter.map(|adapter| adapter.index),
            reason: Some(reason),
        }
    }

    /// The first of those that `fits` and have the smallest rank.
    fn best_of(&self, fits: impl Fn(&AdapterDescription) -> bool) -> Option<&AdapterDescription> {
        let fitting = self.adapters.iter().filter(|adapter| fits(adapter));
        fitting.min_by_key(|adapter| adapter.rank())
    }

    /// The best whose name contains `part`, which is in lower case.
    fn best_named(&self, part: &str) -> Option<&AdapterDescription> {
        self.best_of(|adapter| adapter.name.to_lowercase().contains(part))
    }

    /// Why `auto` takes `gpu`, as a clause.
    fn why_this_gpu(&self, gpu: &AdapterDescription) -> String {
        let kind = match gpu.kind {
            UNKNOWN => "GPU",
            kind => kind,
        };
        let mut reason = format!("it is the first {kind} listed");
        if gpu.is_gl() {
            reason += ", and none can be used through another backend than OpenGL";
        }
        // What could not be used is of interest only where it would have been taken.
        let better = self.unusable_gpus().filter(|other| {
            let repaired = AdapterDescription {
                usable: true,
                ..(*other).clone()
            };
            repaired.rank() < gpu.rank()
        });
        let reasons = std::iter::once(reason).chain(better.map(why_unusable));
        self.under_restriction(reasons.collect::<Vec<_>>().join("; "))
    }

    /// Why `auto` takes no GPU, as a clause.
    fn why_no_gpu(&self) -> String {
        let unusable: Vec<String> = self.unusable_gpus().map(why_unusable).collect();
        let unknown = self.adapters.iter().any(|adapter| adapter.kind == UNKNOWN);
        self.under_restriction(if self.adapters.is_empty() {
            "this machine offers no adapter".to_owned()
        } else if !unusable.is_empty() {
            unusable.join("; ")
        } else if unknown {
            "no adapter of this machine says that it is a GPU".to_owned()
        } else {
            "this machine offers only software adapters".to_owned()
        })
    }

    fn unusable_gpus(&self) -> impl Iterator<Item = &AdapterDescription> {
        let unusable = |adapter: &&AdapterDescription| adapter.is_hardware() && !adapter.usable;
        self.adapters.iter().filter(unusable)
    }

    /// `clause`, with the setting that it holds under.
    fn under_restriction(&self, clause: String) -> String {
        match self.restriction() {
            Some(restriction) => format!("{clause} (with {restriction})"),
            None => clause,
        }
    }

    /// The adapters in one clause, for messages.
    fn describe(&self) -> String {
        let list: Vec<String> = self
            .adapters
            .iter()
            .map(|adapter| format!("{}: {adapter}", adapter.index))
            .collect();
        self.under_restriction(match list.is_empty() {
            true => "this machine offers no adapter at all (is a Vulkan, Metal or DirectX 12 \
                     driver installed?)"
                .to_owned(),
            false => format!("there is {}", list.join(", ")),
        })
    }
}

/// Why `adapter` cannot be used, as a clause.
fn why_unusable(adapter: &AdapterDescription) -> String {
    let shortfall = adapter.shortfall.as_deref().unwrap_or_default();
    format!("{adapter} cannot be used: {shortfall}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Backend, type and name of an adapter that can be used.
    type Facts = (&'static str, &'static str, &'static str);

    const LAVAPIPE: Facts = ("vulkan", "software", "llvmpipe (LLVM 15.0.6, 256 bits)");
    const LLVMPIPE: Facts = ("gl", "software", "llvmpipe (LLVM 15.0.6, 256 bits)");
    const GEFORCE: Facts = ("vulkan", "discrete GPU", "NVIDIA GeForce RTX 4090");
    const GEFORCE_GL: Facts = ("gl", "discrete GPU", "NVIDIA GeForce RTX 4090/PCIe/SSE2");
    const RADEON: Facts = ("vulkan", "discrete GPU", "AMD Radeon RX 6800");
    const IRIS: Facts = ("vulkan", "integrated GPU", "Intel(R) Iris(R) Xe Graphics");
    const VENUS: Facts = ("vulkan", "virtual GPU", "Virtio-GPU Venus");
    const OLD_INTEL: Facts = ("gl", "integrated GPU", "Mesa Intel(R) HD Graphics 4000");
    const OTHER: Facts = ("vulkan", "unknown", "V3D 7.1");

    /// Everything that WGPU_BACKEND does not restrict.
    fn all() -> SearchedBackends {
        SearchedBackends {
            backends: wgpu::Backends::all(),
            restriction: None,
        }
    }

    fn list(facts: &[Facts]) -> AdapterList {
        let adapters = facts.iter().enumerate();
        let describe = |(index, &(backend, kind, name)): (usize, &Facts)| AdapterDescription {
            index,
            name: name.to_owned(),
            backend,
            kind,
            driver: "a driver".to_owned(),
            usable: true,
            shortfall: None,
            storage_buffers: 8,
            binding_bytes: 128 << 20,
            workgroup_invocations: 256,
            workgroup_bytes: 16 << 10,
        };
        AdapterList::new(adapters.map(describe).collect(), all())
    }

    /// `list` without what the adapter at `index` needs.
    fn crippled(mut list: AdapterList, index: usize) -> AdapterList {
        list.adapters[index].usable = false;
        list.adapters[index].shortfall = Some("it has no compute shaders".to_owned());
        list
    }

    fn pick(list: &AdapterList, choice: &str) -> Result<Option<usize>, GpuError> {
        let pick = list.pick(&choice.parse().unwrap(), Otherwise::CpuPath)?;
        Ok(pick.adapter)
    }

    #[track_caller]
    fn assert_picked(list: &AdapterList, choice: &str, expected: Option<usize>) {
        assert_eq!(pick(list, choice).unwrap(), expected, "{choice}");
    }

    #[track_caller]
    fn assert_auto(list: &AdapterList, expected: Option<usize>, reason: &str) {
        let expected = Pick {
            adapter: expected,
            reason: Some(reason.to_owned()),
        };
        let auto = list.pick(&AdapterChoice::Auto, Otherwise::CpuPath);
        assert_eq!(auto.unwrap(), expected);
    }

    #[test]
    fn auto_takes_discrete_before_integrated_before_virtual_gpus() {
        let discrete = "it is the first discrete GPU listed";
        let all = [LAVAPIPE, VENUS, IRIS, GEFORCE, RADEON, GEFORCE_GL];
        assert_auto(&list(&all), Some(3), discrete);
        assert_auto(&list(&[IRIS, RADEON, GEFORCE]), Some(1), discrete);
        let integrated = "it is the first integrated GPU listed";
        assert_auto(&list(&[VENUS, LAVAPIPE, IRIS]), Some(2), integrated);
        let virtual_gpu = "it is the first virtual GPU listed";
        assert_auto(&list(&[LAVAPIPE, VENUS]), Some(1), virtual_gpu);
    }

    #[test]
    fn auto_takes_opengl_where_only_that_has_a_gpu() {
        let reason = "it is the first integrated GPU listed, and none can be used through another \
                      backend than OpenGL";
        assert_auto(&list(&[LAVAPIPE, OLD_INTEL]), Some(1), reason);
        // Not the faster card, which OpenGL lists, too, before another that has Vulkan.
        let reason = "it is the first integrated GPU listed";
        assert_auto(&list(&[GEFORCE_GL, IRIS]), Some(1), reason);
    }

    #[test]
    fn auto_passes_over_a_gpu_that_cannot_be_used_and_says_so() {
        let list = crippled(list(&[GEFORCE, IRIS, GEFORCE_GL]), 0);
        let reason = "it is the first integrated GPU listed; NVIDIA GeForce RTX 4090 (vulkan, \
                      discrete GPU, a driver) cannot be used: it has no compute shaders";
        assert_auto(&list, Some(1), reason);
        // It would not have been taken.
        let list = crippled(crippled(list, 2), 1);
        let mut usable = list.clone();
        usable.adapters[0].usable = true;
        assert_auto(&usable, Some(0), "it is the first discrete GPU listed");
        let none = list.pick(&AdapterChoice::Auto, Otherwise::CpuPath).unwrap();
        assert_eq!(none.adapter, None);
        let reason = none.reason.unwrap();
        assert_eq!(reason.matches("cannot be used").count(), 3, "{reason}");
    }

    #[test]
    fn auto_takes_the_cpu_path_or_software_without_a_gpu() {
        let software = list(&[LLVMPIPE, LAVAPIPE]);
        assert_auto(
            &software,
            None,
            "this machine offers only software adapters",
        );
        assert_auto(&list(&[]), None, "this machine offers no adapter");
        let reason = "no adapter of this machine says that it is a GPU";
        assert_auto(&list(&[LAVAPIPE, OTHER]), None, reason);
        let auto = |list: &AdapterList| {
            let pick = list.pick(&AdapterChoice::Auto, Otherwise::Software);
            pick.unwrap().adapter
        };
        assert_eq!(auto(&software), Some(1));
        assert_eq!(auto(&list(&[LAVAPIPE, IRIS])), Some(1));
        assert_eq!(auto(&crippled(software, 1)), Some(0));
        assert_eq!(auto(&list(&[])), None);
    }

    #[test]
    fn a_browser_does_not_name_its_gpu() {
        let reason = "it is the first GPU listed";
        assert_auto(&list(&[("webgpu", "unknown", "")]), Some(0), reason);
        let reason = "this machine offers only software adapters";
        assert_auto(&list(&[("webgpu", "software", "")]), None, reason);
    }

    #[test]
    fn a_number_is_an_index_or_else_part_of_a_name() {
        let list = list(&[LAVAPIPE, IRIS, GEFORCE_GL, GEFORCE]);
        assert_picked(&list, "1", Some(1));
        assert_picked(&list, "4090", Some(3));
        // Also in "4090" and in "15.0.6", but it is an index.
        assert_picked(&list, "0", Some(0));
        assert_picked(&list, "15", Some(0));
        let error = pick(&list, "5070").unwrap_err().to_string();
        assert!(
            error.contains("'5070'") && error.contains("3: NVIDIA"),
            "{error}"
        );
    }

    #[test]
    fn a_backend_or_a_name_means_the_best_that_matches() {
        let list = list(&[LAVAPIPE, IRIS, GEFORCE_GL, GEFORCE, LLVMPIPE]);
        assert_picked(&list, "vulkan", Some(3));
        assert_picked(&list, "gl", Some(2));
        assert_picked(&list, "geforce", Some(3));
        assert_picked(&list, "LLVM", Some(0));
        assert_picked(&list, "cpu", None);
        let error = pick(&list, "dx12").unwrap_err().to_string();
        assert!(error.contains("no adapter matches 'dx12'"), "{error}");
    }

    #[test]
    fn an_index_means_that_adapter_even_if_it_cannot_be_used() {
        let list = crippled(list(&[GEFORCE, IRIS]), 0);
        let error = pick(&list, "0").unwrap_err().to_string();
        assert!(error.contains("RTX 4090") && error.contains("no compute shaders"));
        assert_picked(&list, "vulkan", Some(1));
    }

    #[test]
    fn what_the_environment_rules_out_is_named() {
        let restricted = |facts: &[Facts]| AdapterList {
            searched: SearchedBackends::named_by("gl").unwrap(),
            ..list(facts)
        };
        let list = restricted(&[OLD_INTEL]);
        assert_picked(&list, "gl", Some(0));
        for (choice, expected) in [
            (
                "vulkan",
                "'vulkan' was asked for, but WGPU_BACKEND=gl rules it out",
            ),
            (
                "1",
                "no adapter matches '1'; there is 0: Mesa Intel(R) HD Graphics 4000",
            ),
            ("geforce", "(with WGPU_BACKEND=gl)"),
        ] {
            let error = pick(&list, choice).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let reason = "this machine offers no adapter (with WGPU_BACKEND=gl)";
        assert_auto(&restricted(&[]), None, reason);
    }
}
