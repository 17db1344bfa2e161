//! Explanations in words, as lines of text.

use crate::cli::numbers::thousands;
use crate::explain::{
    DECK_AMPLITUDE, Formula, LayerCounts, LocalFields, PicturePadding, SharedWeights, Sliding,
    Squashed, Squashing,
};
use crate::model::{KERNEL, Layer};

/// The rule of the output's side, as a formula is written.
const SIDE_RULE: &str = "(W - F + 2P)/S + 1";

/// `formula` with its value.
fn equation(formula: &Formula) -> String {
    let Formula { expression, value } = formula;
    let value = thousands(*value);
    match *expression == value {
        true => value,
        false => format!("{expression} = {value}"),
    }
}

/// A line with a name in front.
fn named(name: &str, text: impl std::fmt::Display) -> String {
    format!("  {name:<16} {text}")
}

/// How many times as large `value` is as `than`.
fn times(value: usize, than: usize) -> String {
    let ratio = value as f64 / than as f64;
    match ratio < 10.0 {
        true => format!("{ratio:.1} times as many"),
        false => format!("{} times as many", thousands(ratio.round() as usize)),
    }
}

/// A layer's counts.
pub fn of_layer(counts: &LayerCounts) -> Vec<String> {
    let mut lines = vec![format!("{}: {}", counts.layer, counts.what)];
    if let Some(side) = &counts.side {
        lines.push(named(
            "output side",
            format!("{SIDE_RULE} = {}", equation(side)),
        ));
    }
    lines.push(named("parameters", equation(&counts.parameters)));
    lines.push(named("connections", equation(&counts.connections)));
    let others = [
        ("not shared", &counts.unshared),
        ("fully connected", &counts.fully_connected),
    ];
    for (name, formula) in others {
        let Some(formula) = formula else { continue };
        let mut text = format!("{} parameters", equation(formula));
        if counts.parameters.value > 0 {
            text += &format!(", {}", times(formula.value, counts.parameters.value));
        }
        lines.push(named(name, text));
    }
    lines
}

/// The sums over all layers.
pub fn of_totals(layers: &[LayerCounts]) -> Vec<String> {
    let sum = |of: &dyn Fn(&LayerCounts) -> usize| layers.iter().map(of).sum::<usize>();
    let parameters = sum(&|counts| counts.parameters.value);
    let or_own = |formula: &Option<Formula>, counts: &LayerCounts| {
        formula
            .as_ref()
            .map_or(counts.parameters.value, |formula| formula.value)
    };
    let unshared = sum(&|counts| or_own(&counts.unshared, counts));
    let full = sum(&|counts| or_own(&counts.fully_connected, counts));
    let beside = |count| {
        format!(
            "{} parameters, {}",
            thousands(count),
            times(count, parameters)
        )
    };
    vec![
        "total".to_owned(),
        named("parameters", thousands(parameters)),
        named(
            "connections",
            thousands(sum(&|counts| counts.connections.value)),
        ),
        named("not shared", beside(unshared)),
        named("fully connected", beside(full)),
    ]
}

/// How the picture fills the field.
pub fn of_input(padding: &PicturePadding) -> Vec<String> {
    let PicturePadding {
        picture,
        field,
        padding: around,
        value,
        layer,
        from_field,
        from_picture,
    } = padding;
    let heading = format!("input: a picture of {picture}x{picture} in a field of {field}x{field}");
    let side = named(
        "output side",
        format!("of {layer}: {SIDE_RULE} = {}", equation(from_field)),
    );
    if *around == 0 {
        let whole = "the field is the picture itself, without padding";
        return vec![heading, named("padding", whole), side];
    }
    vec![
        heading,
        named(
            "padding",
            format!(
                "{around} on each side, ({field} - {picture})/2, by {value}, which is the background, \
                 not by 0"
            ),
        ),
        side,
        named(
            "the same",
            format!(
                "from the picture with padding {around}: {}, so the field is 'same' padding",
                equation(from_picture)
            ),
        ),
    ]
}

