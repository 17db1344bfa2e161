//! Values on their way to the worker.

use std::error::Error;

use js_sys::{Array, Float32Array, JSON, Object, Reflect, Uint8Array};
use lenet_gpu::gpu::GpuError;
use lenet_gpu::train::TrainError;
use serde::Serialize;
use wasm_bindgen::JsValue;

/// `value` as a plain object.
pub fn plain(value: &impl Serialize) -> JsValue {
    let json = serde_json::to_string(value).expect("plain data serialises");
    JSON::parse(&json).expect("what serde writes is JSON")
}

/// An object of `entries`.
pub fn object<const N: usize>(entries: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (name, value) in entries {
        Reflect::set(&object, &name.into(), &value).expect("a new object takes any property");
    }
    object.into()
}

/// A copy of `values` that the worker may hand on.
pub fn floats(values: &[f32]) -> JsValue {
    Float32Array::from(values).into()
}

/// A copy of `bytes` that the worker may hand on.
pub fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

/// A list of `values`.
pub fn list(values: impl IntoIterator<Item = JsValue>) -> JsValue {
    values.into_iter().collect::<Array>().into()
}

/// An error that says `message`.
pub fn refusal(message: &str) -> JsValue {
    js_sys::Error::new(message).into()
}

/// An error as the worker sees it.
pub fn failure(error: &impl Error) -> JsValue {
    refusal(&error.to_string())
}

/// An error of an adapter. By its name the worker tells that a device was lost: a new one can go on from
/// what the lab has kept.
pub fn adapter_failure(error: &GpuError) -> JsValue {
    let failure = js_sys::Error::new(&error.to_string());
    if matches!(error, GpuError::Lost(_)) {
        failure.set_name("DeviceLost");
    }
    failure.into()
}

/// An error of a training.
pub fn training_failure(error: &TrainError) -> JsValue {
    match error {
        TrainError::Gpu(error) => adapter_failure(error),
        other => failure(other),
    }
}
