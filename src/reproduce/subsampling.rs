//! Error by kind of sub-sampling: none of the paper's figures, but a question that it leaves open.

use anyhow::Result;

use super::bars::{self, Bar};
use super::protocol::{Figure, HALVED, KINDS};
use super::report::{Section, Table};
use super::study::{Study, test_errors};

pub fn section(study: &Study) -> Result<Section> {
    let mut table = Table::new(&["sub-sampling", "parameters", "test error"]);
    let mut data = Table::new(&[
        "subsampling",
        "parameters",
        "test_error_percent",
        "test_error_deviation",
        "seeds",
    ]);
    let mut rows = Vec::new();
    for (kind, name) in KINDS {
        let networks = study.networks(&study.protocol.halved_by(kind));
        let error = test_errors(&networks);
        let parameters = networks[0].model.network.parameters().to_string();
        table.row([name.to_owned(), parameters.clone(), error.to_string()]);
        let [mean, deviation, seeds] = error.cells();
        data.row([name.to_owned(), parameters, mean, deviation, seeds]);
        rows.push(Bar::measured(name, error));
    }
    let caption = "Test error by kind of sub-sampling, in per cent";
    let drawing = bars::draw("Test error by sub-sampling, per cent", f64::INFINITY, &rows);
    let picture = study.chart("sub-sampling.png", caption, &drawing)?;
    Ok(Section {
        figure: Figure::Subsampling,
        title: "Sub-sampling: error by kind".to_owned(),
        text: vec![format!(
            "Recipe {} with the paper's trainable sub-sampling, with average pooling and with max \
             pooling in S2 and S4, from the same seeds. The poolings have no parameters and are not \
             squashed. The recipe was chosen with trainable sub-sampling. The paper has no such figure.",
            HALVED.name()
        )],
        table,
        pictures: vec![picture],
        data,
    })
}
