//! Pictures with more in them than a digit on paper, and damaged ones.

use image::{DynamicImage, GrayAlphaImage, GrayImage, ImageBuffer, ImageFormat, Luma, LumaA};

use super::Wanted::{self, Digit as One, Reason};
use super::sheet::Sheet;
use super::{Digit, File, Make};

pub(super) const KINDS: &[(&str, Wanted, Make)] = &[
    ("frame-1px-28", One, |digit| {
        File::png(Sheet::of(digit, 28).framed(0.0, 1.0, 0.0).grey())
    }),
    ("frame-1px-64", One, |digit| {
        File::png(Sheet::of(digit, 64).framed(0.0, 1.0, 0.0).grey())
    }),
    ("frame-1px-300", One, |digit| {
        File::png(Sheet::of(digit, 300).framed(0.0, 1.0, 0.0).grey())
    }),
    ("frame-3px-grey", One, |digit| {
        File::png(
            Sheet::of(digit, 100)
                .toned(250.0, 10.0)
                .framed(0.0, 3.0, 128.0)
                .grey(),
        )
    }),
    ("frame-8px-black", One, |digit| {
        File::png(
            Sheet::of(digit, 200)
                .toned(240.0, 20.0)
                .framed(0.0, 8.0, 0.0)
                .grey(),
        )
    }),
    ("frame-8px-light", One, |digit| {
        File::png(
            Sheet::of(digit, 200)
                .toned(190.0, 20.0)
                .framed(0.0, 8.0, 255.0)
                .grey(),
        )
    }),
    ("frame-white-on-black", One, |digit| {
        File::png(
            Sheet::of(digit, 100)
                .toned(0.0, 255.0)
                .framed(0.0, 2.0, 255.0)
                .grey(),
        )
    }),
    ("frame-2px-inside", One, |digit| {
        File::png(Sheet::of(digit, 64).framed(2.0, 1.0, 0.0).grey())
    }),
    ("frame-5px-inside-300", One, |digit| {
        File::png(Sheet::of(digit, 300).framed(5.0, 3.0, 40.0).grey())
    }),
    ("frame-double", One, |digit| {
        let sheet = Sheet::of(digit, 150).framed(0.0, 2.0, 0.0);
        File::png(sheet.framed(5.0, 2.0, 0.0).grey())
    }),
    ("frame-rounded", One, |digit| {
        File::png(rounded(Sheet::of(digit, 200), 3.0, 25.0, 3.0).grey())
    }),
    ("frame-broken", One, |digit| {
        let gap = digit.between(1, 0.1, 0.8);
        let framed = Sheet::of(digit, 200).framed(2.0, 3.0, 30.0);
        let in_gap = |at: f32| (gap..gap + 0.12).contains(&at);
        File::png(
            framed
                .covered(255.0, |x, y| {
                    !inside(x, y, 0.03) && (in_gap(x) || in_gap(y))
                })
                .grey(),
        )
    }),
    ("frame-turned", One, |digit| {
        let angle = digit.between(1, -0.04, 0.04);
        let sheet = Sheet::of(digit, 200).framed(4.0, 3.0, 30.0);
        File::png(sheet.seen(|x, y| (x - y * angle, y + x * angle)).grey())
    }),
    ("frame-near-the-digit", One, |digit| {
        File::png(
            Sheet::of(digit, 280)
                .cropped(0.1)
                .framed(0.0, 3.0, 0.0)
                .grey(),
        )
    }),
    ("frame-touching-the-digit", One, |digit| {
        File::png(
            Sheet::of(digit, 280)
                .cropped(0.14)
                .framed(0.0, 3.0, 0.0)
                .grey(),
        )
    }),
    ("frame-jpeg", One, |digit| {
        File::jpeg(
            &Sheet::of(digit, 160)
                .toned(235.0, 30.0)
                .framed(0.0, 4.0, 60.0)
                .grey(),
            50,
        )
    }),
    ("cell-of-a-form", One, |digit| {
        let (left, top) = (digit.between(1, 2.0, 9.0), digit.between(2, 2.0, 9.0));
        let sheet = Sheet::of(digit, 120);
        let line = |at: f32, start: f32| (start..start + 2.0).contains(&at);
        File::png(
            sheet
                .with(|x, y, old| match line(x, left) || line(y, top) {
                    true => 60.0,
                    false => old,
                })
                .grey(),
        )
    }),
    ("line-under-the-digit", One, |digit| {
        File::png(
            Sheet::of(digit, 200)
                .covered(40.0, |_, y| (0.92..0.935).contains(&y))
                .grey(),
        )
    }),
    ("lines-of-a-table", One, |digit| {
        let sheet = Sheet::of(digit, 200);
        File::png(
            sheet
                .covered(90.0, |x, y| {
                    near(x, 0.06, 0.006) || near(y, 0.95, 0.006) || near(y, 0.04, 0.006)
                })
                .grey(),
        )
    }),
    ("desk-top", One, |digit| {
        let thick = digit.between(1, 0.05, 0.13);
        File::png(desk(digit, 80.0, |_, y| y < thick).grey())
    }),
    ("desk-left", One, |digit| {
        let thick = digit.between(1, 0.05, 0.13);
        File::png(desk(digit, 60.0, |x, _| x < thick).grey())
    }),
    ("desk-right", One, |digit| {
        let thick = digit.between(1, 0.05, 0.13);
        File::png(desk(digit, 100.0, |x, _| x > 1.0 - thick).grey())
    }),
    ("desk-bottom", One, |digit| {
        let thick = digit.between(1, 0.05, 0.13);
        File::png(desk(digit, 30.0, |_, y| y > 1.0 - thick).grey())
    }),
    ("desk-two-sides", One, |digit| {
        File::png(desk(digit, 70.0, |x, y| x < 0.08 || y > 0.93).grey())
    }),
    ("desk-opposite-sides", One, |digit| {
        File::png(desk(digit, 70.0, |x, _| !(0.07..0.94).contains(&x)).grey())
    }),
    ("desk-slanted", One, |digit| {
        let slope = digit.between(1, -0.12, 0.12);
        File::png(desk(digit, 70.0, |x, y| y < 0.07 + slope * (x - 0.5)).grey())
    }),
    ("desk-lighter", One, |digit| {
        let thick = digit.between(1, 0.05, 0.13);
        let sheet = Sheet::of(digit, 300).toned(180.0, 30.0).blurred(1.0);
        File::png(
            sheet
                .covered(245.0, |x, _| x < thick)
                .noisy(digit, 4.0)
                .grey(),
        )
    }),
    ("desk-around", One, |digit| {
        let sheet = Sheet::placed(digit, (400, 400), 260.0, (70.0, 70.0)).toned(210.0, 40.0);
        let wood = |x: f32, y: f32| 70.0 + 12.0 * (40.0 * (x + 0.2 * y)).sin();
        let (width, height) = sheet.size();
        let sheet = sheet.with(|x, y, old| match inside(x / width, y / height, 0.15) {
            true => old,
            false => wood(x / width, y / height),
        });
        File::jpeg(&sheet.noisy(digit, 4.0).grey(), 80)
    }),
    ("card-askew", One, |digit| {
        let angle = digit.between(1, -0.12, 0.12);
        let sheet = Sheet::placed(digit, (300, 300), 200.0, (50.0, 50.0)).toned(215.0, 40.0);
        let around = sheet.covered(90.0, |x, y| !inside(x, y, 0.14));
        let turned = around.seen(|x, y| (x - y * angle, y + x * angle));
        File::jpeg(
            &turned
                .with(|_, _, shade| if shade > 230.0 { 90.0 } else { shade })
                .noisy(digit, 3.0)
                .grey(),
            85,
        )
    }),
    ("shadow-half", One, |digit| {
        let (at, depth) = (digit.between(1, 0.3, 0.7), digit.between(2, 0.5, 0.7));
        let light = |x: f32| if x < at { depth } else { 1.0 };
        File::png(
            photograph(digit)
                .lit(|x, _| light(x))
                .noisy(digit, 3.0)
                .grey(),
        )
    }),
    ("shadow-below", One, |digit| {
        let (at, depth) = (digit.between(1, 0.3, 0.7), digit.between(2, 0.5, 0.7));
        let light = |y: f32| if y > at { depth } else { 1.0 };
        File::png(
            photograph(digit)
                .lit(|_, y| light(y))
                .noisy(digit, 3.0)
                .grey(),
        )
    }),
    ("shadow-diagonal", One, |digit| {
        let (at, depth) = (digit.between(1, 0.7, 1.3), digit.between(2, 0.5, 0.7));
        let light = |x: f32, y: f32| if x + y < at { depth } else { 1.0 };
        File::png(photograph(digit).lit(light).noisy(digit, 3.0).grey())
    }),
    ("shadow-soft", One, |digit| {
        let (at, depth) = (digit.between(1, 0.3, 0.7), digit.between(2, 0.5, 0.7));
        let light = |x: f32| depth + (1.0 - depth) * ((x - at) / 0.1 + 0.5).clamp(0.0, 1.0);
        File::png(
            photograph(digit)
                .lit(|x, y| light(x + 0.2 * y))
                .noisy(digit, 3.0)
                .grey(),
        )
    }),
    ("shadow-of-a-finger", One, |digit| {
        let reach = digit.between(1, 0.25, 0.45);
        let light = |x: f32, y: f32| {
            if (x - 1.0).hypot(y - 1.0) < reach {
                0.6
            } else {
                1.0
            }
        };
        File::jpeg(&photograph(digit).lit(light).noisy(digit, 3.0).grey(), 75)
    }),
    ("margin-white-on-black", One, |digit| {
        File::png(with_margin(&Sheet::of(digit, 150).toned(0.0, 255.0)))
    }),
    ("margin-black-on-white", One, |digit| {
        File::png(with_margin(&Sheet::of(digit, 150)))
    }),
    ("margin-grey-card", One, |digit| {
        File::png(with_margin(
            &Sheet::of(digit, 150)
                .toned(90.0, 200.0)
                .lit(|x, _| 0.9 + 0.1 * x),
        ))
    }),
    ("margin-half-transparent", One, |digit| {
        let card = Sheet::of(digit, 150).toned(20.0, 240.0).grey();
        File::png(GrayAlphaImage::from_fn(190, 190, |x, y| {
            let on_card = (20..170).contains(&x) && (20..170).contains(&y);
            if on_card {
                LumaA([card.get_pixel(x - 20, y - 20).0[0], 170])
            } else {
                LumaA([0, 0])
            }
        }))
    }),
    ("cut-jpeg", One, |digit| {
        File::jpeg(&Sheet::of(digit, 200).grey(), 80).cut(digit.between(1, 0.1, 0.99))
    }),
    ("cut-png", One, |digit| {
        File::png(Sheet::of(digit, 200).grey()).cut(digit.between(1, 0.1, 0.99))
    }),
    ("cut-gif", One, |digit| {
        File::animation([Sheet::of(digit, 200).grey()]).cut(digit.between(1, 0.1, 0.99))
    }),
    ("cut-bmp", One, |digit| {
        File::of(Sheet::of(digit, 100).grey(), ImageFormat::Bmp).cut(digit.between(1, 0.1, 0.99))
    }),
    ("cut-webp", One, |digit| {
        let rgb = DynamicImage::from(Sheet::of(digit, 200).grey()).into_rgb8();
        File::of(rgb, ImageFormat::WebP).cut(digit.between(1, 0.1, 0.99))
    }),
    ("cut-tiff", One, |digit| {
        File::of(Sheet::of(digit, 100).grey(), ImageFormat::Tiff).cut(digit.between(1, 0.1, 0.99))
    }),
    ("ruled-paper", One, |digit| {
        let start = digit.between(1, 0.0, 0.2);
        File::png(
            Sheet::of(digit, 300)
                .toned(245.0, 30.0)
                .covered(170.0, |_, y| {
                    (y - start).rem_euclid(0.2) < 0.008 && y > start - 0.1
                })
                .grey(),
        )
    }),
    ("squared-paper", One, |digit| {
        let start = digit.between(1, 0.0, 0.1);
        let line = |at: f32| (at - start).rem_euclid(0.1) < 0.006;
        let squares = |x: f32, y: f32, old: f32| {
            if line(x / 300.0) || line(y / 300.0) {
                old.min(195.0)
            } else {
                old
            }
        };
        File::png(
            Sheet::of(digit, 300)
                .toned(245.0, 30.0)
                .with(squares)
                .grey(),
        )
    }),
    ("12-bits-in-16", One, |digit| File::png(deep(digit, 4080.0))),
    ("10-bits-in-16", One, |digit| File::png(deep(digit, 1020.0))),
    ("animation-first-frame-blank", One, |digit| {
        let whole = Sheet::of(digit, 120);
        let frames = [0.0, 0.4, 0.7, 1.0]
            .map(|part| whole.clone().covered(255.0, move |_, y| y >= part).grey());
        File::animation(frames)
    }),
    ("window-of-a-screen", One, |digit| {
        let sheet = Sheet::placed(digit, (240, 270), 200.0, (20.0, 50.0));
        let buttons =
            |x: f32, y: f32| near(y, 0.055, 0.02) && (near(x, 0.9, 0.03) || near(x, 0.8, 0.03));
        let title = |x: f32, y: f32| {
            near(y, 0.055, 0.015) && (0.05..0.4).contains(&x) && (x * 60.0).sin() > 0.0
        };
        let sheet = sheet
            .covered(60.0, |_, y| y < 0.11)
            .covered(220.0, buttons)
            .covered(240.0, title);
        File::png(sheet.framed(0.0, 1.0, 100.0).grey())
    }),
    ("beyond-the-edge", One, |digit| {
        let side = 200.0 * digit.between(1, 0.02, 0.06);
        File::png(Sheet::placed(digit, (160, 200), 200.0, (-28.0 - side, 0.0)).grey())
    }),
    ("two-digits", Reason, |digit| File::png(row_of(digit, 2))),
    ("three-digits", Reason, |digit| File::png(row_of(digit, 3))),
    ("one-above-another", Reason, |digit| {
        let place = |top| Sheet::placed(digit, (200, 380), 200.0, (0.0, top));
        File::png(place(0.0).over(&place(180.0)).grey())
    }),
];

