//! Vulkan's validation layer, which wgpu loads on request. wgpu checks what it is told; the layer checks
//! what wgpu tells the driver, shaders included.

use std::fs;

use crate::adapter::{adapter_option, adapter_test};
use crate::program::{directory, program};
use libtest_mimic::{Completion, Trial};

/// The layer's advice on good practice, which no program follows to the letter.
const ADVICE: &str = "VK_VALIDATION_FEATURE_ENABLE_BEST_PRACTICES_EXT";

pub fn tests() -> Vec<Trial> {
    let name = "the validation layer has nothing to report";
    vec![adapter_test(name, |device| {
        if device.description().backend != "vulkan" {
            return Ok(Completion::ignored_with("the layer is one of Vulkan"));
        }
        // Proves that what it reports would be seen.
        let Some(advice) = reports("squash.forward", ADVICE) else {
            let missing = "the package vulkan-validationlayers is not installed";
            return match std::env::var("LENET_REQUIRE_VALIDATION") {
                Ok(value) if value == "1" => Err(missing.into()),
                _ => Ok(Completion::ignored_with(missing)),
            };
        };
        assert!(advice.contains("Validation Warning"), "{advice}");
        assert_eq!(reports("network", "").as_deref(), Some(""));
        Ok(Completion::Completed)
    })]
}

/// What the layer, with `feature` switched on, reports while `verify` runs the cases that `filter`
/// names; none if it is not installed.
fn reports(filter: &str, feature: &str) -> Option<String> {
    let directory = directory();
    let [settings, log] =
        ["vk_layer_settings.txt", "layer.log"].map(|name| directory.path().join(name));
    // wgpu would pass reports on only together with debug information in the shaders, which older
    // versions of the layer reject.
    let lines = [
        ("debug_action", "VK_DBG_LAYER_ACTION_LOG_MSG"),
        ("report_flags", "error,warn"),
        ("log_filename", log.to_str().unwrap()),
        ("enables", feature),
    ];
    let lines = lines.map(|(name, value)| format!("khronos_validation.{name} = {value}\n"));
    fs::write(&settings, lines.concat()).unwrap();
    let adapter = adapter_option();
    let arguments = ["verify", "--filter", filter, "--adapter", &adapter];
    let success = program(directory.path(), &arguments)
        .env("WGPU_VALIDATION", "1")
        .env("VK_LAYER_SETTINGS_PATH", &settings)
        .env("RUST_LOG", "wgpu_hal::vulkan=debug")
        .assert()
        .success();
    let stderr = String::from_utf8_lossy(&success.get_output().stderr);
    if stderr.contains("unable to find layer") {
        return None;
    }
    Some(fs::read_to_string(&log).expect("the layer leaves a log"))
}
