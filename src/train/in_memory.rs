//! Training that leaves a model and no files.

use std::ops::ControlFlow;

use super::course::Course;
use super::{TrainError, step_rates};
use crate::compute::Compute;
use crate::data::Dataset;
use crate::model::{InvalidValue, Model, Network, PassTotals, Recipe, TrainingState};
use crate::trainer::TrainingTask;

/// Trains one network by `recipe` on the digits of `data` and returns it. `report` is called after
/// each pass with its number, from 1, and what it measured.
///
/// The same seed gives the same model on the same `compute`, and the same as a run in a folder.
///
/// # Errors
/// If the recipe makes no sense or needs teachers or strings, there are no digits, training diverges or the adapter fails.
pub async fn train_model(
    compute: &Compute,
    recipe: &Recipe,
    data: &Dataset,
    seed: u32,
    mut report: impl FnMut(usize, &PassTotals),
) -> Result<Model, TrainError> {
    recipe.check()?;
    if data.is_empty() {
        return Err(TrainError::NoDigits);
    }
    if recipe.has_teachers() {
        let expected = "0, since this network has no teachers";
        let share = recipe.teacher_share;
        return Err(InvalidValue::new("teacher_share", share, expected).into());
    }
    if recipe.has_string_fields() {
        let expected = "0, since this training is on the digits as they are";
        return Err(InvalidValue::new("string_fields", recipe.string_fields, expected).into());
    }
    recipe.check_length(data.len())?;
    let network = Network::of(recipe.choices);
    let task = TrainingTask {
        network: &network,
        recipe,
        rates: &step_rates(recipe, data.len()),
        data,
        seeds: vec![seed],
        states: vec![TrainingState::start(&network, recipe, seed)],
        teachers: Vec::new(),
    };
    let mut course = Course::new(compute, &task, vec![PassTotals::default()])?;
    while !course.is_over() {
        let pass = course.pass();
        let go_on = |_: &PassTotals| ControlFlow::Continue(());
        course.train_pass(usize::MAX, go_on).await?;
        let totals = course.take_totals();
        course.begin_ahead().await?;
        report(pass, &totals[0]);
    }
    let mut models = course.models().await?;
    course.ensure_finite_models(recipe.passes, &models)?;
    let (_, model) = models.remove(0);
    Ok(model)
}
