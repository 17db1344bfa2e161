//! Words by which the harness sees what an operation wrote, and where.

/// Words before and after every output that no operation may touch.
pub const GUARD_WORDS: usize = 64;
/// The content of guard words: a quiet NaN that no computation makes.
pub const GUARD: u32 = 0x7fde_adbe;
/// The content of outputs before the operation runs: NaN, or an impossible integer.
pub const UNWRITTEN: u32 = 0x7fc0_0001;
