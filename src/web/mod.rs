//! The page that trains networks in a browser: where its files come from, and a small server that hands
//! them to a browser of this machine.

mod answer;
mod connection;
mod embedded;
mod error;
mod host;
mod media;
mod page;
mod place;
mod request;
mod server;
mod status;

pub use error::WebError;
pub use page::Page;
pub use server::{PORT, Server};
