//! A data set larger than what WebGPU lets every adapter bind.

use crate::adapter::adapter_test;
use lenet_gpu::data::{Dataset, IMAGE_PIXELS};
use lenet_gpu::gpu::{Device, Evaluator, GpuError, GrowsWith};
use lenet_gpu::model::{Choices, Network, Parameters};
use libtest_mimic::{Completion, Trial};

/// Bytes in a binding that every adapter allows.
const DEFAULT: usize = 128 << 20;

pub fn tests() -> Vec<Trial> {
    let name = "a data set above WebGPU's default is taken, or refused with the sizes";
    vec![adapter_test(name, |device| {
        taken_or_refused(device);
        Ok(Completion::Completed)
    })]
}

fn taken_or_refused(device: &Device) {
    let count = DEFAULT / IMAGE_PIXELS + 1;
    let digits = Dataset::new(vec![0; count * IMAGE_PIXELS], vec![0; count]).unwrap();
    let network = Network::of(Choices::default());
    let arena = vec![0.0; Parameters::of(&network).arena_len()];
    let allowed = device.description().binding_bytes;
    match Evaluator::new(device, &network, &arena, &digits, 100) {
        Ok(_) => assert!(allowed > DEFAULT as u64, "{allowed} bytes were exceeded"),
        Err(GpuError::BufferTooLarge {
            bytes,
            limit,
            grows_with,
            ..
        }) => {
            assert_eq!(bytes as usize, count * IMAGE_PIXELS);
            assert!(
                limit < bytes && limit <= allowed,
                "{limit} of {allowed} bytes"
            );
            assert_eq!(grows_with, GrowsWith::DataSet);
        }
        Err(error) => panic!("{error}"),
    }
}
