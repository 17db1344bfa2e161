//! The tests that need no adapter. One program for all of them, because each would link the whole
//! library.

mod answers;
mod architecture;
mod cli;
mod conformance;
mod cpu;
mod cpu_recipes;
mod data;
mod data_options;
mod deck;
#[path = "../common/digits.rs"]
mod digits;
#[path = "../common/driving.rs"]
mod driving;
mod ensembles;
mod exchange;
mod exchange_commands;
mod explain;
mod export;
mod first_losses;
#[path = "../common/fixtures.rs"]
mod fixtures;
mod foreign_sets;
mod gradients;
mod outcome;
mod picture_kinds;
#[path = "../common/pictures/mod.rs"]
mod pictures;
mod printing;
#[path = "../common/program.rs"]
mod program;
mod properties;
mod pytorch;
mod reading;
mod resuming;
mod same_bytes;
mod shaders;
mod step_by_step;
mod sweep;
mod teachers;
mod translations;
#[path = "../common/untrusted.rs"]
mod untrusted;
mod web;
