//! A trained network as people who know another library would write it: a short Python script that defines
//! it, reads its parameters by their names, and counts its errors on digits in IDX files.
//!
//! What a script needs of the paper, such as Table I and the codes, is written out from the description of
//! the network (`model`), so that the script stands alone.

mod keras;
mod pytorch;
mod script;

use std::path::Path;

use crate::model::{Conversion, Model};

/// Modules of Python itself that the libraries import, or what these import.
const IMPORTED_BY_LIBRARIES: &str = "\
    abc ast base64 builtins collections contextlib copy csv ctypes dataclasses datetime decimal enum \
    errno functools glob hashlib heapq importlib inspect io itertools json keyword locale logging math \
    numbers operator os pickle platform queue random re secrets select shutil signal site socket stat \
    statistics string struct subprocess tempfile textwrap threading time token tokenize traceback types \
    typing unittest uuid warnings weakref zipfile zlib";

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

/// Whether `script`, as `file`, would hide a module from itself or from what it imports: Python looks for modules
/// beside the script first.
pub fn hides_a_module(file: &Path, script: &str) -> bool {
    let Some(name) = file.file_stem().and_then(|stem| stem.to_str()) else {
        return false;
    };
    let is_imported = |line: &str| {
        let mut words = line.split([' ', '.']);
        matches!(words.next(), Some("import" | "from")) && words.next() == Some(name)
    };
    let mut theirs = IMPORTED_BY_LIBRARIES.split(' ');
    theirs.any(|module| module == name) || script.lines().any(is_imported)
}
