//! What happens to files.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// What happens to the bytes of a file.
#[derive(Clone, Debug)]
pub enum Damage {
    /// All from there on is lost.
    Cut(Index),
    /// One byte becomes another.
    Set(Index, u8),
    /// Bytes come between.
    Insert(Index, Vec<u8>),
    /// At most so many bytes are lost.
    Remove(Index, usize),
    /// At most so many bytes stand twice.
    Repeat(Index, usize),
}

impl Damage {
    /// Any of them.
    pub fn any() -> impl Strategy<Value = Self> {
        let place = any::<Index>;
        prop_oneof![
            place().prop_map(Self::Cut),
            (place(), any::<u8>()).prop_map(|(at, byte)| Self::Set(at, byte)),
            (place(), vec(any::<u8>(), 1..9)).prop_map(|(at, bytes)| Self::Insert(at, bytes)),
            (place(), 1..64usize).prop_map(|(at, len)| Self::Remove(at, len)),
            (place(), 1..64usize).prop_map(|(at, len)| Self::Repeat(at, len)),
        ]
    }

    /// Up to three, one after another.
    pub fn some() -> impl Strategy<Value = Vec<Self>> {
        vec(Self::any(), 1..4)
    }

    /// `bytes` afterwards.
    pub fn done(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        if bytes.is_empty() {
            return bytes;
        }
        let len = bytes.len();
        let stretch = |at: usize, longest: usize| at..len.min(at + longest);
        match self {
            Self::Cut(at) => bytes.truncate(at.index(len)),
            Self::Set(at, byte) => bytes[at.index(len)] = *byte,
            Self::Insert(at, more) => {
                let at = at.index(len);
                bytes.splice(at..at, more.iter().copied());
            }
            Self::Remove(at, longest) => {
                bytes.drain(stretch(at.index(len), *longest));
            }
            Self::Repeat(at, longest) => {
                let stretch = stretch(at.index(len), *longest);
                let twice = bytes[stretch.clone()].to_vec();
                bytes.splice(stretch.start..stretch.start, twice);
            }
        }
        bytes
    }

    /// `bytes` after all of `damages`.
    pub fn all_done(damages: &[Self], bytes: Vec<u8>) -> Vec<u8> {
        damages
            .iter()
            .fold(bytes, |bytes, damage| damage.done(bytes))
    }
}
