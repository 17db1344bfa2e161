//! Which adapter is asked for.

use std::fmt;
use std::str::FromStr;

use wgpu::Backend;

use super::backends::{backend_name, backend_named};

/// Which adapter is asked for, as read from a word such as `auto`, `vulkan`, `2` or `llvmpipe`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AdapterChoice {
    /// A hardware GPU if there is one that can be used, otherwise the CPU path.
    #[default]
    Auto,
    /// The CPU path, without any adapter.
    Cpu,
    /// The best adapter of a backend: as `auto` ranks them, hardware before software.
    Backend(Backend),
    /// Its position in [`list_adapters`](super::list_adapters); where that ends before it, the best
    /// adapter with the number in its name, as in "GeForce RTX 4090".
    Index(usize),
    /// The best adapter whose name contains this, ignoring case.
    Name(String),
}

impl AdapterChoice {
    /// What a browser offers a page.
    pub const WEBGPU: Self = Self::Backend(Backend::BrowserWebGpu);
}

impl FromStr for AdapterChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lower = text.to_lowercase();
        Ok(match lower.as_str() {
            "" => {
                return Err(
                    "expected auto, cpu, vulkan, metal, dx12, gl, an index or part of a name"
                        .to_owned(),
                );
            }
            "auto" => Self::Auto,
            "cpu" => Self::Cpu,
            word => match (backend_named(word), word.parse()) {
                (Some(backend), _) => Self::Backend(backend),
                (None, Ok(index)) => Self::Index(index),
                (None, Err(_)) => Self::Name(lower),
            },
        })
    }
}

impl fmt::Display for AdapterChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Backend(backend) => f.write_str(backend_name(*backend)),
            Self::Index(index) => write!(f, "{index}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read_from_words_numbers_and_names() {
        let choice = |text: &str| text.parse::<AdapterChoice>().unwrap();
        assert!("".parse::<AdapterChoice>().is_err());
        assert_eq!(choice("auto"), AdapterChoice::Auto);
        assert_eq!(choice("CPU"), AdapterChoice::Cpu);
        assert_eq!(choice("vulkan"), AdapterChoice::Backend(Backend::Vulkan));
        assert_eq!(choice("2"), AdapterChoice::Index(2));
        assert_eq!(
            choice("LLVMpipe"),
            AdapterChoice::Name("llvmpipe".to_owned())
        );
    }
}
