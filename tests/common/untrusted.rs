//! Bytes of unknown origin, read as each kind of file that the program reads. Whatever the bytes are,
//! nothing may panic, and what is accepted keeps what the rest of the program relies on.

use std::path::Path;
use std::sync::LazyLock;

use image::{DynamicImage, ImageBuffer, Pixel};
use lenet_gpu::data::picture::{line_in, normalise};
use lenet_gpu::data::{Dataset, IMAGE_PIXELS, IMAGE_SIDE, Mnist, MnistBytes};
use lenet_gpu::exchange::{Imported, Source};
use lenet_gpu::model::{Choices, Model, Network, Parameters, Recipe};
use lenet_gpu::store::{Checkpoint, RunConfig};
use lenet_gpu::train::{Preset, step_rates};
use lenet_gpu::trainer::Rates;
use serde_json::{Value, json};

/// Digits in the files that are whole.
const DIGITS: u32 = 2;
/// Digits of the training whose checkpoint is expected.
const SAMPLES: usize = 100;
/// The most bytes of tensors that are added to a header: those of LeNet-5 fit.
const LONGEST_BODY: u64 = 1 << 18;
/// The sides of a picture are below this, in pixels.
const SIDES: u8 = 64;

/// One of the four files of a set of digits; the other three are whole. The first byte says which.
pub fn idx(input: &[u8]) {
    let Some((which, file)) = input.split_first() else {
        return;
    };
    let (images, labels) = (whole_images(), whole_labels());
    let mut files = MnistBytes {
        train_images: &images,
        train_labels: &labels,
        test_images: &images,
        test_labels: &labels,
    };
    match which % 4 {
        0 => files.train_images = file,
        1 => files.train_labels = file,
        2 => files.test_images = file,
        _ => files.test_labels = file,
    }
    if let Ok(mnist) = Mnist::from_bytes(&files, String::new()) {
        for set in [&mnist.train, &mnist.test] {
            assert_is_whole(set);
            set.look().expect("it has digits").findings();
        }
    }
}

/// What kernels rely on, which read a set without checks.
fn assert_is_whole(set: &Dataset) {
    assert!(!set.is_empty());
    assert_eq!(set.images().len(), set.len() * IMAGE_PIXELS);
    assert!(set.labels().iter().all(|&label| label < 10));
}

fn whole_images() -> Vec<u8> {
    let side = IMAGE_SIDE as u32;
    let pixels = (0..DIGITS as usize * IMAGE_PIXELS).map(|place| place as u8);
    header(&[0x803, DIGITS, side, side]).chain(pixels).collect()
}

fn whole_labels() -> Vec<u8> {
    let labels = (0..DIGITS).map(|label| label as u8);
    header(&[0x801, DIGITS]).chain(labels).collect()
}

fn header(words: &[u32]) -> impl Iterator<Item = u8> {
    words.iter().flat_map(|word| word.to_be_bytes())
}

/// A `model.safetensors`, [`framed`].
pub fn model(input: &[u8]) {
    let read = |bytes: &[u8]| Model::from_bytes(Path::new("model.safetensors"), bytes);
    if let Ok(model) = read(&framed(input)) {
        assert!(model.arena.iter().all(|value| value.is_finite()));
        let again = read(&model.to_bytes()).expect("what was written can be read");
        assert_eq!(again.to_bytes(), model.to_bytes());
    }
}

/// A file of another program with the parameters of LeNet-1: ONNX, or safetensors, [`framed`].
pub fn import(input: &[u8]) {
    let file = framed(input);
    let Ok(source) = Source::read(Path::new("network.onnx"), &file) else {
        return;
    };
    let choices = source.choices().unwrap_or(Choices::lenet1());
    let loss = Preset::Lenet1.recipe().loss;
    if let Ok(Imported { model, .. }) = source.model(choices, loss) {
        assert_eq!(
            model.arena.len(),
            Parameters::of(&model.network).arena_len()
        );
        assert!(model.arena.iter().all(|value| value.is_finite()));
        let path = Path::new("model.safetensors");
        Model::from_bytes(path, &model.to_bytes()).expect("what was imported is a model");
    }
}

/// A `checkpoint.safetensors`, [`framed`].
pub fn checkpoint(input: &[u8]) {
    let path = Path::new("checkpoint.safetensors");
    let (config, first) = &*CHECKPOINTED;
    if let Ok(checkpoint) = Checkpoint::from_bytes(path, &framed(input), config, SAMPLES) {
        for (arena, expected) in checkpoint.state.arenas().iter().zip(first.state.arenas()) {
            assert_eq!(arena.len(), expected.len());
            assert!(arena.iter().all(|value| value.is_finite()));
        }
        let rates = step_rates(&config.recipe, SAMPLES);
        assert!(checkpoint.state.step <= rates.steps());
    }
}

/// The run whose checkpoint is expected, and its first one.
static CHECKPOINTED: LazyLock<(RunConfig, Checkpoint)> = LazyLock::new(|| {
    let json = config_of(&Preset::Lenet1.recipe()).to_string();
    let config = RunConfig::from_json(json.as_bytes()).expect("the settings make sense");
    let first = Checkpoint::first(&Network::of(config.recipe.choices), &config);
    (config, first)
});

