//! A block of addresses: one address, or a CIDR range.

use crate::error::Failure;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// All addresses from `first` to `last` of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    v6: bool,
    first: u128,
    last: u128,
}

impl Block {
    /// The block that holds `address` and shares its first `prefix` bits.
    pub fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        let (v6, bits, width) = match address {
            IpAddr::V4(address) => (false, u128::from(address.to_bits()), 32),
            IpAddr::V6(address) => (true, address.to_bits(), 128),
        };
        let free = u32::from(u8::checked_sub(width, prefix)?);
        let mask = 1_u128.checked_shl(free).unwrap_or(0).wrapping_sub(1);
        Some(Self { v6, first: bits & !mask, last: bits | mask })
    }

    /// Reads `127.0.0.1`, `127.0.0.0/30`, `::1` or `localhost`, which is `::1` if `v6` is wanted.
    ///
    /// # Errors
    /// A [`Failure::Usage`] for other names (none is looked up) and for a prefix that is too long.
    pub fn parse(text: &str, v6: bool) -> Result<Self, Failure> {
        let (host, prefix) = match text.split_once('/') {
            Some((host, prefix)) => (host, Some(prefix)),
            None => (text, None),
        };
        let address = match (host, v6) {
            ("localhost", false) => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            ("localhost", true) => Some(IpAddr::V6(Ipv6Addr::LOCALHOST)),
            _ => host.parse().ok(),
        };
        address
            .and_then(|address| Self::new(address, length(prefix, address)?))
            .ok_or_else(|| refusal(text))
    }

    /// Says whether the addresses are IPv6.
    pub fn is_v6(&self) -> bool {
        self.v6
    }

    /// Says whether every address of `other` is in this block.
    pub fn contains(&self, other: &Self) -> bool {
        self.v6 == other.v6 && self.first <= other.first && other.last <= self.last
    }

    /// Says whether the two blocks have an address in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.v6 == other.v6 && self.first <= other.last && other.first <= self.last
    }

    /// The number of addresses, at most `u128::MAX`.
    pub fn size(&self) -> u128 {
        (self.last - self.first).saturating_add(1)
    }

    /// All addresses, in order.
    pub fn addresses(self) -> impl Iterator<Item = IpAddr> {
        (self.first..=self.last).map(move |bits| self.address(bits))
    }

    fn address(self, bits: u128) -> IpAddr {
        if self.v6 {
            return IpAddr::V6(Ipv6Addr::from_bits(bits));
        }
        IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(bits).unwrap_or(u32::MAX)))
    }
}

impl fmt::Display for Block {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.address(self.first))?;
        if self.first < self.last {
            write!(out, " to {}", self.address(self.last))?;
        }
        Ok(())
    }
}

fn length(prefix: Option<&str>, address: IpAddr) -> Option<u8> {
    match prefix {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok(),
        Some(_) => None,
        None if address.is_ipv6() => Some(128),
        None => Some(32),
    }
}

fn refusal(text: &str) -> Failure {
    Failure::Usage(format!(
        "{text:?} is no address, no range such as 127.0.0.0/30 and not localhost (no other name is looked up)"
    ))
}

#[cfg(test)]
mod tests {
    use super::Block;

    fn block(text: &str) -> Block {
        Block::parse(text, false).unwrap()
    }

    #[test]
    fn a_range_has_every_address_that_shares_its_prefix() {
        let all: Vec<_> = block("127.0.0.2/30").addresses().map(|a| a.to_string()).collect();
        assert_eq!(all, ["127.0.0.0", "127.0.0.1", "127.0.0.2", "127.0.0.3"]);
    }

    #[test]
    fn localhost_is_an_address_of_the_wanted_family() {
        assert_eq!(block("localhost"), block("127.0.0.1"));
        assert_eq!(Block::parse("localhost", true).unwrap(), block("::1"));
    }

    #[test]
    fn the_largest_ranges_do_not_overflow() {
        assert_eq!(block("::/0").size(), u128::MAX);
        assert_eq!(block("0.0.0.0/0").size(), 1 << 32);
        assert!(block("0.0.0.0/0").contains(&block("255.255.255.255")));
    }

    #[test]
    fn blocks_of_two_families_have_nothing_in_common() {
        assert!(!block("::/0").contains(&block("127.0.0.1")));
        assert!(!block("::/0").overlaps(&block("127.0.0.1")));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "example.org",
            "127.1",
            "0177.0.0.1",
            "127.0.0.1/33",
            "::1/129",
            "127.0.0.1/",
            "127.0.0.1/+8",
            "1/2/3",
            "[::1]",
            "fe80::1%lo",
        ] {
            assert!(Block::parse(text, false).is_err(), "{text:?} was taken");
        }
    }
}
