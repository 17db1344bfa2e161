//! The paper's figures, measured again with this program.

pub mod figure_2;
