//! Where the drivers of adapters come from, on each operating system.

/// What to do on the operating system `system`, one of [`std::env::consts::OS`], to have an adapter.
pub fn advice(system: &str) -> &'static str {
    match system {
        "linux" => {
            "Drivers for AMD and Intel and a software one are in the packages mesa-vulkan-drivers and \
             libvulkan1 of Debian and Ubuntu (`apt-get install mesa-vulkan-drivers libvulkan1`) and in \
             mesa-vulkan-drivers and vulkan-loader of Fedora; NVIDIA's driver brings its own."
        }
        "windows" => {
            "The driver of the graphics card, from its maker, brings one; without a card, DirectX 12 \
             has a software adapter in Windows 10 and later."
        }
        "macos" => "Metal is part of macOS, but a virtual machine may have no GPU to offer it to.",
        _ => "A driver of the graphics card for Vulkan or OpenGL brings one.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_is_that_of_the_system() {
        for (system, fitting, foreign) in [
            ("linux", "apt-get", "DirectX"),
            ("windows", "DirectX 12", "apt-get"),
            ("macos", "Metal", "apt-get"),
            ("freebsd", "Vulkan", "apt-get"),
        ] {
            let advice = advice(system);
            assert!(advice.contains(fitting), "{system}: {advice}");
            assert!(!advice.contains(foreign), "{system}: {advice}");
        }
    }
}
