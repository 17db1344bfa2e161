//! Pictures of digits as people send them, made from MNIST's: on plain paper, and with whatever else
//! comes into a picture. One kind per function; each digit has a light, a place or a noise of its own.

mod file;
mod hard;
mod mixed;
mod plain;
mod sheet;

pub use file::File;

/// A digit to make a picture of.
pub struct Digit<'a> {
    /// 28 by 28 bytes, 0 for paper and 255 for ink.
    pub image: &'a [u8; 784],
    /// Another one, for pictures with several.
    pub beside: &'a [u8; 784],
    /// Chooses what differs from picture to picture of a kind.
    pub seed: u32,
}

impl Digit<'_> {
    /// A number from 0 to 1, the same for the same digit and `what`.
    fn chance(&self, what: u32) -> f32 {
        let mut hash = self.seed.wrapping_mul(0x9E37_79B9) ^ what.wrapping_mul(0x85EB_CA6B);
        for _ in 0..2 {
            hash = (hash ^ (hash >> 15)).wrapping_mul(0x2C1B_3C6D);
        }
        (hash >> 8) as f32 / (1 << 24) as f32
    }

    /// A number from `low` to `high`, likewise.
    fn between(&self, what: u32, low: f32, high: f32) -> f32 {
        low + (high - low) * self.chance(what)
    }
}

/// Makes a picture of a digit.
pub type Make = fn(&Digit) -> File;

/// Pictures of one kind.
pub struct Kind {
    /// Also the name of their folder.
    pub name: &'static str,
    /// Whether there is nothing in them but a digit on paper.
    pub plain: bool,
    /// What there is to say of them.
    pub wanted: Wanted,
    /// Makes one.
    pub make: Make,
}

/// What a program should make of the pictures of a kind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The digit, or a reason why it is not told.
    Digit,
    /// A reason: there is not one digit to tell.
    Reason,
}

/// All kinds, plain ones first.
pub fn kinds() -> Vec<Kind> {
    let plain = plain::KINDS.iter().map(|&(name, make)| Kind {
        name,
        plain: true,
        wanted: Wanted::Digit,
        make,
    });
    let others = hard::KINDS.iter().chain(mixed::KINDS);
    let others = others.map(|&(name, wanted, make)| Kind {
        name,
        plain: false,
        wanted,
        make,
    });
    plain.chain(others).collect()
}
