//! What the visitor wishes of a training that is under way.

use std::cell::{Cell, RefCell};

use js_sys::{Function, Promise};
use wasm_bindgen_futures::JsFuture;

use crate::host::Host;

/// What a training is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Go on.
    Run,
    /// Make some steps, then pause.
    Steps(usize),
    /// Wait.
    Pause,
    /// End.
    Stop,
}

/// The wishes, which a training reads between its steps.
pub struct Control {
    wish: Cell<Wish>,
    steps_per_second: Cell<Option<f64>>,
    waiting: RefCell<Option<Function>>,
}

impl Control {
    /// Nothing is wished yet: a training would wait.
    pub fn new() -> Self {
        Self {
            wish: Cell::new(Wish::Pause),
            steps_per_second: Cell::new(None),
            waiting: RefCell::default(),
        }
    }

    /// Wishes for something else.
    pub fn set(&self, wish: Wish) {
        self.wish.set(wish);
        if let Some(wake) = self.waiting.take() {
            // Resolving a promise does not fail.
            let _ = wake.call0(&wasm_bindgen::JsValue::NULL);
        }
    }

    /// Limits the speed; `None` is as fast as it goes.
    pub fn limit(&self, steps_per_second: Option<f64>) {
        self.steps_per_second.set(steps_per_second);
    }

    /// The most steps per second.
    pub fn steps_per_second(&self) -> Option<f64> {
        self.steps_per_second.get()
    }

    /// Whether steps that were not begun are to be left.
    pub fn interrupts(&self) -> bool {
        matches!(self.wish.get(), Wish::Pause | Wish::Stop)
    }

    /// What is wished.
    pub fn wish(&self) -> Wish {
        self.wish.get()
    }

    /// Counts steps that were wished for one by one.
    pub fn made(&self, steps: usize) {
        if let Wish::Steps(left) = self.wish.get() {
            self.wish.set(match left.saturating_sub(steps) {
                0 => Wish::Pause,
                left => Wish::Steps(left),
            });
        }
    }

    /// Waits while the wish is to pause, which `host` is told, and returns the most steps to make; `None` is
    /// the end.
    pub async fn most(&self, host: &Host) -> Option<usize> {
        loop {
            match self.wish.get() {
                Wish::Run => return Some(usize::MAX),
                Wish::Steps(steps) => return Some(steps),
                Wish::Stop => return None,
                Wish::Pause => {
                    host.waits();
                    self.changed().await;
                }
            }
        }
    }

    async fn changed(&self) {
        let wait = Promise::new(&mut |resolve, _| {
            self.waiting.replace(Some(resolve));
        });
        // The promise is only ever resolved.
        let _ = JsFuture::from(wait).await;
    }
}
