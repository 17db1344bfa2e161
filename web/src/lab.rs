//! What a worker of the page calls.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::rc::Rc;

use js_sys::Uint8Array;
use lenet_gpu::compute::Compute;
use lenet_gpu::data::{Dataset, Mnist, MnistBytes};
use lenet_gpu::gpu::AdapterChoice;
use lenet_gpu::model::{DIGITS, Model};
use lenet_gpu::reading::Reader;
use lenet_gpu::train::Preset;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::control::{Control, Wish};
use crate::host::Host;
use crate::recipes::{NetworkInfo, RecipeInfo, preset_named};
use crate::score::Answers;
use crate::training::{Progress, Training};
use crate::values::{adapter_failure, bytes, failure, list, plain, refusal, training_failure};
use crate::{bench, looks, picture, reading, verification};

/// The digits, something that computes, and one network: that in training, or a loaded one.
#[wasm_bindgen]
pub struct Lab {
    digits: Mnist,
    compute: RefCell<Rc<Compute>>,
    control: Control,
    /// The training; none where the model was loaded.
    progress: RefCell<Option<Progress>>,
    model: RefCell<Model>,
    /// Whether a verification or a measurement is to end.
    stops: Cell<bool>,
}

/// What computes.
#[derive(Serialize)]
struct ComputeInfo {
    /// cpu or webgpu.
    backend: &'static str,
    description: String,
}

impl ComputeInfo {
    fn of(compute: &Compute) -> Self {
        Self {
            backend: compute.backend(),
            description: compute.describe(),
        }
    }
}

#[wasm_bindgen]
impl Lab {
    /// A lab with the digits in the bytes of the four files of MNIST. It computes on the processor.
    ///
    /// # Errors
    /// If the files are not MNIST's.
    #[wasm_bindgen(constructor)]
    pub fn new(
        train_images: &[u8],
        train_labels: &[u8],
        test_images: &[u8],
        test_labels: &[u8],
    ) -> Result<Lab, JsValue> {
        let files = MnistBytes {
            train_images,
            train_labels,
            test_images,
            test_labels,
        };
        let digits = Mnist::from_bytes(&files, "the page".to_owned());
        let progress = Progress::start(Preset::Default, 0);
        Ok(Self {
            digits: digits.map_err(|error| failure(&error))?,
            compute: RefCell::new(Rc::new(Compute::Cpu)),
            control: Control::new(),
            model: RefCell::new(progress.model()),
            progress: RefCell::new(Some(progress)),
            stops: Cell::new(false),
        })
    }

    /// Computes on `adapter` from now on, cpu or webgpu, on a device of its own. Returns what that is.
    ///
    /// # Errors
    /// If there is none, or it cannot be opened.
    #[wasm_bindgen(js_name = computeOn)]
    pub async fn compute_on(&self, adapter: String) -> Result<JsValue, JsValue> {
        let choice = match adapter.as_str() {
            "cpu" => AdapterChoice::Cpu,
            "webgpu" => AdapterChoice::WEBGPU,
            other => {
                let message = format!("'{other}' cannot compute: expected cpu or webgpu");
                return Err(refusal(&message));
            }
        };
        let compute = Compute::open(&choice).await;
        let compute = Rc::new(compute.map_err(|error| adapter_failure(&error))?);
        let info = plain(&ComputeInfo::of(&compute));
        self.compute.replace(compute);
        Ok(info)
    }

    fn compute(&self) -> Rc<Compute> {
        Rc::clone(&self.compute.borrow())
    }

    /// All recipes.
    pub fn recipes() -> JsValue {
        plain(&RecipeInfo::all())
    }

    /// The network of the model.
    pub fn network(&self) -> JsValue {
        plain(&NetworkInfo::of(&self.model.borrow()))
    }

    /// Starts anew: the model is an untrained one, with initial weights.
    ///
    /// # Errors
    /// If no recipe is called so.
    pub fn reset(&self, recipe: &str, seed: u32) -> Result<(), JsValue> {
        let Some(preset) = preset_named(recipe) else {
            let message = format!("there is no recipe '{recipe}'");
            return Err(refusal(&message));
        };
        let progress = Progress::start(preset, seed);
        self.control.set(Wish::Stop);
        self.model.replace(progress.model());
        self.progress.replace(Some(progress));
        Ok(())
    }

