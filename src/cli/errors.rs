//! Errors in words for the user of the program. The library names fields and says what is wrong;
//! this module names the options that set those fields and says what to try next.

use std::error::Error;
use std::io::ErrorKind;

use crate::data::DataError;
use crate::exchange::ImportError;
use crate::gpu::{GpuError, GrowsWith};
use crate::model::InvalidValue;
use crate::model_file::ModelError;
use crate::reproduce::WrongFolder;
use crate::store::{RunError, TUNING_FILE, TuningError};
use crate::train::Divergence;
use crate::web::WebError;

/// `error` and its causes in one sentence, with advice where there is some.
pub fn explain(error: &anyhow::Error) -> String {
    let (mut message, mut advice) = (error.to_string(), None);
    for cause in error.chain() {
        let (text, worded) = (cause.to_string(), in_options(cause));
        // Causes are told only where the message does not tell them already.
        message = match message.contains(&text) {
            true => message.replacen(&text, &worded, 1),
            false => format!("{message}: {worded}"),
        };
        advice = advice.or_else(|| advice_after(cause));
    }
    message + &advice.unwrap_or_default()
}

/// The message of `error`, with options instead of fields.
fn in_options(error: &(dyn Error + 'static)) -> String {
    match error.downcast_ref::<InvalidValue>() {
        Some(invalid) => invalid.message(option_of),
        None => error.to_string(),
    }
}

/// The option that sets `field`: mostly of the same name.
fn option_of(field: &str) -> String {
    let name = match field {
        "rate" => "lr",
        "estimate_samples" => "estimate",
        "preconditioning" => "precondition",
        "loss.scale" => "loss-scale",
        "teachers.count" => "teachers",
        "distortion.linear" => "distort",
        "distortion.rotation" => "rotate",
        _ => field.rsplit('.').next().unwrap_or(field),
    };
    format!("--{}", name.replace('_', "-"))
}

/// What to try next, to be read after the message of `error`.
fn advice_after(error: &(dyn Error + 'static)) -> Option<String> {
    let advice = if let Some(error) = error.downcast_ref() {
        after_gpu_error(error)
    } else if let Some(error) = error.downcast_ref() {
        after_data_error(error)?
    } else if let Some(error) = error.downcast_ref() {
        after_run_error(error)?
    } else if let Some(error) = error.downcast_ref() {
        after_web_error(error)?
    } else if let Some(ModelError::Foreign { .. }) = error.downcast_ref() {
        "; train one with `lenet-gpu train`"
    } else if let Some(ModelError::OtherKind { .. }) = error.downcast_ref() {
        "; `lenet-gpu import` takes parameters from ONNX files"
    } else if let Some(ImportError::Misfit { may_be_another, .. }) = error.downcast_ref() {
        match may_be_another {
            true => {
                "; --network, --subsampling, --c3 and --head name another network; names and shapes: \
                 docs/onnx.md"
            }
            false => "; names and shapes: docs/onnx.md",
        }
    } else if let Some(TuningError::Unusable { .. }) = error.downcast_ref() {
        return Some(format!(
            "; delete the file and run `lenet-gpu tune` again, or set {TUNING_FILE} to the empty \
             text to do without"
        ));
    } else if error.is::<WrongFolder>() {
        "; delete it, or choose another --out"
    } else if error.is::<Divergence>() {
        "; try a lower --lr or a lower --loss-scale"
    } else {
        return None;
    };
    Some(advice.to_owned())
}

fn after_gpu_error(error: &GpuError) -> &'static str {
    match error {
        GpuError::NoMatch { .. } => "; --adapter cpu needs none",
        GpuError::UnknownBackend { .. } => "; set it to one of these, or unset it",
        GpuError::RuledOut { .. } => "; unset that variable, or choose another with --adapter",
        GpuError::Unusable { .. } => {
            "; choose another with --adapter (`lenet-gpu adapters` lists them) or use --adapter cpu"
        }
        GpuError::Open { .. } => "; try another with --adapter, or --adapter cpu",
        GpuError::TooManyWorkgroups { .. } => "; use a smaller --batch",
        GpuError::BufferTooLarge { grows_with, .. } => match grows_with {
            GrowsWith::Batch => "; use a smaller --batch, fewer --seeds, or --adapter cpu",
            GrowsWith::Estimate => "; use a smaller --estimate, fewer --seeds, or --adapter cpu",
            GrowsWith::DataSet => {
                "; use fewer samples (train has --samples and --string-fields), another --adapter, or --adapter cpu, \
                 which has no such limit"
            }
        },
        GpuError::OutOfMemory(_) => "; use a smaller --batch, fewer --seeds, or --adapter cpu",
        GpuError::Lost(_) => {
            "; a run can be continued from its last checkpoint with train --resume"
        }
        GpuError::Reported(_) => "; `lenet-gpu verify` may show which kernel fails",
    }
}

fn after_data_error(error: &DataError) -> Option<&'static str> {
    match error {
        DataError::MissingFolder { .. } | DataError::NotAFolder { .. } => {
            Some(": check the path given to --data")
        }
        DataError::NothingEmbedded => Some(": pass --data DIR"),
        DataError::MissingFile { .. }
        | DataError::NotAFile { .. }
        | DataError::OtherClasses { .. }
        | DataError::BrokenGzip { .. }
        | DataError::WebPage { .. }
        | DataError::ShortHeader { .. }
        | DataError::WrongMagic { .. }
        | DataError::EmptySet { .. }
        | DataError::TooFewBytes { .. }
        | DataError::TooManyBytes { .. }
        | DataError::LabelOutOfRange { .. } => {
            Some(", or leave out --data to use the built-in set")
        }
        DataError::Oversized { .. } | DataError::OutOfMemory { .. } => {
            Some(", or train on the first of its digits alone with --samples")
        }
        DataError::Unreadable { .. }
        | DataError::SeveralSets { .. }
        | DataError::WrongDimensions { .. }
        | DataError::CountMismatch { .. }
        | DataError::SplitTooLarge { .. } => None,
    }
}

