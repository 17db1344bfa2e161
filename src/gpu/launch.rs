//! What a step computes, as data: kernels and what they read and write, in order.

use super::{Kernel, View};

/// A kernel and the buffers to be bound to it, by the names the shader gives them.
pub(super) struct Launch {
    /// The kernel.
    pub kernel: Kernel,
    /// Name and buffer.
    pub bindings: Vec<(&'static str, View)>,
}

impl Launch {
    /// `kernel`, to which `bindings` are bound.
    pub fn new<'a>(
        kernel: Kernel,
        bindings: impl IntoIterator<Item = (&'static str, &'a View)>,
    ) -> Self {
        let owned = |(name, view): (_, &View)| (name, view.clone());
        Self {
            kernel,
            bindings: bindings.into_iter().map(owned).collect(),
        }
    }
}

/// Launches in order, each in a section: what a [`Plan`](super::Plan) is made from.
#[derive(Default)]
pub(super) struct Launches {
    /// Section and launch.
    pub list: Vec<(&'static str, Launch)>,
    section: &'static str,
}

impl Launches {
    /// Names the part of the step that the launches added from here on belong to: a layer, or what
    /// happens before, between and after the layers.
    pub fn section(&mut self, name: &'static str) {
        self.section = name;
    }

    /// Adds `launch`.
    pub fn push(&mut self, launch: Launch) {
        self.list.push((self.section, launch));
    }
}
