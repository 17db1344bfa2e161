//! Reading the command line.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use super::Cli;
use super::hints::with_hint;
use super::output::{OUTPUT_IS_LOST, unless_reader_left};

impl Cli {
    /// Reads the arguments of the process. Where there is nothing to run, because help was asked for or
    /// the arguments are wrong, that has been printed, and the exit code is returned in place of what to
    /// run.
    ///
    /// # Errors
    /// If it cannot be printed.
    pub fn from_arguments(
        arguments: impl Iterator<Item = OsString>,
    ) -> anyhow::Result<Result<Self, ExitCode>> {
        let error = match Self::try_parse_from(arguments) {
            Ok(cli) => return Ok(Ok(cli)),
            Err(error) => with_hint(error),
        };
        let printed = error.print().and_then(|()| io::stdout().flush());
        unless_reader_left(printed).context(OUTPUT_IS_LOST)?;
        Ok(Err(ExitCode::from(error.exit_code() as u8)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::hints::NAMES_ELSEWHERE;

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
