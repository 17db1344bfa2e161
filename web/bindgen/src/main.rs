//! Turns the WebAssembly of `lenet-web` into what a page loads: a smaller file, and the JavaScript that
//! calls into it. Called by `scripts/web` with the file and the folder for both.

use std::path::PathBuf;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(wasm), Some(folder), None) = (arguments.next(), arguments.next(), arguments.next())
    else {
        anyhow::bail!("expected a WebAssembly file and a folder");
    };
    let mut bindgen = Bindgen::new();
    // The names of functions are a tenth of the file.
    bindgen
        .input_path(&wasm)
        .typescript(false)
        .omit_default_module_path(false)
        .remove_name_section(true)
        .web(true)?;
    let failed = || format!("cannot turn {} into a page's", wasm.display());
    bindgen.generate(&folder).with_context(failed)
}
