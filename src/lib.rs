//! LeNet-5 and LeNet-1 (LeCun, Bottou, Bengio and Haffner 1998) trained by hand-written WGSL compute
//! shaders through [wgpu], or on the CPU with the same formulas, vectorised. Every kernel of
//! either is compared with a plain reference implementation.
//!
//! [wgpu]: https://wgpu.rs
//!
//! # Example
//!
//! One pass over 5,000 digits on the CPU, in memory, and the answer to a picture:
//!
#![cfg_attr(feature = "embedded-mnist", doc = "```")]
#![cfg_attr(not(feature = "embedded-mnist"), doc = "```no_run")]
//! use lenet_gpu::block_on;
//! use lenet_gpu::compute::Compute;
//! use lenet_gpu::data::Mnist;
//! use lenet_gpu::model::Recipe;
//! use lenet_gpu::train::{Preset, train_model};
//!
//! let mnist = Mnist::load(None)?;
//! let digits = mnist.train.take_first(5_000);
//! let recipe = Recipe { passes: 1, ..Preset::Default.recipe() };
//! let compute = Compute::Cpu;
//! let model = block_on(train_model(&compute, &recipe, &digits, 0, |pass, totals| {
//!     println!("Pass {pass}: {:.1} % of the training digits wrong.", totals.error_percent());
//! }))?;
//! let answer = block_on(model.classify(&compute, mnist.test.image(0)))?;
//! println!("It is a {}, by a margin of {:.1}.", answer.digit, answer.margin);
//! assert_eq!(answer.digit, 7);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! To train on an adapter instead, open one: `block_on(Compute::open(&"vulkan".parse()?))?`. The folder
//! `examples/` has complete programs.
//!
//! # Waiting
//!
//! Whatever may wait for an adapter is `async`, so that it can be awaited in a browser, where nothing
//! may block; errors of an adapter arrive at the next `await`. Elsewhere [`block_on`] waits, and any
//! other executor will do: outside a browser these futures block their thread until the driver is done,
//! so none is left pending. A [`Trainer`](trainer::Trainer) can be driven step by step.
//!
//! # What it is, and what it is not
//!
//! - It is the networks of one paper: LeNet-5 with trainable sub-sampling, Table I, distances to
//!   codes, eq. 8 and eq. 9 and stochastic diagonal Levenberg–Marquardt, and LeNet-1. Average and max
//!   pooling, a softmax head, SGD and Adam can be chosen instead. It is not a general framework: networks of
//!   other shapes cannot be built.
//! - [`Preset::Paper`](train::Preset::Paper) is the paper's training as far as the paper states it. It
//!   leaves some numbers open, among them the scale s of the distances in the loss, the penalty j of
//!   the rubbish class and the initial coefficients of the sub-sampling. Those are this crate's
//!   choices, and so are initial weights that are larger than the paper's.
//! - It has run on the CPU, on an NVIDIA H200 and on software adapters: lavapipe (Vulkan), llvmpipe
//!   (OpenGL) and SwiftShader (Vulkan). [`verify`] and
//!   `examples/verify_adapter.rs` check any adapter.
//! - On one adapter with one driver, the same seed gives the same bytes, and so does the CPU path with
//!   one instruction set on every system. Results on different adapters differ by rounding.
//!
//! # Modules
//!
//! | module | content |
//! |---|---|
//! | [`model`] | the networks as data: layers, Table I, codes, parameters, recipes, training states |
//! | [`data`] | MNIST from IDX files or from inside the crate; digits from pictures |
//! | [`trainer`] | the interface that all trainers share |
//! | [`mod@reference`] | the plain implementation that everything is compared with |
//! | [`cpu`] | the CPU path, in vector registers on all cores |
//! | [`gpu`] | adapters, kernels, and the trainer that runs them through wgpu |
//! | [`compute`] | the choice between those two; answers to pictures |
//! | [`train`] | recipes by name, the schedule, training in memory and in folders, scores |
//! | [`verify`] | the comparison of an adapter or the CPU path with the reference |
//! | `model_file` | models as bytes |
//! | `exchange` | networks as ONNX files, and from files of other programs |
//! | `store` | model files, checkpoints, folders of runs |
//! | `plot` | charts as SVG and PNG |
//! | `reading` | lines of several digits: what stands where in them |
//! | `conformance` | what verification finds: logs, records, known failures, reproducers |
//! | `cli`, `bench`, `explain`, `python`, `tune`, `reproduce`, `sweep`, `web` | the program `lenet-gpu` |
//!
//! # Features
//!
//! | feature | default | brings |
//! |---|---|---|
//! | `cli` | yes | the program and its modules; implies `exchange`, `picture-files`, `plot` and `store` |
//! | `embedded-mnist` | yes | the MNIST digits inside the crate (9 MB), for `Mnist::load(None)` |
//! | `exchange` | by `cli` | `exchange`: networks as ONNX files, and from files of other programs |
//! | `model-file` | by `store` | `model_file`: models as the bytes of safetensors files |
//! | `pictures` | by `cli` | `data::picture`: digits from decoded pictures |
//! | `picture-files` | by `cli` | the decoders: digits from PNG, JPEG and other files |
//! | `plot` | by `cli` | `plot`, and, with `store`, the learning curves of runs |
//! | `store` | by `cli` | `store` and `train::Session`: files, and runs that can be resumed |
//! | `strings` | by `store` | `reading`, `data::strings`, networks over strips: lines of several digits |
//! | `web-page` | no | the page of `lenet-gpu web` inside the program, from `target/web`, where `scripts/web` builds it; implies `cli` and `embedded-mnist` |
//!
//! All other modules make up the core, which is there with `default-features = false`.

#[cfg(feature = "cli")]
pub mod bench;
#[cfg(feature = "cli")]
pub mod cli;
pub mod compute;
#[cfg(feature = "cli")]
pub mod conformance;
pub mod cpu;
pub mod data;
#[cfg(feature = "exchange")]
pub mod exchange;
#[cfg(feature = "cli")]
pub mod explain;
pub mod gpu;
pub mod model;
#[cfg(feature = "model-file")]
pub mod model_file;
mod platform;
#[cfg(feature = "plot")]
pub mod plot;
#[cfg(feature = "cli")]
pub mod python;
#[cfg(feature = "strings")]
pub mod reading;
pub mod reference;
#[cfg(feature = "cli")]
pub mod reproduce;
#[cfg(feature = "store")]
pub mod store;
#[cfg(feature = "cli")]
pub mod sweep;
pub mod train;
pub mod trainer;
#[cfg(feature = "cli")]
pub mod tune;
pub mod verify;
#[cfg(feature = "cli")]
pub mod web;

#[cfg(not(target_arch = "wasm32"))]
pub use platform::block_on;
