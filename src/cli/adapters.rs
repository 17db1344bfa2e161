//! `lenet-gpu adapters`.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;

use super::{Output, drivers};
use crate::gpu::list_adapters;
use crate::platform::block_on;

pub(super) fn run(output: &Output) -> Result<ExitCode> {
    let list = block_on(list_adapters())?;
    let adapters = &list.adapters;
    for adapter in adapters {
        output.result(format!("{:>2}  {}", adapter.index, adapter.name));
        output.result(format!(
            "    {}, {}, driver {}",
            adapter.backend, adapter.kind, adapter.driver
        ));
        output.result(format!(
            "    {} storage buffers per kernel, bindings up to {} MiB, workgroups up to {} \
             invocations and {} KiB",
            adapter.storage_buffers,
            adapter.binding_bytes >> 20,
            adapter.workgroup_invocations,
            adapter.workgroup_bytes >> 10,
        ));
        output.result(match &adapter.shortfall {
            None => "    lenet-gpu can run on it".to_owned(),
            Some(shortfall) => format!("    lenet-gpu cannot run on it: {shortfall}"),
        });
    }
    if let Some(restriction) = list.restriction() {
        output.result(format!(
            "Adapters of other backends are left out, because the environment has {restriction}."
        ));
    } else if adapters.is_empty() {
        output.result(format!(
            "No adapter: neither Vulkan, Metal, DirectX 12 nor OpenGL offers one. {}",
            drivers::advice(std::env::consts::OS)
        ));
    }
    output.result("    --adapter cpu needs no adapter and always works.");
    output.json(&json!({ "adapters": adapters, "restriction": list.restriction() }));
    Ok(ExitCode::SUCCESS)
}
