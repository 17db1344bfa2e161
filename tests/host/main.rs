//! The tests that need no adapter. One program for all of them, because each would link the whole
//! library.

mod architecture;
mod cli;
mod cpu;
mod cpu_recipes;
mod data;
#[path = "../common/digits.rs"]
mod digits;
#[path = "../common/driving.rs"]
mod driving;
mod first_losses;
#[path = "../common/fixtures.rs"]
mod fixtures;
mod gradients;
mod picture_kinds;
#[path = "../common/pictures/mod.rs"]
mod pictures;
#[path = "../common/program.rs"]
mod program;
mod pytorch;
mod shaders;
mod step_by_step;
mod translations;
mod web;
