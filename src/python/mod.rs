//! A trained network as people who know another library would write it: a short Python script that defines
//! it, reads its parameters by their names, and counts its errors on digits in IDX files.
//!
//! What a script needs of the paper, such as Table I and the codes, is written out from the description of
//! the network (`model`), so that the script stands alone.

mod keras;
mod pytorch;
mod script;

use crate::model::{Conversion, Model};

/// A library that networks are defined in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    /// PyTorch.
    Pytorch,
    /// Keras 3, on any of its backends.
    Keras,
}

/// The script that defines the network of `model` in `library`. It takes a model file, a file of pictures
/// and one of labels, reads the pictures in the way of those that `model` was trained on, and prints how many
/// answers are wrong.
pub fn definition(model: &Model, library: Library) -> String {
    let network = &model.network;
    let parts = match library {
        Library::Pytorch => pytorch::parts(network),
        Library::Keras => keras::parts(network),
    };
    let record = model.trained_on.as_ref();
    let conversion = record.map_or_else(Conversion::default, |record| record.conversion);
    script::assemble(network, &conversion, &parts)
}
