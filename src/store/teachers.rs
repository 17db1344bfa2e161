//! The networks that a run learns from, in its folder.

use std::path::PathBuf;

use super::{RunConfig, RunError, RunFolder, TeacherSource};
use crate::model::Model;
use crate::model_file::ModelError;

impl RunConfig {
    /// The settings of the teachers that a run with these trains first, each for the folder that
    /// [`RunFolder::of_teacher`] gives its seed; none if its teachers were given, or it has none.
    ///
    /// Runs that were started together have teachers of their own, with seeds n·(seed + 1) and the next, of n
    /// teachers: never that of the run itself, whose order and distortions are other ones.
    pub fn of_teachers(&self) -> Vec<Self> {
        let Some(TeacherSource::Trained { count, recipe }) = &self.teachers else {
            return Vec::new();
        };
        let count = *count as u32;
        let first = self.seed.wrapping_add(1).wrapping_mul(count);
        let seeds = (0..count).map(|place| first.wrapping_add(place));
        let teacher = |seed| Self {
            recipe: (**recipe).clone(),
            seed,
            seeds: None,
            teachers: None,
            raises: Vec::new(),
            ..self.clone()
        };
        seeds.map(teacher).collect()
    }
}

impl RunFolder {
    /// The folder of the teachers.
    pub(super) fn teachers(&self) -> PathBuf {
        self.path().join("teachers")
    }

    /// The folder of the teacher that is trained with `seed`.
    pub fn of_teacher(&self, seed: u32) -> Self {
        Self::of_seed(&self.teachers(), seed)
    }

    /// The copy of the teacher at place `place` of those that were given.
    fn given_teacher(&self, place: usize) -> PathBuf {
        self.teachers().join(format!("{}.safetensors", place + 1))
    }

    /// Keeps copies of `teachers`, which were given.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn keep_teachers(&self, teachers: &[Model]) -> Result<(), RunError> {
        let folder = self.teachers();
        let made = std::fs::create_dir_all(&folder);
        made.map_err(|source| RunError::Write {
            path: folder,
            source,
        })?;
        for (place, teacher) in teachers.iter().enumerate() {
            teacher.save(&self.given_teacher(place))?;
        }
        Ok(())
    }

    /// The teachers of the run here, which was started with `config`: the copies, or those trained first.
    ///
    /// # Errors
    /// If the file of one cannot be read.
    pub fn load_teachers(&self, config: &RunConfig) -> Result<Vec<Model>, ModelError> {
        match &config.teachers {
            None => Ok(Vec::new()),
            Some(TeacherSource::Given { checksums }) => self.given_teachers(checksums),
            Some(TeacherSource::Trained { .. }) => {
                let teachers = config.of_teachers().into_iter();
                teachers
                    .map(|teacher| Model::load(&self.of_teacher(teacher.seed).model()))
                    .collect()
            }
        }
    }

    /// The copies of the teachers that were given, which have `checksums`.
    ///
    /// # Errors
    /// If the file of one cannot be read, or is another.
    pub fn given_teachers(&self, checksums: &[String]) -> Result<Vec<Model>, ModelError> {
        let teacher = |(place, checksum): (usize, &String)| {
            let path = self.given_teacher(place);
            let teacher = Model::load(&path)?;
            match teacher.checksum() == *checksum {
                true => Ok(teacher),
                false => Err(ModelError::Foreign {
                    path,
                    reason: "it is not the teacher that was given, whose copy has to be here"
                        .to_owned(),
                }),
            }
        };
        checksums.iter().enumerate().map(teacher).collect()
    }
}
