//! Kinds in which nothing is the same from picture to picture: size, tones, places and widths are all
//! drawn by lot, so that no threshold can be fitted to them.

use image::{DynamicImage, GrayAlphaImage, GrayImage, ImageBuffer, ImageFormat, Luma, LumaA};

use super::Wanted::{self, Digit as One, Reason};
use super::sheet::Sheet;
use super::{Digit, File, Make};

pub(super) const KINDS: &[(&str, Wanted, Make)] = &[
    ("any-frame", One, any_frame),
    ("any-desk", One, any_desk),
    ("any-shadow", One, any_shadow),
    ("any-margin", One, any_margin),
    ("any-bits", One, any_bits),
    ("any-animation", One, any_animation),
    ("any-cut", Reason, any_cut),
    ("any-digits", Reason, any_digits),
];

/// Tones of paper and ink, either of them the darker one.
fn tones(digit: &Digit) -> (f32, f32) {
    let (light, dark) = (
        digit.between(90, 170.0, 255.0),
        digit.between(91, 0.0, 90.0),
    );
    match digit.chance(92) < 0.7 {
        true => (light, dark),
        false => (dark, light),
    }
}

/// A tone unlike that of the paper.
fn tone_beside(digit: &Digit, paper: f32) -> f32 {
    (paper + digit.between(93, 50.0, 205.0)).rem_euclid(255.0)
}

/// As a camera or a scanner saves it.
fn saved(digit: &Digit, sheet: &Sheet) -> File {
    let grey = sheet.grey();
    match digit.chance(94) < 0.5 {
        true => File::png(grey),
        false => File::jpeg(&grey, digit.between(95, 50.0, 95.0) as u8),
    }
}

fn any_frame(digit: &Digit) -> File {
    let side = digit.between(1, 28.0, 400.0).round();
    let (paper, ink) = tones(digit);
    let inset = side * digit.between(2, -0.03, 0.05).max(0.0);
    let thickness = (side * digit.between(3, 0.0, 0.06)).max(1.0);
    let sheet = Sheet::of(digit, side as u32).toned(paper, ink);
    let framed = sheet.framed(inset.round(), thickness.round(), tone_beside(digit, paper));
    File::png(framed.grey())
}

/// The digit with its own margin, beside which up to two sides are something else.
fn any_desk(digit: &Digit) -> File {
    let side = digit.between(1, 100.0, 500.0).round();
    let (paper, ink) = tones(digit);
    let sides = [2, 3].map(|what| (digit.chance(what) * 4.0) as u32);
    let slope = digit.between(4, -0.1, 0.1);
    let breadth = side * digit.between(5, 0.05, 0.3);
    let desk = tone_beside(digit, paper);
    let grain = digit.between(6, 0.0, 15.0);
    let whole = side + 2.0 * breadth;
    let place = (breadth, breadth);
    let sheet = Sheet::placed(digit, (whole as u32, whole as u32), side, place).toned(paper, ink);
    let beyond = |x: f32, y: f32| {
        let turned = |along: f32| breadth + slope * (along - whole / 2.0);
        sides.iter().any(|side| match side {
            0 => x < turned(y),
            1 => whole - x < turned(y),
            2 => y < turned(x),
            _ => whole - y < turned(x),
        })
    };
    let covered = sheet.with(|x, y, old| match beyond(x, y) {
        true => desk + grain * (0.2 * x + 0.4 * y).sin(),
        false => old,
    });
    saved(digit, &covered.blurred(0.7).noisy(digit, 4.0))
}

/// The edge of a shadow in any direction, sharp or soft, or a round one at a corner.
fn any_shadow(digit: &Digit) -> File {
    let side = digit.between(1, 100.0, 500.0).round();
    let (light, dark) = (digit.between(2, 180.0, 250.0), digit.between(3, 10.0, 60.0));
    let angle = digit.between(4, 0.0, std::f32::consts::TAU);
    let (at, softness) = (digit.between(5, -0.3, 0.3), digit.between(6, 0.005, 0.1));
    let depth = digit.between(7, 0.45, 0.8);
    let is_round = digit.chance(8) < 0.3;
    let from_edge = |x: f32, y: f32| match is_round {
        true => (x - 1.0).hypot(y) - 0.4 - at,
        false => (x - 0.5) * angle.cos() + (y - 0.5) * angle.sin() - at,
    };
    let lit = |x: f32, y: f32| {
        let lightness = (from_edge(x, y) / softness + 0.5).clamp(0.0, 1.0);
        depth + (1.0 - depth) * lightness
    };
    let sheet = Sheet::of(digit, side as u32).toned(light, dark);
    saved(digit, &sheet.blurred(1.0).lit(lit).noisy(digit, 3.0))
}

