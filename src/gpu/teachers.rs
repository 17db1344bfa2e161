//! Networks that those in training learn from, on an adapter.

use crate::model::{DIGITS, Loss, Model, Parameters, Recipe};
use crate::trainer::TrainingTask;

use super::answers::Answers;
use super::batch::{Batch, BatchSource};
use super::launch::Launches;
use super::layers::parameter_arena;
use super::network::{Activations, LayeredNetwork};
use super::{Device, GpuError, View, arenas};

/// The teachers of all models that are trained side by side, and what they make of a batch.
pub(super) struct Teachers {
    lessons: Vec<Lesson>,
    /// What each sample should be taken for, [group][class].
    targets: View,
}

/// One teacher of every model.
struct Lesson {
    network: LayeredNetwork,
    activations: Activations,
    field_side: usize,
    /// Under which its penalties are probabilities.
    loss: Loss,
}

impl Teachers {
    /// The teachers in `task`, for the batches of `students`, whose fields they share if theirs are as
    /// large; none if the recipe leaves them no share.
    ///
    /// # Errors
    /// If the adapter has no room for them.
    pub fn new(
        device: &Device,
        task: &TrainingTask,
        students: &Activations,
    ) -> Result<Option<Self>, GpuError> {
        let Some(of_first) = task
            .teachers
            .first()
            .filter(|of_first| !of_first.is_empty())
        else {
            return Ok(None);
        };
        let batches = students.batches;
        let mut lessons: Vec<Lesson> = Vec::new();
        for (place, teacher) in of_first.iter().enumerate() {
            let network = &teacher.network;
            let of_all = task.teachers.iter().map(|of_one| &of_one[place].arena[..]);
            let arena = arenas::join(
                Parameters::of(network).ranges(),
                &of_all.collect::<Vec<_>>(),
            );
            let arena = parameter_arena(device, &arena)?;
            let is_alike = |other: &Model| other.network.choices() == network.choices();
            // One teacher computes after another, and leaves only the targets.
            let activations = match of_first[..place].iter().position(is_alike) {
                Some(earlier) => lessons[earlier].activations.clone(),
                None if network.input() == task.network.input() => {
                    Activations::reading(device, network, batches, students.input.clone())?
                }
                None => Activations::new(device, network, batches)?,
            };
            lessons.push(Lesson {
                network: LayeredNetwork::new(device, network, &arena, batches.models)?,
                activations,
                field_side: network.input().height,
                loss: teacher.loss_as_teacher(task.recipe),
            });
        }
        let bytes = batches.room() * DIGITS * size_of::<f32>();
        Ok(Some(Self {
            lessons,
            targets: device.zeros("targets", bytes)?,
        }))
    }

    /// What each sample should be taken for after [`Teachers::push`], [group][class].
    pub fn targets(&self) -> &View {
        &self.targets
    }

    /// Adds the launches to `launches` that make the targets of `batch`, which has been put together from
    /// `source`, by `recipe`.
    pub fn push(
        &self,
        launches: &mut Launches,
        recipe: &Recipe,
        batch: &Batch,
        source: &BatchSource,
        students: &Activations,
    ) {
        let answers = |activations| Answers {
            activations,
            batch,
            progress: source.progress,
        };
        launches.section("teachers");
        let of_labels = 1.0 - recipe.teacher_share;
        launches.push(answers(students).by_label(&recipe.loss, of_labels, &self.targets));
        let share = recipe.teacher_share / self.lessons.len() as f32;
        for Lesson {
            network,
            activations,
            field_side,
            loss,
        } in &self.lessons
        {
            if *field_side != source.field_side {
                let source = BatchSource {
                    field_side: *field_side,
                    ..*source
                };
                batch.push_assembly(launches, &source, activations);
            }
            network.push_forward(launches, activations);
            launches.section("teachers");
            launches.push(answers(activations).learn(loss, share, &self.targets));
        }
    }
}
