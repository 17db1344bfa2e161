//! Horizontal bars, in groups, on a common scale.

use super::drawing::{Anchor, Colour, Drawing, GREY, MARGIN, Pen, Place, TEXT, TITLE, TITLE_LINE};
use super::font;
use super::legend::{self, Entry, Sample};

/// A bar with its number beside it.
#[derive(Clone, Debug)]
pub struct Bar {
    /// Its length; none where there is nothing to show.
    pub value: Option<f64>,
    /// How far the whisker reaches to both sides of its end; none for no whisker.
    pub deviation: Option<f64>,
    /// What is written after it.
    pub number: String,
    /// Its colour.
    pub colour: Colour,
}

impl Bar {
    /// Length of the bar or of its whisker.
    fn reach(&self) -> f64 {
        self.value.unwrap_or(0.0) + self.deviation.unwrap_or(0.0)
    }
}

/// Bars that belong together.
#[derive(Clone, Debug)]
pub struct BarGroup {
    /// What is written before them.
    pub label: String,
    /// From above.
    pub bars: Vec<Bar>,
}

/// Groups of bars from 0 to the right.
#[derive(Clone, Debug)]
pub struct BarChart {
    /// Its title, with the unit of the numbers; empty for none.
    pub title: String,
    /// Names of the colours; empty for no legend.
    pub legend: Vec<(String, Colour)>,
    /// From above.
    pub groups: Vec<BarGroup>,
    /// Longer bars are cut off here, and marked with two strokes.
    pub cut: f64,
}

/// Height of a bar with the space above and beneath it.
const BAR: f64 = 19.0;
/// The space above and beneath a bar.
const BAR_GAP: f64 = 1.0;
/// Between two groups.
const GROUP_GAP: f64 = 7.0;
/// Between a bar and the text on either side of it.
const TEXT_GAP: f64 = 9.0;
/// Half the height of the ends of a whisker.
const WHISKER_END: f64 = 4.0;

/// Width of a chart that stands alone.
const WIDTH: f64 = 900.0;

/// `charts` beneath one another.
pub fn stack(charts: &[BarChart]) -> Drawing {
    let width = WIDTH - 2.0 * MARGIN;
    let heights = charts.iter().map(|chart| chart.height(width) + MARGIN);
    let mut drawing = Drawing::new(WIDTH, MARGIN + heights.sum::<f64>());
    let mut top = MARGIN;
    for chart in charts {
        chart.draw(&mut drawing, (MARGIN, top), width);
        top += chart.height(width) + MARGIN;
    }
    drawing
}

impl BarChart {
    /// Its height where it is `width` wide, in pixels.
    pub fn height(&self, width: f64) -> f64 {
        let groups = self.groups.iter().map(BarGroup::height);
        self.head_height(width) + groups.sum::<f64>()
    }

    /// Height of everything above the bars.
    fn head_height(&self, width: f64) -> f64 {
        let title = if self.title.is_empty() {
            0.0
        } else {
            TITLE_LINE
        };
        match legend::height(&self.entries(), width) {
            0.0 => title,
            legend => title + legend + MARGIN / 2.0,
        }
    }

    fn entries(&self) -> Vec<Entry<'_>> {
        let entries = self.legend.iter().map(|(name, colour)| Entry {
            name,
            sample: Sample::Bar(*colour),
        });
        entries.collect()
    }

    /// Draws it `width` wide with its upper left corner at `(left, top)`.
    pub fn draw(&self, drawing: &mut Drawing, (left, top): Place, width: f64) {
        let mut below_title = top;
        if !self.title.is_empty() {
            let middle = top + TITLE_LINE / 3.0;
            drawing.text(&self.title, (left, middle), TITLE, Anchor::Start);
            below_title += TITLE_LINE;
        }
        legend::draw(drawing, (left, below_title), width, &self.entries());
        let first = top + self.head_height(width);
        let scale = self.scale(left, width);
        let mut y = first;
        for group in &self.groups {
            group.draw(drawing, y, &scale);
            y += group.height();
        }
        let axis = scale.zero - 0.5;
        drawing.line(&[(axis, first), (axis, y)], Pen::solid(GREY, 1.0));
    }

    /// Leaves room for the widest label on the left and for the widest number on the right.
    fn scale(&self, left: f64, width: f64) -> Scale {
        let widest = |texts: &mut dyn Iterator<Item = &String>| {
            let widths = texts.map(|text| font::width(text, TEXT));
            widths.fold(0.0, f64::max).ceil() + TEXT_GAP
        };
        let bars = || self.groups.iter().flat_map(|group| &group.bars);
        let labels = widest(&mut self.groups.iter().map(|group| &group.label));
        let numbers = widest(&mut bars().map(|bar| &bar.number));
        let reach = bars().map(Bar::reach).fold(f64::MIN_POSITIVE, f64::max);
        Scale {
            zero: (left + labels).ceil(),
            longest: width - labels - numbers,
            largest: reach.min(self.cut),
        }
    }
}

/// Where values lie.
struct Scale {
    /// The place of 0.
    zero: f64,
    /// The largest value that is drawn.
    largest: f64,
    /// Pixels from 0 to there.
    longest: f64,
}

impl Scale {
    fn place(&self, value: f64) -> f64 {
        self.zero + value.clamp(0.0, self.largest) / self.largest * self.longest
    }
}

impl BarGroup {
    fn height(&self) -> f64 {
        self.bars.len() as f64 * BAR + GROUP_GAP
    }

    fn draw(&self, drawing: &mut Drawing, top: f64, scale: &Scale) {
        let middle = top + self.height() / 2.0;
        let place = (scale.zero - TEXT_GAP, middle);
        drawing.text(&self.label, place, TEXT, Anchor::End);
        for (place, bar) in self.bars.iter().enumerate() {
            bar.draw(drawing, top + GROUP_GAP / 2.0 + place as f64 * BAR, scale);
        }
    }
}

impl Bar {
    fn draw(&self, drawing: &mut Drawing, top: f64, scale: &Scale) {
        let value = self.value.unwrap_or(0.0);
        let middle = top + BAR / 2.0;
        let right = scale.place(value).round();
        let (upper, height) = ((top + BAR_GAP).round(), BAR - 2.0 * BAR_GAP);
        drawing.rectangle(
            (scale.zero, upper),
            (right - scale.zero, height),
            self.colour,
        );
        if let Some(deviation) = self.deviation {
            let ends = [value - deviation, value + deviation].map(|end| scale.place(end));
            draw_whisker(drawing, ends, middle);
        }
        if value > scale.largest {
            draw_cut(drawing, right, (upper, upper + height));
        }
        let place = (scale.place(self.reach()) + TEXT_GAP, middle);
        drawing.text(&self.number, place, TEXT, Anchor::Start);
    }
}

fn draw_whisker(drawing: &mut Drawing, ends: [f64; 2], middle: f64) {
    let pen = Pen::solid(Colour::BLACK, 1.5);
    drawing.line(&ends.map(|x| (x, middle)), pen);
    for x in ends {
        let end = [-WHISKER_END, WHISKER_END].map(|up| (x, middle + up));
        drawing.line(&end, pen);
    }
}

/// Two white strokes across the end of a bar.
fn draw_cut(drawing: &mut Drawing, right: f64, (top, bottom): (f64, f64)) {
    for x in [right - 14.0, right - 8.0] {
        let stroke = [(x, bottom + 1.0), (x + 6.0, top - 1.0)];
        drawing.line(&stroke, Pen::solid(Colour::WHITE, 3.0));
    }
}
