//! The server: it listens, and has every connection answered in a thread of its own.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::connection;
use super::{Page, WebError};

/// The port that is taken if it is free and none was asked for.
pub const PORT: u16 = 8998;

/// The most connections that are answered at a time; more wait in the system's queue.
const MOST_CONNECTIONS: usize = 64;

/// How often it is looked whether somebody connects, or wants the server to stop.
const LOOK: Duration = Duration::from_millis(10);

/// A server that listens.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Listens on an address of this machine and a port: that one (0 for any that is free), or, if none
    /// is asked for, [`PORT`] or else any that is free.
    ///
    /// # Errors
    ///
    /// [`WebError::PortTaken`] if the port was asked for and something else listens there, and
    /// [`WebError::Listen`] for whatever else the operating system says.
    pub fn listen(address: IpAddr, port: Option<u16>) -> Result<Self, WebError> {
        match Self::bind(SocketAddr::new(address, port.unwrap_or(PORT))) {
            Err(error) if port.is_none() && is_of_the_port(&error) => {
                Self::bind(SocketAddr::new(address, 0))
            }
            result => result,
        }
    }

    fn bind(address: SocketAddr) -> Result<Self, WebError> {
        let refused = |source: std::io::Error| match source.kind() {
            ErrorKind::AddrInUse => WebError::PortTaken { address },
            _ => WebError::Listen { address, source },
        };
        let listener = TcpListener::bind(address).map_err(refused)?;
        listener.set_nonblocking(true).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self { listener, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether only this machine can reach it.
    pub fn is_local(&self) -> bool {
        self.address.ip().to_canonical().is_loopback()
    }

    /// Where a browser of this machine finds the page.
    pub fn url(&self) -> String {
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        format!("http://{}/", SocketAddr::new(ip, self.address.port()))
    }

    /// Serves `page` until `stop` is set. Answers that are under way then are given up with the program.
    pub fn serve(&self, page: &Page, stop: &AtomicBool) {
        let page = Arc::new(page.clone());
        while !stop.load(Ordering::Relaxed) {
            // As many as connections that hold a page, and this one.
            if Arc::strong_count(&page) > MOST_CONNECTIONS {
                thread::sleep(LOOK);
                continue;
            }
            match self.listener.accept() {
                Ok((stream, _)) => {
                    let (page, only_local) = (Arc::clone(&page), self.is_local());
                    // An error means that the browser is gone; without a thread it finds its connection
                    // closed, and asks again.
                    let _ = thread::Builder::new()
                        .spawn(move || connection::serve(stream, &page, only_local));
                }
                // Nobody connects; or somebody gave up, or there are too many open files, which passes.
                Err(_) => thread::sleep(LOOK),
            }
        }
    }
}

/// Whether another port may do: this one is taken, or Windows keeps it for itself.
fn is_of_the_port(error: &WebError) -> bool {
    match error {
        WebError::PortTaken { .. } => true,
        WebError::Listen { source, .. } => source.kind() == ErrorKind::PermissionDenied,
        _ => false,
    }
}
