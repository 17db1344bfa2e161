//! Reading lines of digits, with a network that is trained for it in a moment.

use std::fs;
use std::sync::LazyLock;

use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, GrayImage, Luma};
use lenet_gpu::block_on;
use lenet_gpu::compute::Compute;
use lenet_gpu::data::IMAGE_SIDE;
use lenet_gpu::data::strings::{Line, StringSettings, Strip};
use lenet_gpu::model::{Model, StripNetwork};
use lenet_gpu::reference::strip::penalties;
use lenet_gpu::train::{Preset, train_model};
use serde_json::Value;
use tempfile::TempDir;

use crate::digits::MNIST;
use crate::outcome::{error_of, output_of};
use crate::program::{digit_folder, directory, json_of, program, text};

/// A folder with a run `strings` on the first digits, and those digits.
struct Trained {
    directory: TempDir,
    data: TempDir,
}

static TRAINED: LazyLock<Trained> = LazyLock::new(|| {
    let (directory, data) = (directory(), digit_folder(12_000, 200));
    train(
        &directory,
        "--recipe strings --passes 6 --seed 3 --out strings --data",
        &data,
    );
    Trained { directory, data }
});

/// Trains in `directory` by the options `options`, of which the last is that of the digits in `data`.
fn train(directory: &TempDir, options: &str, data: &TempDir) {
    let words = "train -q --adapter cpu"
        .split(' ')
        .chain(options.split(' '));
    let words: Vec<&str> = words.chain([text(data.path())]).collect();
    output_of(directory.path(), &words);
}

fn json_with_data(arguments: &[&str]) -> Value {
    let Trained { directory, data } = &*TRAINED;
    let more = ["--json", "--adapter", "cpu", "--data", text(data.path())];
    json_of(directory.path(), &[arguments, &more].concat())
}

/// The digits of the test set at `places`, `spacing` pixels apart.
fn line_of(places: &[usize], spacing: usize) -> Line {
    let mut line = Line::blank(IMAGE_SIDE + spacing * (places.len() - 1));
    for (number, &place) in places.iter().enumerate() {
        line.draw(MNIST.test.image(place), (number * spacing) as isize, 0);
    }
    line
}

/// The line as a picture, dark on light, `zoom` times as large, with `paper` pixels around it.
fn picture_of(line: &Line, zoom: u32, paper: u32) -> GrayImage {
    let (width, height) = (line.width() as u32 * zoom, IMAGE_SIDE as u32 * zoom);
    GrayImage::from_fn(width + 2 * paper, height + 2 * paper, |x, y| {
        let inside = (paper..paper + width).contains(&x) && (paper..paper + height).contains(&y);
        let ink = match inside {
            true => line.at(((y - paper) / zoom) as usize, ((x - paper) / zoom) as isize),
            false => 0,
        };
        Luma([235 - (u32::from(ink) * 200 / 255) as u8])
    })
}

#[test]
fn a_line_in_a_picture_is_read_with_its_places() {
    let (folder, spacing, zoom, paper) = (TRAINED.directory.path(), 24, 3, 20);
    let places = [0, 1, 2, 3, 4, 5, 7];
    let digits: String = places
        .iter()
        .map(|&place| char::from(b'0' + MNIST.test.labels()[place]))
        .collect();
    let picture = picture_of(&line_of(&places, spacing), zoom, paper);
    picture.save(folder.join("line.png")).unwrap();
    let arguments = [
        "read",
        "--json",
        "--adapter",
        "cpu",
        "--model",
        "strings",
        "line.png",
    ];
    let document = json_of(folder, &[&arguments[..], &["--draw", "drawn.png"]].concat());
    let line = &document["lines"][0];
    assert_eq!(line["text"], digits.as_str(), "{line}");
    for (number, digit) in line["digits"].as_array().unwrap().iter().enumerate() {
        let middle = f64::from(paper) + f64::from(zoom) * (14.0 + (number * spacing) as f64);
        let column = digit["column"].as_f64().unwrap();
        // A position is 4 pixels of the line from the next.
        assert!(
            (column - middle).abs() < 5.0 * f64::from(zoom),
            "{column}, not {middle}"
        );
        assert!(digit["margin"].as_f64().unwrap() > 0.0);
    }
    let drawn = image::open(folder.join("drawn.png")).unwrap();
    assert!(drawn.width() > 4 * 24 * 6, "{}", drawn.width());
    let again = [&arguments[1..], &["--draw", "drawn.png"]].concat();
    let error = error_of(folder, &[&["read"], &again[..]].concat());
    assert!(
        error.contains("drawn.png") && error.contains("not overwritten"),
        "{error}"
    );
}

