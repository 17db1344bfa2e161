//! ONNX files: a network as a graph of operators, with its parameters.

mod file;
mod graph;
mod messages;
mod network;

pub(super) use file::OnnxFile;
pub use file::{OPSET, to_onnx};
pub use network::PixelType;
