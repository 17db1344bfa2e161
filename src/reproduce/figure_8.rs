//! Figure 8: the test digits that are misclassified.

use anyhow::Result;

use super::protocol::{Figure, LOWEST};
use super::report::{Picture, Section, Table};
use super::sheet::Cells;
use super::study::Study;
use super::{paper, workshop::Trained};
use crate::data::{Dataset, IMAGE_SIDE};
use crate::model::DIGITS;
use crate::plot::{Anchor, Drawing, MARGIN, TEXT};
use crate::reference::metrics;

/// The most digits drawn; a trained network makes fewer mistakes.
const MOST_DRAWN: usize = 210;
/// The most pairs in the table of the report; the CSV file has all mistakes.
const MOST_PAIRS: usize = 15;

/// A test digit that was answered wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mistake {
    index: usize,
    digit: usize,
    answer: usize,
}

/// Wrong answers by true digit (row) and answer (column).
type Confusion = [[usize; DIGITS]; DIGITS];

pub fn section(study: &Study) -> Result<Section> {
    let networks = study.seeds_of(LOWEST);
    let first = mistakes(&networks[0].penalties, &study.data.test);
    let confusions: Vec<&Confusion> = networks.iter().map(|n| &n.score.confusion).collect();
    let mut table = Table::new(&["true → answer", "paper", "here"]);
    table.row([
        "all".to_owned(),
        format!(
            "{} of 10000",
            paper::mistakes().iter().flatten().sum::<usize>()
        ),
        format!("{} of {}", mean_count(&networks), study.data.test.len()),
    ]);
    for (digit, answer) in common_pairs(&confusions, &paper::mistakes()) {
        let ours: usize = confusions.iter().map(|counts| counts[digit][answer]).sum();
        table.row([
            format!("{digit} → {answer}"),
            paper::mistakes()[digit][answer].to_string(),
            format!("{:.1}", ours as f64 / networks.len() as f64),
        ]);
    }
    Ok(Section {
        figure: Figure::Mistakes,
        title: "misclassified test digits".to_owned(),
        text: vec![format!(
            "Recipe {}. The picture is that of seed 0, each digit with true -> answer; the table \
             has the mean over the seeds of how often each pair occurred, and the {MOST_PAIRS} \
             pairs that occur most. The paper's 82 are those of its network trained with \
             distortions.",
            LOWEST.name()
        )],
        table,
        pictures: vec![draw(study, &first)?],
        data: data(study, &networks),
    })
}

fn mistakes(penalties: &[f32], data: &Dataset) -> Vec<Mistake> {
    let answers = penalties.chunks(DIGITS).map(metrics::answer);
    answers
        .zip(data.labels())
        .enumerate()
        .map(|(index, (answer, &label))| Mistake {
            index,
            digit: label.into(),
            answer,
        })
        .filter(|mistake| mistake.digit != mistake.answer)
        .collect()
}

fn mean_count(networks: &[&Trained]) -> f64 {
    let errors: usize = networks.iter().map(|network| network.score.errors).sum();
    errors as f64 / networks.len() as f64
}

/// The pairs of digit and answer that are most frequent in `ours` and `paper` together. All of
/// `ours` together weigh as much as `paper`.
fn common_pairs(ours: &[&Confusion], paper: &Confusion) -> Vec<(usize, usize)> {
    let weight = |digit: usize, answer: usize| -> usize {
        let own: usize = ours.iter().map(|counts| counts[digit][answer]).sum();
        own + paper[digit][answer] * ours.len()
    };
    let all = (0..DIGITS).flat_map(|digit| (0..DIGITS).map(move |answer| (digit, answer)));
    let mut pairs: Vec<(usize, usize)> = all
        .filter(|&(digit, answer)| digit != answer && weight(digit, answer) > 0)
        .collect();
    pairs.sort_by_key(|&(digit, answer)| std::cmp::Reverse(weight(digit, answer)));
    pairs.truncate(MOST_PAIRS);
    pairs
}

