//! The fixed codes of the RBF output units: ten digits drawn as 7×12 bitmaps (Figure 3).

/// Number of classes.
pub const DIGITS: usize = 10;
/// Width of a code's bitmap, in pixels.
pub const CODE_WIDTH: usize = 7;
/// Height of a code's bitmap, in pixels.
pub const CODE_HEIGHT: usize = 12;
/// Components of a code: one per unit of F6.
pub const CODE_LENGTH: usize = CODE_WIDTH * CODE_HEIGHT;

/// The bitmaps, one line of text per row, the ten digits next to each other; `#` is ink.
const BITMAPS: [&str; CODE_HEIGHT] = [
    ".#####. ...##.. .#####. ####### .#####. .#####. ..####. ####### .#####. .#####.",
    "....... ..###.. ....... .....## ....... ....... .##.... .....## ##...## ##..###",
    "..###.. .####.. .#####. ....##. ....... ####### ##..... .....## ##...## ##...##",
    ".##.##. ...##.. ##...## ...##.. .##..## ##..... ##..... ....##. ##...## ##...##",
    "##...## ...##.. #....## ..####. .##..## ##..... ######. ...##.. .#####. ##..###",
    "##...## ...##.. ....##. .....## ###..## .####.. ###..## ...##.. ##...## .######",
    "##...## ...##.. ..###.. .....## ##...## ..####. ##...## ..##... ##...## .....##",
    "##...## ...##.. .##.... .....## ##...## .....## ##...## ..##... ##...## .....##",
    ".##.##. ...##.. ##..... ##...## ##..### ##...## ###..## ..##... ##...## ....##.",
    "..###.. .###### ####### .#####. .###### .#####. .#####. ..##... .#####. .####..",
    "....... ....... ....... ....... .....## ....... ....... ....... ....... .......",
    "....... ....... ....... ....... .....## ....... ....... ....... ....... .......",
];

/// The codes of the ten digits, row by row: `codes[digit * 84 + row * 7 + column]` is +1 for ink
/// and −1 for paper (section II.B, the parameter vectors of the RBF units).
pub fn rbf_codes() -> Vec<f32> {
    let mut codes = Vec::with_capacity(DIGITS * CODE_LENGTH);
    for digit in 0..DIGITS {
        let first_column = digit * (CODE_WIDTH + 1);
        for row in BITMAPS {
            let bitmap_row = &row.as_bytes()[first_column..first_column + CODE_WIDTH];
            codes.extend(
                bitmap_row
                    .iter()
                    .map(|&c| if c == b'#' { 1.0 } else { -1.0 }),
            );
        }
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hamming(a: usize, b: usize) -> usize {
        let codes = rbf_codes();
        let code = |digit: usize| &codes[digit * CODE_LENGTH..(digit + 1) * CODE_LENGTH];
        code(a).iter().zip(code(b)).filter(|(x, y)| x != y).count()
    }

    #[test]
    fn codes_have_the_distances_of_figure_3() {
        let distances: Vec<usize> = (0..DIGITS)
            .flat_map(|a| (0..a).map(move |b| hamming(a, b)))
            .collect();
        assert_eq!(distances.iter().min(), Some(&12));
        assert_eq!(distances.iter().max(), Some(&50));
        assert_eq!(hamming(6, 8), 12);
        assert_eq!(hamming(0, 4), 18);
        assert_eq!(hamming(8, 9), 18);
    }
}
