//! Parts of a sweep, for several machines.

use std::fmt;
use std::str::FromStr;

/// One of several parts of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which one, from 1.
    number: usize,
    /// Of how many.
    count: usize,
}

impl Shard {
    /// The whole sweep.
    pub const WHOLE: Self = Self {
        number: 1,
        count: 1,
    };

    /// Whether the combination at `place`, from 0, is in it. Neighbours are dealt out in turn, because those
    /// that take long often stand together.
    pub fn has(self, place: usize) -> bool {
        place % self.count == self.number - 1
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/');
        let numbers = numbers
            .and_then(|(number, count)| Some((number.parse().ok()?, count.parse::<usize>().ok()?)));
        match numbers {
            Some((number, count)) if (1..=count).contains(&number) => Ok(Self { number, count }),
            Some((number, count)) if count > 0 => Err(format!(
                "part {number} of {count} does not exist: parts are counted from 1 to {count}"
            )),
            _ => Err("expected PART/PARTS, as in 3/16 for the third of sixteen".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_share_out_every_combination_once() {
        for count in 1..=7 {
            let shards: Vec<Shard> = (1..=count).map(|number| Shard { number, count }).collect();
            for place in 0..20 {
                let takers = shards.iter().filter(|shard| shard.has(place));
                assert_eq!(takers.count(), 1, "{place} of {count}");
            }
        }
        assert!((0..20).all(|place| Shard::WHOLE.has(place)));
    }

    #[test]
    fn shards_are_written_as_fractions() {
        let third: Shard = "3/16".parse().unwrap();
        assert_eq!(third.to_string(), "3/16");
        assert!(third.has(2) && third.has(18) && !third.has(3));
        for wrong in ["", "3", "3/", "/3", "a/b", "-1/3", "1/0", "0/0", "1/2/3"] {
            let error = wrong.parse::<Shard>().unwrap_err();
            assert!(error.contains("as in 3/16"), "{wrong}: {error}");
        }
        for wrong in ["0/3", "4/3"] {
            let error = wrong.parse::<Shard>().unwrap_err();
            assert!(error.contains("from 1 to 3"), "{wrong}: {error}");
        }
    }
}