/// A convolution of any size.
pub fn of_convolution(sliding: &Sliding) -> Vec<String> {
    let Sliding {
        input,
        kernel,
        padding,
        stride,
    } = *sliding;
    let side = sliding.side();
    let mut lines = vec![
        format!(
            "input W = {input}, kernel F = {kernel}, padding P = {padding} on each side, stride S = {stride}"
        ),
        named(
            "output side",
            format!("{SIDE_RULE} = {}", rounded(sliding, &side)),
        ),
    ];
    lines.push(named(
        "comes out",
        match sliding.left_over() {
            0 => "whole: the last place of the kernel ends with the last unit".to_owned(),
            units => format!(
                "not whole: the kernel does not get to the last {} of the padded input",
                match units {
                    1 => "row and column".to_owned(),
                    units => format!("{units} rows and columns"),
                }
            ),
        },
    ));
    lines.push(named("same size", same_size(sliding, side.value)));
    if padding >= kernel {
        lines.push(named(
            "remark",
            "the padding is at least as wide as the kernel, which at the border sees nothing but padding",
        ));
    }
    lines
}

/// The side of the output of `sliding`, with the arithmetic, which may not come out whole.
fn rounded(sliding: &Sliding, side: &Formula) -> String {
    match sliding.left_over() {
        0 => equation(side),
        _ => format!(
            "{}, rounded down: {}",
            side.expression,
            thousands(side.value)
        ),
    }
}

/// What keeps the size, and whether `sliding`, whose output has side `side`, does.
fn same_size(sliding: &Sliding, side: usize) -> String {
    let is_kept = match side == sliding.input {
        true => "yes",
        false => "no",
    };
    let rule = match sliding.same_padding() {
        Some(padding) => format!("padding (F - 1)/2 = {} keeps it", equation(&padding)),
        None => {
            let kernel = sliding.kernel;
            let padding = (kernel as f64 - 1.0) / 2.0;
            format!("no padding keeps it: (F - 1)/2 = ({kernel} - 1)/2 = {padding} is not whole")
        }
    };
    format!("{is_kept}; at stride 1 {rule}")
}

/// Local receptive fields, in the example and in the layer `first`.
pub fn of_local_fields(fields: &LocalFields, first: &Layer) -> Vec<String> {
    let LocalFields {
        picture,
        field,
        whole,
        local,
    } = fields;
    let here = LocalFields::of(first.input.height, KERNEL);
    vec![
        "local receptive fields: parameters of one hidden unit".to_owned(),
        named(&format!("of {picture}x{picture}"), equation(whole)),
        named(&format!("of {field}x{field}"), equation(local)),
        format!("In {} of this network:", first.name),
        named(&format!("of {0}x{0}", here.picture), equation(&here.whole)),
        named(&format!("of {0}x{0}", here.field), equation(&here.local)),
    ]
}

/// Shared weights, in the example and in the layer with `counts`.
pub fn of_shared_weights(weights: &SharedWeights, counts: &LayerCounts) -> Vec<String> {
    let SharedWeights { units, inputs, .. } = weights;
    let mut lines = vec![
        format!("shared weights: parameters of {units} units of {inputs} inputs each"),
        named("own weights", equation(&weights.own)),
        named(
            "shared weights",
            format!(
                "{}, each unit with a bias of its own",
                equation(&weights.shared_weights)
            ),
        ),
        named(
            "shared bias too",
            format!(
                "{}, as in a map of the paper's",
                equation(&weights.shared_bias)
            ),
        ),
        format!("In {} of this network:", counts.layer),
    ];
    if let Some(unshared) = &counts.unshared {
        lines.push(named("own weights", equation(unshared)));
    }
    lines.push(named("shared", equation(&counts.parameters)));
    lines
}

/// The squashing function in numbers.
pub fn of_squashing(squashing: &Squashing) -> Vec<String> {
    let Squashing {
        amplitude,
        extremes: [_, right],
        ..
    } = squashing;
    let mut lines = vec![
        format!("squashing: f(a) = {amplitude} tanh(2/3 a)"),
        format!("  {:>5} {:>9} {:>9} {:>9}", "a", "f(a)", "f'(a)", "f''(a)"),
    ];
    for place in &squashing.values {
        let Squashed {
            a,
            value,
            slope,
            curvature,
        } = place;
        // Adding 0 turns -0 into 0.
        let curvature = curvature + 0.0;
        lines.push(format!(
            "  {a:>5.1} {value:>9.5} {slope:>9.5} {curvature:>9.5}"
        ));
    }
    lines.push(format!(
        "f'' is largest in size at a = -{0:.4} and {0:.4}, where it is {1:.4} and -{1:.4}: near -1 and 1.",
        right.a,
        right.curvature.abs()
    ));
    lines.push(format!(
        "With A = {DECK_AMPLITUDE}, a misprint of some slides, f(1) would be {:.3}.",
        squashing.misprinted_at_one
    ));
    lines
}
