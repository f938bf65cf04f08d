//! The routes of the network namespace, as the kernel lists them in `/proc/net`.

use crate::block::Block;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::{fs, io};

const GATEWAY: u32 = 0x2;
const REJECT: u32 = 0x200;

/// A shorter prefix than this counts as a default route: `0.0.0.0/1` leads anywhere, too.
const DEFAULT_PREFIX: u8 = 8;

/// One route that carries packets.
#[derive(Debug, PartialEq, Eq)]
pub struct Route {
    /// The addresses that it leads to.
    pub to: Block,
    /// Whether another machine passes the packets on.
    pub gateway: bool,
    /// Whether it leads to addresses in general.
    pub default: bool,
}

/// Reads the routes of both families.
///
/// # Errors
/// When a list cannot be read or understood. The list of IPv6 is missing on a kernel without it.
pub fn read() -> io::Result<Vec<Route>> {
    let mut routes = parse(&fs::read_to_string("/proc/net/route")?, 1, route_v4)?;
    match fs::read_to_string("/proc/net/ipv6_route") {
        Ok(list) => routes.extend(parse(&list, 0, route_v6)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    Ok(routes)
}

type Entry = fn(&[&str]) -> Option<(Block, u8, bool, u32)>;

/// Reads all lines after the first `skip`; a line that is not understood is an error.
fn parse(list: &str, skip: usize, entry: Entry) -> io::Result<Vec<Route>> {
    let mut routes = Vec::new();
    for line in list.lines().skip(skip) {
        let fields: Vec<_> = line.split_whitespace().collect();
        let (to, prefix, hop, flags) = entry(&fields)
            .ok_or_else(|| io::Error::other(format!("route not understood: {line}")))?;
        if flags & REJECT == 0 {
            routes.push(Route {
                to,
                gateway: hop || flags & GATEWAY != 0,
                default: prefix < DEFAULT_PREFIX,
            });
        }
    }
    Ok(routes)
}

/// `Iface Destination Gateway Flags RefCnt Use Metric Mask …`, words in the machine's byte order.
fn route_v4(fields: &[&str]) -> Option<(Block, u8, bool, u32)> {
    let word = |at: usize| u32::from_str_radix(fields.get(at)?, 16).ok();
    let address = Ipv4Addr::from(word(1)?.to_ne_bytes());
    let prefix = u8::try_from(word(7)?.count_ones()).ok()?;
    let to = Block::new(IpAddr::V4(address), prefix)?;
    Some((to, prefix, word(2)? != 0, word(3)?))
}

/// `destination prefix source prefix next-hop metric references use flags device`.
fn route_v6(fields: &[&str]) -> Option<(Block, u8, bool, u32)> {
    let bits = |at: usize| u128::from_str_radix(fields.get(at)?, 16).ok();
    let prefix = u8::from_str_radix(fields.get(1)?, 16).ok()?;
    let to = Block::new(IpAddr::V6(Ipv6Addr::from_bits(bits(0)?)), prefix)?;
    let flags = u32::from_str_radix(fields.get(8)?, 16).ok()?;
    Some((to, prefix, bits(4)? != 0, flags))
}

#[cfg(test)]
pub mod tests {
    use super::{Route, parse, route_v4, route_v6};
    use crate::block::Block;

    /// A route to `to`, for the tests of this and other modules.
    pub fn route(to: &str, gateway: bool, default: bool) -> Route {
        let to = Block::parse(to, false).unwrap();
        Route { to, gateway, default }
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn the_kernels_list_of_ipv4_is_understood() {
        let list = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n\
            eth0 00000000 010200C0 0003 0 0 0 00000000 0 0 0\n\
            eth0 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n\
            * 0000000A 00000000 0201 0 0 0 000000FF 0 0 0\n";
        let seen = parse(list, 1, route_v4).unwrap();
        assert_eq!(seen, [route("0.0.0.0/0", true, true), route("192.0.2.0/24", false, false)]);
    }

    #[test]
    fn the_kernels_list_of_ipv6_is_understood_and_its_null_route_left_out() {
        let none = "0".repeat(32);
        let list = format!(
            "fd{:030} 40 {none} 00 {none} 00000100 00000001 00000000 00000001 eth0\n\
             {none} 00 {none} 00 {none} ffffffff 00000001 00000000 00200200 lo\n\
             {none} 00 {none} 00 fd{:030} 00000400 00000002 00000000 00000003 eth0\n",
            0, 1
        );
        let seen = parse(&list, 0, route_v6).unwrap();
        assert_eq!(seen, [route("fd00::/64", false, false), route("::/0", true, true)]);
    }

    #[test]
    fn a_line_that_is_not_understood_is_an_error() {
        assert!(parse("eth0 nonsense\n", 0, route_v4).is_err());
        assert!(parse("nonsense\n", 0, route_v6).is_err());
    }
}