fn near(at: f32, place: f32, half: f32) -> bool {
    (at - place).abs() <= half
}

/// Whether a place, each side counted from 0 to 1, is further than `margin` from all sides.
fn inside(x: f32, y: f32, margin: f32) -> bool {
    near(x, 0.5, 0.5 - margin) && near(y, 0.5, 0.5 - margin)
}

/// Grey paper and dark ink, a little out of focus.
fn photograph(digit: &Digit) -> Sheet {
    Sheet::of(digit, 300).toned(210.0, 35.0).blurred(1.5)
}

/// A photograph in which something else is seen beside the paper.
fn desk(digit: &Digit, shade: f32, covers: impl Fn(f32, f32) -> bool) -> Sheet {
    let light = |x: f32, y: f32| 0.95 + 0.06 * x + 0.04 * y;
    let sheet = photograph(digit).covered(shade, covers);
    sheet.lit(light).blurred(0.8).noisy(digit, 3.0)
}

/// A frame with round corners of that radius.
fn rounded(sheet: Sheet, inset: f32, radius: f32, thickness: f32) -> Sheet {
    let (width, height) = sheet.size();
    sheet.with(|x, y, old| {
        let beyond =
            |at: f32, side: f32| ((at - side / 2.0).abs() - (side / 2.0 - inset - radius)).max(0.0);
        let from_middle = beyond(x, width).hypot(beyond(y, height));
        if near(from_middle, radius - thickness / 2.0, thickness / 2.0) {
            20.0
        } else {
            old
        }
    })
}

