//! Whom a new run learns from.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use super::first_stage::OF_TEACHERS;
use crate::cli::Output;
use crate::cli::options::load_teachers;
use crate::model::{Model, Recipe};
use crate::store::{MOST_TEACHERS, TeacherSource};
use crate::train::{Preset, TeacherDefaults};

/// Networks to learn from.
#[derive(Debug, Args)]
#[command(next_help_heading = "Teachers")]
pub struct TeacherArgs {
    /// Learn from these models instead of the labels, or besides them with a --teacher-share below 1: each a
    /// model.safetensors, or the folder of a run, whose seeds are all taken
    #[arg(long, value_name = "MODEL", num_args = 1.., conflicts_with_all = ["teachers", "teacher_recipe", "teacher_passes"])]
    teacher: Vec<PathBuf>,
    /// Train N teachers first, side by side, and keep their runs within that of the network [default: 4 with
    /// --recipe distilled or another option for them, else none]
    #[arg(long, value_name = "N")]
    teachers: Option<usize>,
    /// The recipe of the teachers that are trained first [default: best with a weight decay of 0.003]
    #[arg(long, value_name = "NAME")]
    teacher_recipe: Option<Preset>,
    /// Passes of the teachers that are trained first [default: their recipe's]
    #[arg(long, value_name = "N")]
    teacher_passes: Option<usize>,
}

impl TeacherArgs {
    /// Where the teachers of a run by `preset` come from, and those that were given. `recipe` is that of the
    /// run: where it leaves teachers no share and `share`, that which was asked for, is none, it gets one.
    ///
    /// # Errors
    /// If a model cannot be read, or there are teachers without a share or a share without teachers.
    pub fn resolve(
        &self,
        preset: Preset,
        share: Option<f32>,
        recipe: &mut Recipe,
        output: &Output,
    ) -> Result<(Option<TeacherSource>, Vec<Model>)> {
        let given = load_teachers(&self.teacher, output)?;
        ensure!(
            given.len() <= MOST_TEACHERS,
            "--teacher names {} models, expected at most {MOST_TEACHERS}",
            given.len()
        );
        let source = match TeacherSource::given(&given) {
            None => self.trained(preset.teachers())?,
            given => given,
        };
        if source.is_some() && share.is_none() && !recipe.has_teachers() {
            recipe.teacher_share = TeacherDefaults::SHARE;
        }
        match (&source, recipe.has_teachers()) {
            (Some(_), false) => bail!(
                "--teacher-share is 0, which leaves the teachers nothing to say: expected a number above 0 and \
                 at most 1, or no teachers"
            ),
            (None, true) => bail!(
                "--teacher-share is {}, but there are no teachers: name models with --teacher, or train some \
                 with --teachers",
                recipe.teacher_share
            ),
            _ => Ok((source, given)),
        }
    }

    /// The teachers that are trained first: `defaults`, with what was asked for instead.
    ///
    /// # Errors
    /// If they would need teachers themselves, or their recipe makes no sense.
    fn trained(&self, defaults: Option<TeacherDefaults>) -> Result<Option<TeacherSource>> {
        let is_asked_for = self.teachers.is_some()
            || self.teacher_recipe.is_some()
            || self.teacher_passes.is_some();
        let defaults = match defaults {
            None if is_asked_for => TeacherDefaults::default(),
            None => return Ok(None),
            Some(defaults) => defaults,
        };
        let mut recipe = match self.teacher_recipe {
            Some(preset) if preset.teachers().is_some() => bail!(
                "--teacher-recipe is {}, expected a recipe without teachers",
                preset.name()
            ),
            Some(preset) => preset.recipe(),
            None => defaults.recipe,
        };
        recipe.passes = self.teacher_passes.unwrap_or(recipe.passes);
        recipe.check().context(OF_TEACHERS)?;
        Ok(Some(TeacherSource::Trained {
            count: self.teachers.unwrap_or(defaults.teachers),
            recipe: Box::new(recipe),
        }))
    }
}
