//! Networks for other programs, and from them: ONNX files, and safetensors files as PyTorch's users write
//! them. A network is written with its operations; what is read are the parameters alone, because no others
//! than this program's networks can be trained or used by it.

mod import;
mod onnx;
mod safetensors_file;
mod tensors;
mod words;

pub use import::{ImportError, Imported, Source};
pub use onnx::{OPSET, PixelType, to_onnx};
pub use words::in_words;