/// The picture as a film of three frames: two of paper, and between them the picture.
fn film_of(picture: &GrayImage) -> Vec<u8> {
    let paper = GrayImage::from_pixel(picture.width(), picture.height(), Luma([235]));
    let frames = [&paper, picture, &paper].map(|frame| {
        let frame = DynamicImage::ImageLuma8(frame.clone());
        Frame::new(frame.to_rgba8())
    });
    let mut bytes = Vec::new();
    GifEncoder::new(&mut bytes).encode_frames(frames).unwrap();
    bytes
}

#[test]
fn what_is_beside_a_line_is_left_out_and_said() {
    let folder = TRAINED.directory.path();
    let plain = picture_of(&line_of(&[0, 1, 2, 3], 24), 3, 60);
    let (width, height) = plain.dimensions();
    let with = |is_inked: &dyn Fn(u32, u32) -> bool| {
        GrayImage::from_fn(width, height, |x, y| match is_inked(x, y) {
            true => Luma([35]),
            false => *plain.get_pixel(x, y),
        })
    };
    let is_frame = |x: u32, y: u32| {
        let (from_left, from_top) = (x.min(width - 1 - x), y.min(height - 1 - y));
        from_left.min(from_top) >= 24 && (from_left < 28 || from_top < 28)
    };
    let pictures = [
        ("plain.png", plain.clone(), None),
        ("frame.png", with(&is_frame), Some("a frame")),
        (
            "bracket.png",
            with(&|x, y| (20..26).contains(&x) && (4..200).contains(&y)),
            Some("twice as high"),
        ),
        (
            "underline.png",
            with(&|x, y| (40..width - 40).contains(&x) && (170..174).contains(&y)),
            Some("not in line"),
        ),
        (
            "squared.png",
            with(&|x, y| x % 22 == 9 || y % 22 == 9),
            Some("ruled paper"),
        ),
        (
            "light-on-dark.png",
            GrayImage::from_fn(width, height, |x, y| {
                Luma([255 - plain.get_pixel(x, y).0[0]])
            }),
            None,
        ),
    ];
    for (name, picture, _) in &pictures {
        picture.save(folder.join(name)).unwrap();
    }
    fs::write(folder.join("film.gif"), film_of(&plain)).unwrap();
    let names = pictures.iter().map(|(name, ..)| *name);
    let names: Vec<&str> = names.chain(["film.gif"]).collect();
    let arguments = ["read", "--json", "--adapter", "cpu", "--model", "strings"];
    let document = json_of(folder, &[&arguments[..], &names].concat());
    let lines = document["lines"].as_array().unwrap();
    let text = &lines[0]["text"];
    assert_eq!(text.as_str().unwrap().len(), 4, "{text}");
    let remarks = pictures.iter().map(|(.., remark)| *remark);
    for (line, remark) in lines.iter().zip(remarks.chain([Some("frame 2 of 3")])) {
        assert_eq!(&line["text"], text, "{line}");
        let remarks = line["remarks"].to_string();
        match remark {
            Some(remark) => assert!(remarks.contains(remark), "{line}"),
            None => assert_eq!(remarks, "[]", "{line}"),
        }
    }
}

#[test]
fn of_several_pictures_those_that_are_lines_are_read() {
    let folder = TRAINED.directory.path();
    let picture = picture_of(&line_of(&[0, 1], 24), 3, 20);
    picture.save(folder.join("two.png")).unwrap();
    // As wide as 1,700 digits are high.
    let far = GrayImage::from_fn(18_000, 14, |x, y| {
        let is_inked = !(14..=17_986).contains(&x) && x % 4 == 0 && (2..12).contains(&y);
        Luma([if is_inked { 20 } else { 230 }])
    });
    far.save(folder.join("far.png")).unwrap();
    let arguments = [
        "read",
        "--adapter",
        "cpu",
        "--model",
        "strings",
        "missing.png",
        "far.png",
        "two.png",
    ];
    let failed = program(folder, &arguments).assert().failure();
    let told = String::from_utf8(failed.get_output().stdout.clone()).unwrap();
    let of_pictures = |line: &&str| line.contains(".png: ");
    let lines: Vec<&str> = told.lines().filter(of_pictures).collect();
    assert!(
        lines[0].starts_with("missing.png: no such picture"),
        "{told}"
    );
    assert!(lines[1].starts_with("far.png: no digits: "), "{told}");
    assert!(lines[1].contains("cut the picture into parts"), "{told}");
    assert!(
        lines[2].starts_with("two.png: ") && lines[2].len() == 11,
        "{told}"
    );
}

