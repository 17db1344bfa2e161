//! Figure 13: error on digits that are scaled, moved, turned and noisy.

use anyhow::Result;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::figure_2;
use super::protocol::{Figure, LOWEST};
use super::report::{Picture, Section, Table};
use super::sheet::{LINE_HEIGHT, LINE_WIDTH};
use super::study::Study;
use super::workshop::Trained;
use crate::data::{Dataset, IMAGE_SIDE};
use crate::plot::{
    Anchor, Axis, COLOURS, Curve, CurveChart, Drawing, Frame, GREY, MARGIN, Stroke, TEXT,
};
use crate::reference::Walk;
use crate::reference::batch::ink_between;
use crate::train::MeanDeviation;

/// What is done to a digit, and how strongly.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Change {
    kind: Kind,
    amount: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Times its size.
    Scale,
    /// Downwards, in pixels.
    Shift,
    /// Clockwise, in degrees.
    Rotation,
    /// Per cent of the pixels inverted.
    Noise,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Scale, Self::Shift, Self::Rotation, Self::Noise];

    fn name(self) -> &'static str {
        match self {
            Self::Scale => "scale, times",
            Self::Shift => "vertical shift, pixels",
            Self::Rotation => "rotation, degrees",
            Self::Noise => "pixels inverted, per cent",
        }
    }

    fn csv_name(self) -> &'static str {
        match self {
            Self::Scale => "scale",
            Self::Shift => "vertical_shift_pixels",
            Self::Rotation => "rotation_degrees",
            Self::Noise => "inverted_pixels_percent",
        }
    }

    /// The amounts that are measured.
    fn amounts(self) -> &'static [f64] {
        match self {
            Self::Scale => &[0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5],
            Self::Shift => &[-10.0, -8.0, -6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0, 8.0, 10.0],
            Self::Rotation => &[
                -60.0, -45.0, -30.0, -20.0, -10.0, 0.0, 10.0, 20.0, 30.0, 45.0, 60.0,
            ],
            Self::Noise => &[0.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0],
        }
    }

    /// How far recognition holds according to the paper: a scale factor of about 2, taken from 0.7
    /// to 1.4; half the height of a character, which is 20 pixels; 30 degrees. It gives no number
    /// for noise.
    fn published_limits(self) -> Option<[f64; 2]> {
        match self {
            Self::Scale => Some([0.7, 1.4]),
            Self::Shift => Some([-10.0, 10.0]),
            Self::Rotation => Some([-30.0, 30.0]),
            Self::Noise => None,
        }
    }
}

impl Change {
    /// The changed digit: 784 bytes, like `image`. `number` is the index of the digit; each gets
    /// noise of its own.
    fn apply(self, image: &[u8], number: usize) -> Vec<u8> {
        if self.kind == Kind::Noise {
            return self.invert_some(image, number);
        }
        let centre = (IMAGE_SIDE - 1) as f64 / 2.0;
        let places = (0..IMAGE_SIDE * IMAGE_SIDE).map(|place| {
            let x = (place % IMAGE_SIDE) as f64 - centre;
            let y = (place / IMAGE_SIDE) as f64 - centre;
            let (x, y) = self.origin(x, y);
            let ink: f64 = ink_between(image, y + centre, x + centre);
            (255.0 * ink).round() as u8
        });
        places.collect()
    }

    /// The point that the change moves to (x, y); both are measured from the centre.
    fn origin(self, x: f64, y: f64) -> (f64, f64) {
        match self.kind {
            Kind::Scale => (x / self.amount, y / self.amount),
            Kind::Shift => (x, y - self.amount),
            Kind::Rotation => {
                let (sine, cosine) = self.amount.to_radians().sin_cos();
                (cosine * x + sine * y, cosine * y - sine * x)
            }
            Kind::Noise => (x, y),
        }
    }

    fn invert_some(self, image: &[u8], number: usize) -> Vec<u8> {
        let mut random = ChaCha8Rng::seed_from_u64(number as u64);
        let share = self.amount / 100.0;
        let noisy = image.iter().map(|&byte| {
            let inverted = f64::from(random.next_u32()) < share * 2f64.powi(32);
            if inverted { 255 - byte } else { byte }
        });
        noisy.collect()
    }

    /// All digits of `data`, changed.
    fn apply_to_all(self, data: &Dataset) -> Dataset {
        let images = (0..data.len()).flat_map(|number| self.apply(data.image(number), number));
        Dataset::new(images.collect(), data.labels().to_vec())
            .expect("a changed picture is as large as it was")
    }

