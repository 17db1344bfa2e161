//! lenet-gpu in a page: what a worker of the page calls. It trains, looks into networks, verifies and
//! measures; the page draws (`web/page/`).
//!
//! Everything goes through [`Lab`]. Whatever takes long is a promise, and gives the worker's other
//! messages a turn by awaiting [`Host::turn`].

#![cfg(target_arch = "wasm32")]

mod bench;
mod control;
mod host;
mod lab;
mod looks;
mod picture;
mod reading;
mod recipes;
mod score;
mod training;
mod values;
mod verification;

pub use host::Host;
pub use lab::Lab;

use wasm_bindgen::prelude::wasm_bindgen;

/// Lets the console of the browser show where a panic happened.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}
