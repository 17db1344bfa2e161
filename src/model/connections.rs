//! Which input maps each map of a convolution reads (Table I for C3).

/// One kernel of a convolution: an input map joined to an output map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Position of the pair's 5×5 kernel among the layer's weights.
    pub kernel: usize,
    /// The map that is read.
    pub input: usize,
    /// The map that is written.
    pub output: usize,
}

/// The connections of a convolution: for every output map the input maps it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionTable {
    inputs: usize,
    sources: Vec<Vec<usize>>,
}

impl ConnectionTable {
    /// A table in which output map `o` reads the input maps `sources[o]` out of `inputs`.
    ///
    /// # Panics
    /// If a source is not an input map, or an output map reads nothing: tables are part of the
    /// program, not of its input.
    pub fn new(inputs: usize, sources: Vec<Vec<usize>>) -> Self {
        assert!(
            sources.iter().flatten().all(|&source| source < inputs),
            "a connection table reads a map that does not exist"
        );
        assert!(
            sources.iter().all(|sources| !sources.is_empty()),
            "an output map of a connection table reads nothing"
        );
        Self { inputs, sources }
    }

    /// Every output map reads every input map.
    pub fn full(inputs: usize, outputs: usize) -> Self {
        Self::new(inputs, vec![(0..inputs).collect(); outputs])
    }

    /// Table I of the paper: the S2 maps that each C3 map reads.
    pub fn table_1() -> Self {
        let sources: [&[usize]; 16] = [
            &[0, 1, 2],
            &[1, 2, 3],
            &[2, 3, 4],
            &[3, 4, 5],
            &[0, 4, 5],
            &[0, 1, 5],
            &[0, 1, 2, 3],
            &[1, 2, 3, 4],
            &[2, 3, 4, 5],
            &[0, 3, 4, 5],
            &[0, 1, 4, 5],
            &[0, 1, 2, 5],
            &[0, 1, 3, 4],
            &[1, 2, 4, 5],
            &[0, 2, 3, 5],
            &[0, 1, 2, 3, 4, 5],
        ];
        Self::new(6, sources.iter().map(|s| s.to_vec()).collect())
    }

    /// The S2 maps that each C3 map of LeNet-1 reads: two halves of six maps over two, of which
    /// four read both and one each a single one. The paper gives the numbers of such maps, not the
    /// pairs.
    pub fn lenet1() -> Self {
        let half = |first: usize| {
            let (one, other, both) = (vec![first], vec![first + 1], vec![first, first + 1]);
            [one, both.clone(), both.clone(), other, both.clone(), both]
        };
        Self::new(4, [half(0), half(2)].concat())
    }

    /// Number of input maps.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Number of output maps.
    pub fn outputs(&self) -> usize {
        self.sources.len()
    }

    /// Number of input maps that output map `output` reads.
    pub fn fan_in(&self, output: usize) -> usize {
        self.sources[output].len()
    }

    /// Whether every output map reads every input map.
    pub fn is_full(&self) -> bool {
        self.pairs().count() == self.inputs * self.outputs()
    }

    /// All pairs, by output map, in the order of their kernels.
    pub fn pairs(&self) -> impl Iterator<Item = Pair> + '_ {
        self.sources
            .iter()
            .enumerate()
            .flat_map(|(output, sources)| sources.iter().map(move |&input| (output, input)))
            .enumerate()
            .map(|(kernel, (output, input))| Pair {
                kernel,
                input,
                output,
            })
    }

    /// The pairs that write map `output`.
    pub fn pairs_into(&self, output: usize) -> impl Iterator<Item = Pair> + '_ {
        self.pairs().filter(move |pair| pair.output == output)
    }

    /// The pairs that read map `input`.
    pub fn pairs_from(&self, input: usize) -> impl Iterator<Item = Pair> + '_ {
        self.pairs().filter(move |pair| pair.input == input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_1_has_sixty_pairs_and_every_map_is_read_ten_times() {
        let table = ConnectionTable::table_1();
        assert_eq!(table.pairs().count(), 60);
        for input in 0..6 {
            assert_eq!(table.pairs_from(input).count(), 10);
        }
    }

    #[test]
    fn lenet1_has_eight_maps_of_two_and_four_of_one() {
        let table = ConnectionTable::lenet1();
        let reading = |count| (0..12).filter(|&map| table.fan_in(map) == count).count();
        assert_eq!((reading(2), reading(1)), (8, 4));
        for input in 0..4 {
            assert_eq!(table.pairs_from(input).count(), 5);
        }
    }

    #[test]
    fn kernels_are_numbered_in_order() {
        let table = ConnectionTable::table_1();
        assert!(table.pairs().enumerate().all(|(i, pair)| pair.kernel == i));
    }
}
