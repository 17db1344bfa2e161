//! Words by which the harness sees what an operation read and wrote, and where.

/// Words before and after every input and output: more than a row of the largest maps has. No
/// operation may touch them, or compute anything from them.
pub const GUARD_WORDS: usize = 256;
/// The content of guard words: a quiet NaN that no computation makes and that spreads into whatever is
/// computed from it; squashing alone may make it one of its limits, which is as wrong. As an integer it
/// is larger than any index or count, and neither a label nor `NO_SAMPLE`.
pub const GUARD: u32 = 0x7fde_adbe;
/// The content of outputs before the operation runs: NaN, or an impossible integer.
pub const UNWRITTEN: u32 = 0x7fc0_0001;
