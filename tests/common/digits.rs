//! The MNIST digits, read from the repository: also there where the program carries none.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::LazyLock;

use lenet_gpu::data::{Mnist, MnistBytes};
use lzma_rust2::XzReader;

/// All digits.
pub static MNIST: LazyLock<Mnist> = LazyLock::new(|| {
    let files = MnistBytes {
        train_images: &unpacked("train-images-idx3-ubyte"),
        train_labels: &unpacked("train-labels-idx1-ubyte"),
        test_images: &unpacked("t10k-images-idx3-ubyte"),
        test_labels: &unpacked("t10k-labels-idx1-ubyte"),
    };
    Mnist::from_bytes(&files, "assets/mnist".to_owned()).expect("the repository holds MNIST")
});

/// A file of MNIST.
pub fn unpacked(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/mnist");
    let packed = File::open(folder.join(format!("{name}.xz"))).expect("the repository holds it");
    let mut bytes = Vec::new();
    XzReader::new(BufReader::new(packed), false)
        .read_to_end(&mut bytes)
        .expect("it is whole");
    bytes
}