    fn in_words(self) -> String {
        match self.kind {
            Kind::Scale => format!("{} times its size", self.amount),
            Kind::Shift => format!("moved down by {} pixels", self.amount),
            Kind::Rotation => format!("turned by {} degrees", self.amount),
            Kind::Noise => format!("{} % of the pixels inverted", self.amount),
        }
    }
}

/// The error under one change.
struct Point {
    change: Change,
    error: MeanDeviation,
}

pub fn section(study: &Study) -> Result<Section> {
    let networks = study.seeds_of(LOWEST);
    let digits = study.data.test.clone();
    let digits = digits.take_first(study.protocol.most_measured);
    let points = measure(study, &networks, &digits)?;
    let mut table = Table::new(&["change", "paper: holds", "error in per cent here"]);
    for kind in Kind::ALL {
        let [at, error] = [limits_in_words(kind), errors_in_words(kind, &points)];
        table.row([kind.name().to_owned(), at, error]);
    }
    Ok(Section {
        figure: Figure::Robustness,
        title: "error on unusual, distorted and noisy digits".to_owned(),
        text: vec![format!(
            "Recipe {}, on {} test digits. What a change moves out of the 28×28 picture is lost; \
             with the usual 20×20 digits that begins at shifts above 4 pixels and scales above 1.4.",
            LOWEST.name(),
            digits.len()
        )],
        table,
        pictures: vec![
            draw_curves(study, &points)?,
            draw_sheet(study, networks[0])?,
        ],
        data: data(&points),
    })
}

fn measure(study: &Study, networks: &[&Trained], digits: &Dataset) -> Result<Vec<Point>> {
    let changes = Kind::ALL.into_iter().flat_map(|kind| {
        let amounts = kind.amounts().iter();
        amounts.map(move |&amount| Change { kind, amount })
    });
    changes
        .map(|change| {
            let error = study.errors(networks, &change.apply_to_all(digits))?;
            Ok(Point { change, error })
        })
        .collect()
}

fn limits_in_words(kind: Kind) -> String {
    match (kind, kind.published_limits()) {
        (Kind::Scale, _) => "a factor of about 2".to_owned(),
        (_, Some([_, limit])) => format!("about ±{limit}"),
        (_, None) => "no number".to_owned(),
    }
}

/// The errors at the paper's limits, or at all amounts.
fn errors_in_words(kind: Kind, points: &[Point]) -> String {
    let limits = kind.published_limits();
    let told = points.iter().filter(|point| {
        let amount = point.change.amount;
        point.change.kind == kind && limits.is_none_or(|limits| limits.contains(&amount))
    });
    let told = told.map(|point| format!("at {}: {}", point.change.amount, point.error));
    told.collect::<Vec<_>>().join("; ")
}

/// Width and height of a panel.
const PANEL: (f64, f64) = (500.0, 380.0);

fn draw_curves(study: &Study, points: &[Point]) -> Result<Picture> {
    let (width, height) = PANEL;
    let mut drawing = Drawing::new(2.0 * width, 2.0 * height);
    for (place, kind) in Kind::ALL.into_iter().enumerate() {
        let frame = Frame {
            left: (place % 2) as f64 * width,
            top: (place / 2) as f64 * height,
            width,
            height,
        };
        panel(kind, points).draw(&mut drawing, frame);
    }
    let caption = "Error by strength of a change, mean over the seeds; grey: how far recognition \
                   holds according to the paper";
    study.chart("figure-13.png", caption, &drawing)
}

fn panel(kind: Kind, points: &[Point]) -> CurveChart {
    let amounts = kind.amounts();
    let own = points.iter().filter(|point| point.change.kind == kind);
    let measured = Curve {
        name: None,
        colour: COLOURS[1],
        stroke: Stroke::Dotted,
        points: own
            .map(|point| (point.change.amount, point.error.mean))
            .collect(),
    };
    let limit = |amount| Curve {
        name: None,
        colour: GREY,
        stroke: Stroke::Dashed,
        points: vec![(amount, 0.0), (amount, 100.0)],
    };
    let limits = kind.published_limits().into_iter().flatten().map(limit);
    CurveChart {
        title: String::new(),
        x: Axis {
            name: kind.name(),
            range: amounts[0]..amounts[amounts.len() - 1],
            least_step: 0.0,
        },
        y: Axis {
            name: "error, per cent",
            range: 0.0..100.0,
            least_step: 0.0,
        },
        curves: limits.chain([measured]).collect(),
    }
}

