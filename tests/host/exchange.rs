//! Networks for other programs, and from them, as bytes.

use std::path::Path;
use std::sync::LazyLock;

use clap::ValueEnum;
use lenet_gpu::exchange::{PixelType, Source, to_onnx};
use lenet_gpu::model::{
    Architecture, C3Connections, Choices, Conversion, DataRecord, Head, KERNEL, Loss, LossKind,
    Model, Network, Operation, Parameters, SetRecord, Subsampling, TrainingState, rbf_codes,
};
use lenet_gpu::train::Preset;
use proptest::prelude::*;
use proptest::sample::Index;
use safetensors::tensor::{Dtype, TensorView};

/// The loss of a model whose file says no other.
const LOSS: Loss = Loss {
    kind: LossKind::Mse,
    scale: 0.5,
    rubbish: 2.0,
};

/// Every network there is.
fn all_choices() -> Vec<Choices> {
    let mut all = Vec::new();
    for &architecture in Architecture::value_variants() {
        for &subsampling in Subsampling::value_variants() {
            for &c3 in C3Connections::value_variants() {
                for &head in Head::value_variants() {
                    all.push(Choices {
                        architecture,
                        subsampling,
                        c3,
                        head,
                    });
                }
            }
        }
    }
    all.retain(|choices| choices.check().is_ok());
    all
}

/// A model of `choices`, among whose parameters are a zero with a sign and a number close to it.
pub fn model(choices: Choices) -> Model {
    let recipe = Preset::Paper.recipe();
    let network = Network::of(choices);
    let mut arena = TrainingState::start(&network, &recipe, 3).parameter;
    arena[..3].copy_from_slice(&[-0.0, 1e-42, f32::MAX]);
    let set = |digits| SetRecord {
        digits,
        checksum: "0123".to_owned(),
    };
    Model {
        loss: recipe.loss,
        arena,
        trained_on: Some(DataRecord {
            conversion: Conversion::default(),
            train: set(7),
            test: set(8),
        }),
        string_fields: 2,
        network,
    }
}

/// A tensor of a file.
pub struct Tensor {
    name: String,
    shape: Vec<usize>,
    values: Vec<f32>,
}

/// The parameters of `model` as PyTorch would name and shape them.
pub fn torch_tensors(model: &Model) -> Vec<Tensor> {
    let parameters = Parameters::of(&model.network);
    let tensors = parameters.ranges().iter().map(|range| {
        let values = &model.arena[range.span()];
        let (shape, values) = match &model.network.layers()[range.layer].operation {
            Operation::Convolution(table) if range.name.ends_with(".weight") => {
                let (outputs, inputs) = (table.outputs(), table.inputs());
                let mut kernels = vec![[0.0; KERNEL * KERNEL]; outputs * inputs];
                for (pair, kernel) in table.pairs().zip(values.chunks(KERNEL * KERNEL)) {
                    kernels[pair.output * inputs + pair.input].copy_from_slice(kernel);
                }
                (vec![outputs, inputs, KERNEL, KERNEL], kernels.concat())
            }
            _ => (range.shape.clone(), values.to_vec()),
        };
        Tensor {
            name: range.name.clone(),
            shape,
            values,
        }
    });
    tensors.collect()
}