#[test]
fn strings_are_the_same_for_the_same_seed_and_most_are_read() {
    let arguments = [
        "eval-strings",
        "strings",
        "--strings",
        "60",
        "--cut-at-gaps",
        "strings",
    ];
    let wide = [&arguments[..], &["--spacing", "24", "--noise", "0"]].concat();
    let first = json_with_data(&wide);
    assert_eq!(first, json_with_data(&wide));
    let cell = &first["along"][0];
    assert_eq!(
        (&cell["strings"], &cell["spacing"]),
        (&60.into(), &24.into())
    );
    let digits = cell["digits"].as_f64().unwrap();
    assert!((180.0..=480.0).contains(&digits), "{cell}");
    assert!(cell["errors"].as_f64().unwrap() < 0.12 * digits, "{cell}");
    assert_eq!(first["cut_at_gaps"][0]["digits"], cell["digits"]);
    let other = json_with_data(&[&wide[..], &["--seed", "1"]].concat());
    assert_ne!(first["along"], other["along"]);
}

#[test]
fn strings_may_be_made_of_validation_digits() {
    let few = ["eval-strings", "strings", "--strings", "5"];
    let document = json_with_data(&[&few[..], &["--validation", "100"]].concat());
    assert_eq!(document["digits_of"], "validation");
    assert_eq!(document["digit_cost"], 2.0);
    let Trained { directory, data } = &*TRAINED;
    let more = [
        "--validation",
        "100",
        "--noise",
        "0.001",
        "--adapter",
        "cpu",
        "--data",
        text(data.path()),
    ];
    let told = output_of(directory.path(), &[&few[..], &more].concat());
    assert!(
        told.contains("was trained on 100 of these 100 digits"),
        "{told}"
    );
    assert!(told.contains("0.1 % inverted"), "{told}");
    assert_eq!(document["along"].as_array().unwrap().len(), 7 * 3);
}

#[test]
fn a_run_of_strings_goes_on_after_its_passes() {
    let (directory, data) = (directory(), digit_folder(300, 50));
    train(
        &directory,
        "--recipe strings --passes 2 --out one --data",
        &data,
    );
    let config = fs::read_to_string(directory.path().join("one/config.json")).unwrap();
    let config: Value = serde_json::from_str(&config).unwrap();
    assert_eq!(config["recipe"]["string_fields"], 2);
    let metrics = fs::read_to_string(directory.path().join("one/metrics.csv")).unwrap();
    assert_eq!(metrics.lines().count(), 3, "{metrics}");
    let more = [
        "train",
        "-q",
        "--resume",
        "one",
        "--passes",
        "3",
        "--adapter",
        "cpu",
    ];
    output_of(directory.path(), &more);
    let metrics = fs::read_to_string(directory.path().join("one/metrics.csv")).unwrap();
    assert_eq!(metrics.lines().count(), 4, "{metrics}");
}

#[test]
fn a_training_in_memory_makes_no_strings() {
    let digits = MNIST.train.clone().take_first(20);
    let recipe = Preset::Strings.recipe();
    let refused = block_on(train_model(&Compute::Cpu, &recipe, &digits, 0, |_, _| {}));
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("string_fields"), "{error}");
}

