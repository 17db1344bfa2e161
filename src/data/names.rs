//! The names that the files of a set are published under.

/// What a file of a set holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    TrainImages,
    TrainLabels,
    TestImages,
    TestLabels,
}

impl Role {
    /// In the order in which sets are read.
    pub const ALL: [Self; 4] = [
        Self::TrainImages,
        Self::TrainLabels,
        Self::TestImages,
        Self::TestLabels,
    ];

    fn of(part: &str, what: &str) -> Option<Self> {
        Some(match (part, what) {
            ("train", "images") => Self::TrainImages,
            ("train", "labels") => Self::TrainLabels,
            ("t10k" | "test", "images") => Self::TestImages,
            ("t10k" | "test", "labels") => Self::TestLabels,
            _ => return None,
        })
    }

    /// The names it is looked for under, without differences of case, in the set `set`.
    pub fn names_in(self, set: &str) -> Vec<String> {
        let test = if set.is_empty() { "t10k" } else { "test" };
        let (stem, format) = match self {
            Self::TrainImages => ("train-images".to_owned(), "idx3-ubyte"),
            Self::TrainLabels => ("train-labels".to_owned(), labels_format(set)),
            Self::TestImages => (format!("{test}-images"), "idx3-ubyte"),
            Self::TestLabels => (format!("{test}-labels"), labels_format(set)),
        };
        let joint = if set.is_empty() { "" } else { "-" };
        let names = ['-', '.'].map(|dot| format!("{set}{joint}{stem}{dot}{format}"));
        let both = names.into_iter().map(|name| [format!("{name}.gz"), name]);
        both.flatten().collect()
    }
}

fn labels_format(set: &str) -> &'static str {
    match set {
        "qmnist" => "idx2-int",
        _ => "idx1-ubyte",
    }
}

/// The parts of EMNIST that have more classes than ten.
const WITH_LETTERS: [&str; 4] = [
    "emnist-letters",
    "emnist-balanced",
    "emnist-byclass",
    "emnist-bymerge",
];

/// Whether the set `set` is known to have more classes than ten.
pub(super) fn has_letters(set: &str) -> bool {
    WITH_LETTERS.contains(&set)
}

/// A name taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileName {
    /// The set, what stands before `train-images`: nothing in MNIST itself, `emnist-digits`, `qmnist`.
    pub set: String,
    /// What the file holds.
    pub role: Role,
}

impl FileName {
    /// The name of a file of some set, plain or packed, with what joins its parts and stands at its end
    /// as archive tools leave it; `None` if it is no such name.
    pub fn parse(name: &str) -> Option<Self> {
        const ENDINGS: [&str; 9] = [
            "idx", "idx1", "idx2", "idx3", "idx4", "ubyte", "int", "gz", "bin",
        ];
        let name = name.to_ascii_lowercase();
        let words: Vec<&str> = name.split(['-', '.', '_']).collect();
        let roles = words.windows(2).enumerate();
        let mut roles =
            roles.filter_map(|(place, pair)| Some((place, Role::of(pair[0], pair[1])?)));
        let (place, role) = roles.next()?;
        let is_known = |word: &&str| ENDINGS.contains(word);
        words[place + 2..].iter().all(is_known).then(|| Self {
            set: words[..place].join("-"),
            role,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_names_are_known() {
        for (name, set, role) in [
            ("train-images-idx3-ubyte", "", Role::TrainImages),
            ("t10k-labels.idx1-ubyte.gz", "", Role::TestLabels),
            ("TRAIN-LABELS-IDX1-UBYTE.GZ", "", Role::TrainLabels),
            ("train-images-idx3", "", Role::TrainImages),
            ("test_images.idx", "", Role::TestImages),
            (
                "emnist-mnist-test-labels-idx1-ubyte",
                "emnist-mnist",
                Role::TestLabels,
            ),
            (
                "emnist-digits-train-images-idx3-ubyte.gz",
                "emnist-digits",
                Role::TrainImages,
            ),
            ("qmnist-test-labels-idx2-int", "qmnist", Role::TestLabels),
        ] {
            let set = set.to_owned();
            assert_eq!(
                FileName::parse(name),
                Some(FileName { set, role }),
                "{name}"
            );
        }
    }

    #[test]
    fn other_names_are_not() {
        for name in [
            "",
            "train",
            "images-train",
            "train-images.txt",
            "qmnist-train-labels.tsv",
            "train-images-idx3-ubyte.xz",
            "train-images-idx3-ubyte (1).gz",
            "validation-images-idx3-ubyte",
        ] {
            assert_eq!(FileName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn every_name_looked_for_is_known() {
        for set in ["", "emnist-digits", "qmnist"] {
            for role in Role::ALL {
                for name in role.names_in(set) {
                    let set = set.to_owned();
                    assert_eq!(FileName::parse(&name), Some(FileName { set, role }));
                }
            }
        }
    }
}
