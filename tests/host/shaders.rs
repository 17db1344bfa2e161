//! The shaders as text: valid WGSL within WebGPU's default limits, each with its twin, and laid out
//! in memory as the host believes. No adapter is needed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirEntry};
use std::mem::offset_of;
use std::path::Path;

use lenet_gpu::data::{BACKGROUND, INK};
use lenet_gpu::gpu::kernels::{
    SMALLEST_WORKGROUP, conv, dense, fused_sample, fused_update, peak, preconditioning,
};
use lenet_gpu::gpu::{FusedBlock, Kernel, SHADERS};
use lenet_gpu::model::preconditioning::{LEAST_SHARE, STEPS_PER_RENEWAL, WINDOW_STRIDE};
use lenet_gpu::model::{KERNEL, SQUASH_AMPLITUDE, StepRates};
use lenet_gpu::reference::preconditioning::LEAST_SQUARE;
use lenet_gpu::verify::{TWINS, kernel_cases};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{
    AddressSpace, Block, Expression, Function, Handle, Module, Statement, StorageAccess, TypeInner,
};

// WebGPU's default limits: what every adapter offers that offers WebGPU at all.
const MOST_STORAGE_BUFFERS: usize = 8;
const MOST_WORKGROUP_BYTES: u32 = 16 << 10;
const MOST_INVOCATIONS: u32 = 256;

/// Name, module and validation of every shader.
fn modules() -> impl Iterator<Item = (&'static str, Module, ModuleInfo)> {
    SHADERS.iter().map(|shader| {
        let (module, info) = shader.validated().unwrap_or_else(|error| panic!("{error}"));
        (shader.name(), module, info)
    })
}

fn repository(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

// --- completeness --------------------------------------------------------------------------------

/// The WGSL files of a folder, by their names without the extension.
fn files_in(folder: &str) -> BTreeSet<String> {
    let name_of = |entry: std::io::Result<DirEntry>| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        Some(name.strip_suffix(".wgsl")?.to_owned())
    };
    let entries = repository(folder).read_dir().unwrap();
    entries.filter_map(name_of).collect()
}

#[test]
fn every_file_is_known_to_the_program() {
    let known = SHADERS.iter().map(|shader| shader.name().to_owned());
    assert_eq!(files_in("shaders"), known.collect());
}

#[test]
fn every_entry_point_has_a_twin_and_every_twin_an_entry_point() {
    let entry_points: BTreeSet<String> = modules()
        .flat_map(|(shader, module, _)| {
            let name_of = move |entry: &naga::EntryPoint| format!("{shader}.{}", entry.name);
            module.entry_points.iter().map(name_of).collect::<Vec<_>>()
        })
        .collect();
    let twins = TWINS
        .iter()
        .map(|(shader, entry)| format!("{shader}.{entry}"));
    assert_eq!(entry_points, twins.collect());
}

#[test]
fn every_twin_has_a_case() {
    let cases = kernel_cases();
    let tested: BTreeSet<&str> = cases.iter().map(|case| case.kernel().name).collect();
    for (shader, entry) in TWINS {
        let name = format!("{shader}.{entry}");
        assert!(tested.contains(&*name), "{name} has no case");
    }
}

/// Whether a kernel is told which of several models an invocation computes.
fn tells_models_apart(entry: &naga::EntryPoint) -> bool {
    let workgroup_id = naga::Binding::BuiltIn(naga::BuiltIn::WorkGroupId);
    let mut arguments = entry.function.arguments.iter();
    arguments.any(|argument| argument.binding.as_ref() == Some(&workgroup_id))
}

