//! Tests that need an adapter: which one, and what becomes of them where there is none.
//!
//! `LENET_TEST_ADAPTER` names it as `--adapter` does; without the variable it is `vulkan`. Where
//! it cannot be opened these tests show as ignored; with `LENET_REQUIRE_ADAPTER=1` they fail with the
//! reason, so that a machine that is meant to run them cannot pass by lacking a driver.

use std::sync::{Mutex, OnceLock};

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
    test: impl FnOnce(&Device) -> Result<Completion, Failed> + Send + 'static,
) -> Trial {
    Trial::ignorable_test(name, move || match free_device() {
        Ok(device) => {
            let completion = test(&device);
            FREE.lock().unwrap().push(device);
            completion
        }
        Err(reason) if is_required() => Err(reason.into()),
        Err(_) => Ok(Completion::ignored_with(format!(
            "--adapter {} cannot be opened",
            adapter_option()
        ))),
    })
}

/// The adapter, opened once for every test that runs at the same time, and kept for the next ones with
/// what it has compiled. A software driver compiles and computes what one device is given on one
/// thread, so tests that shared it would wait for each other.
static FREE: Mutex<Vec<Device>> = Mutex::new(Vec::new());

/// Why it could not be opened.
static FAILURE: OnceLock<String> = OnceLock::new();

/// One that no other test has. It is put back after the test, but not if that panics.
fn free_device() -> Result<Device, String> {
    if let Some(device) = FREE.lock().unwrap().pop() {
        return Ok(device);
    }
    match FAILURE.get() {
        Some(reason) => Err(reason.clone()),
        None => open_device().inspect_err(|reason| _ = FAILURE.set(reason.clone())),
    }
}

fn open_device() -> Result<Device, String> {
    let option = adapter_option();
    match block_on(Device::open(&option.parse()?)) {
        Ok(Some(device)) => Ok(device),
        Ok(None) => Err(format!("'{option}' stands for the CPU path here")),
        Err(error) => Err(error.to_string()),
    }
}

fn is_required() -> bool {
    std::env::var("LENET_REQUIRE_ADAPTER").is_ok_and(|value| value == "1")
}