/// The bytes of a safetensors file. Those that begin with a brace are a header, of which the length is put
/// before it, and after a zero byte the first bytes of the tensors, of which the rest is 0. So small inputs
/// are whole files, and a change in the header is not lost on its length.
fn framed(input: &[u8]) -> Vec<u8> {
    if input.first() != Some(&b'{') {
        return input.to_vec();
    }
    let mut parts = input.splitn(2, |&byte| byte == 0);
    let header = parts.next().unwrap_or_default();
    let body = parts.next().unwrap_or_default();
    let len = header.len() as u64;
    let mut file = [&len.to_le_bytes(), header, body].concat();
    let whole = size_of::<u64>() + header.len() + body_len(header);
    file.resize(file.len().max(whole), 0);
    file
}

/// Bytes of tensors that a header asks for.
fn body_len(header: &[u8]) -> usize {
    let header: Value = serde_json::from_slice(header).unwrap_or_default();
    let tensors = header.as_object().into_iter().flat_map(|all| all.values());
    let ends = tensors.filter_map(|tensor| tensor["data_offsets"][1].as_u64());
    ends.max().unwrap_or(0).min(LONGEST_BODY) as usize
}

/// The settings of a run of `recipe`, as `config.json` holds them.
pub fn config_of(recipe: &Recipe) -> Value {
    json!({
        "version": "0.1.0",
        "recipe": recipe,
        "seed": 0,
        "data": null,
        "validation": 0,
        "samples": null,
        "checkpoint_every": 1,
        "adapter_choice": "cpu",
        "adapter": "the CPU path",
        "variant": null,
    })
}

/// A `config.json`. What is accepted has a schedule, if it is not refused as too long.
pub fn config(input: &[u8]) {
    if let Ok(config) = RunConfig::from_json(input) {
        assert_eq!(config.check(), Ok(()));
        let samples = config.samples.unwrap_or(SAMPLES);
        if config.recipe.check_length(samples).is_ok() {
            let rates = step_rates(&config.recipe, samples);
            let last = rates.at(rates.steps() - 1);
            assert!((0.0..=config.recipe.rate).contains(&last.rate));
        }
        let written = serde_json::to_vec(&config).expect("plain data serialises");
        assert_eq!(RunConfig::from_json(&written), Ok(config));
    }
}

/// The pixels of a picture, after three bytes: the kind of pixels, width and height. They are repeated
/// until the picture is full.
pub fn picture(input: &[u8]) {
    let [kind, width, height, pixels @ ..] = input else {
        return;
    };
    let size = [width, height].map(|side| u32::from(side % SIDES));
    let picture = match kind % 10 {
        0 => filled(size, pixels, u8::from_ne_bytes).map(DynamicImage::ImageLuma8),
        1 => filled(size, pixels, u8::from_ne_bytes).map(DynamicImage::ImageLumaA8),
        2 => filled(size, pixels, u8::from_ne_bytes).map(DynamicImage::ImageRgb8),
        3 => filled(size, pixels, u8::from_ne_bytes).map(DynamicImage::ImageRgba8),
        4 => filled(size, pixels, u16::from_ne_bytes).map(DynamicImage::ImageLuma16),
        5 => filled(size, pixels, u16::from_ne_bytes).map(DynamicImage::ImageLumaA16),
        6 => filled(size, pixels, u16::from_ne_bytes).map(DynamicImage::ImageRgb16),
        7 => filled(size, pixels, u16::from_ne_bytes).map(DynamicImage::ImageRgba16),
        8 => filled(size, pixels, f32::from_ne_bytes).map(DynamicImage::ImageRgb32F),
        _ => filled(size, pixels, f32::from_ne_bytes).map(DynamicImage::ImageRgba32F),
    };
    let Some(picture) = picture else {
        return;
    };
    // Blank pictures and specks are refused; all others give a digit.
    let _ = normalise(&picture);
    if let Ok(found) = line_in(&picture) {
        assert!(found.line.width() > 0 && found.scale > 0.0);
        let right = found.column_in_picture(found.line.width() as f64 - 1.0);
        assert!(found.left >= 0.0 && right <= f64::from(picture.width()));
    }
}

/// A picture of `size` whose values are those of `bytes`, repeated; none if `bytes` hold no value.
fn filled<P: Pixel, const N: usize>(
    [width, height]: [u32; 2],
    bytes: &[u8],
    value: impl Fn([u8; N]) -> P::Subpixel,
) -> Option<ImageBuffer<P, Vec<P::Subpixel>>> {
    let (words, _) = bytes.as_chunks();
    if words.is_empty() {
        return None;
    }
    let len = (width * height) as usize * usize::from(P::CHANNEL_COUNT);
    let values = words.iter().map(|&word| value(word)).cycle().take(len);
    ImageBuffer::from_raw(width, height, values.collect())
}
