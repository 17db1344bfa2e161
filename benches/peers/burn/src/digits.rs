//! The digits as bytes in memory, and batches of them as tensors.

use std::error::Error;
use std::fs;
use std::path::Path;

use burn::tensor::{Device, Int, Tensor, TensorData};

const IMAGE_SIDE: usize = 28;
const FIELD_SIDE: usize = 32;
const BACKGROUND: f32 = -0.1;
const INK: f32 = 1.175;

/// Steps through the set in an order that visits each digit once a pass. A prime, so that it
/// divides no set of MNIST's sizes.
const STRIDE: usize = 7_919;

/// Images and labels of one IDX pair.
pub struct Digits {
    images: Vec<u8>,
    labels: Vec<u8>,
}

impl Digits {
    /// The pair of uncompressed IDX files `NAME-images-idx3-ubyte` and `NAME-labels-idx1-ubyte`.
    pub fn load(folder: &Path, name: &str) -> Result<Self, Box<dyn Error>> {
        let images = read(&folder.join(format!("{name}-images-idx3-ubyte")), 16)?;
        let labels = read(&folder.join(format!("{name}-labels-idx1-ubyte")), 8)?;
        if labels.is_empty() || images.len() != labels.len() * IMAGE_SIDE * IMAGE_SIDE {
            let message = format!(
                "{}: {} bytes of {name} images do not fit {} labels, expected 28×28 bytes a label",
                folder.display(),
                images.len(),
                labels.len()
            );
            return Err(message.into());
        }
        Ok(Self { images, labels })
    }

    /// Number of digits.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Batch `number` of `size` digits as fields [size,1,32,32] and labels [size], put together on
    /// the host and uploaded, as burn's batchers do.
    pub fn batch(
        &self,
        number: usize,
        size: usize,
        device: &Device,
    ) -> (Tensor<4>, Tensor<1, Int>) {
        let mut fields = vec![BACKGROUND; size * FIELD_SIDE * FIELD_SIDE];
        let mut labels = Vec::with_capacity(size);
        for (place, field) in fields.chunks_mut(FIELD_SIDE * FIELD_SIDE).enumerate() {
            let sample = (number * size + place) * STRIDE % self.len();
            assemble(self.image(sample), field);
            labels.push(i32::from(self.labels[sample]));
        }
        let shape = [size, 1, FIELD_SIDE, FIELD_SIDE];
        (
            Tensor::from_data(TensorData::new(fields, shape), device),
            Tensor::from_data(TensorData::new(labels, [size]), device),
        )
    }

    fn image(&self, sample: usize) -> &[u8] {
        let bytes = IMAGE_SIDE * IMAGE_SIDE;
        &self.images[sample * bytes..(sample + 1) * bytes]
    }
}

/// The content of an IDX file behind its header.
fn read(path: &Path, header: usize) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut bytes = fs::read(path)
        .map_err(|error| format!("{}: {error}; expected an unpacked IDX file", path.display()))?;
    if bytes.len() < header {
        return Err(format!("{}: too short for an IDX file", path.display()).into());
    }
    bytes.drain(..header);
    Ok(bytes)
}

/// An image into the middle of a field that holds the background.
fn assemble(image: &[u8], field: &mut [f32]) {
    const BORDER: usize = (FIELD_SIDE - IMAGE_SIDE) / 2;
    for (y, row) in image.chunks(IMAGE_SIDE).enumerate() {
        let first = (y + BORDER) * FIELD_SIDE + BORDER;
        for (value, &byte) in field[first..first + IMAGE_SIDE].iter_mut().zip(row) {
            *value = BACKGROUND + (INK - BACKGROUND) / 255.0 * f32::from(byte);
        }
    }
}
