//! The MNIST digits, read from the repository: also there where the program carries none.

use std::path::Path;
use std::sync::LazyLock;

use lenet_gpu::data::Mnist;

/// All digits.
pub static MNIST: LazyLock<Mnist> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/mnist");
    Mnist::load(Some(&folder)).expect("the repository holds MNIST")
});