    /// Trains until it is done, is to stop, or fails; `host` is told of the progress. Resolves to whether
    /// it is done.
    ///
    /// # Errors
    /// If the adapter fails, training diverges, or the model is a loaded one.
    pub async fn train(&self, host: &Host) -> Result<bool, JsValue> {
        let Some(from) = self.progress.borrow().clone() else {
            return Err(refusal("a loaded model is not trained further"));
        };
        let compute = self.compute();
        let keep = |progress: Progress, model: &Model| {
            // After a reset that came in between, this is another training's.
            if self.control.wish() != Wish::Stop {
                self.model.replace(model.clone());
                self.progress.replace(Some(progress));
            }
        };
        let training = Training {
            compute: &compute,
            digits: &self.digits,
            control: &self.control,
            host,
            keep: &keep,
            scored: &|answers| {
                if let Some(progress) = &mut *self.progress.borrow_mut() {
                    progress.unscored = false;
                }
                if self.control.wish() != Wish::Stop {
                    host.scored(answers.to_js());
                }
            },
        };
        training.run(from).await
    }

    /// Lets the training go on, make `steps` steps, or go on without end if that is 0.
    #[wasm_bindgen(js_name = goOn)]
    pub fn go_on(&self, steps: usize) {
        self.control.set(match steps {
            0 => Wish::Run,
            steps => Wish::Steps(steps),
        });
    }

    /// Lets the training wait.
    pub fn pause(&self) {
        self.control.set(Wish::Pause);
    }

    /// Ends the training.
    pub fn stop(&self) {
        self.control.set(Wish::Stop);
    }

    /// Limits the training to so many steps per second; 0 is no limit.
    pub fn limit(&self, steps_per_second: f64) {
        let limit = Some(steps_per_second).filter(|&limit| limit > 0.0);
        self.control.limit(limit);
    }

    /// The answers of the model to the test digits.
    ///
    /// # Errors
    /// If the adapter fails.
    pub async fn score(&self, host: &Host) -> Result<JsValue, JsValue> {
        let (compute, model) = (self.compute(), self.model.borrow().clone());
        let answers = Answers::of(&compute, &model, &self.digits.test, host).await?;
        Ok(answers.to_js())
    }

    /// The labels of the test digits.
    pub fn labels(&self) -> JsValue {
        bytes(self.digits.test.labels())
    }

    /// The 784 bytes of each of the test digits `places`, one after the other.
    pub fn images(&self, places: &[u32]) -> JsValue {
        let test = &self.digits.test;
        let images = places.iter().filter_map(|&place| image_of(test, place));
        bytes(&images.flatten().copied().collect::<Vec<u8>>())
    }

    /// The places of the first test digit of each class.
    #[wasm_bindgen(js_name = firstOfEach)]
    pub fn first_of_each(&self) -> JsValue {
        let labels = self.digits.test.labels();
        let first = |digit| labels.iter().position(|&label| usize::from(label) == digit);
        let places = (0..DIGITS).filter_map(first).map(|place| place as u32);
        list(places.map(JsValue::from))
    }

    /// The kernels of the model's convolutions.
    pub fn kernels(&self) -> JsValue {
        looks::kernels_of(&self.model.borrow())
    }

    /// What the model makes of a picture of 784 bytes.
    ///
    /// # Errors
    /// If it has another number of bytes.
    pub fn layers(&self, image: &[u8]) -> Result<JsValue, JsValue> {
        check_size(image)?;
        Ok(looks::layers_of(&self.model.borrow(), image))
    }

    /// What the model draws in F6 for each of the pictures, 784 bytes each.
    pub fn glyphs(&self, images: &[u8]) -> JsValue {
        let images: Vec<&[u8]> = images.chunks_exact(lenet_gpu::data::IMAGE_PIXELS).collect();
        looks::glyphs_of(&self.model.borrow(), &images)
    }

