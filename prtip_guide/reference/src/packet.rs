//! The packets of a SYN scan: those that ask and those that answer.

use crate::host::Host;
use crate::probe::State;
use etherparse::{Ipv4HeaderSlice, PacketBuilder, TcpHeaderSlice, TcpOptionElement};
use std::io;
use std::net::IpAddr;

/// Hops that a packet may take: none past this machine's own networks.
const HOPS: u8 = 1;
const WINDOW: u16 = 1024;

/// Appends a SYN packet, IP header included, to `out`.
///
/// # Errors
/// When the packet cannot be built, which no host of a single family causes.
pub fn syn(out: &mut Vec<u8>, host: Host, from: u16, to: u16, sequence: u32) -> io::Result<()> {
    let ip = match (host.source, host.address) {
        (IpAddr::V4(source), IpAddr::V4(address)) => {
            PacketBuilder::ipv4(source.octets(), address.octets(), HOPS)
        }
        (IpAddr::V6(source), IpAddr::V6(address)) => {
            PacketBuilder::ipv6(source.octets(), address.octets(), HOPS)
        }
        _ => return Err(io::Error::other("source and address are of two families")),
    };
    ip.tcp(from, to, sequence, WINDOW)
        .syn()
        .options(&[TcpOptionElement::MaximumSegmentSize(1460)])
        .map_err(io::Error::other)?
        .write(out, &[])
        .map_err(io::Error::other)
}

/// What a packet says about the port that it comes from.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// The port that answers.
    pub from: u16,
    /// The port that asked.
    pub to: u16,
    /// The sequence number of the SYN packet that it answers.
    pub sequence: u32,
    /// Open for SYN-ACK, closed for RST.
    pub state: State,
}

/// Reads a received packet: IPv4 with its header, IPv6 from the TCP header on, as raw sockets give
/// them. Whatever is no answer to a SYN packet gives `None`, our own SYN packets among them.
pub fn answer(packet: &[u8], v6: bool) -> Option<Answer> {
    let start = if v6 { 0 } else { Ipv4HeaderSlice::from_slice(packet).ok()?.slice().len() };
    let tcp = TcpHeaderSlice::from_slice(&packet[start..]).ok()?;
    let state = match (tcp.ack(), tcp.syn(), tcp.rst()) {
        (true, true, false) => State::Open,
        (true, false, true) => State::Closed,
        _ => return None,
    };
    Some(Answer {
        from: tcp.source_port(),
        to: tcp.destination_port(),
        sequence: tcp.acknowledgment_number().wrapping_sub(1),
        state,
    })
}

#[cfg(test)]
mod tests {
    use super::{Answer, answer, syn};
    use crate::host::Host;
    use crate::probe::State;
    use etherparse::{Ipv4Slice, Ipv6Slice, PacketBuilder, TcpSlice};

    fn host(address: &str) -> Host {
        let address = address.parse().unwrap();
        Host { address, source: address }
    }

    fn built(address: &str) -> Vec<u8> {
        let mut packet = Vec::new();
        syn(&mut packet, host(address), 40_000, 80, 7).unwrap();
        packet
    }

    #[test]
    fn a_syn_packet_has_the_right_checksums_on_ipv4() {
        let packet = built("127.0.0.1");
        let ip = Ipv4Slice::from_slice(&packet).unwrap();
        let tcp = TcpSlice::from_slice(ip.payload().payload).unwrap();
        assert_eq!(ip.header().to_header().calc_header_checksum(), ip.header().header_checksum());
        assert_eq!(tcp.calc_checksum_ipv4([127, 0, 0, 1], [127, 0, 0, 1]), Ok(tcp.checksum()));
        assert!(tcp.syn() && !tcp.ack());
        assert_eq!(
            (tcp.source_port(), tcp.destination_port(), tcp.sequence_number()),
            (40_000, 80, 7)
        );
    }

    #[test]
    fn a_syn_packet_has_the_right_checksum_on_ipv6() {
        let packet = built("::1");
        let ip = Ipv6Slice::from_slice(&packet).unwrap();
        let tcp = TcpSlice::from_slice(ip.payload().payload).unwrap();
        let one = std::net::Ipv6Addr::LOCALHOST.octets();
        assert_eq!(tcp.calc_checksum_ipv6(one, one), Ok(tcp.checksum()));
    }

    fn received(open: bool) -> Vec<u8> {
        let tcp =
            PacketBuilder::ipv4([127, 0, 0, 1], [127, 0, 0, 1], 64).tcp(80, 40_000, 0, 0).ack(8);
        let mut packet = Vec::new();
        if open { tcp.syn() } else { tcp.rst() }.write(&mut packet, &[]).unwrap();
        packet
    }

    #[test]
    fn syn_ack_means_open_and_rst_means_closed() {
        for (open, state) in [(true, State::Open), (false, State::Closed)] {
            let seen = Answer { from: 80, to: 40_000, sequence: 7, state };
            assert_eq!(answer(&received(open), false), Some(seen));
        }
    }

    #[test]
    fn an_ipv6_answer_starts_with_its_tcp_header() {
        assert_eq!(answer(&received(true)[20..], true).unwrap().state, State::Open);
    }

    #[test]
    fn our_own_packets_and_broken_ones_are_no_answers() {
        assert_eq!(answer(&built("127.0.0.1"), false), None);
        for end in 0..received(true).len() {
            assert_eq!(answer(&received(true)[..end], false), None);
        }
    }
}
