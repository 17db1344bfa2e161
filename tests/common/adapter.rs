//! Tests that need an adapter: which one, and what becomes of them where there is none.
//!
//! `LENET_TEST_ADAPTER` names it as `--adapter` does; without the variable it is `vulkan`. Where
//! it cannot be opened these tests show as ignored; with `LENET_REQUIRE_ADAPTER=1` they fail with the
//! reason, so that a machine that is meant to run them cannot pass by lacking a driver.

use std::sync::LazyLock;

use lenet_gpu::block_on;
use lenet_gpu::gpu::Device;
use libtest_mimic::{Completion, Failed, Trial};

/// What the tests give as `--adapter`.
pub fn adapter_option() -> String {
    std::env::var("LENET_TEST_ADAPTER").unwrap_or_else(|_| "vulkan".to_owned())
}

/// A test that is given the opened adapter; it fails by a panic or an error.
pub fn adapter_test(
    name: impl Into<String>,
    test: impl FnOnce(&'static Device) -> Result<Completion, Failed> + Send + 'static,
) -> Trial {
    Trial::ignorable_test(name, move || match &*ADAPTER {
        Ok(device) => test(device),
        Err(reason) if is_required() => Err(reason.into()),
        Err(_) => Ok(Completion::ignored_with(format!(
            "--adapter {} cannot be opened",
            adapter_option()
        ))),
    })
}

/// The adapter, opened once for all tests of a file.
static ADAPTER: LazyLock<Result<Device, String>> = LazyLock::new(|| {
    let option = adapter_option();
    match block_on(Device::open(&option.parse()?)) {
        Ok(Some(device)) => Ok(device),
        Ok(None) => Err(format!("'{option}' stands for the CPU path here")),
        Err(error) => Err(error.to_string()),
    }
});

fn is_required() -> bool {
    std::env::var("LENET_REQUIRE_ADAPTER").is_ok_and(|value| value == "1")
}