    /// What a unit of the model makes of a picture of 784 bytes.
    ///
    /// # Errors
    /// If it has another number of bytes, or there is no such unit.
    pub fn unit(&self, image: &[u8], layer: usize, unit: usize) -> Result<JsValue, JsValue> {
        check_size(image)?;
        let model = self.model.borrow();
        let row = model.network.layers().get(layer);
        if row.is_none_or(|row| unit >= row.output.units()) {
            let message = format!("there is no unit {unit} in layer {layer}");
            return Err(refusal(&message));
        }
        Ok(looks::unit_of(&model, image, layer, unit))
    }

    /// The digit in the pixels of a canvas, made as MNIST's were: 784 bytes.
    ///
    /// # Errors
    /// If there is no digit in it.
    #[wasm_bindgen(js_name = digitIn)]
    pub fn digit_in(pixels: Vec<u8>, width: u32, height: u32) -> Result<Uint8Array, JsValue> {
        let digit = picture::digit_in(pixels, width, height)?;
        Ok(Uint8Array::from(&digit[..]))
    }

    /// What the model reads in the pixels of a canvas, and the line in them as it sees it.
    ///
    /// # Errors
    /// If there is no line in it, the model reads none, or the adapter fails.
    #[wasm_bindgen(js_name = readLine)]
    pub async fn read_line(
        &self,
        pixels: Vec<u8>,
        width: u32,
        height: u32,
    ) -> Result<JsValue, JsValue> {
        let (compute, model) = (self.compute(), self.model.borrow().clone());
        let found = picture::line_in(pixels, width, height)?;
        let reader = Reader::new(model, Reader::GRAMMAR).map_err(|error| failure(&error))?;
        let readings = reader.read(&compute, &[&found.line]).await;
        let readings = readings.map_err(|error| adapter_failure(&error))?;
        let rubbish_distance = reader.model().loss.rubbish_distance();
        Ok(reading::read(&found, &readings[0], rubbish_distance))
    }

    /// The model as the bytes of a file, which the command line reads.
    pub fn save(&self) -> JsValue {
        bytes(&self.model.borrow().to_bytes())
    }

    /// Takes the model in the bytes of a file that is called `name`.
    ///
    /// # Errors
    /// If it is none.
    pub fn load(&self, name: &str, file: &[u8]) -> Result<(), JsValue> {
        let model = Model::from_bytes(Path::new(name), file).map_err(|error| failure(&error))?;
        self.control.set(Wish::Stop);
        self.model.replace(model);
        self.progress.replace(None);
        Ok(())
    }

    /// Runs the cases whose name contains one of the words of `filter`, which commas divide; all if it
    /// has none. `host` is told of each.
    ///
    /// # Errors
    /// If the device is lost.
    pub async fn verify(&self, filter: String, host: &Host) -> Result<(), JsValue> {
        let compute = self.compute();
        let checks = verification::checks(&compute, &filter);
        host.counted(checks.len() as u32);
        self.stops.set(false);
        let run = verification::run(&checks, host, || self.stops.get()).await;
        run.map_err(|error| adapter_failure(&error))
    }

    /// Measures what computes in training and inference; `host` is told of each speed.
    ///
    /// # Errors
    /// If the adapter fails.
    pub async fn bench(&self, host: &Host) -> Result<(), JsValue> {
        let compute = self.compute();
        self.stops.set(false);
        let measured = bench::run(&compute, &self.digits, host, || self.stops.get()).await;
        measured.map_err(|error| training_failure(&error))
    }

    /// Ends a verification or a measurement after what is under way.
    pub fn cancel(&self) {
        self.stops.set(true);
    }
}

fn image_of(test: &Dataset, place: u32) -> Option<&[u8]> {
    let place = place as usize;
    (place < test.len()).then(|| &test.image(place)[..])
}

fn check_size(image: &[u8]) -> Result<(), JsValue> {
    let expected = lenet_gpu::data::IMAGE_PIXELS;
    match image.len() {
        len if len == expected => Ok(()),
        len => {
            let message = format!("the picture has {len} bytes, expected {expected}");
            Err(refusal(&message))
        }
    }
}