/// Every kernel that tells models apart has a case with several of them.
#[test]
fn every_kernel_for_several_models_has_a_case_with_several() {
    let tested: BTreeSet<String> = kernel_cases()
        .iter()
        .filter(|case| case.kernel().models > 1)
        .map(|case| case.kernel().name.to_owned())
        .collect();
    let kernels: BTreeSet<String> = modules()
        .flat_map(|(shader, module, _)| {
            let entries = module.entry_points.iter();
            let names = entries.filter(|entry| tells_models_apart(entry));
            names
                .map(|entry| format!("{shader}.{}", entry.name))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(!kernels.is_empty());
    assert_eq!(kernels, tested);
}

#[test]
fn every_shader_opens_with_its_twin_and_its_grid() {
    for shader in SHADERS.iter() {
        let opening: Vec<&str> = shader
            .text()
            .lines()
            .take_while(|line| line.starts_with("//"))
            .collect();
        let opening = opening.join("\n");
        let twin = format!("src/reference/{}.rs", shader.name());
        let says = |what: &str| assert!(opening.contains(what), "{} lacks {what}", shader.name());
        says(&format!("twin of {twin}"));
        says("Grid");
        assert!(repository(&twin).is_file(), "{twin} is not there");
    }
}

// --- limits --------------------------------------------------------------------------------------

#[test]
fn entry_points_keep_within_webgpus_default_limits() {
    for (shader, module, info) in modules() {
        for (index, entry) in module.entry_points.iter().enumerate() {
            let name = format!("{shader}.{}", entry.name);
            let usage = info.get_entry_point(index);
            let used_in = |wanted: fn(AddressSpace) -> bool| {
                module
                    .global_variables
                    .iter()
                    .filter(move |(handle, variable)| {
                        !usage[*handle].is_empty() && wanted(variable.space)
                    })
            };
            let buffers = used_in(|space| matches!(space, AddressSpace::Storage { .. })).count();
            assert!(
                (1..=MOST_STORAGE_BUFFERS).contains(&buffers),
                "{name} uses {buffers} storage buffers"
            );
            let bytes: u32 = used_in(|space| space == AddressSpace::WorkGroup)
                .map(|(_, variable)| workgroup_bytes(&module, variable))
                .sum();
            assert!(
                bytes <= MOST_WORKGROUP_BYTES,
                "{name} uses {bytes} bytes of workgroup memory"
            );
            // `FusedBlock` holds the others to the limit.
            let is_fixed = entry.workgroup_size_overrides.is_none();
            assert_eq!(is_fixed, name != "fused_sample.forward_backward", "{name}");
            let invocations: u32 = entry.workgroup_size.iter().product();
            assert!(
                !is_fixed || invocations <= MOST_INVOCATIONS,
                "{name} has {invocations} invocations"
            );
            assert_eq!(entry.workgroup_size[1..], [1, 1], "{name}: grids are lines");
        }
    }
}

/// Size of a workgroup variable, rounded up as WebGPU counts it.
fn workgroup_bytes(module: &Module, variable: &naga::GlobalVariable) -> u32 {
    let inner = &module.types[variable.ty].inner;
    let pending = matches!(
        inner,
        TypeInner::Array { size, .. } if !matches!(size, naga::ArraySize::Constant(_))
    );
    assert!(!pending, "{:?} has no fixed size", variable.name);
    inner.size(module.to_ctx()).next_multiple_of(16)
}

/// The override constants of the shader of `kernel` that are whole numbers, by their names, as they are
/// when it is launched.
fn evaluated(kernel: &Kernel) -> BTreeMap<String, u32> {
    let (_, module, info) = modules()
        .find(|(name, ..)| *name == kernel.shader())
        .unwrap();
    let known = |name: &str| {
        let overrides = module.overrides.iter();
        overrides
            .filter_map(|(_, known)| known.name.clone())
            .any(|known| known == name)
    };
    let constants = kernel.constants.iter().filter(|(name, _)| known(name));
    let constants = constants
        .map(|&(name, value)| (name.to_owned(), value))
        .collect();
    let entry = Some((naga::ShaderStage::Compute, kernel.entry_point()));
    let (module, _) =
        naga::back::pipeline_constants::process_overrides(&module, &info, entry, &constants)
            .unwrap();
    let value = |(_, constant): (_, &naga::Constant)| match (
        constant.name.clone()?,
        &module.global_expressions[constant.init],
    ) {
        (name, Expression::Literal(naga::Literal::U32(value))) => Some((name, *value)),
        _ => None,
    };
    module.constants.iter().filter_map(value).collect()
}

/// Regions of workgroup memory that are in use at the same time follow one another, and the last of each
/// phase ends within it.
#[test]
fn the_regions_of_a_fused_sample_fit_into_workgroup_memory() {
    let cases = kernel_cases();
    let kernels = cases.iter().map(|case| case.kernel());
    let mut seen = 0;
    for kernel in kernels.filter(|kernel| kernel.name == "fused_sample.forward_backward") {
        let values = evaluated(kernel);
        let of = |name: &str| values[name];
        let pixels = of("IMAGE_SIDE") * of("IMAGE_SIDE");
        let parts = of("LANES") * of("C5_UNITS").max(of("F6_UNITS")).max(of("CLASSES"));
        for (region, len) in [
            ("PICTURE_AT", pixels),
            ("LANES_AT", parts),
            // Parts of sums, and in their place products.
            ("PARTS_AT", of("S4_UNITS")),
            ("SUMS_AT", of("C1_MAPS") * of("S2_AREA")),
            (
                "MAP_SUMS_AT",
                of("MAP_SLOTS") * of("C1_MAPS") * of("MAP_SUMS"),
            ),
        ] {
            let end = of(region) + len;
            assert!(end <= fused_sample::MEMORY as u32, "{region} ends at {end}");
        }
        assert!(of("MAP_SLOTS") > 0);
        assert_eq!(of("MAP_SUMS"), of("AREA") + 3);
        assert!(of("PENALTY_GRADIENTS_AT") + of("CLASSES") <= of("LANES_AT"));
        assert_eq!(of("S4_PRODUCTS_AT"), of("PARTS_AT"));
        assert!(of("S2_SIDE") <= fused_sample::MOST_SIDE as u32);
        seen += 1;
    }
    assert!(seen > 0);
}

/// Sums must not depend on the order in which invocations happen to run.
#[test]
fn nothing_is_atomic() {
    for (shader, module, _) in modules() {
        let atomic = module
            .types
            .iter()
            .any(|(_, ty)| matches!(ty.inner, TypeInner::Atomic(_)));
        assert!(!atomic, "{shader} uses atomics");
    }
}

/// The harness binds guard words after the values of a buffer, which such a kernel would see.
#[test]
fn no_kernel_asks_for_the_length_of_a_buffer() {
    for (shader, module, _) in modules() {
        let entry_points = module.entry_points.iter().map(|entry| &entry.function);
        let functions = module.functions.iter().map(|(_, function)| function);
        for function in functions.chain(entry_points) {
            let mut expressions = function
                .expressions
                .iter()
                .map(|(_, expression)| expression);
            let asks =
                expressions.any(|expression| matches!(expression, Expression::ArrayLength(_)));
            assert!(!asks, "{shader}");
        }
    }
}

// --- layouts -------------------------------------------------------------------------------------

/// A struct of a shader: its members' names and offsets, and its size.
#[derive(Debug, PartialEq)]
struct Layout {
    members: Vec<(String, usize)>,
    size: usize,
}

fn layout(members: &[(&str, usize)], size: usize) -> Layout {
    Layout {
        members: members
            .iter()
            .map(|&(name, offset)| (name.to_owned(), offset))
            .collect(),
        size,
    }
}

/// The layouts of the struct `name` in all shaders that declare it.
fn layouts_of(name: &str) -> Vec<(&'static str, Layout)> {
    let layout_in = |module: &Module| {
        module.types.iter().find_map(|(_, ty)| match &ty.inner {
            TypeInner::Struct { members, span } if ty.name.as_deref() == Some(name) => {
                let member = |member: &naga::StructMember| {
                    (member.name.clone().unwrap(), member.offset as usize)
                };
                Some(Layout {
                    members: members.iter().map(member).collect(),
                    size: *span as usize,
                })
            }
            _ => None,
        })
    };
    modules()
        .filter_map(|(shader, module, _)| Some((shader, layout_in(&module)?)))
        .collect()
}

fn assert_laid_out(name: &str, expected: &Layout) {
    let layouts = layouts_of(name);
    assert!(!layouts.is_empty(), "no shader declares {name}");
    for (shader, layout) in layouts {
        assert_eq!(layout, *expected, "{name} in {shader}");
    }
}

#[test]
fn step_rates_are_laid_out_as_the_host_writes_them() {
    let offsets = [
        ("rate", offset_of!(StepRates, rate)),
        ("first_correction", offset_of!(StepRates, first_correction)),
        (
            "second_correction",
            offset_of!(StepRates, second_correction),
        ),
        ("average_share", offset_of!(StepRates, average_share)),
    ];
    assert_eq!(size_of::<StepRates>(), 16);
    assert_laid_out("StepRates", &layout(&offsets, size_of::<StepRates>()));
}

#[test]
fn progress_is_the_same_in_all_shaders() {
    let expected = layout(&[("step", 0), ("seed", 4), ("count", 8)], 12);
    assert_laid_out("Progress", &expected);
    assert!(layouts_of("Progress").len() > 1, "several shaders share it");
}

#[test]
fn the_step_that_is_made_is_six_words() {
    let expected = layout(&[("step", 0), ("count", 4), ("rates", 8)], 24);
    assert_laid_out("Now", &expected);
}

#[test]
fn step_metrics_are_three_words() {
    let expected = layout(&[("loss", 0), ("errors", 4), ("count", 8)], 12);
    assert_laid_out("StepMetrics", &expected);
}

// --- constants -----------------------------------------------------------------------------------

/// Constants that the host knows, too: it launches kernels by them, or makes what they read. Without
/// index checks, a block or a tile of another size than the shader's would leave its arrays.
const OF_THE_HOST: &[(&str, &str, f64)] = &[
    ("shared/picture", "BACKGROUND", BACKGROUND as f64),
    ("shared/picture", "INK", INK as f64),
    ("conv", "KERNEL", KERNEL as f64),
    ("conv", "TILE_WIDTH", conv::TILE_WIDTH as f64),
    ("conv", "WIDE_HEIGHT", conv::WIDE_TILE.0 as f64),
    ("conv", "WIDE_WIDTH", conv::WIDE_TILE.1 as f64),
    ("conv", "MOST_COLUMNS", conv::MOST_COLUMNS as f64),
    ("conv", "MOST_WEIGHT_QUADS", conv::MOST_WEIGHTS as f64 / 4.0),
    ("dense", "MOST_GROUPS", dense::MOST_GROUPS as f64),
    ("dense", "MOST_OUTPUTS", dense::MOST_OUTPUTS as f64),
    ("dense", "MOST_QUADS", dense::MOST_QUADS as f64),
    (
        "fused_sample",
        "MOST_KERNELS",
        fused_sample::MOST_KERNELS as f64,
    ),
    ("fused_sample", "MOST_MAPS", fused_sample::MOST_MAPS as f64),
    (
        "fused_sample",
        "MOST_SIGN_QUADS",
        fused_sample::MOST_SIGNS as f64 / 4.0,
    ),
    ("fused_sample", "MOST_SIDE", fused_sample::MOST_SIDE as f64),
    ("fused_sample", "MOST_LOADS", FusedBlock::MOST_LOADS as f64),
    ("fused_sample", "MEMORY", fused_sample::MEMORY as f64),
    ("fused_sample", "SIDE", KERNEL as f64),
    ("fused_sample", "C1", place_in_table("C1")),
    ("fused_sample", "S2", place_in_table("S2")),
    ("fused_sample", "C3", place_in_table("C3")),
    ("fused_sample", "S4", place_in_table("S4")),
    ("fused_sample", "C5", place_in_table("C5")),
    ("fused_sample", "F6", place_in_table("F6")),
    ("fused_sample", "SCORES", place_in_table("output")),
    ("fused_sample", "LAYERS", fused_sample::LAYERS.len() as f64),
    (
        "fused_update",
        "MOST_RANGES",
        fused_update::MOST_RANGES as f64,
    ),
    ("fused_update", "INVOCATIONS", FusedBlock::UPDATERS as f64),
    ("peak", "COPIES", peak::COPIES as f64),
    ("preconditioning", "WINDOW_STRIDE", WINDOW_STRIDE as f64),
    (
        "preconditioning",
        "STEPS_PER_RENEWAL",
        STEPS_PER_RENEWAL as f64,
    ),
    ("preconditioning", "LEAST_SHARE", LEAST_SHARE as f64),
    ("preconditioning", "LEAST_SQUARE", LEAST_SQUARE),
    (
        "preconditioning",
        "MOST_INPUTS",
        preconditioning::MOST_INPUTS as f64,
    ),
    ("shared/squashing", "AMPLITUDE", SQUASH_AMPLITUDE),
];

/// A layer's place in the table of parameters of `fused_sample.wgsl`.
const fn place_in_table(name: &str) -> f64 {
    let mut place = 0;
    while !is_same(fused_sample::LAYERS[place], name) {
        place += 1;
    }
    place as f64
}

/// Whether two texts are the same, where `==` cannot be used.
const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut i = 0;
    while i < one.len() && i < other.len() && one[i] == other[i] {
        i += 1;
    }
    i == one.len() && i == other.len()
}

/// Constants that only the shader and its twin know.
const OF_THE_SHADER: &[(&str, &str)] = &[
    ("conv", "TAPS"),
    ("fused_sample", "AREA"),
    ("fused_sample", "LANES"),
    ("fused_sample", "MAP_SUMS"),
    ("metrics", "WORKERS"),
    ("preconditioning", "INVERTING_WORKERS"),
    ("preconditioning", "MULTIPLYING_WORKERS"),
    ("preconditioning", "ROWS_AT_ONCE"),
    ("reduce", "TOGETHER"),
    ("shared/selection", "ROUNDS"),
    ("shared/updates", "EPSILON"),
    ("shared/squashing", "LIMIT"),
];

#[test]
fn constants_are_those_of_the_host() {
    let files = WgslFile::all();
    let mut expected: BTreeMap<(&str, &str), Option<f64>> = BTreeMap::new();
    expected.extend(
        OF_THE_HOST
            .iter()
            .map(|&(file, name, value)| ((file, name), Some(value))),
    );
    expected.extend(OF_THE_SHADER.iter().map(|&place| (place, None)));
    for file in &files {
        for (name, value) in file.numbers() {
            let known = expected.remove(&(&*file.name, name));
            let known = known.unwrap_or_else(|| panic!("{name} in {} is on no list", file.name));
            // Shaders compute in f32.
            let is_the_same = known.is_none_or(|known| known as f32 == value as f32);
            assert!(
                is_the_same,
                "{name} is {value} in {}, {known:?} on the host",
                file.name
            );
        }
    }
    assert!(expected.is_empty(), "no shader has {expected:?}");
}

/// The host knows one size of workgroup beforehand: how many models fit into a grid follows from it.
#[test]
fn kernels_of_all_models_at_once_have_workgroups_as_large_as_the_host_believes() {
    let mut sizes = BTreeSet::new();
    for (_, module, _) in modules() {
        let entries = module.entry_points.iter();
        let at_once = entries.filter(|entry| !tells_models_apart(entry));
        sizes.extend(at_once.map(|entry| entry.workgroup_size[0] as usize));
    }
    assert_eq!(sizes.first(), Some(&SMALLEST_WORKGROUP));
}

/// Its invocations have a place each in workgroup memory.
#[test]
fn metrics_are_gathered_by_as_many_workers_as_there_are_invocations() {
    let (_, module, _) = modules().find(|(name, ..)| *name == "metrics").unwrap();
    let file = WgslFile::read("metrics".to_owned());
    let (_, workers) = file.numbers().find(|(name, _)| *name == "WORKERS").unwrap();
    for entry in &module.entry_points {
        assert_eq!(
            f64::from(entry.workgroup_size[0]),
            workers,
            "{}",
            entry.name
        );
    }
}

// --- imports -------------------------------------------------------------------------------------

/// A file of `shaders/`, as text.
struct WgslFile {
    name: String,
    text: String,
}

impl WgslFile {
    fn read(name: String) -> Self {
        let text = fs::read_to_string(repository(&format!("shaders/{name}.wgsl"))).unwrap();
        Self { name, text }
    }

    /// All files, shared ones included.
    fn all() -> Vec<Self> {
        let shared = files_in("shaders/shared").into_iter();
        let shared = shared.map(|name| format!("shared/{name}"));
        let names = files_in("shaders").into_iter().chain(shared);
        names.map(Self::read).collect()
    }

    /// The lines without their comments.
    fn code(&self) -> impl Iterator<Item = &str> {
        let code = |line| str::split(line, "//").next().unwrap_or_default();
        self.text.lines().map(code)
    }

    /// Its constants that are written as one number.
    fn numbers(&self) -> impl Iterator<Item = (&str, f64)> {
        self.code().filter_map(|line| {
            let (name, value) = line.strip_prefix("const ")?.split_once(" = ")?;
            let value = value.trim_end().strip_suffix(';')?;
            Some((name, value.trim_end_matches('u').parse().ok()?))
        })
    }

    /// The names of its declarations of these kinds, without entry points, which many files name alike.
    fn declared(&self, kinds: &[&str]) -> Vec<&str> {
        let mut is_entry_point = false;
        let mut names = Vec::new();
        for line in self.code() {
            let declares = |kind: &&str| Some(words(line.strip_prefix(*kind)?).next().unwrap());
            if !is_entry_point {
                names.extend(kinds.iter().find_map(declares));
            }
            is_entry_point = line.starts_with("@compute");
        }
        names
    }

    /// What it imports: file and name.
    fn imports(&self) -> Vec<(String, &str)> {
        let imports = self.code().filter_map(|line| {
            let (module, names) = line.strip_prefix("import package::")?.rsplit_once("::")?;
            let module = module.replace("::", "/");
            Some(words(names).map(move |name| (module.clone(), name)))
        });
        imports.flatten().collect()
    }

    /// All words of its code but those of its imports.
    fn words(&self) -> BTreeSet<&str> {
        let code = self.code().filter(|line| !line.starts_with("import "));
        code.flat_map(words).collect()
    }
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}

/// Declarations that other files may import.
const IMPORTABLE: &[&str] = &["fn ", "struct ", "alias ", "const ", "override "];

#[test]
fn no_shared_file_is_unused() {
    let used: BTreeSet<&str> = SHADERS.iter().flat_map(|shader| shader.files()).collect();
    for name in files_in("shaders/shared") {
        assert!(used.contains(&*format!("shared/{name}")), "shared/{name}");
    }
}

/// Override constants are left out: the host sets sizes of the same name in several shaders.
#[test]
fn nothing_is_defined_twice() {
    let files = WgslFile::all();
    let mut definitions = BTreeMap::new();
    for file in &files {
        for name in file.declared(&["fn ", "struct ", "alias ", "const "]) {
            let other = definitions.insert(name, &file.name);
            assert_eq!(other, None, "{name} is also defined in {}", file.name);
        }
    }
    assert!(definitions.contains_key("squash"), "definitions are found");
}

/// Every import exists and is used, and nothing of an imported file is used without being named.
#[test]
fn imports_name_what_is_used() {
    let files = WgslFile::all();
    let file_named = |name: &str| files.iter().find(|file| file.name == name).unwrap();
    for file in &files {
        let (name, imports, words) = (&file.name, file.imports(), file.words());
        let imported: BTreeSet<&str> = imports.iter().map(|(_, item)| *item).collect();
        for (from, item) in &imports {
            let declared = file_named(from).declared(IMPORTABLE).contains(item);
            assert!(declared, "{name}: {from} declares no {item}");
            assert!(
                words.contains(item),
                "{name} imports {item} and does not use it"
            );
        }
        for (from, _) in &imports {
            for item in file_named(from).declared(IMPORTABLE) {
                let fine = !words.contains(item) || imported.contains(item);
                assert!(fine, "{name} uses {item} of {from} without an import");
            }
        }
    }
}

/// A fault put into a shader, and the file whose line naga's message must then name.
#[test]
fn errors_name_file_and_line_of_the_source() {
    for (shader, file, sound, faulty) in [
        // Found by the parser.
        ("conv", "conv", "let at = place_of(", "let at = place_off("),
        ("conv", "shared/squashing", "* tanh(clamp(", "* tahn(clamp("),
        // Found by the validation.
        (
            "squash",
            "squash",
            "    output[id.x] =",
            "    input[id.x] =",
        ),
        (
            "conv",
            "shared/slices",
            "return Range(slice *",
            "return Range(1.0 *",
        ),
    ] {
        let original = SHADERS.iter().find(|known| known.name() == shader).unwrap();
        let error = original.replaced(sound, faulty).unwrap().validated();
        let error = error.expect_err("the fault is found");
        let source = WgslFile::read(file.to_owned());
        let line = source.text.lines().position(|line| line.contains(sound));
        let place = format!("shaders/{file}.wgsl:{}:", line.unwrap() + 1);
        assert!(error.contains(&place), "{place} is not in {error}");
    }
}

// --- barriers ------------------------------------------------------------------------------------

/// Statements passed so far that may keep invocations of a workgroup from reaching a barrier: drivers
/// rely on uniform control flow there, and naga does not check it.
#[derive(Clone, Copy, Default)]
struct Passed {
    returned: bool,
    branched: bool,
    looped: bool,
}

/// Whether a barrier of `function`, or of a function it calls, stands in a branch or after a
/// `return`.
fn has_stray_barrier(module: &Module, function: &Function) -> bool {
    strays(module, function, &function.body, &mut Passed::default())
}

fn strays(module: &Module, function: &Function, block: &Block, passed: &mut Passed) -> bool {
    block.iter().any(|statement| match statement {
        Statement::ControlBarrier(_) | Statement::WorkGroupUniformLoad { .. } => {
            passed.returned || passed.branched
        }
        Statement::Return { .. } => {
            passed.returned = true;
            false
        }
        // The same branch for all invocations.
        Statement::If {
            condition,
            accept,
            reject,
        } if is_uniform(module, function, *condition) => {
            let (mut accepted, mut rejected) = (*passed, *passed);
            let stray = strays(module, function, accept, &mut accepted)
                || strays(module, function, reject, &mut rejected);
            // If all invocations come here, all return or none.
            let come_all = !passed.branched && !passed.looped;
            passed.returned |= !come_all && (accepted.returned || rejected.returned);
            stray
        }
        Statement::If { accept, reject, .. } => {
            strays_in_branches(module, function, [accept, reject], passed)
        }
        Statement::Switch { cases, .. } => strays_in_branches(
            module,
            function,
            cases.iter().map(|case| &case.body),
            passed,
        ),
        Statement::Block(block) => strays(module, function, block, passed),
        Statement::Loop {
            body, continuing, ..
        } => {
            let mut inside = Passed {
                // A `return` late in the body comes before a barrier early in the next round.
                returned: passed.returned || returns(body),
                looped: true,
                ..*passed
            };
            let stray = strays(module, function, body, &mut inside)
                || strays(module, function, continuing, &mut inside);
            passed.returned |= inside.returned;
            stray
        }
        Statement::Call {
            function: called, ..
        } => {
            // What a function returns from, it alone returns from.
            let mut inside = *passed;
            let called = &module.functions[*called];
            strays(module, called, &called.body, &mut inside)
        }
        _ => false,
    })
}

/// Whether an expression of `function` has the same value for all invocations of a dispatch: it is made of
/// constants, override constants and what no invocation writes.
fn is_uniform(module: &Module, function: &Function, expression: Handle<Expression>) -> bool {
    let is_uniform = |expression| is_uniform(module, function, expression);
    match function.expressions[expression] {
        Expression::Literal(_) | Expression::Constant(_) | Expression::Override(_) => true,
        Expression::Unary { expr, .. } => is_uniform(expr),
        Expression::Binary { left, right, .. } => is_uniform(left) && is_uniform(right),
        Expression::Math {
            arg,
            arg1: None,
            arg2: None,
            arg3: None,
            ..
        } => is_uniform(arg),
        Expression::Load { pointer } => is_uniform(pointer),
        Expression::AccessIndex { base, .. } => is_uniform(base),
        Expression::GlobalVariable(variable) => match module.global_variables[variable].space {
            AddressSpace::Uniform => true,
            AddressSpace::Storage { access } => access == StorageAccess::LOAD,
            _ => false,
        },
        _ => false,
    }
}

fn strays_in_branches<'a>(
    module: &Module,
    function: &Function,
    branches: impl IntoIterator<Item = &'a Block>,
    passed: &mut Passed,
) -> bool {
    branches.into_iter().any(|branch| {
        let mut inside = Passed {
            branched: true,
            ..*passed
        };
        let stray = strays(module, function, branch, &mut inside);
        passed.returned |= inside.returned;
        stray
    })
}

