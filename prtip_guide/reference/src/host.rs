//! The hosts to scan, each with the address that packets to it come from.

use crate::block::Block;
use crate::error::Failure;
use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// More addresses than this are refused, so that the lists of a scan fit in memory.
const MOST: u128 = 1 << 20;

/// One host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host {
    /// The address to scan.
    pub address: IpAddr,
    /// The address of this machine that the kernel sends from.
    pub source: IpAddr,
}

/// Lists the hosts of all blocks in order, each once; warns of addresses that are no host's.
///
/// # Errors
/// A [`Failure::Usage`] for too many addresses, a [`Failure::Run`] where the kernel has no route.
pub fn list(blocks: &[Block]) -> Result<Vec<Host>, Failure> {
    let asked = blocks.iter().fold(0, |sum: u128, block| sum.saturating_add(block.size()));
    if asked > MOST {
        return Err(Failure::Usage(format!("{asked} addresses are too many: at most {MOST}")));
    }
    let addresses: BTreeSet<_> = blocks.iter().flat_map(|block| block.addresses()).collect();
    let mut hosts = Vec::with_capacity(addresses.len());
    for address in addresses {
        match source(address) {
            Ok(source) => hosts.push(Host { address, source }),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                eprintln!("prtip: {address} is left out: a broadcast address");
            }
            Err(error) => return Err(unreachable(address, &error)),
        }
    }
    Ok(hosts)
}

/// Asks the kernel which address it would send from; a UDP `connect` sends no packet.
fn source(address: IpAddr) -> io::Result<IpAddr> {
    let any = match address {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0))?;
    socket.connect(SocketAddr::new(address, 9))?;
    let source = socket.local_addr()?.ip();
    if source.is_loopback() != address.is_loopback() {
        return Err(io::Error::other(format!("packets would leave from {source}")));
    }
    Ok(source)
}

fn unreachable(address: IpAddr, error: &io::Error) -> Failure {
    let remedy =
        if address.is_loopback() { "; is the interface lo up? (ip link set lo up)" } else { "" };
    Failure::Run(format!("{address} cannot be reached: {error}{remedy}"))
}

#[cfg(test)]
mod tests {
    use super::list;
    use crate::block::Block;

    fn hosts(targets: &[&str]) -> Vec<String> {
        let blocks: Vec<_> =
            targets.iter().map(|text| Block::parse(text, false).unwrap()).collect();
        list(&blocks).unwrap().iter().map(|host| host.address.to_string()).collect()
    }

    #[test]
    fn hosts_are_sorted_and_each_is_listed_once() {
        assert_eq!(
            hosts(&["127.0.0.2", "127.0.0.1/31", "127.0.0.1"])[1..],
            ["127.0.0.1", "127.0.0.2"]
        );
    }

    #[test]
    fn a_loopback_host_is_reached_from_a_loopback_address() {
        let all = list(&[Block::parse("127.0.0.9", false).unwrap()]).unwrap();
        assert!(all[0].source.is_loopback());
    }

    #[test]
    fn too_many_addresses_are_refused() {
        assert!(list(&[Block::parse("127.0.0.0/8", false).unwrap()]).is_err());
    }
}