/// A card with nothing around it.
fn with_margin(card: &Sheet) -> GrayAlphaImage {
    let card = card.grey();
    GrayAlphaImage::from_fn(card.width() + 40, card.height() + 40, |x, y| {
        let place = x.checked_sub(20).zip(y.checked_sub(20));
        match place.and_then(|(x, y)| card.get_pixel_checked(x, y)) {
            Some(shade) => LumaA([shade.0[0], 255]),
            None => LumaA([0, 0]),
        }
    })
}

/// As some scanners save their values.
fn deep(digit: &Digit, most: f32) -> ImageBuffer<Luma<u16>, Vec<u16>> {
    let grey = Sheet::of(digit, 200)
        .toned(240.0, 20.0)
        .noisy(digit, 3.0)
        .grey();
    ImageBuffer::from_fn(grey.width(), grey.height(), |x, y| {
        Luma([(f32::from(grey.get_pixel(x, y).0[0]) / 255.0 * most) as u16])
    })
}

/// Several digits side by side, as they are in a number.
fn row_of(digit: &Digit, count: u32) -> GrayImage {
    let pitch = digit.between(1, 150.0, 200.0);
    let width = (pitch * count as f32) as u32 + 50;
    let at = |index: u32| Sheet::placed(digit, (width, 200), 200.0, (pitch * index as f32, 0.0));
    let row = (1..count).fold(at(0), |row, index| row.over(&at(index)));
    row.grey()
}
