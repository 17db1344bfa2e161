//! The teachers of a run that are trained before it.

use anyhow::{Context, Result, ensure};

use crate::cli::Output;
use crate::cli::plan::PlanRequest;
use crate::compute::Compute;
use crate::store::{RunConfig, TeacherSource};
use crate::train::{Member, Origin};

/// Teachers that are trained before those who learn from them.
pub struct FirstStage {
    /// The run of each teacher; there is at least one.
    pub members: Vec<Member>,
    /// Where they are computed.
    pub compute: Compute,
    /// What they begin from.
    pub origin: Origin,
}

/// What the teachers from `source` are computed on, if they are to be trained: what `request`, which is that of
/// those who learn from them, makes of the adapter that was `opened`.
///
/// # Errors
/// If the adapter fails, or they would make too many steps.
pub fn compute(
    source: Option<&TeacherSource>,
    request: &PlanRequest,
    opened: &Compute,
    output: &Output,
) -> Result<Option<Compute>> {
    let Some(TeacherSource::Trained { recipe, .. }) = source else {
        return Ok(None);
    };
    let checked = recipe.check_length(request.digits.len());
    checked.context(OF_TEACHERS)?;
    let request = PlanRequest { recipe, ..*request };
    Ok(Some(request.apply(opened.clone(), output)?))
}

/// What is wrong with the recipe of teachers is wrong in this.
pub const OF_TEACHERS: &str = "in the recipe of the teachers";

impl FirstStage {
    /// The teachers of `members`, new runs, on `compute`.
    pub fn of_new(members: &[Member], compute: Compute) -> Self {
        let teachers = members.iter().flat_map(Member::teachers_to_train);
        Self {
            members: teachers.map(|teacher| planned(teacher, &compute)).collect(),
            compute,
            origin: Origin::Scratch,
        }
    }

    /// The teachers of `members`, runs that were begun, unless all of them are complete; on what they were
    /// begun on, of the adapter that was `opened`, or what `request` makes of that.
    ///
    /// # Errors
    /// If a file cannot be read, a teacher is another than the run was started with, or is not complete
    /// although somebody has learned from it.
    pub fn of_begun(
        members: &[Member],
        request: &PlanRequest,
        opened: &Compute,
        output: &Output,
    ) -> Result<Option<Self>> {
        let mut teachers = Vec::new();
        let mut are_complete = true;
        for member in members {
            for teacher in member.teachers_to_train() {
                let teacher = recorded(teacher)?;
                let is_complete = teacher.is_complete(request.digits.len())?;
                ensure!(
                    is_complete || member.folder.is_untouched(),
                    "'{}' holds no teacher that is complete, and the run in '{}' has learned from it: put it \
                     back",
                    teacher.folder.path().display(),
                    member.folder.path().display()
                );
                are_complete &= is_complete;
                teachers.push(teacher);
            }
        }
        if are_complete {
            return Ok(None);
        }
        let begun = teachers.iter().find(|teacher| teacher.folder.has_config());
        let compute = match begun {
            Some(begun) => restored(opened.clone(), &begun.config, output),
            None => {
                let source = members[0].config.teachers.as_ref();
                let compute = compute(source, request, opened, output)?;
                compute.expect("there are teachers to be trained")
            }
        };
        let teacher = |teacher: Member| match teacher.folder.has_config() {
            true => teacher,
            false => planned(teacher, &compute),
        };
        Ok(Some(Self {
            members: teachers.into_iter().map(teacher).collect(),
            compute,
            origin: Origin::Checkpoint,
        }))
    }
}

/// `teacher`, which has not begun, to be computed on `compute`.
fn planned(mut teacher: Member, compute: &Compute) -> Member {
    teacher.config.adapter = compute.describe();
    teacher.config.variant = compute.variant_at(teacher.config.recipe.batch);
    teacher
}

/// `teacher` by its own settings, if it was begun, but with the digits of those who learn from it.
fn recorded(mut teacher: Member) -> Result<Member> {
    if !teacher.folder.has_config() {
        return Ok(teacher);
    }
    let mut config = teacher.folder.read_config()?;
    ensure!(
        config.recipe == teacher.config.recipe && config.seed == teacher.config.seed,
        "'{}' holds another training than that of the teacher that its run was started with",
        teacher.folder.path().display()
    );
    config.data = teacher.config.data.take();
    config.trained_on = teacher.config.trained_on.take();
    Ok(Member { config, ..teacher })
}

/// `compute` with the variant of the kernels that the run was started with, if it is the same adapter;
/// otherwise says what that means.
pub fn restored(compute: Compute, config: &RunConfig, output: &Output) -> Compute {
    if !compute.is_like(&config.adapter) {
        output.note(format!(
            "This run was started on {}: another adapter continues it, but not bit for bit.",
            config.adapter
        ));
        return compute;
    }
    compute.with_variant(config.variant)
}
