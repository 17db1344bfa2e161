//! What the samples of a step leave for the update, and where: the host's side of
//! `shaders/shared/record.wgsl`.

use crate::gpu::groups::Batches;
use crate::model::{ConnectionTable, DIGITS, Network, Operation, Parameters};

use super::block::FusedBlock;

/// Values that records and their parts are aligned to.
const QUAD: usize = 4;

/// The places of all that the samples of a step leave, in values.
#[derive(Clone, Copy, Debug)]
pub struct FusedLayout {
    /// Models side by side, and samples per step of each.
    pub batches: Batches,
    /// How the kernels divide their work.
    pub block: FusedBlock,
    /// In a record, the output of S4, which the first dense layer reads.
    pub s4: usize,
    /// The output of C5.
    pub c5: usize,
    /// The output of F6.
    pub f6: usize,
    /// ∂E/∂a of C5.
    pub c5_gradient: usize,
    /// ∂E/∂a of F6.
    pub f6_gradient: usize,
    /// ∂E/∂a of the scores of a softmax.
    pub score_gradient: usize,
    /// The loss; after it, 1 for a wrong answer and 0 for a right one.
    pub loss: usize,
    /// Values of a record.
    pub record: usize,
    /// Values at the start of one model's arena that belong to convolutions and sub-sampling.
    pub shared: usize,
    /// Units of the field.
    pub field: usize,
}

/// Units of the dense layers that S4, C5 and F6 stand for; 0 where a network lacks one.
#[derive(Clone, Copy, Debug)]
pub struct DenseUnits {
    /// Of S4, which the first dense layer reads.
    pub s4: usize,
    /// Of C5.
    pub c5: usize,
    /// Of F6.
    pub f6: usize,
}

impl DenseUnits {
    /// Those of `network`.
    pub fn of(network: &Network) -> Self {
        let units = |name| {
            let mut layers = network.layers().iter();
            let layer = layers.find(|layer| layer.name == name);
            layer.map_or(0, |layer| layer.output.units())
        };
        Self {
            s4: units("S4"),
            c5: units("C5"),
            f6: units("F6"),
        }
    }
}

/// The connections of C3.
pub fn connections(network: &Network) -> &ConnectionTable {
    let mut layers = network.layers().iter();
    let c3 = layers.find(|layer| layer.name == "C3");
    match c3.map(|layer| &layer.operation) {
        Some(Operation::Convolution(table)) => table,
        _ => panic!("C3 is a convolution"),
    }
}

impl FusedLayout {
    /// The layout for `batches` of `network`.
    pub fn new(network: &Network, batches: Batches, block: FusedBlock) -> Self {
        let units = DenseUnits::of(network);
        let c5 = units.s4;
        let f6 = c5 + units.c5;
        let c5_gradient = f6 + units.f6;
        let f6_gradient = c5_gradient + units.c5;
        let score_gradient = f6_gradient + units.f6;
        let loss = score_gradient + DIGITS.next_multiple_of(QUAD);
        let parameters = Parameters::of(network);
        let dense = |layer: usize| network.layers()[layer].is_dense();
        let first_dense = parameters.ranges().iter().find(|range| dense(range.layer));
        Self {
            batches,
            block,
            s4: 0,
            c5,
            f6,
            c5_gradient,
            f6_gradient,
            score_gradient,
            loss,
            record: loss + QUAD,
            shared: first_dense.map_or(parameters.arena_len(), |range| range.offset),
            field: network.input().units(),
        }
    }

    /// Workgroups that share the batch of a model.
    pub fn workgroups(&self) -> usize {
        self.batches.size.div_ceil(self.block.samples())
    }

    /// Values of all records of a model.
    pub fn records(&self) -> usize {
        self.batches.size * self.record
    }

    /// Values that a workgroup leaves: shared gradients and a field.
    pub fn workgroup_record(&self) -> usize {
        self.shared + self.field
    }

    /// Values that all samples of a model leave.
    pub fn work(&self) -> usize {
        self.records() + self.workgroups() * self.workgroup_record()
    }

    /// Where the record of sample `sample` of a model starts.
    pub fn record_of(&self, model: usize, sample: usize) -> usize {
        model * self.work() + sample * self.record
    }

    /// Where a workgroup of a model leaves shared gradients, and after them a field.
    pub fn record_of_workgroup(&self, model: usize, workgroup: usize) -> usize {
        model * self.work() + self.records() + workgroup * self.workgroup_record()
    }

    /// The constants of `shared/record.wgsl`.
    pub fn constants(&self) -> [(&'static str, usize); 11] {
        [
            ("S4_PLACE", self.s4),
            ("C5_PLACE", self.c5),
            ("F6_PLACE", self.f6),
            ("C5_GRADIENT_PLACE", self.c5_gradient),
            ("F6_GRADIENT_PLACE", self.f6_gradient),
            ("SCORE_GRADIENT_PLACE", self.score_gradient),
            ("LOSS_PLACE", self.loss),
            ("RECORD", self.record),
            ("SHARED", self.shared),
            ("WORKGROUP_RECORD", self.workgroup_record()),
            ("SAMPLES_EACH", self.block.samples()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::Variant;
    use crate::model::Choices;

    #[test]
    fn a_record_of_lenet_5_holds_what_its_dense_layers_need() {
        let network = Network::of(Choices::default());
        let layout = FusedLayout::new(&network, Batches::single(5), Variant::HARDWARE.fused_block);
        assert_eq!(layout.record, 400 + 2 * (120 + 84) + 12 + 4);
        // 150 weights, 6 biases, 6 coefficients, 6 biases, 1,500 weights, and three times 16.
        assert_eq!(layout.shared, 192 + 3 * 64 + 1536 + 3 * 64);
        assert_eq!(layout.field, 1024);
    }

    #[test]
    fn records_follow_one_another_in_quads() {
        for choices in [Choices::default(), Choices::lenet1()] {
            let network = Network::of(choices);
            let block = FusedBlock::new(64, 2, 1, 1).unwrap();
            let batches = Batches { models: 3, size: 5 };
            let layout = FusedLayout::new(&network, batches, block);
            assert_eq!(layout.workgroups(), 3);
            let starts = [
                layout.record_of(2, 4),
                layout.record_of_workgroup(2, 0),
                layout.record_of_workgroup(2, 2),
                3 * layout.work(),
            ];
            let lengths = [
                layout.record,
                2 * layout.workgroup_record(),
                layout.workgroup_record(),
            ];
            for (pair, length) in starts.windows(2).zip(lengths) {
                assert_eq!(pair[1] - pair[0], length);
            }
            assert!(starts.iter().all(|start| start % QUAD == 0));
        }
    }
}