fn data(study: &Study, networks: &[&Trained]) -> Table {
    let mut table = Table::new(&["seed", "test_digit", "true", "answer"]);
    for (seed, network) in networks.iter().enumerate() {
        for mistake in mistakes(&network.penalties, &study.data.test) {
            let Mistake {
                index,
                digit,
                answer,
            } = mistake;
            table.row([seed, index, digit, answer].map(|number| number.to_string()));
        }
    }
    table
}

/// Side of a pixel of a digit.
const ZOOM: f64 = 2.0;
/// Side of a digit.
const SIDE: f64 = IMAGE_SIDE as f64 * ZOOM;
/// From one digit to the next.
const ACROSS: f64 = SIDE + 8.0;
const DOWN: f64 = SIDE + 26.0;
const COLUMNS: usize = 14;

fn draw(study: &Study, mistakes: &[Mistake]) -> Result<Picture> {
    let shown = &mistakes[..mistakes.len().min(MOST_DRAWN)];
    let rows = shown.len().div_ceil(COLUMNS).max(1);
    let mut drawing = Drawing::new(
        2.0 * MARGIN + COLUMNS as f64 * ACROSS,
        2.0 * MARGIN + rows as f64 * DOWN,
    );
    for (place, mistake) in shown.iter().enumerate() {
        let left = MARGIN + (place % COLUMNS) as f64 * ACROSS;
        let top = MARGIN + (place / COLUMNS) as f64 * DOWN;
        let image = study.data.test.image(mistake.index);
        let levels: Vec<f32> = image.iter().map(|&byte| byte.into()).collect();
        let cells = Cells {
            values: &levels,
            width: IMAGE_SIDE,
            range: (0.0, 255.0),
            zoom: ZOOM,
        };
        cells.draw(&mut drawing, (left, top));
        let words = format!("{}->{}", mistake.digit, mistake.answer);
        let place = (left + SIDE / 2.0, top + SIDE + 11.0);
        drawing.text(&words, place, TEXT, Anchor::Middle);
    }
    study.sheet(
        "figure-8.png",
        &caption(shown.len(), mistakes.len()),
        &drawing,
    )
}

fn caption(shown: usize, all: usize) -> String {
    if shown == all {
        return format!("The {all} test digits that seed 0 misclassified");
    }
    format!("The first {shown} of {all} test digits that seed 0 misclassified")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Penalties that are smallest for `answers`.
    fn penalties(answers: &[usize]) -> Vec<f32> {
        let rows = answers.iter().flat_map(|&answer| {
            (0..DIGITS).map(move |class| if class == answer { 0.0 } else { 9.0 })
        });
        rows.collect()
    }

    #[test]
    fn mistakes_are_the_digits_answered_otherwise() {
        let data = Dataset::new(vec![0; 4 * 784], vec![4, 9, 2, 9]).unwrap();
        let found = mistakes(&penalties(&[4, 4, 7, 4]), &data);
        let all: Vec<_> = found.iter().map(|m| (m.index, m.digit, m.answer)).collect();
        assert_eq!(all, [(1, 9, 4), (2, 2, 7), (3, 9, 4)]);
    }

    #[test]
    fn common_pairs_weigh_a_network_like_the_paper() {
        let (mut one, mut two, mut paper) = (
            [[0; DIGITS]; DIGITS],
            [[0; DIGITS]; DIGITS],
            [[0; DIGITS]; DIGITS],
        );
        one[9][4] = 3;
        two[9][4] = 1;
        one[2][7] = 5;
        paper[4][9] = 3;
        // Right answers are no confusion.
        one[5][5] = 100;
        // 9 → 4 has 4, 2 → 7 has 5, and 4 → 9 has 3 for each of two networks.
        assert_eq!(
            common_pairs(&[&one, &two], &paper),
            [(4, 9), (2, 7), (9, 4)]
        );
    }
}
