//! What the figures are made from: trained networks, digits, and a folder for pictures.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, bail};

use super::protocol::{Protocol, Training};
use super::report::{Embedded, Picture};
use super::watcher::Interrupted;
use super::workshop::Trained;
use crate::compute::Compute;
use crate::compute::ensemble::mean_of;
use crate::data::{Dataset, Mnist};
use crate::platform::block_on;
use crate::plot::Drawing;
use crate::store::write_whole;
use crate::train::{MeanDeviation, Preset, Score};

/// The networks of a report and what they are measured with.
pub struct Study<'a> {
    /// How much is measured.
    pub protocol: &'a Protocol,
    /// Where it computes.
    pub compute: &'a Compute,
    /// The digits.
    pub data: &'a Mnist,
    /// Set to ask it to stop.
    pub stop: &'a AtomicBool,
    /// All networks, by the names of their trainings.
    pub trained: HashMap<String, Trained>,
    /// Where the report goes.
    pub folder: PathBuf,
}

impl Study<'_> {
    /// The networks of `trainings`, in their order.
    pub fn networks(&self, trainings: &[Training]) -> Vec<&Trained> {
        let networks = trainings.iter();
        networks
            .map(|training| &self.trained[&training.name()])
            .collect()
    }

    /// The networks of `preset` on the whole training set, one per seed.
    pub fn seeds_of(&self, preset: Preset) -> Vec<&Trained> {
        self.networks(&self.protocol.whole(preset))
    }

    /// The penalties [n,class] that `network` gives to the digits of `data`.
    pub fn penalties(&self, network: &Trained, data: &Dataset) -> Result<Vec<f32>> {
        self.check_stop()?;
        let model = &network.model;
        let penalties = self.compute.penalties(&model.network, &model.arena, data);
        Ok(block_on(penalties)?)
    }

    /// The error of `network` on `data` in per cent.
    pub fn error(&self, network: &Trained, data: &Dataset) -> Result<f64> {
        let penalties = self.penalties(network, data)?;
        Ok(Score::of(&penalties, data).error_percent)
    }

    /// The errors of `networks` on `data` in per cent.
    pub fn errors(&self, networks: &[&Trained], data: &Dataset) -> Result<MeanDeviation> {
        let errors = networks.iter().map(|network| self.error(network, data));
        Ok(spread(&errors.collect::<Result<Vec<f64>>>()?))
    }

    /// Writes a chart into the folder as the PNG `file`; the HTML report has it as SVG.
    pub fn chart(&self, file: &str, caption: &str, drawing: &Drawing) -> Result<Picture> {
        write_whole(&self.folder.join(file), &drawing.png())?;
        Ok(Picture {
            file: file.to_owned(),
            caption: caption.to_owned(),
            embedded: Embedded::Svg(drawing.svg(caption)),
        })
    }

    /// Writes a sheet of digits or maps into the folder as the PNG `file`. The HTML report has it as
    /// that, too: as SVG it would be larger and no sharper.
    pub fn sheet(&self, file: &str, caption: &str, drawing: &Drawing) -> Result<Picture> {
        let png = drawing.png();
        write_whole(&self.folder.join(file), &png)?;
        Ok(Picture {
            file: file.to_owned(),
            caption: caption.to_owned(),
            embedded: Embedded::Png(png),
        })
    }

    /// The adapters that the networks were trained on.
    pub fn adapters(&self) -> Vec<String> {
        let adapters = self.trained.values();
        let adapters: BTreeSet<&String> = adapters.map(|network| &network.adapter).collect();
        adapters.into_iter().cloned().collect()
    }

    /// Goes on unless the reproduction was asked to stop.
    ///
    /// # Errors
    /// [`Interrupted`], if it was.
    pub fn check_stop(&self) -> Result<()> {
        if self.stop.load(Ordering::Relaxed) {
            bail!(Interrupted);
        }
        Ok(())
    }
}

/// The test errors of `networks` in per cent.
pub fn test_errors(networks: &[&Trained]) -> MeanDeviation {
    let errors = networks.iter().map(|network| network.score.error_percent);
    spread(&errors.collect::<Vec<f64>>())
}

/// Mean and deviation over the seeds, of which there is at least one.
pub fn spread(values: &[f64]) -> MeanDeviation {
    MeanDeviation::of(values).expect("there is at least one seed")
}

/// The penalties [n,class] of an ensemble of `networks`.
pub fn ensemble_penalties(networks: &[&Trained]) -> Vec<f32> {
    mean_of(networks.iter().map(|network| &network.penalties[..]))
}