/// The hard inputs whose activations are drawn.
const HARD: [Change; 6] = [
    Change {
        kind: Kind::Scale,
        amount: 0.6,
    },
    Change {
        kind: Kind::Scale,
        amount: 1.4,
    },
    Change {
        kind: Kind::Shift,
        amount: 6.0,
    },
    Change {
        kind: Kind::Rotation,
        amount: 30.0,
    },
    Change {
        kind: Kind::Rotation,
        amount: -45.0,
    },
    Change {
        kind: Kind::Noise,
        amount: 10.0,
    },
];

/// The title above each line of the sheet.
const LINE_TITLE: f64 = 26.0;

fn draw_sheet(study: &Study, network: &Trained) -> Result<Picture> {
    let test = &study.data.test;
    let step = LINE_TITLE + LINE_HEIGHT + MARGIN;
    let mut drawing = Drawing::new(2.0 * MARGIN + LINE_WIDTH, MARGIN + HARD.len() as f64 * step);
    for (place, change) in HARD.into_iter().enumerate() {
        let number = place % test.len();
        let walk = Walk::through(&network.model, &change.apply(test.image(number), number));
        let top = MARGIN + place as f64 * step;
        let words = format!(
            "{}, {}: the answer is {}",
            test.labels()[number],
            change.in_words(),
            walk.answer()
        );
        let middle = top + LINE_TITLE / 3.0;
        drawing.text(&words, (MARGIN, middle), TEXT, Anchor::Start);
        figure_2::draw_line(&walk, &mut drawing, (MARGIN, top + LINE_TITLE));
    }
    let caption = "Hard inputs and what each layer makes of them, from the input to F6";
    study.sheet("figure-13-activations.png", caption, &drawing)
}

fn data(points: &[Point]) -> Table {
    let mut table = Table::new(&[
        "change",
        "amount",
        "error_percent",
        "error_deviation",
        "seeds",
    ]);
    for Point { change, error } in points {
        let [mean, deviation, seeds] = error.cells();
        let kind = change.kind.csv_name().to_owned();
        table.row([kind, change.amount.to_string(), mean, deviation, seeds]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::IMAGE_PIXELS;

    /// A picture with full ink at (x, y).
    fn dot(x: usize, y: usize) -> Vec<u8> {
        let mut image = vec![0; IMAGE_PIXELS];
        image[y * IMAGE_SIDE + x] = 255;
        image
    }

    fn change(kind: Kind, amount: f64) -> Change {
        Change { kind, amount }
    }

    #[test]
    fn a_quarter_turn_goes_clockwise() {
        // From the centre at 13.5, (+5.5, −0.5) goes to (+0.5, +5.5).
        let turned = change(Kind::Rotation, 90.0).apply(&dot(19, 13), 0);
        assert_eq!(turned, dot(14, 19));
    }

    #[test]
    fn a_shift_goes_down_and_loses_what_it_moves_out() {
        assert_eq!(change(Kind::Shift, 3.0).apply(&dot(5, 7), 0), dot(5, 10));
        let gone = change(Kind::Shift, 3.0).apply(&dot(5, 26), 0);
        assert!(gone.iter().all(|&byte| byte == 0));
    }

    #[test]
    fn twice_the_size_has_about_four_times_the_ink() {
        let square: Vec<u8> = (0..IMAGE_PIXELS)
            .map(|place| {
                let inside = |i: usize| (10..18).contains(&i);
                255 * u8::from(inside(place % IMAGE_SIDE) && inside(place / IMAGE_SIDE))
            })
            .collect();
        let ink = |image: &[u8]| image.iter().map(|&byte| f64::from(byte)).sum::<f64>();
        let ratio = ink(&change(Kind::Scale, 2.0).apply(&square, 0)) / ink(&square);
        assert!((ratio - 4.0).abs() < 0.2, "{ratio}");
    }

    #[test]
    fn noise_inverts_its_share_and_is_another_for_each_digit() {
        let blank = vec![0; IMAGE_PIXELS];
        let noisy = |number| change(Kind::Noise, 25.0).apply(&blank, number);
        let inverted = noisy(0).iter().filter(|&&byte| byte == 255).count();
        // 196 expected, standard deviation 12.
        assert!((150..242).contains(&inverted), "{inverted}");
        assert_ne!(noisy(0), noisy(1));
        assert_eq!(change(Kind::Noise, 0.0).apply(&blank, 0), blank);
    }

    #[test]
    fn changes_of_no_strength_leave_a_digit_as_it_is() {
        let image: Vec<u8> = (0..IMAGE_PIXELS).map(|i| (i * 7 % 256) as u8).collect();
        for (kind, amount) in [
            (Kind::Scale, 1.0),
            (Kind::Shift, 0.0),
            (Kind::Rotation, 0.0),
        ] {
            assert_eq!(change(kind, amount).apply(&image, 0), image);
        }
    }
}
