//! Figure 6: error by size of the training set.

use anyhow::Result;

use super::bars::{self, Bar};
use super::paper;
use super::protocol::{BY_PASS, DISTORTED, Figure};
use super::report::{Section, Table};
use super::study::{Study, test_errors};
use crate::train::MeanDeviation;

/// One size and the error it led to.
struct Point {
    digits: usize,
    distorted: bool,
    error: MeanDeviation,
    published: Option<f64>,
}

pub fn section(study: &Study) -> Result<Section> {
    let points = points(study);
    let mut table = Table::new(&["training set", "paper", "here"]);
    let mut data = Table::new(&[
        "digits",
        "distorted",
        "test_error_percent",
        "test_error_deviation",
        "seeds",
    ]);
    let mut rows = Vec::new();
    for point in &points {
        let name = match point.distorted {
            true => format!("{} digits, distorted", point.digits),
            false => format!("{} digits", point.digits),
        };
        let published = point.published.map(|error| format!("{error:.2}"));
        table.row([
            name.clone(),
            published.unwrap_or_else(|| "only drawn".to_owned()),
            point.error.to_string(),
        ]);
        let [error, deviation, seeds] = point.error.cells();
        data.row([
            point.digits.to_string(),
            point.distorted.to_string(),
            error,
            deviation,
            seeds,
        ]);
        rows.push(Bar::measured(&name, point.error));
        rows.extend(point.published.map(|error| Bar::published(&name, error)));
    }
    let caption = "Test error by size of the training set, in per cent";
    let title = "Figure 6: test error by training set, per cent";
    let drawing = bars::draw(title, f64::INFINITY, &rows);
    let picture = study.chart("figure-6.png", caption, &drawing)?;
    Ok(Section {
        figure: Figure::BySize,
        title: "error by size of the training set".to_owned(),
        text: vec![format!(
            "Recipes {} and, for distorted digits, {}. Smaller sets are the first digits of the \
             training set, for as many passes. The paper gives numbers only for the whole set; the \
             others are drawn in its figure.",
            BY_PASS.name(),
            DISTORTED.name()
        )],
        table,
        pictures: vec![picture],
        data,
    })
}

fn points(study: &Study) -> Vec<Point> {
    let protocol = study.protocol;
    let whole = protocol.digits;
    let sizes = protocol.sizes().into_iter().map(|digits| Point {
        digits,
        distorted: false,
        error: test_errors(&study.networks(&protocol.of_size(BY_PASS, digits))),
        published: (digits == whole).then_some(paper::TEST_ERROR),
    });
    let distorted = Point {
        digits: whole,
        distorted: true,
        error: test_errors(&study.seeds_of(DISTORTED)),
        published: Some(paper::DISTORTED_TEST_ERROR),
    };
    sizes.chain([distorted]).collect()
}