/// A card with nothing around it, on up to four sides.
fn any_margin(digit: &Digit) -> File {
    let (paper, ink) = tones(digit);
    let card = Sheet::of(digit, digit.between(1, 60.0, 300.0) as u32).toned(paper, ink);
    let card = card.grey();
    let side = card.width();
    let margins = [2, 3, 4, 5].map(|what| digit.between(what, -10.0, 60.0).max(0.0) as u32);
    let [left, right, top, bottom] = margins;
    let opacity = digit.between(6, 140.0, 255.0) as u8;
    let hidden = if digit.seed.is_multiple_of(2) { 0 } else { 255 };
    let image = GrayAlphaImage::from_fn(left + side + right, top + side + bottom, |x, y| {
        let place = x.checked_sub(left).zip(y.checked_sub(top));
        match place.and_then(|(x, y)| card.get_pixel_checked(x, y)) {
            Some(shade) => LumaA([shade.0[0], opacity]),
            None => LumaA([hidden, 0]),
        }
    });
    File::png(image)
}

/// 10 to 14 bits in 16, at their lower end.
fn any_bits(digit: &Digit) -> File {
    let (paper, ink) = tones(digit);
    let sheet = Sheet::of(digit, 200).toned(paper, ink).noisy(digit, 3.0);
    let bits = digit.between(1, 10.0, 14.99) as u32;
    let most = ((1 << bits) - 1) as f32;
    let deep = |shade: f32| (shade.clamp(0.0, 255.0) / 255.0 * most) as u16;
    let grey = sheet.grey();
    let image: ImageBuffer<Luma<u16>, Vec<u16>> =
        ImageBuffer::from_fn(grey.width(), grey.height(), |x, y| {
            Luma([deep(f32::from(grey.get_pixel(x, y).0[0]))])
        });
    match digit.chance(2) < 0.5 {
        true => File::png(image),
        false => File::of(image, ImageFormat::Tiff),
    }
}

/// A drawing as it comes to be, blank before and at times after.
fn any_animation(digit: &Digit) -> File {
    let whole = Sheet::of(digit, digit.between(1, 60.0, 200.0) as u32);
    let count = digit.between(2, 2.0, 6.0).round();
    let drawn = |number: f32| {
        let part = number / count;
        whole.clone().covered(255.0, move |_, y| y >= part).grey()
    };
    let mut frames: Vec<GrayImage> = (0..=count as u32).map(|at| drawn(at as f32)).collect();
    if digit.chance(3) < 0.3 {
        frames.push(drawn(0.0));
    }
    File::animation(frames)
}

/// A file of any format that breaks off, near its end at times.
fn any_cut(digit: &Digit) -> File {
    let grey = Sheet::of(digit, digit.between(1, 60.0, 300.0) as u32).grey();
    let quality = digit.between(2, 30.0, 95.0) as u8;
    let rgb = DynamicImage::from(grey.clone()).into_rgb8();
    let file = match digit.chance(3) {
        at if at < 0.5 => File::jpeg(&grey, quality),
        at if at < 0.6 => File::png(rgb),
        at if at < 0.7 => File::animation([grey]),
        at if at < 0.8 => File::of(rgb, ImageFormat::Bmp),
        at if at < 0.9 => File::of(rgb, ImageFormat::WebP),
        _ => File::of(rgb, ImageFormat::Pnm),
    };
    file.cut(digit.between(4, 0.05, 0.995))
}

/// Two or three digits, different ones, of different sizes, in any direction.
fn any_digits(digit: &Digit) -> File {
    let (paper, ink) = tones(digit);
    let side = 160.0;
    let count = 2 + (digit.chance(1) * 2.0) as u32;
    let pitch = side * digit.between(2, 0.85, 1.3);
    let is_upright = digit.chance(3) < 0.2;
    let length = (pitch * count as f32 + 60.0) as u32;
    let size = match is_upright {
        true => (220, length),
        false => (length, 220),
    };
    let mut sheet = Sheet::placed(digit, size, side, (10.0, 10.0));
    for index in 1..count {
        let (along, aside) = (
            10.0 + pitch * index as f32,
            digit.between(4 + index, 0.0, 40.0),
        );
        let place = if is_upright {
            (aside, along)
        } else {
            (along, aside)
        };
        let scale = digit.between(8 + index, 0.8, 1.0);
        let next = Digit {
            image: digit.beside,
            ..*digit
        };
        sheet = sheet.over(&Sheet::placed(&next, size, side * scale, place));
    }
    saved(digit, &sheet.toned(paper, ink))
}
