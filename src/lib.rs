//! LeNet-5, exactly as published in 1998, trained on any GPU by hand-written WGSL compute shaders.
//!
//! The rooms, and who may import whom: `cli` → `tune`, `reproduce` → `bench` → `train`, `verify` →
//! `gpu`, `native` → `cpu` → `data`, `model`.
//! See `ARCHITECTURE.md`.

pub mod bench;
pub mod cli;
pub mod cpu;
pub mod data;
pub mod gpu;
pub mod model;
pub mod native;
pub mod reproduce;
pub mod train;
pub mod tune;
pub mod verify;