fn returns(block: &Block) -> bool {
    block.iter().any(|statement| match statement {
        Statement::Return { .. } => true,
        Statement::If { accept, reject, .. } => returns(accept) || returns(reject),
        Statement::Switch { cases, .. } => cases.iter().any(|case| returns(&case.body)),
        Statement::Block(block) => returns(block),
        Statement::Loop { body, .. } => returns(body),
        _ => false,
    })
}

#[test]
fn no_barrier_stands_in_a_branch_or_after_a_return() {
    for (shader, module, _) in modules() {
        for entry in &module.entry_points {
            let stray = has_stray_barrier(&module, &entry.function);
            assert!(!stray, "{shader}.{}", entry.name);
        }
    }
}

#[test]
fn the_barrier_check_finds_what_it_looks_for() {
    let has_stray = |body: &str| {
        let text = format!(
            "override SIZE: u32;
            @group(0) @binding(0) var<storage, read> given: u32;
            @group(0) @binding(1) var<storage, read_write> written: u32;
            fn wait() {{ workgroupBarrier(); }}
            @compute @workgroup_size(64)
            fn main(@builtin(local_invocation_index) id: u32) {{ {body} }}"
        );
        let module = naga::front::wgsl::parse_str(&text).unwrap();
        Validator::new(ValidationFlags::all(), Capabilities::empty())
            .validate(&module)
            .unwrap();
        has_stray_barrier(&module, &module.entry_points[0].function)
    };
    assert!(has_stray("if id > 3u { return; } workgroupBarrier();"));
    assert!(has_stray("if id > 3u { workgroupBarrier(); }"));
    assert!(has_stray("if id < 3u { } else { workgroupBarrier(); }"));
    assert!(has_stray("if id > 3u { return; } wait();"));
    assert!(has_stray("switch id { case 1u { wait(); } default { } }"));
    assert!(has_stray(
        "for (var i = 0u; i < 9u; i++) { workgroupBarrier(); if id == i { return; } }"
    ));
    assert!(has_stray("if id > SIZE { wait(); }"));
    assert!(has_stray("if written > 3u { return; } wait();"));
    assert!(has_stray(
        "for (var i = 0u; i < id; i++) { if given == 3u { return; } } wait();"
    ));
    assert!(has_stray(
        "if id > 3u { if given == 3u { return; } } wait();"
    ));
    assert!(!has_stray("if SIZE + 1u > 3u { wait(); }"));
    assert!(!has_stray("if given > 3u { return; } wait();"));
    assert!(!has_stray("if countOneBits(given) == 1u { wait(); }"));
    assert!(!has_stray("workgroupBarrier(); if id > 3u { return; }"));
    assert!(!has_stray(
        "for (var i = 0u; i < 9u; i++) { workgroupBarrier(); if id == i { continue; } }"
    ));
}

