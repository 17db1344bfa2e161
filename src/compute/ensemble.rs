//! Several networks that answer together.

use super::{Answer, Compute};
use crate::data::IMAGE_PIXELS;
use crate::gpu::GpuError;
use crate::model::{DIGITS, Head, Model};

/// Networks that answer by the mean of their penalties. A single one answers as it does alone.
pub struct Ensemble(Vec<Model>);

/// Why networks cannot answer together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnsembleError {
    /// None was given.
    #[error("an ensemble needs a network")]
    Empty,
    /// Squared distances and −log p have no common mean.
    #[error(
        "the network at place {place} has {other} head and the first one {first} head, and the mean of \
         their penalties would mean nothing: name networks with the same head",
        first = name(*.first),
        other = name(*.other)
    )]
    Heads {
        /// The head of the first network.
        first: Head,
        /// The head that differs.
        other: Head,
        /// Place of the network that it belongs to, counted from 1.
        place: usize,
    },
}

/// The name of `head`, with its article.
fn name(head: Head) -> &'static str {
    match head {
        Head::Rbf => "an RBF",
        Head::Softmax => "a softmax",
    }
}

impl Ensemble {
    /// The ensemble of `models`.
    ///
    /// # Errors
    /// If there is none, or their heads differ.
    pub fn of(models: Vec<Model>) -> Result<Self, EnsembleError> {
        let head = |model: &Model| model.network.choices().head;
        let first = head(models.first().ok_or(EnsembleError::Empty)?);
        match models.iter().position(|model| head(model) != first) {
            Some(place) => Err(EnsembleError::Heads {
                first,
                other: head(&models[place]),
                place: place + 1,
            }),
            None => Ok(Self(models)),
        }
    }

    /// The networks, at least one.
    pub fn models(&self) -> &[Model] {
        &self.0
    }

    /// The head of all of them.
    pub fn head(&self) -> Head {
        self.0[0].network.choices().head
    }

    /// Whether all of them give probabilities, as [`Model::has_posterior`] says.
    pub fn has_posterior(&self) -> bool {
        self.0.iter().all(Model::has_posterior)
    }

    /// The answers to several pictures, each 28 by 28 bytes, row by row, 0 for paper and 255 for ink.
    ///
    /// # Errors
    /// If the adapter fails.
    pub async fn classify_all(
        &self,
        compute: &Compute,
        pictures: &[[u8; IMAGE_PIXELS]],
    ) -> Result<Vec<Answer>, GpuError> {
        let mut of_models = Vec::new();
        for model in &self.0 {
            of_models.push(model.penalties_of(compute, pictures).await?);
        }
        let answer = |picture: usize| {
            let penalties = of_models.iter().map(|penalties| penalties[picture]);
            self.answer(&penalties.collect::<Vec<_>>())
        };
        Ok((0..pictures.len()).map(answer).collect())
    }

    /// The answer to a picture, given the penalties of each network: the digit with the smallest mean. Its
    /// probability is the mean of those that the networks give it.
    fn answer(&self, penalties: &[[f32; DIGITS]]) -> Answer {
        let together = mean_of(penalties.iter().map(<[f32; DIGITS]>::as_slice));
        let together = together.try_into().expect("a mean of ten numbers is ten");
        let mut answer = Answer::without_confidence(together);
        let sure = self.0.iter().zip(penalties);
        let sure: Option<Vec<f64>> = sure
            .map(|(model, penalties)| model.confidence(penalties, answer.digit))
            .collect();
        answer.confidence = sure.map(|sure| sure.iter().sum::<f64>() / sure.len() as f64);
        answer
    }
}

/// The penalties of an ensemble: the mean of those of its members, as many numbers as each has.
///
/// # Panics
/// If there is no member.
pub fn mean_of<'a>(members: impl IntoIterator<Item = &'a [f32]>) -> Vec<f32> {
    let mut members = members.into_iter();
    let mut sums = members.next().expect("an ensemble has members").to_vec();
    let mut count = 1.0;
    for penalties in members {
        count += 1.0;
        for (sum, penalty) in sums.iter_mut().zip(penalties) {
            *sum += penalty;
        }
    }
    sums.iter().map(|sum| sum / count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Choices, Loss, LossKind, Network, Parameters};

    fn model(head: Head, kind: LossKind) -> Model {
        let network = Network::of(Choices {
            head,
            ..Choices::default()
        });
        Model {
            arena: vec![0.0; Parameters::of(&network).arena_len()],
            network,
            loss: Loss {
                kind,
                scale: 0.05,
                rubbish: 3.0,
            },
            trained_on: None,
            string_fields: 0,
        }
    }

    fn by_eq_9() -> Model {
        model(Head::Rbf, LossKind::Map)
    }

    /// Penalties of 100, but for some digits.
    fn penalties(others: &[(usize, f32)]) -> [f32; DIGITS] {
        let mut penalties = [100.0; DIGITS];
        for &(digit, penalty) in others {
            penalties[digit] = penalty;
        }
        penalties
    }

    #[test]
    fn the_digit_is_that_of_the_mean_and_its_probability_the_mean_of_all() {
        let models = vec![by_eq_9(), by_eq_9()];
        let ensemble = Ensemble::of(models).unwrap();
        // The second is less wrong about 3 than the first is about 5.
        let given = [
            penalties(&[(3, 0.0), (5, 60.0)]),
            penalties(&[(3, 20.0), (5, 10.0)]),
        ];
        let answer = ensemble.answer(&given);
        assert_eq!(answer.digit, 3);
        assert_eq!((answer.penalties[3], answer.penalties[5]), (10.0, 35.0));
        assert_eq!(answer.margin, 25.0);
        let alone = given.map(|penalties| ensemble.0[0].confidence(&penalties, 3).unwrap());
        assert_eq!(answer.confidence, Some((alone[0] + alone[1]) / 2.0));
    }

    #[test]
    fn one_network_answers_as_it_does_alone() {
        let given = penalties(&[(7, 1.0), (1, 30.0)]);
        let alone = Answer::of(&by_eq_9(), given);
        let ensemble = Ensemble::of(vec![by_eq_9()]).unwrap();
        assert_eq!(ensemble.answer(&[given]), alone);
    }

    #[test]
    fn without_the_probability_of_one_there_is_none() {
        let by_eq_8 = model(Head::Rbf, LossKind::Mse);
        let ensemble = Ensemble::of(vec![by_eq_9(), by_eq_8]).unwrap();
        assert!(!ensemble.has_posterior());
        let given = penalties(&[(7, 1.0)]);
        assert_eq!(ensemble.answer(&[given, given]).confidence, None);
    }

    #[test]
    fn distances_and_probabilities_have_no_mean() {
        let models = vec![by_eq_9(), model(Head::Softmax, LossKind::Map)];
        let error = Ensemble::of(models).err().unwrap();
        assert!(
            error.to_string().contains("at place 2 has a softmax head"),
            "{error}"
        );
        assert_eq!(Ensemble::of(Vec::new()).err(), Some(EnsembleError::Empty));
    }
}