/// The bytes of a safetensors file without metadata.
pub fn safetensors_file(tensors: &[Tensor]) -> Vec<u8> {
    let views = tensors.iter().map(|tensor| {
        let bytes = bytemuck::cast_slice(&tensor.values);
        let view = TensorView::new(Dtype::F32, tensor.shape.clone(), bytes);
        (&tensor.name, view.unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

/// Reads `bytes` as a file with the network of `choices`.
fn read(bytes: &[u8], choices: Choices) -> Result<Model, String> {
    let source = Source::read(Path::new("a file"), bytes).map_err(|error| error.to_string())?;
    let imported = source.model(choices, LOSS);
    imported
        .map(|imported| imported.model)
        .map_err(|error| error.to_string())
}

/// `bytes`, in which `old` is replaced by `new` where it is first.
pub fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let place = bytes.windows(old.len()).position(|part| part == old);
    let place = place.expect("it is there");
    let mut bytes = bytes.to_vec();
    bytes[place..place + new.len()].copy_from_slice(new);
    bytes
}

#[test]
fn every_network_comes_back_from_an_onnx_file_bit_for_bit() {
    let choices = all_choices();
    assert_eq!(choices.len(), 18);
    for choices in choices {
        let model = model(choices);
        for &pixels in PixelType::value_variants() {
            let file = to_onnx(&model, pixels);
            assert_eq!(file, to_onnx(&model, pixels));
            let source = Source::read(Path::new("file.onnx"), &file).unwrap();
            assert_eq!(source.choices(), Some(choices));
            let imported = source.model(choices, LOSS).unwrap();
            assert!(!imported.computes_otherwise);
            assert!(imported.model.to_bytes() == model.to_bytes(), "{choices:?}");
        }
    }
}

#[test]
fn every_network_comes_from_a_file_of_pytorchs_tensors() {
    for choices in all_choices() {
        let model = model(choices);
        let imported = read(&safetensors_file(&torch_tensors(&model)), choices).unwrap();
        let bits = |model: &Model| {
            model
                .arena
                .iter()
                .map(|v| v.to_bits())
                .collect::<Vec<u32>>()
        };
        assert!(bits(&imported) == bits(&model), "{choices:?}");
        assert_eq!((imported.loss, imported.trained_on), (LOSS, None));
        assert_eq!(imported.string_fields, 0);
    }
}

#[test]
fn everything_that_is_wrong_is_named() {
    let choices = Choices::default();
    let mut tensors = torch_tensors(&model(choices));
    let tensor = |tensors: &mut Vec<Tensor>, name: &str| {
        tensors
            .iter()
            .position(|tensor| tensor.name == name)
            .unwrap()
    };
    let place = tensor(&mut tensors, "S2.bias");
    tensors.remove(place);
    let place = tensor(&mut tensors, "F6.weight");
    tensors[place].shape = vec![120, 84];
    let place = tensor(&mut tensors, "S4.coefficient");
    tensors[place].values[5] = f32::INFINITY;
    let place = tensor(&mut tensors, "C5.bias");
    tensors[place].values[7] = f32::NAN;
    // Map 1 of C3 does not read map 0 of S2.
    let place = tensor(&mut tensors, "C3.weight");
    tensors[place].values[6 * 25 + 3] = 0.25;
    tensors.push(Tensor {
        name: "fc.weight".to_owned(),
        shape: vec![1],
        values: vec![0.0],
    });
    let error = read(&safetensors_file(&tensors), choices).unwrap_err();
    for part in [
        "'a file'",
        "LeNet-5",
        "S2.bias is missing",
        "F6.weight has the shape [120, 84], expected [84, 120]",
        "S4.coefficient holds inf in place 5",
        "C5.bias holds NaN in place 7",
        "C3.weight joins output map 1 to input map 0 with 0.25",
        "'fc.weight' is no parameter",
    ] {
        assert!(error.contains(part), "no {part} in {error}");
    }
    assert_eq!(error.matches(';').count(), 5 + 6, "{error}");
}

#[test]
fn other_types_than_single_precision_are_named() {
    let view = TensorView::new(Dtype::F64, vec![6], &[0; 48]).unwrap();
    let file = safetensors::serialize([("C1.bias", view)], None).unwrap();
    let error = read(&file, Choices::default()).unwrap_err();
    assert!(error.contains("C1.bias is of the type F64"), "{error}");

    let model = model(Choices::lenet1());
    let file = to_onnx(&model, PixelType::Floats);
    // The data type, before the name of the tensor: 11 is DOUBLE.
    let file = replaced(
        &file,
        b"\x10\x01\x42\x07C1.bias",
        b"\x10\x0b\x42\x07C1.bias",
    );
    let error = read(&file, Choices::lenet1()).unwrap_err();
    assert!(
        error.contains("C1.bias is of ONNX's data type 11"),
        "{error}"
    );
}

#[test]
fn long_lists_of_faults_are_cut_short() {
    let tensor = |number: usize| Tensor {
        name: format!("layer{number}"),
        shape: vec![1],
        values: vec![0.0],
    };
    let tensors: Vec<Tensor> = (0..100).map(tensor).collect();
    let error = read(&safetensors_file(&tensors), Choices::default()).unwrap_err();
    // There are also the 12 parameters that are missing.
    assert!(error.contains("and 92 more. Expected"), "{error}");
}

#[test]
fn other_constants_and_operators_than_ours_are_noticed() {
    let model = model(Choices::default());
    let file = to_onnx(&model, PixelType::Floats);
    let codes = rbf_codes();
    let first: Vec<u8> = codes[..84].iter().flat_map(|v| v.to_le_bytes()).collect();
    let changed: Vec<u8> = codes[..84]
        .iter()
        .flat_map(|v| (-v).to_le_bytes())
        .collect();
    let error = read(&replaced(&file, &first, &changed), Choices::default()).unwrap_err();
    assert!(
        error.contains("output.codes is not the constant"),
        "{error}"
    );

    let relu = replaced(&file, b"\x22\x04Tanh", b"\x22\x04Relu");
    let version_9 = replaced(&file, b"\x42\x02\x10\x11", b"\x42\x02\x10\x09");
    for other in [relu, version_9] {
        let source = Source::read(Path::new("file.onnx"), &other).unwrap();
        let imported = source.model(Choices::default(), LOSS).unwrap();
        assert!(imported.computes_otherwise);
        assert!(imported.model.to_bytes() == model.to_bytes());
    }
}

static FILES: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let model = model(Choices::lenet1());
    [
        to_onnx(&model, PixelType::Bytes),
        safetensors_file(&torch_tensors(&model)),
    ]
});

proptest! {
    /// Files that are cut off, or have other bytes in some places, most of them before the weights.
    #[test]
    fn damaged_files_are_refused_or_hold_numbers(
        which in 0usize..2,
        changes in prop::collection::vec((any::<Index>(), any::<u8>(), any::<bool>()), 1..4),
        kept in prop::option::of(any::<Index>()),
    ) {
        let mut bytes = FILES[which].clone();
        for (place, byte, is_early) in changes {
            let among = if is_early { bytes.len().min(1500) } else { bytes.len() };
            bytes[place.index(among)] = byte;
        }
        if let Some(kept) = kept {
            bytes.truncate(kept.index(bytes.len()));
        }
        if let Ok(model) = read(&bytes, Choices::lenet1()) {
            prop_assert!(model.arena.iter().all(|value| value.is_finite()));
        }
    }
}
