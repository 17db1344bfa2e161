//! Tells which digit a picture shows, by a model that `lenet-gpu train` has left:
//!
//! ```text
//! cargo run --release --example classify_picture runs/…/model.safetensors three.png
//! ```

use std::error::Error;
use std::path::Path;

use lenet_gpu::block_on;
use lenet_gpu::compute::Compute;
use lenet_gpu::data::picture::{digit_in, open};
use lenet_gpu::model::Model;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, picture] = &arguments[..] else {
        return Err("expected a model and a picture".into());
    };
    let model = Model::load(Path::new(model))?;
    let digit = digit_in(&open(Path::new(picture))?)?.digit;
    let answer = block_on(model.classify(&Compute::Cpu, &digit))?;
    println!(
        "It is a {}, by a margin of {:.1}.",
        answer.digit, answer.margin
    );
    match answer.confidence {
        Some(confidence) => println!("It is {:.1} % sure.", 100.0 * confidence),
        None => println!("Eq. 8, which it was trained by, gives no probability."),
    }
    for (digit, penalty) in answer.penalties.iter().enumerate() {
        println!("  {digit}: {penalty:.1}");
    }
    Ok(())
}