fn after_run_error(error: &RunError) -> Option<&'static str> {
    match error {
        RunError::Exists(_) => Some(": choose another --out, or continue it with --resume"),
        RunError::Busy(_) => Some(": wait for its end, or stop it"),
        RunError::NotARun { .. } => {
            Some("; --resume takes the folder of a run that has been checkpointed")
        }
        RunError::Write { .. } => None,
    }
}

fn after_web_error(error: &WebError) -> Option<&'static str> {
    match error {
        WebError::MissingFolder { .. } | WebError::NoPage { .. } => {
            Some(": build it with scripts/web, and name it with --page target/web")
        }
        WebError::NothingEmbedded => Some(
            ": build the page with scripts/web, then name it with --page target/web, or put it inside \
             with `cargo run --release --features web-page -- web`",
        ),
        WebError::PortTaken { .. } => {
            Some("; choose another --port, or leave it out for one that is free")
        }
        WebError::Listen { source, .. } => match source.kind() {
            ErrorKind::PermissionDenied => Some("; choose a --port from 1024 on"),
            ErrorKind::AddrNotAvailable => {
                Some("; --listen takes an address of this machine, or 0.0.0.0 for all of them")
            }
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;
    use crate::train::{SessionError, TrainError};

    fn invalid() -> InvalidValue {
        InvalidValue::new("loss.scale", 0, "a number above 0")
    }

    #[test]
    fn fields_become_options_however_deep_the_error_lies() {
        let expected = "--loss-scale is 0, expected a number above 0";
        assert_eq!(explain(&invalid().into()), expected);
        let wrapped = SessionError::Train(TrainError::Recipe(invalid()));
        assert_eq!(explain(&wrapped.into()), expected);
        let told = Err::<(), _>(invalid()).context("training seed 3");
        let expected = format!("training seed 3: {expected}");
        assert_eq!(explain(&told.unwrap_err()), expected);
    }

    #[test]
    fn advice_on_a_large_buffer_names_what_makes_it_smaller() {
        for (grows_with, option) in [
            (GrowsWith::Batch, "--batch"),
            (GrowsWith::Estimate, "--estimate"),
            (GrowsWith::DataSet, "--samples"),
        ] {
            let error = GpuError::BufferTooLarge {
                what: "images".to_owned(),
                bytes: 188_160_000,
                adapter: "an adapter".to_owned(),
                limit: 134_217_728,
                grows_with,
            };
            let message = explain(&error.into());
            for part in [
                "188160000 bytes",
                "images",
                "'an adapter'",
                "134217728",
                option,
            ] {
                assert!(message.contains(part), "{message}");
            }
        }
    }

    #[test]
    fn advice_comes_after_the_message() {
        let lost = SessionError::from(GpuError::Lost("a reset".to_owned()));
        let message = explain(&lost.into());
        assert!(message.starts_with("the adapter's device was lost: a reset; "));
        assert!(message.ends_with("--resume"));
        let diverged = SessionError::Diverged {
            source: Divergence {
                seed: 1,
                pass: 2,
                loss: f64::NAN,
                rate: 0.5,
                loss_scale: 1.0,
            },
            folder: "runs/one".into(),
        };
        let message = explain(&diverged.into());
        assert!(message.contains("'runs/one' is intact; try a lower --lr"));
    }
}
