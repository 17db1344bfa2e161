//! Whom a browser believes to talk to.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether `host`, the value of the header of that name, is a name of this machine that no other can
/// have: `localhost` or a loopback address, with or without a port.
///
/// A foreign page can have its own name resolved to 127.0.0.1 once it is loaded (DNS rebinding) and then
/// read what it finds there as if it were its own; but the browser still sends that name. The port may be
/// another than the server's, because a tunnel may lead to it.
pub fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let in_brackets = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    match in_brackets {
        Some(address) => address
            .parse()
            .is_ok_and(|address: Ipv6Addr| address.is_loopback()),
        None => {
            name.eq_ignore_ascii_case("localhost")
                || name
                    .parse()
                    .is_ok_and(|address: Ipv4Addr| address.is_loopback())
        }
    }
}
