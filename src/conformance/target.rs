//! What was checked, and by what program.

use serde::{Deserialize, Serialize};

use crate::compute::Compute;
use crate::cpu::{Level, thread_count};
use crate::store::processor;

/// What was checked, and by what program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Version of the program.
    pub version: String,
    /// Version of wgpu that Cargo.lock names; `cargo install` without `--locked` may take a later one.
    pub wgpu: String,
    /// Version of naga, likewise.
    pub naga: String,
    /// The operating system.
    pub os: String,
    /// The processor's architecture.
    pub arch: String,
    /// The driver's name for the adapter; for the CPU path that of the processor.
    pub name: String,
    /// vulkan, metal, dx12, gl, or cpu.
    pub backend: String,
    /// discrete GPU, integrated GPU, virtual GPU, software or unknown; for the CPU path, processor.
    #[serde(rename = "type")]
    pub kind: String,
    /// Driver and its version; none for the CPU path.
    pub driver: String,
    /// Plan and variant of the kernels; for the CPU path the instruction sets that are checked.
    pub variant: String,
}

impl Target {
    /// `compute`, checked by this program.
    pub fn of(compute: &Compute) -> Self {
        let own = |text: &str| text.to_owned();
        let (name, kind, driver, variant) = match compute {
            Compute::Gpu(device) => {
                let description = device.description();
                (
                    description.name.clone(),
                    own(description.kind),
                    description.driver.clone(),
                    device.variant().to_string(),
                )
            }
            Compute::Cpu => {
                let levels: Vec<&str> = Level::available().into_iter().map(Level::name).collect();
                let variant = format!("{}, {} threads", levels.join(", "), thread_count());
                (processor(), own("processor"), String::new(), variant)
            }
        };
        Self {
            version: own(env!("CARGO_PKG_VERSION")),
            wgpu: own(env!("WGPU_VERSION")),
            naga: own(env!("NAGA_VERSION")),
            os: own(std::env::consts::OS),
            arch: own(std::env::consts::ARCH),
            name,
            backend: own(compute.backend()),
            kind,
            driver,
            variant,
        }
    }

    /// Its facts, one a line, for a report.
    pub fn lines(&self) -> Vec<String> {
        let driver = match self.driver.as_str() {
            "" => "none",
            driver => driver,
        };
        [
            ("program", format!("lenet-gpu {}", self.version)),
            (
                "shaders through",
                format!("wgpu {}, naga {}", self.wgpu, self.naga),
            ),
            ("system", format!("{} on {}", self.os, self.arch)),
            (
                "adapter",
                format!("{} ({}, {})", self.name, self.backend, self.kind),
            ),
            ("driver", driver.to_owned()),
            ("variant", self.variant.clone()),
        ]
        .map(|(key, value)| format!("{key:<16} {value}"))
        .into()
    }

    /// An adapter that nobody has, for tests.
    #[cfg(test)]
    pub fn example() -> Self {
        let own = |text: &str| text.to_owned();
        Self {
            version: own("0.1.0"),
            wgpu: own("30.0.1"),
            naga: own("30.0.1"),
            os: own("linux"),
            arch: own("x86_64"),
            name: own("Abacus 9000"),
            backend: own("vulkan"),
            kind: own("discrete GPU"),
            driver: own("abacus Beads 22.3.6 (LLVM 15.0.6)"),
            variant: own("the fused plan"),
        }
    }
}
