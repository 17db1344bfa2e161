//! Reading the command line.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::builder::StyledStr;
use clap::error::{self, ContextKind, ContextValue};

use super::Cli;
use super::output::unless_reader_left;

/// What other programs of the field call an option, and what it is here.
const NAMES_ELSEWHERE: [(&[&str], &str); 7] = [
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

impl Cli {
    /// Reads the arguments of the process. Where there is nothing to run, because help was asked for or
    /// the arguments are wrong, that has been printed and the exit code is the error.
    ///
    /// # Errors
    /// The exit code of a process that has nothing to run.
    pub fn from_arguments(arguments: impl Iterator<Item = OsString>) -> Result<Self, ExitCode> {
        Self::try_parse_from(arguments).map_err(|error| {
            let error = with_hint(error);
            let printed = error.print().and_then(|()| io::stdout().flush());
            match unless_reader_left(printed) {
                Ok(()) => ExitCode::from(error.exit_code() as u8),
                Err(_) => ExitCode::FAILURE,
            }
        })
    }
}

/// `error`, with what an unknown option is called here if it is one of other programs.
fn with_hint(mut error: error::Error) -> error::Error {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_programs_lead_to_ours() {
        for (name, ours) in [
            ("--epochs", "--passes"),
            ("--device=cuda", "--adapter"),
            ("--batch-size", "--batch"),
            ("--learning-rate", "--lr"),
        ] {
            let error = Cli::try_parse_from(["lenet-gpu", "train", name, "3"]);
            let text = with_hint(error.unwrap_err()).to_string();
            assert!(
                text.contains("tip: ") && text.contains(ours),
                "{name}: {text}"
            );
        }
        let error = Cli::try_parse_from(["lenet-gpu", "train", "--pases", "3"]);
        let text = with_hint(error.unwrap_err()).to_string();
        assert!(text.contains("--passes"), "{text}");
    }

    #[test]
    fn our_own_options_need_no_hint() {
        use clap::CommandFactory;
        for command in Cli::command().get_subcommands() {
            for option in command.get_opts().filter_map(|option| option.get_long()) {
                let name = format!("--{option}");
                let known = NAMES_ELSEWHERE
                    .iter()
                    .any(|(names, _)| names.contains(&&name[..]));
                assert!(!known, "{name}");
            }
        }
    }
}
