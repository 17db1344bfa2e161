//! Operations of the CPU path, and the checks they make of problems.

use std::fmt::Display;
use std::sync::Arc;

use crate::cpu::Level;
use crate::cpu::block::BlockSize;
use crate::verify::check::Check;
use crate::verify::compare::{Outcome, Tolerance};
use crate::verify::tensor::Inputs;

/// Runs an operation on a problem.
pub type Run<P> = fn(&P, Level) -> Outcome;

/// An operation on problems `P`.
pub struct Operation<P> {
    pub name: &'static str,
    pub tolerance: Tolerance,
    /// How many samples it computes at once, as the names of checks give it, and its run with each.
    pub runs: Vec<(&'static str, Run<P>)>,
}

/// The runs of an operation that computes a batch block by block, single samples or the blocks that
/// `level` has, given one for each size that there is.
pub fn in_blocks<P>(
    level: Level,
    [one, eight, sixteen]: [Run<P>; 3],
) -> Vec<(&'static str, Run<P>)> {
    let several = match BlockSize::whole(level) {
        BlockSize::One => unreachable!("a whole block has several samples"),
        BlockSize::Eight => (", blocks of 8", eight),
        BlockSize::Sixteen => (", blocks of 16", sixteen),
    };
    vec![(", blocks of 1", one), several]
}

/// The three runs for [`in_blocks`] of a function that is generic over the samples of a block.
macro_rules! each_size {
    ($run:ident) => {
        [$run::<1>, $run::<8>, $run::<16>]
    };
}

pub(super) use each_size;

/// The run of an operation that computes a whole batch at once.
pub fn at_once<P>(run: Run<P>) -> Vec<(&'static str, Run<P>)> {
    vec![("", run)]
}

/// Every one of `operations` on every one of `problems`.
pub fn checks<P: Display + Inputs + Send + Sync + 'static>(
    level: Level,
    problems: impl IntoIterator<Item = P>,
    operations: &[Operation<P>],
) -> Vec<Check<'static>> {
    let mut checks = Vec::new();
    for problem in problems {
        let problem = Arc::new(problem);
        for operation in operations {
            for &(samples, run) in &operation.runs {
                let (name, level_name) = (operation.name, level.name());
                let text = format!("{name} {problem}, {level_name}{samples}");
                let run = move |problem: &P| run(problem, level);
                let problem = Arc::clone(&problem);
                checks.push(Check::of_operation(text, operation.tolerance, problem, run));
            }
        }
    }
    checks
}
