//! What the page sees of a network.

use js_sys::Uint32Array;
use lenet_gpu::compute::Answer;
use lenet_gpu::model::{Model, Parameters};
use lenet_gpu::reference::Walk;
use wasm_bindgen::JsValue;

use crate::recipes::kernels;
use crate::values::{floats, list, object};

/// The kernels of every convolution of maps.
pub fn kernels_of(model: &Model) -> JsValue {
    let parameters = Parameters::of(&model.network);
    list(kernels(&model.network, &parameters, &model.arena).map(floats))
}

/// The outputs of all layers for `image`, and the answer.
pub fn layers_of(model: &Model, image: &[u8]) -> JsValue {
    let walk = Walk::through(model, image);
    let penalties = walk.penalties().try_into().expect("ten classes");
    let answer = Answer::of(model, penalties);
    object([
        ("field", floats(walk.field())),
        ("outputs", list(walk.outputs().map(floats))),
        ("penalties", floats(walk.penalties())),
        ("digit", (answer.digit as u32).into()),
        (
            "confidence",
            answer.confidence.map_or(JsValue::NULL, JsValue::from),
        ),
        ("glyph", walk.glyph().map_or(JsValue::UNDEFINED, floats)),
    ])
}

/// The values of F6 for each of `images`; none with another head than the codes'.
pub fn glyphs_of(model: &Model, images: &[&[u8]]) -> JsValue {
    let glyph = |image: &&[u8]| {
        let walk = Walk::through(model, image);
        walk.glyph().map_or(JsValue::UNDEFINED, floats)
    };
    list(images.iter().map(glyph))
}

/// What a unit sees of `image`, and what it makes of it.
pub fn unit_of(model: &Model, image: &[u8], layer: usize, unit: usize) -> JsValue {
    let walk = Walk::through(model, image);
    let field = walk.receptive_field(layer, unit);
    let edges = [&field.rows, &field.columns].map(|span| [span.start as u32, span.end as u32]);
    let output = walk.output(layer)[unit];
    let sum = walk.sum_of(model, layer, unit);
    let (inputs, weights, bias) = match &sum {
        Some(sum) => {
            let inputs: Vec<u32> = sum.terms.iter().map(|term| term.input as u32).collect();
            let weights: Vec<f32> = sum.terms.iter().map(|term| term.weight).collect();
            let inputs = Uint32Array::from(&inputs[..]).into();
            (inputs, floats(&weights), JsValue::from(sum.bias))
        }
        None => (JsValue::UNDEFINED, JsValue::UNDEFINED, JsValue::UNDEFINED),
    };
    object([
        ("field", Uint32Array::from(edges.as_flattened()).into()),
        ("inputs", inputs),
        ("weights", weights),
        ("bias", bias),
        ("output", output.into()),
    ])
}
