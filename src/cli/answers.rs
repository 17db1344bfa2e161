//! What a network answers to every digit of a set, as CSV.

use crate::data::Dataset;
use crate::model::DIGITS;
use crate::reference::metrics;

/// The CSV of `penalties` [n,class] on `set`: a row for each digit, in the order of the set, with its label, the
/// answer, and the distances (with the softmax head −log p) that `predict` prints.
pub fn answers_csv(penalties: &[f32], set: &Dataset) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let columns = ["place", "digit", "answer"].map(str::to_owned);
    let distances = (0..DIGITS).map(|digit| format!("distance_{digit}"));
    write_row(&mut writer, columns.into_iter().chain(distances));
    let rows = penalties.chunks(DIGITS).zip(set.labels()).enumerate();
    for (place, (penalties, label)) in rows {
        let answer = metrics::answer(penalties);
        let cells = [place, usize::from(*label), answer].map(|cell| cell.to_string());
        let distances = penalties.iter().map(f32::to_string);
        write_row(&mut writer, cells.into_iter().chain(distances));
    }
    writer
        .into_inner()
        .expect("memory takes all that is written")
}

fn write_row(writer: &mut csv::Writer<Vec<u8>>, cells: impl Iterator<Item = String>) {
    writer
        .write_record(cells)
        .expect("memory takes all that is written");
}
