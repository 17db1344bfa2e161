//! LeNet-5 as published in 1998, trained by hand-written WGSL compute shaders.
//!
//! See `ARCHITECTURE.md`.

pub mod bench;
pub mod cli;
pub mod compute;
pub mod cpu;
pub mod data;
pub mod gpu;
pub mod model;
pub mod plot;
pub mod reference;
pub mod reproduce;
pub mod store;
pub mod train;
pub mod trainer;
pub mod tune;
pub mod verify;
