//! What options of other programs are called here.

use clap::builder::StyledStr;
use clap::error::{self, ContextKind, ContextValue};

/// What other programs of the field call an option, and what it is here.
pub(super) const NAMES_ELSEWHERE: [(&[&str], &str); 7] = [
    (
        &["--epochs", "--epoch", "--num-epochs"],
        "an epoch is a pass over the training set: '--passes <N>'",
    ),
    (
        &["--device", "--backend", "--gpu", "--cuda"],
        "what to compute on is chosen with '--adapter <ADAPTER>', and `lenet-gpu adapters` lists what there is",
    ),
    (
        &["--learning-rate", "--rate"],
        "the highest learning rate is '--lr <LR>'",
    ),
    (
        &["--batch-size", "--bs"],
        "the samples per update are '--batch <N>'",
    ),
    (
        &["--output", "--output-dir", "--out-dir"],
        "results go where '--out' says",
    ),
    (
        &["--dataset", "--data-dir", "--data-path"],
        "a folder of IDX files is named with '--data <DIR>'",
    ),
    (
        &["--threads", "--workers", "--num-workers"],
        "the number of threads is set by the environment variable RAYON_NUM_THREADS",
    ),
];

/// `error`, with what an unknown option is called here if it is one of other programs.
pub(super) fn with_hint(mut error: error::Error) -> error::Error {
    let unknown = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(unknown))
            if error.kind() == error::ErrorKind::UnknownArgument =>
        {
            unknown
        }
        _ => return error,
    };
    let name = unknown.split(['=', ' ']).next().unwrap_or_default();
    let known = NAMES_ELSEWHERE
        .iter()
        .find(|(names, _)| names.contains(&name));
    if let Some((_, hint)) = known {
        let hint = ContextValue::StyledStrs(vec![StyledStr::from(*hint)]);
        error.remove(ContextKind::SuggestedArg);
        error.insert(ContextKind::Suggested, hint);
    }
    error
}
