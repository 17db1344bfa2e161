//! Tells the program the versions of wgpu and naga, and lists the files of the page for
//! `src/web/embedded.rs` if the feature `web-page` puts it inside.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Where `scripts/web` leaves the page.
const PAGE: &str = "target/web";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    tell_versions();
    if env::var_os("CARGO_FEATURE_WEB_PAGE").is_none() {
        return;
    }
    // With all its folders: a file that is new is noticed, too.
    println!("cargo::rerun-if-changed={PAGE}");
    if !Path::new(PAGE).join("index.html").is_file() {
        println!(
            "cargo::error=the feature web-page puts the page in {PAGE} inside the program, and there \
             is none: build it with scripts/web first, or build without the feature"
        );
        return;
    }
    if let Err(error) = list() {
        println!("cargo::error=the page in {PAGE} cannot be put inside the program: {error}");
    }
}

/// Hands on the versions of wgpu and naga that Cargo.lock names: neither tells its own.
fn tell_versions() {
    println!("cargo::rerun-if-changed=Cargo.lock");
    let lock = fs::read_to_string("Cargo.lock").unwrap_or_default();
    for (package, variable) in [("wgpu", "WGPU_VERSION"), ("naga", "NAGA_VERSION")] {
        let version = locked_version(&lock, package).unwrap_or("unknown");
        println!("cargo::rustc-env={variable}={version}");
    }
}

/// The version of `package` in a lock file.
fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    let version = lines.nth(1)?.strip_prefix("version = ")?;
    Some(version.trim_matches('"'))
}

/// Writes the list: a slice of names and contents.
fn list() -> io::Result<()> {
    // Cargo runs this in the folder of the crate, and sets both variables.
    let root = env::current_dir()?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let mut files = Vec::new();
    collect(&root.join(PAGE), "", &mut files)?;
    let mut text = "&[\n".to_owned();
    for (name, file) in files {
        let lines = format!("    ({name:?}, include_bytes!({file:?})),");
        writeln!(text, "{lines}").map_err(io::Error::other)?;
    }
    text.push(']');
    fs::write(out.join("page.rs"), text)
}

/// Adds the files of `folder`, whose names in the page start with `prefix`.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        let name = format!("{prefix}{}", name.to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files)?;
        } else if !is_a_digit_file(&name) {
            files.push((name, path));
        }
    }
    Ok(())
}

/// Whether the feature `embedded-mnist` has the file inside the program already.
fn is_a_digit_file(name: &str) -> bool {
    let digits = name.strip_prefix("digits/");
    let name = digits.and_then(|name| name.strip_suffix(".gz"));
    name.is_some_and(|name| Path::new(&format!("assets/mnist/{name}.xz")).is_file())
}
