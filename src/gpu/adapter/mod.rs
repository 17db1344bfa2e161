//! Finding and choosing adapters.

mod backends;
mod choice;
mod description;
mod found;
mod list;

pub use choice::AdapterChoice;
pub use description::AdapterDescription;
pub use found::{Found, list_adapters};
pub use list::{AdapterList, Otherwise};
