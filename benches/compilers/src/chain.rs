//! How many loads an invocation has to wait for, one after another.

use anyhow::{Context, Result, bail};
use lenet_gpu::gpu::Kernel;

/// Loads of a kernel's longest invocation that it waits for one after another, if its compiler asks
/// for nothing before the round of the loop that needs it. Loads of one round whose places do not
/// depend on each other are one wait; weights and values that come with a tensor's are not counted
/// beside it.
///
/// # Errors
/// If the kernel is not known here.
pub fn waits(kernel: &Kernel) -> Result<f64> {
    let constants = Constants(kernel);
    let of = |name| constants.value(name);
    Ok(match kernel.name {
        // The step's number, then the labels.
        "batch.select_samples" => 2.0,
        // The samples' numbers, and a word of each of their pictures at a time.
        "batch.assemble" => 1.0 + of("IMAGE_SIDE")? / 4.0,
        // The samples' numbers, the step's, and for each unit four pixels of each of four pictures, every
        // one behind a branch of its own.
        "batch.assemble_distorted" => 2.0 + of("FIELD_SIDE")? * 16.0,
        // The window, then for every map its kernel.
        "conv.forward" if of("ALL_MAPS")? == 1.0 => 1.0 + of("OUTPUT_MAPS")?,
        // Of the map that reads all others: for each kernel its maps, then the rows it meets.
        "conv.forward" => 1.0 + of("INPUT_MAPS")? * (1.0 + of("TILE_HEIGHT")? + HALO),
        // In every row, for each kernel its number, its maps, and then the row.
        "conv.backward_input" => {
            let rows = (of("BLOCK_HEIGHT")? + HALO).min(of("OUTPUT_HEIGHT")?);
            1.0 + rows * (of("KERNELS")? / of("INPUT_MAPS")?).ceil() * 3.0
        }
        // The kernels' maps; in every pair of rows, the window's first columns and every next one.
        "conv.backward_weight" => {
            let row_pairs = of("GROUPS")? * (of("OUTPUT_HEIGHT")? / 2.0).ceil();
            let of_slice = (row_pairs / of("SLICES")?).ceil();
            2.0 + of_slice * (1.0 + of("OUTPUT_WIDTH")?)
        }
        "fused_sample.forward_backward" => fused_sample(&constants)?,
        // The step; a sample's record at a time, and what workgroups left; everything of a quad.
        "fused_update.adam" => 2.0 + (of("RECORDS")? / of("RECORD")? / of("SLICES")?).ceil(),
        "subsample.forward" | "subsample.backward_input" => 1.0,
        "subsample.backward_weight" => {
            let rows = of("GROUPS")? * of("OUTPUT_HEIGHT")?;
            (rows / of("SLICES")?).ceil() * of("OUTPUT_WIDTH")?
        }
        "dense.forward" => of("INPUTS")? / 4.0,
        "dense.backward_input" => of("OUTPUTS")?,
        "dense.backward_weight" => of("GROUPS")?,
        "rbf.forward" => of("INPUTS")?,
        "rbf.backward_input" => of("CLASSES")?,
        // The labels, and the penalties beside them.
        "loss.map" => 1.0,
        // Eight slices together, and then what is left.
        "reduce.sum" => (of("SLICES")? / 8.0).floor() + of("SLICES")? % 8.0,
        // The step's number, its rates, and everything of a parameter.
        "optimiser.adam" => 3.0,
        // The penalties of a group at a time, of which 64 are looked at beside each other; the step.
        "metrics.gather" => 1.0 + (of("GROUPS")? / 64.0).ceil() * of("CLASSES")?,
        name => bail!("how {name} waits for its loads is not known"),
    })
}

/// Loads from memory alone: workgroup memory is near. Tasks that do not fit beside each other come one
/// after another, and so do the maps that a map of C3 reads, and that read a map of S2: for each its
/// number in the table, then its kernel.
fn fused_sample(constants: &Constants) -> Result<f64> {
    let of = |name| constants.value(name);
    let workers = of("WORKERS")?;
    let rounds = |tasks: f64| (tasks / workers).ceil();
    let s2_side = (of("FIELD_SIDE")? - HALO) / 2.0;
    let s4_side = (s2_side - HALO) / 2.0;
    let s2_units = of("C1_MAPS")? * s2_side * s2_side;
    let s4_units = of("C3_MAPS")? * s4_side * s4_side;
    let (c5, f6) = (of("C5_UNITS")?, of("F6_UNITS")?);
    // Sums of dense layers are in four parts, of four inputs at a time, several of which are asked for at
    // once.
    let loads = of("LOADS")?;
    let dense = |inputs: f64, outputs: f64| {
        rounds(4.0 * outputs) * (inputs / 16.0 / loads).ceil() + 1.0
    };
    // Four inputs at a time; as many invocations share their outputs as there is room for parts.
    let back = |units: f64, outputs: f64| {
        let shares = (s4_units / units).floor() + 1.0;
        let abreast = (workers / shares).floor();
        (units / 4.0 / abreast).ceil() * (outputs / shares / loads).ceil()
    };
    let field = 4.0;
    let forward = rounds(s2_units) * 2.0 + rounds(s4_units) * (1.0 + of("C1_MAPS")? * 2.0);
    let dense_layers = dense(s4_units, c5) + dense(c5, f6) + dense(f6, of("CLASSES")?);
    let dense_back = back(c5, f6) + back(s4_units, c5);
    let readers = (of("KERNELS")? / of("C1_MAPS")?).ceil();
    // Invocations share the kernels that read a row of S2; and the units of a map of it.
    let rows = of("C1_MAPS")? * s2_side;
    let shares = (workers / rows).floor().max(1.0);
    let s2_back = rounds(rows * shares) * (1.0 + (readers / shares).ceil() * 3.0);
    let abreast = (workers / of("C1_MAPS")?).floor();
    let c1_back = 1.0 + (s2_side * s2_side / abreast).ceil() * 2.0;
    let maps_back = s2_back + c1_back;
    let once = field + forward + dense_layers + dense_back + maps_back;
    Ok(of("SAMPLES_EACH")? * once)
}

/// Rows or columns of a kernel beside its first.
const HALO: f64 = 4.0;

/// The constants of a kernel.
struct Constants<'a>(&'a Kernel);

impl Constants<'_> {
    fn value(&self, name: &str) -> Result<f64> {
        let mut constants = self.0.constants.iter();
        let found = constants.find(|(constant, _)| *constant == name);
        let (_, value) = found.with_context(|| format!("{} has no {name}", self.0.name))?;
        Ok(*value)
    }
}