// --- what naga accepts and browsers refuse -------------------------------------------------------------

/// The operators of each kind. Within one pair of parentheses WGSL has bitwise ones stand alone, lets
/// shifts stand beside comparisons only, and does not mix && with ||. naga 30 takes any mixture.
const OPERATORS: [(&str, &[&str]); 5] = [
    ("bitwise", &["&", "|", "^"]),
    ("shift", &["<<", ">>"]),
    ("arithmetic", &["+", "-", "*", "/", "%"]),
    ("comparison", &["==", "!=", "<", ">", "<=", ">="]),
    ("logical", &["&&", "||"]),
];

/// The expressions of `code` that mix operators as WGSL does not allow. Operators stand between spaces,
/// as they do in our shaders.
fn mixed_operators(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![String::new()];
    for character in code.chars() {
        let ended = match character {
            '(' | '[' => {
                open.push(String::new());
                continue;
            }
            ')' | ']' => open.pop(),
            ',' | ';' | '{' | '}' => open.last_mut().map(std::mem::take),
            other => {
                open.last_mut().unwrap().push(other);
                continue;
            }
        };
        // What is assigned is an expression of its own.
        let ended = ended.unwrap();
        found.extend(
            ended
                .split(" = ")
                .filter(|part| is_mixed(part))
                .map(str::to_owned),
        );
    }
    found
}

