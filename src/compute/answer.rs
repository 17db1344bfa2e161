//! The answer of a trained network to a picture.

use super::Compute;
use crate::data::{Dataset, IMAGE_PIXELS};
use crate::gpu::GpuError;
use crate::model::{DIGITS, Head, LossKind, Model};
use crate::platform::of_f64;
use crate::reference::metrics;

/// What a network makes of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// The digit with the smallest penalty.
    pub digit: usize,
    /// The penalty of each digit: the squared distance to its code (eq. 7), or −log p with the
    /// softmax head.
    pub penalties: [f32; DIGITS],
    /// How much larger the second smallest penalty is.
    pub margin: f64,
    /// The probability of the digit. With the RBF head it is e^(−s·y) / (e^(−j) + Σ e^(−s·y_i)), the
    /// posterior that eq. 9 trains, rubbish class included, and there is none if the network was trained
    /// by eq. 8, which trains no posterior; with the softmax head it is p.
    pub confidence: Option<f64>,
}

impl Answer {
    /// The answer of `model`, given the penalties of the ten digits.
    pub fn of(model: &Model, penalties: [f32; DIGITS]) -> Self {
        let answer = Self::without_confidence(penalties);
        Self {
            confidence: model.confidence(&penalties, answer.digit),
            ..answer
        }
    }

    /// The answer that has these penalties of the ten digits.
    pub(super) fn without_confidence(penalties: [f32; DIGITS]) -> Self {
        let digit = metrics::answer(&penalties);
        let second = (0..DIGITS)
            .filter(|&other| other != digit)
            .map(|other| penalties[other])
            .fold(f32::INFINITY, f32::min);
        Self {
            digit,
            penalties,
            margin: f64::from(second) - f64::from(penalties[digit]),
            confidence: None,
        }
    }
}

/// The probability of `digit` under a loss that trains one.
fn confidence(model: &Model, penalties: &[f32], digit: usize) -> f64 {
    let scale = f64::from(model.loss.scale);
    let exponent = |penalty: f32| -scale * f64::from(penalty);
    let rubbish = match model.network.choices().head {
        Head::Rbf => -f64::from(model.loss.rubbish),
        Head::Softmax => f64::NEG_INFINITY,
    };
    let top = penalties
        .iter()
        .map(|&y| exponent(y))
        .fold(rubbish, f64::max);
    let share = |exponent: f64| of_f64::exp(exponent - top);
    let sum: f64 = penalties.iter().map(|&y| share(exponent(y))).sum();
    share(exponent(penalties[digit])) / (sum + share(rubbish))
}

impl Model {
    /// Whether its penalties stand for probabilities: those of the softmax head always do, distances only
    /// if they were trained by eq. 9.
    pub fn has_posterior(&self) -> bool {
        self.network.choices().head == Head::Softmax || self.loss.kind == LossKind::Map
    }

    /// The probability of `digit`, given the penalties of the ten, if they stand for probabilities.
    pub(super) fn confidence(&self, penalties: &[f32; DIGITS], digit: usize) -> Option<f64> {
        self.has_posterior()
            .then(|| confidence(self, penalties, digit))
    }

    /// The answer to a picture: 28 by 28 bytes, row by row, 0 for paper and 255 for ink.
    ///
    /// # Errors
    /// If the adapter fails.
    pub async fn classify(
        &self,
        compute: &Compute,
        picture: &[u8; IMAGE_PIXELS],
    ) -> Result<Answer, GpuError> {
        let answers = self.classify_all(compute, &[*picture]).await?;
        Ok(answers[0])
    }

    /// The answers to several pictures, in their order.
    ///
    /// # Errors
    /// If the adapter fails.
    pub async fn classify_all(
        &self,
        compute: &Compute,
        pictures: &[[u8; IMAGE_PIXELS]],
    ) -> Result<Vec<Answer>, GpuError> {
        let penalties = self.penalties_of(compute, pictures).await?;
        let answers = penalties
            .into_iter()
            .map(|penalties| Answer::of(self, penalties));
        Ok(answers.collect())
    }

    /// The penalties of the ten digits for each of `pictures`.
    pub(super) async fn penalties_of(
        &self,
        compute: &Compute,
        pictures: &[[u8; IMAGE_PIXELS]],
    ) -> Result<Vec<[f32; DIGITS]>, GpuError> {
        if pictures.is_empty() {
            return Ok(Vec::new());
        }
        // Nobody reads the labels: penalties are those of the pictures alone.
        let labels = vec![0; pictures.len()];
        let digits = Dataset::new(pictures.as_flattened().to_vec(), labels)
            .expect("there are as many labels as pictures");
        let penalties = compute
            .penalties(&self.network, &self.arena, &digits)
            .await?;
        Ok(penalties.as_chunks().0.to_vec())
    }
}
