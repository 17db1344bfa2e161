//! LeNet-5 in burn, to be measured beside lenet-gpu.
//!
//! ```text
//! burn-peer --data DIR --backend wgpu|ndarray|flex [--adapter software|gpu]
//! ```
//!
//! reads measurements to make from standard input, a line each, `train|infer BATCH SECONDS`, and
//! answers each with a line of JSON. The first of its kind is warmed up before it is measured.

// burn's nested generic types need more than the default of 128.
#![recursion_limit = "256"]

mod contestant;
mod digits;
mod network;

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, BufRead};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use burn::tensor::wgpu::WgpuBackend;
use burn::tensor::{Device, DeviceKind};
use serde_json::{Value, json};

use contestant::{Contestant, Mode};
use digits::Digits;

const USAGE: &str = "\
usage: burn-peer --data DIR --backend wgpu|ndarray|flex [--adapter software|gpu]

DIR holds MNIST's four IDX files, unpacked. Then, for each line `train|infer BATCH SECONDS` on
standard input, a line of JSON on standard output.";

/// The burn that Cargo.toml pins.
const BURN: &str = "0.22.1";

struct Arguments {
    data: PathBuf,
    backend: String,
    adapter: DeviceKind,
}

/// A device and what can be said of it.
struct Machine {
    device: Device,
    adapter: Option<String>,
}

struct Request {
    mode: Mode,
    mode_name: String,
    batch: usize,
    time: Duration,
}

fn main() -> ExitCode {
    let arguments = match parse_arguments(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("error: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match serve(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse_arguments(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let (mut data, mut backend, mut adapter) = (None, None, DeviceKind::Cpu);
    while let Some(option) = words.next() {
        let value = words
            .next()
            .ok_or_else(|| format!("{option} needs a value"))?;
        match (option.as_str(), value.as_str()) {
            ("--data", _) => data = Some(PathBuf::from(value)),
            ("--backend", "wgpu" | "ndarray" | "flex") => backend = Some(value),
            ("--adapter", "software") => adapter = DeviceKind::Cpu,
            ("--adapter", "gpu") => adapter = DeviceKind::DefaultDevice,
            _ => return Err(format!("unexpected {option} {value}")),
        }
    }
    Ok(Arguments {
        data: data.ok_or("--data is missing")?,
        backend: backend.ok_or("--backend is missing")?,
        adapter,
    })
}

/// Answers the requests on standard input until it ends. A request that fails is answered with
/// its error, and the next one is taken.
fn serve(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let train = Digits::load(&arguments.data, "train")?;
    let test = Digits::load(&arguments.data, "t10k")?;
    let machine = open(arguments)?;
    let mut contestants = HashMap::new();
    for line in io::stdin().lock().lines() {
        let answer = parse_request(&line?).and_then(|request| {
            let digits = match request.mode {
                Mode::Train => &train,
                Mode::Infer => &test,
            };
            measure(&request, &mut contestants, digits, &machine.device)
        });
        let mut answer = answer.unwrap_or_else(|error| json!({ "error": error.to_string() }));
        answer["framework"] = json!("burn");
        answer["version"] = json!(BURN);
        answer["backend"] = json!(arguments.backend);
        answer["adapter"] = json!(machine.adapter);
        answer["threads"] = json!(std::env::var("RAYON_NUM_THREADS").ok());
        println!("{answer}");
    }
    Ok(())
}

#[expect(
    deprecated,
    reason = "ndarray is measured beside flex, which replaces it"
)]
fn open(arguments: &Arguments) -> Result<Machine, Box<dyn Error>> {
    let on_host = |device| Machine {
        device,
        adapter: None,
    };
    match arguments.backend.as_str() {
        "ndarray" => Ok(on_host(Device::ndarray())),
        "flex" => Ok(on_host(Device::flex())),
        _ => open_adapter(arguments.adapter.clone()),
    }
}

fn open_adapter(kind: DeviceKind) -> Result<Machine, Box<dyn Error>> {
    let (device, setup) = Device::wgpu_options()
        .device_kind(kind)
        .graphics_api(WgpuBackend::Vulkan)
        .init_with_setup()
        .map_err(|error| format!("no Vulkan adapter of that kind: {error}"))?;
    let info = setup.adapter.get_info();
    Ok(Machine {
        device,
        adapter: Some(format!(
            "{} ({:?}, {} {})",
            info.name, info.backend, info.driver, info.driver_info
        )),
    })
}

fn parse_request(line: &str) -> Result<Request, Box<dyn Error>> {
    let unexpected = || format!("{line:?} is not `train|infer BATCH SECONDS`");
    let words: Vec<&str> = line.split_whitespace().collect();
    let &[mode_name, batch, seconds] = words.as_slice() else {
        return Err(unexpected().into());
    };
    let mode = match mode_name {
        "train" => Mode::Train,
        "infer" => Mode::Infer,
        _ => return Err(unexpected().into()),
    };
    let batch: usize = batch.parse().map_err(|_| unexpected())?;
    let seconds: f64 = seconds.parse().map_err(|_| unexpected())?;
    let time = Duration::try_from_secs_f64(seconds).map_err(|_| unexpected())?;
    if batch == 0 || time.is_zero() {
        return Err(unexpected().into());
    }
    Ok(Request {
        mode,
        mode_name: mode_name.to_owned(),
        batch,
        time,
    })
}

fn measure<'a>(
    request: &Request,
    contestants: &mut HashMap<(Mode, usize), Contestant<'a>>,
    digits: &'a Digits,
    device: &Device,
) -> Result<Value, Box<dyn Error>> {
    let key = (request.mode, request.batch);
    if !contestants.contains_key(&key) {
        let contestant = Contestant::new(request.mode, request.batch, digits, device)?;
        contestants.insert(key, contestant);
    }
    let contestant = contestants.get_mut(&key).ok_or("the contestant is gone")?;
    let measured = contestant.measure(request.time)?;
    Ok(json!({
        "mode": request.mode_name,
        "batch": request.batch,
        "samples_per_second": measured.samples as f64 / measured.seconds,
        "seconds": measured.seconds,
        "value": measured.value,
    }))
}
