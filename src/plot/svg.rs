//! Drawings as SVG text.

use std::fmt::Write;

use super::drawing::{Anchor, Colour, Drawing, Mark, Number, Paint, Pen, Text};
use super::font;

impl Drawing {
    /// The picture as an `<svg>` element, which a screen reader calls `label`.
    pub fn svg(&self, label: &str) -> String {
        let Self { width, height, .. } = self;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{}\" \
             font-family=\"'{}',sans-serif\">\n",
            escaped(label),
            font::NAME
        );
        for mark in &self.marks {
            // Writing into a string cannot fail.
            let _ = match mark {
                Mark::Shape { path, paint } => {
                    writeln!(svg, "<path d=\"{path}\" {}/>", attributes(paint))
                }
                Mark::Text(text) => writeln!(svg, "{}", element(text)),
            };
        }
        svg + "</svg>\n"
    }
}

fn attributes(paint: &Paint) -> String {
    match paint {
        Paint::Fill(colour) => format!("fill=\"{}\"", hexadecimal(*colour)),
        Paint::Outline(pen) => {
            let [dash, gap] = Pen::DASHES;
            let dashes = match pen.dashed {
                true => format!(" stroke-dasharray=\"{dash} {gap}\""),
                false => String::new(),
            };
            format!(
                "fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\"{dashes}",
                hexadecimal(pen.colour),
                Number(pen.width)
            )
        }
    }
}

fn element(text: &Text) -> String {
    let anchor = match text.anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    let [x, y, size] = [text.place.0, text.place.1, text.size].map(Number);
    let turn = match text.upwards {
        true => " rotate(-90)",
        false => "",
    };
    let baseline = Number(font::baseline(text.size));
    let fill = match text.colour {
        Colour::BLACK => String::new(),
        colour => format!(" fill=\"{}\"", hexadecimal(colour)),
    };
    format!(
        "<text transform=\"translate({x} {y}){turn}\" y=\"{baseline}\" font-size=\"{size}\" \
         text-anchor=\"{anchor}\"{fill}>{}</text>",
        escaped(&text.words)
    )
}

fn hexadecimal(Colour(red, green, blue): Colour) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// `text` as it stands in SVG and HTML, also between quotation marks.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use crate::plot::{Anchor, Drawing, TEXT};

    #[test]
    fn text_is_escaped_and_stays_text() {
        let mut drawing = Drawing::new(100.0, 20.0);
        drawing.text("a < b & \"c\"", (10.0, 10.0), TEXT, Anchor::Start);
        let svg = drawing.svg("a \"picture\"");
        assert!(
            svg.contains(">a &lt; b &amp; &quot;c&quot;</text>"),
            "{svg}"
        );
        assert!(
            svg.contains(" aria-label=\"a &quot;picture&quot;\" "),
            "{svg}"
        );
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    }
}