fn is_mixed(expression: &str) -> bool {
    let words: BTreeSet<&str> = expression.split_whitespace().collect();
    let of = |kind| {
        let (_, operators) = OPERATORS.iter().find(|(name, _)| *name == kind).unwrap();
        let used = operators
            .iter()
            .filter(|operator| words.contains(**operator));
        used.count()
    };
    let all: usize = OPERATORS.iter().map(|&(kind, _)| of(kind)).sum();
    of("bitwise") > 0 && all > 1
        || of("shift") > 0 && of("arithmetic") + of("logical") > 0
        || of("logical") > 1
}

#[test]
fn operators_are_mixed_as_browsers_allow() {
    for file in WgslFile::all() {
        let code: Vec<&str> = file.code().collect();
        assert_eq!(mixed_operators(&code.join(" ")), [""; 0], "{}", file.name);
    }
}

#[test]
fn the_check_of_mixed_operators_finds_what_it_looks_for() {
    for allowed in [
        "let a = (b >> c) & d;",
        "if f(a + b, c << 2u) < d { }",
        "x = a && b && !(c || d);",
    ] {
        assert_eq!(mixed_operators(allowed), [""; 0]);
    }
    for mixed in [
        "let a = b >> c & d;",
        "f(a, b | c == d);",
        "x[a << 1u + b] = 1u;",
        "if a && b || c { }",
    ] {
        assert_eq!(mixed_operators(mixed).len(), 1, "{mixed}");
    }
}
