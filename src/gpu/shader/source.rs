//! WGSL with imports: the text of a shader, assembled from files, and the origin of each of its lines.
//!
//! An import is one line, in the syntax of WESL, the WGSL dialect of the community:
//! `import package::shared::samples::Samples;` or `import package::shared::squashing::{squash,
//! slope_at};`. It names the declarations that the file uses of `shaders/shared/samples.wgsl`, and
//! appends the whole text of that file, once, however often it is imported. Nothing is renamed or left
//! out.

use std::error::Error;
use std::iter::successors;

use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{Module, Span};

/// A file of `shaders/`.
#[derive(Clone, Copy, Debug)]
pub(super) struct File {
    /// Its path in that folder, without the extension.
    pub name: &'static str,
    pub text: &'static str,
}

/// The text of a file and of everything it imports.
#[derive(Clone, Debug)]
pub(super) struct Source {
    text: String,
    parts: Vec<Part>,
}

/// The part of a text that is from one file.
#[derive(Clone, Copy, Debug)]
struct Part {
    file: &'static str,
    /// Its first line in the text, counted from 0.
    first_line: usize,
}

impl Source {
    /// Assembles `file` and all files of `library` that it imports, directly or through another import.
    ///
    /// The text starts with that of `file`; imports become comments. WGSL allows declarations in any
    /// order.
    ///
    /// # Errors
    /// If a line that starts with `import` is not an import, or names no file of `library`.
    pub fn assemble(file: File, library: &[File]) -> Result<Self, String> {
        let mut files = vec![file];
        let mut source = Self {
            text: String::new(),
            parts: Vec::new(),
        };
        // Grows while it is walked through.
        let mut next = 0;
        while let Some(&File { name, text }) = files.get(next) {
            source.parts.push(Part {
                file: name,
                first_line: source.text.lines().count(),
            });
            for (number, line) in text.lines().enumerate() {
                if line.starts_with("import ") {
                    let imported = imported_file(line, library).ok_or_else(|| {
                        format!("{}: unknown import: {line}", place(name, number + 1))
                    })?;
                    if files.iter().all(|file| file.name != imported.name) {
                        files.push(imported);
                    }
                    source.text.push_str("// ");
                }
                source.text.push_str(line);
                source.text.push('\n');
            }
            next += 1;
        }
        Ok(source)
    }

    /// The WGSL text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names of the files it is from, in order.
    pub fn files(&self) -> impl Iterator<Item = &'static str> {
        self.parts.iter().map(|part| part.file)
    }

    /// The same with every `needle` replaced; `None` if there is none. Neither may hold a line break.
    pub fn replaced(&self, needle: &str, replacement: &str) -> Option<Self> {
        self.text.contains(needle).then(|| Self {
            text: self.text.replace(needle, replacement),
            parts: self.parts.clone(),
        })
    }

    /// Parses and validates the text, without any optional capability.
    ///
    /// # Errors
    /// Naga's message, with file, line and column of every place it points at.
    pub fn validated(&self) -> Result<(Module, ModuleInfo), String> {
        let module = naga::front::wgsl::parse_str(&self.text).map_err(|error| {
            let message = [error.message()].into_iter().chain(error.notes());
            self.report(message, error.labels())
        })?;
        let info = Validator::new(ValidationFlags::all(), Capabilities::empty())
            .validate(&module)
            .map_err(|error| {
                let causes = successors(Some(error.as_inner() as &dyn Error), |&e| e.source());
                let labels = error.spans().map(|(span, label)| (*span, label.as_str()));
                self.report(causes.map(ToString::to_string), labels)
            })?;
        Ok((module, info))
    }

    /// `message`, and each of the places that `labels` point at with its line.
    fn report<'a>(
        &self,
        message: impl Iterator<Item: AsRef<str>>,
        labels: impl Iterator<Item = (Span, &'a str)>,
    ) -> String {
        let message: Vec<_> = message.collect();
        let message: Vec<&str> = message.iter().map(AsRef::as_ref).collect();
        let mut report = message.join(": ");
        for (span, label) in labels.filter(|(span, _)| span.is_defined()) {
            let location = span.location(&self.text);
            let number = location.line_number as usize - 1;
            let line = self.text.lines().nth(number).unwrap_or_default();
            let (file, number) = self.origin(number);
            let (place, column) = (place(file, number), location.line_position);
            report.push_str(&format!("\n{place}:{column}: {label}\n    {line}"));
        }
        report
    }

    /// The file that line `number` of the text, counted from 0, is from, and its number there, counted
    /// from 1.
    fn origin(&self, number: usize) -> (&'static str, usize) {
        let parts = self.parts.partition_point(|part| part.first_line <= number);
        let Part { file, first_line } = self.parts[parts - 1];
        (file, number - first_line + 1)
    }
}

/// A line of a file as messages name it.
fn place(file: &str, line: usize) -> String {
    format!("shaders/{file}.wgsl:{line}")
}

/// The file of `library` that an import is from: `package::a::b::NAME` is from `a/b`.
fn imported_file(import: &str, library: &[File]) -> Option<File> {
    let path = import.strip_prefix("import package::")?.strip_suffix(';')?;
    let (module, _) = path.rsplit_once("::")?;
    let name = module.replace("::", "/");
    library.iter().find(|file| file.name == name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIBRARY: &[File] = &[
        File {
            name: "a",
            text: "import package::b::g;\nfn f() { g(); }\n",
        },
        File {
            name: "b",
            text: "// Nothing.\nfn g() {}\n",
        },
        File {
            name: "c",
            text: "fn h() {}\n",
        },
    ];

    fn assemble(text: &'static str) -> Result<Source, String> {
        Source::assemble(File { name: "top", text }, LIBRARY)
    }

    #[test]
    fn imports_are_appended_once_and_lines_keep_their_origin() {
        let text = "import package::a::f;\nimport package::b::{g};\n\nfn top() { f(); g(); }\n";
        let source = assemble(text).unwrap();
        assert_eq!(source.files().collect::<Vec<_>>(), ["top", "a", "b"]);
        source.validated().unwrap();
        let origin_of = |needle| {
            let number = source.text().lines().position(|line| line.contains(needle));
            source.origin(number.unwrap())
        };
        assert_eq!(origin_of("fn top"), ("top", 4));
        assert_eq!(origin_of("fn f"), ("a", 2));
        assert_eq!(origin_of("fn g"), ("b", 2));
    }

    #[test]
    fn unknown_imports_are_reported_with_their_place() {
        for line in [
            "import package::d::f;",
            "import package::a::f",
            "import a::f;",
        ] {
            let error = assemble(format!("\n{line}\n").leak()).unwrap_err();
            assert_eq!(error, format!("shaders/top.wgsl:2: unknown import: {line}"));
        }
    }
}
