//! What can go wrong before a page is served.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// A page that cannot be served.
#[derive(Debug, Error)]
pub enum WebError {
    /// The folder given for the page does not exist or is not a folder.
    #[error("{}: no such folder; expected a page that was built", folder.display())]
    MissingFolder {
        /// The folder that was asked for.
        folder: PathBuf,
    },

    /// The folder is there, but has not what a page begins with.
    #[error("{}: there is no index.html in it; expected a page that was built", folder.display())]
    NoPage {
        /// The folder that was asked for.
        folder: PathBuf,
    },

    /// The crate was built without the page inside.
    #[error("this program was built without the page inside (cargo feature web-page)")]
    NothingEmbedded,

    /// Something else listens there already.
    #[error("{address} is taken: another program listens there")]
    PortTaken {
        /// Where the server was to listen.
        address: SocketAddr,
    },

    /// The operating system does not let the server listen.
    #[error("cannot listen on {address} ({source})")]
    Listen {
        /// Where the server was to listen.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
}
