//! Shader texts without what only people read, for a page, where every byte has to be fetched: comments and
//! indentation go, lines keep their numbers.

/// Where a walk through a text is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Indentation,
    Code,
    Comment,
}

impl Within {
    /// Where it is at the byte at `place`, after it was here.
    const fn then(self, text: &[u8], place: usize) -> Self {
        let is_comment = text[place] == b'/' && place + 1 < text.len() && text[place + 1] == b'/';
        match (self, text[place]) {
            (_, b'\n') => Self::Code,
            (Self::Comment, _) => Self::Comment,
            _ if is_comment => Self::Comment,
            (Self::Indentation, b' ') => Self::Indentation,
            _ => Self::Code,
        }
    }
}

/// The bytes of `text` without comments and indentation, the first `LEN` of them, and how many there are.
pub const fn stripped<const LEN: usize>(text: &str) -> ([u8; LEN], usize) {
    let text = text.as_bytes();
    let (mut bare, mut len) = ([0; LEN], 0);
    let (mut within, mut place) = (Within::Indentation, 0);
    while place < text.len() {
        within = within.then(text, place);
        if let Within::Code = within {
            if len < LEN {
                bare[len] = text[place];
            }
            len += 1;
        }
        if text[place] == b'\n' {
            within = Within::Indentation;
        }
        place += 1;
    }
    (bare, len)
}

/// A text, bare.
#[cfg(target_arch = "wasm32")]
macro_rules! bare {
    ($text:expr) => {{
        const LEN: usize = $crate::gpu::shader::bare::stripped::<0>($text).1;
        const BARE: [u8; LEN] = $crate::gpu::shader::bare::stripped::<LEN>($text).0;
        match str::from_utf8(&BARE) {
            Ok(text) => text,
            Err(_) => panic!("a whole text loses whole characters"),
        }
    }};
}

#[cfg(target_arch = "wasm32")]
pub(super) use bare;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_indentation_go_and_lines_stay() {
        let text = "// What it does: f ≠ g.\n\nfn f(a: f32) { // so\n    return a / 2.0;\n}\n";
        let expected = "\n\nfn f(a: f32) { \nreturn a / 2.0;\n}\n";
        let (bytes, len) = stripped::<40>(text);
        assert_eq!(str::from_utf8(&bytes[..len]), Ok(expected));
        assert_eq!(stripped::<0>(text).1, expected.len());
    }
}