/// The CPU path, the reference, and the network on what is seen at one position.
#[test]
fn a_strip_has_the_penalties_of_its_fields() {
    let model = Model::load(&TRAINED.directory.path().join("strings/model.safetensors")).unwrap();
    let line = line_of(&[0, 11, 17], 21);
    let strip = Strip::around(&line);
    let along =
        block_on(model.penalties_along(&Compute::Cpu, std::slice::from_ref(&strip))).unwrap();
    let network = StripNetwork::new(&model.network, strip.positions());
    let reference = penalties(&network, &model.arena, strip.levels());
    for (computed, expected) in along[0].as_flattened().iter().zip(&reference) {
        assert!(
            (computed - expected).abs() < 1e-3 + 1e-4 * expected,
            "{computed} {expected}"
        );
    }
    // A line of paper and one digit: around its middle nothing but the digit's own field is seen.
    let mut alone = Line::blank(64);
    alone.draw(MNIST.test.image(0), 18, 0);
    let strip = Strip::around(&alone);
    let along = block_on(model.penalties_along(&Compute::Cpu, &[strip])).unwrap();
    let answer = block_on(model.classify(&Compute::Cpu, MNIST.test.image(0))).unwrap();
    for (along, answer) in along[0][8].iter().zip(answer.penalties) {
        assert!(
            (along - answer).abs() < 1e-3 + 1e-4 * answer,
            "{along} {answer}"
        );
    }
}

#[test]
fn strings_of_one_seed_are_a_prefix_of_more() {
    let settings = |strings| StringSettings {
        strings,
        seed: 7,
        digits: 3..=8,
        spacings: vec![16, 28],
    };
    let (few, more) = (settings(5), settings(9));
    assert!(
        few.make(&MNIST.test, 0.05)
            .eq(more.make(&MNIST.test, 0.05).take(5))
    );
}

#[test]
fn what_cannot_be_read_is_refused_with_a_reason() {
    let (directory, data) = (directory(), digit_folder(64, 20));
    let (path, folder) = (directory.path(), text(data.path()));
    train(
        &directory,
        "--passes 1 --recipe deck --out deck --data",
        &data,
    );
    train(
        &directory,
        "--passes 1 --recipe plain --out plain --data",
        &data,
    );
    GrayImage::from_pixel(90, 40, Luma([200]))
        .save(path.join("blank.png"))
        .unwrap();
    let with_data = |arguments: &[&str]| {
        let more = ["--adapter", "cpu", "--data", folder];
        error_of(path, &[arguments, &more].concat())
    };
    for (arguments, expected) in [
        (&["eval-strings", "deck"][..], "softmax head"),
        (
            &["eval-strings", "plain", "--spacing", "0"],
            "--spacing has 0",
        ),
        (&["eval-strings", "plain", "--noise", "2"], "--noise has 2"),
        (
            &["eval-strings", "plain", "--strings", "0"],
            "--strings is 0",
        ),
        (
            &["eval-strings", "plain", "--least-digits", "9"],
            "--least-digits is 9",
        ),
        (
            &["eval-strings", "plain", "--digit-positions", "0"],
            "--digit-positions is 0",
        ),
        (
            &["eval-strings", "plain", "--digit-positions", "101"],
            "expected 1 to 100",
        ),
    ] {
        let error = with_data(arguments);
        assert!(error.contains(expected), "{error}");
    }
    let error = error_of(
        path,
        &["read", "-m", "deck", "blank.png", "--adapter", "cpu"],
    );
    assert!(error.contains("--recipe strings"), "{error}");
    let two = [
        "read",
        "-m",
        "plain",
        "blank.png",
        "blank.png",
        "--draw",
        "d.png",
        "--adapter",
        "cpu",
    ];
    let error = error_of(path, &two);
    assert!(error.contains("2 pictures"), "{error}");
    let blank = program(
        path,
        &["read", "-m", "plain", "blank.png", "--adapter", "cpu"],
    );
    let failed = { blank }.assert().failure();
    let told = String::from_utf8(failed.get_output().stdout.clone()).unwrap();
    assert!(
        told.contains("blank.png: no digits: the picture looks blank"),
        "{told}"
    );
    let more = ["--head", "softmax", "--recipe", "strings", "--out", "never"];
    let error = error_of(
        path,
        &[&["train", "--adapter", "cpu", "--data", folder], &more[..]].concat(),
    );
    assert!(error.contains("--string-fields"), "{error}");
    assert!(!path.join("never").exists());
}

#[test]
fn a_network_that_was_not_trained_for_strings_is_said_to_be_such() {
    let Trained { directory, data } = &*TRAINED;
    train(directory, "--passes 1 --out digits --data", data);
    for (model, is_warned) in [("digits", true), ("strings", false)] {
        let test = ["eval-strings", model, "--adapter", "cpu", "--strings", "7"];
        let words = [&test[..], &["--data", text(data.path())]].concat();
        let output = output_of(directory.path(), &words);
        let is_said = output.contains("not trained for strings");
        assert_eq!(is_said, is_warned, "{output}");
    }
}
