//! The text that says what is in a folder.

use super::case_file::CaseFile;

/// What the case computes, where it was run, what came of it, and what is in the folder.
pub fn text(case: &CaseFile<'_>) -> String {
    let sections = [
        vec![case.report.name.clone(), meaning(case)],
        case.target.lines(),
        outcome(case),
        launch(case),
        files(case),
    ];
    let sections: Vec<String> = sections
        .into_iter()
        .filter(|lines| !lines.is_empty())
        .map(|lines| lines.join("\n") + "\n")
        .collect();
    sections.join("\n")
}

fn meaning(case: &CaseFile<'_>) -> String {
    let text = if case.launch.is_some() {
        "One launch of a compute shader on made-up data, compared with a plain implementation in\n\
         double precision. The comments in shader.wgsl say what it computes."
    } else if case.recipe.is_some() {
        "A whole network (LeNet), computed by many launches one after the other, compared with a\n\
         plain implementation. If cases of single shaders fail as well, look at those first."
    } else {
        "An operation of the program's path for processors on made-up data, compared with a plain\n\
         implementation in double precision. No shader is part of it."
    };
    text.to_owned()
}

fn outcome(case: &CaseFile<'_>) -> Vec<String> {
    let (report, outcome) = (case.report, &case.report.outcome);
    if let Some(error) = &report.error {
        return vec![
            format!("It did not run to its end: {error}"),
            "So there are no results to compare.".to_owned(),
        ];
    }
    let mut lines = vec![
        format!(
            "{} of {} values are off by more than {:e} + {:e} * |expected|",
            outcome.off, outcome.compared, report.tolerance.absolute, report.tolerance.relative
        ),
        format!("(because: {}).", report.tolerance.reason),
        format!(
            "Largest error: {:e} absolute, {:e} relative, {:.3} of what is allowed there.",
            outcome.max_abs, outcome.max_rel, outcome.worst
        ),
    ];
    lines.extend(outcome.mismatches.iter().map(|mismatch| {
        format!(
            "    {}{}: got {}, expected {}",
            mismatch.buffer, mismatch.index, mismatch.computed, mismatch.expected
        )
    }));
    let overwritten = outcome.overwritten.iter();
    lines.extend(overwritten.map(|buffer| format!("    wrote {buffer}")));
    lines
}

fn launch(case: &CaseFile<'_>) -> Vec<String> {
    let Some(launch) = &case.launch else {
        return Vec::new();
    };
    let [x, y, z] = launch.workgroups;
    let mut lines = vec![format!(
        "To repeat it: bind to the entry point '{}'",
        launch.entry_point
    )];
    lines.extend(launch.bindings.iter().map(|bound| {
        format!(
            "    @group({}) @binding({}) {}",
            bound.group, bound.binding, bound.name
        )
    }));
    lines.extend([
        "with the content of inputs/NAME.npy; in WGSL set the override constants that case.json"
            .to_owned(),
        format!("names, which the other languages have in place; and dispatch {x} x {y} x {z}"),
        format!("workgroups of {} invocations.", launch.workgroup_size[0]),
        "MSL and HLSL have naga's own numbers of bindings.".to_owned(),
    ]);
    lines
}

fn files(case: &CaseFile<'_>) -> Vec<String> {
    let mut lines = vec!["Files:"];
    if case.launch.is_some() {
        lines.extend([
            "    shader.wgsl       the shader",
            "    shader.*          what naga makes of it: SPIR-V, MSL, HLSL for FXC (5.1) and DXC (6.0);",
            "                      wgpu's own translation may differ in version and numbers of bindings",
            "    inputs/           all buffers as they are bound before the launch. After its values each",
            "                      has words 0x7fdeadbe, which nothing may read or write; what is to be",
            "                      written holds 0x7fc00001",
            "    written/          the buffers after the launch",
        ]);
    } else {
        lines.push("    inputs/           what it is computed from");
    }
    lines.extend([
        "    expected/, got/   the values that were compared, in the same order, as doubles",
        "    case.json         all of this for programs: shapes, constants, bindings, tolerance",
        "",
        ".npy files are NumPy's: numpy.load(FILE); a header whose length is a multiple of 64 bytes, then",
        "the values, little-endian (<f4 float, <u4 32-bit words, <f8 double).",
    ]);
    lines.into_iter().map(str::to_owned).collect()
}
