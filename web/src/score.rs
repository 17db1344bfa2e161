//! The error of a network on the test digits.

use lenet_gpu::compute::Compute;
use lenet_gpu::data::{Dataset, IMAGE_PIXELS};
use lenet_gpu::gpu::GpuError;
use lenet_gpu::model::{DIGITS, Model};
use lenet_gpu::reference::metrics;
use lenet_gpu::train::Score;
use serde::Serialize;
use wasm_bindgen::JsValue;

use crate::host::Host;
use crate::values::{adapter_failure, plain};

/// Digits that the processor answers between two turns of the worker's other messages.
const AT_ONCE: usize = 250;

/// A score, and the answer to every digit.
#[derive(Serialize)]
pub struct Answers {
    #[serde(flatten)]
    score: Score,
    answers: Vec<u8>,
}

impl Answers {
    /// What `model` answers to the digits of `test`.
    ///
    /// # Errors
    /// If the adapter fails.
    pub async fn of(
        compute: &Compute,
        model: &Model,
        test: &Dataset,
        host: &Host,
    ) -> Result<Self, JsValue> {
        let penalties = penalties(compute, model, test, host).await;
        let penalties = penalties.map_err(|error| adapter_failure(&error))?;
        let answers = penalties
            .chunks(DIGITS)
            .map(|of_digit| metrics::answer(of_digit) as u8);
        Ok(Self {
            answers: answers.collect(),
            score: Score::of(&penalties, test),
        })
    }

    /// For the worker.
    pub fn to_js(&self) -> JsValue {
        plain(self)
    }
}

async fn penalties(
    compute: &Compute,
    model: &Model,
    test: &Dataset,
    host: &Host,
) -> Result<Vec<f32>, GpuError> {
    if let Compute::Gpu(_) = compute {
        return compute.penalties(&model.network, &model.arena, test).await;
    }
    let mut all = Vec::with_capacity(test.len() * DIGITS);
    let parts = test.images().chunks(AT_ONCE * IMAGE_PIXELS);
    for (images, labels) in parts.zip(test.labels().chunks(AT_ONCE)) {
        let part = Dataset::new(images.to_vec(), labels.to_vec()).expect("part of a data set");
        all.extend(
            compute
                .penalties(&model.network, &model.arena, &part)
                .await?,
        );
        host.turn(0.0).await;
    }
    Ok(all)
}
