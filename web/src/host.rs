//! What the worker does for [`Lab`](crate::Lab).

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// An object of the worker that is told of progress.
    pub type Host;

    /// Some steps were made: JSON of `Measured`.
    #[wasm_bindgen(method)]
    pub fn measured(this: &Host, measured: JsValue);

    /// The model of the lab is another one, and may be looked at.
    #[wasm_bindgen(method)]
    pub fn looked(this: &Host);

    /// The training waits, because it was asked to.
    #[wasm_bindgen(method)]
    pub fn waits(this: &Host);

    /// A pass is complete: JSON of `PassDone`.
    #[wasm_bindgen(method, js_name = passDone)]
    pub fn pass_done(this: &Host, done: JsValue);

    /// The test digits were answered after a pass: JSON of `Answers`.
    #[wasm_bindgen(method)]
    pub fn scored(this: &Host, answers: JsValue);

    /// So many cases will be run.
    #[wasm_bindgen(method)]
    pub fn counted(this: &Host, cases: u32);

    /// A case of the verification was run: JSON of `CaseReport`.
    #[wasm_bindgen(method)]
    pub fn checked(this: &Host, report: JsValue);

    /// A speed was measured: JSON of `Speed`.
    #[wasm_bindgen(method)]
    pub fn timed(this: &Host, speed: JsValue);

    /// Gives the worker's other messages a turn, and waits `milliseconds` at least.
    #[wasm_bindgen(method)]
    pub async fn turn(this: &Host, milliseconds: f64);
}
