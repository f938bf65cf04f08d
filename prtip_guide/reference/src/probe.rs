//! The table of probes: one for each port of each host, with what is known of it.

use crate::error::Failure;
use crate::host::Host;
use std::iter;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

/// More probes than this are refused: the table takes one byte for each.
const MOST: usize = 1 << 24;

/// What is known of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// No answer so far.
    Silent = 0,
    /// A connection is accepted.
    Open = 1,
    /// A connection is refused.
    Closed = 2,
}

/// All probes of a scan, numbered from 0, host by host; threads share it.
pub struct Probes {
    hosts: Vec<Host>,
    ports: Vec<u16>,
    states: Vec<AtomicU8>,
    answered: AtomicUsize,
}

impl Probes {
    /// A table in which no probe is answered.
    ///
    /// # Errors
    /// A [`Failure::Usage`] for more probes than the table can hold.
    pub fn new(hosts: Vec<Host>, ports: Vec<u16>) -> Result<Self, Failure> {
        let size = hosts.len() * ports.len();
        if size > MOST {
            return Err(Failure::Usage(format!(
                "{size} ports are too many: at most {MOST} in all"
            )));
        }
        let states = iter::repeat_with(AtomicU8::default).take(size).collect();
        Ok(Self { hosts, ports, states, answered: AtomicUsize::new(0) })
    }

    /// The number of probes.
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// The number of hosts.
    pub fn hosts(&self) -> usize {
        self.hosts.len()
    }

    /// The number of probes that are answered.
    pub fn answered(&self) -> usize {
        self.answered.load(Ordering::Acquire)
    }

    /// Whether every probe is answered.
    pub fn is_done(&self) -> bool {
        self.answered() == self.len()
    }

    /// The host of a probe.
    pub fn host(&self, probe: usize) -> Host {
        self.hosts[probe / self.ports.len()]
    }

    /// The address and port that a probe asks.
    pub fn target(&self, probe: usize) -> SocketAddr {
        SocketAddr::new(self.host(probe).address, self.ports[probe % self.ports.len()])
    }

    /// What is known of a probe.
    pub fn state(&self, probe: usize) -> State {
        match self.states[probe].load(Ordering::Acquire) {
            0 => State::Silent,
            1 => State::Open,
            _ => State::Closed,
        }
    }

    /// Notes the first answer to a probe; later ones change nothing.
    pub fn answer(&self, probe: usize, state: State) {
        let silent = State::Silent as u8;
        let first = self.states[probe].compare_exchange(
            silent,
            state as u8,
            Ordering::AcqRel,
            Ordering::Acquire,
        );
        if first.is_ok() {
            self.answered.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// The addresses and ports that are in `state`, in order.
    pub fn in_state(&self, state: State) -> impl Iterator<Item = SocketAddr> {
        (0..self.len())
            .filter(move |probe| self.state(*probe) == state)
            .map(|probe| self.target(probe))
    }
}

/// Hands out the numbers from 0 to an end in pieces, to any thread that asks.
pub struct Queue {
    next: AtomicUsize,
    end: usize,
    piece: usize,
}

impl Queue {
    /// A queue of the numbers below `end`, in pieces of at most `piece`.
    pub fn new(end: usize, piece: usize) -> Self {
        Self { next: AtomicUsize::new(0), end, piece }
    }

    /// The pieces that this thread gets, until no number is left.
    pub fn pieces(&self) -> impl Iterator<Item = Range<usize>> {
        iter::from_fn(|| {
            let first = self.next.fetch_add(self.piece, Ordering::Relaxed);
            (first < self.end).then(|| first..self.end.min(first + self.piece))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Probes, Queue, State};
    use crate::host::Host;
    use std::net::{IpAddr, Ipv4Addr};

    fn probes() -> Probes {
        let host = |last| {
            let address = IpAddr::V4(Ipv4Addr::new(127, 0, 0, last));
            Host { address, source: address }
        };
        Probes::new(vec![host(1), host(2)], vec![22, 80]).unwrap()
    }

    #[test]
    fn there_is_one_probe_for_each_port_of_each_host() {
        let probes = probes();
        let all: Vec<_> = (0..probes.len()).map(|probe| probes.target(probe).to_string()).collect();
        assert_eq!(all, ["127.0.0.1:22", "127.0.0.1:80", "127.0.0.2:22", "127.0.0.2:80"]);
    }

    #[test]
    fn the_first_answer_counts_and_counts_once() {
        let probes = probes();
        probes.answer(1, State::Open);
        probes.answer(1, State::Closed);
        assert_eq!((probes.state(1), probes.answered()), (State::Open, 1));
    }

    #[test]
    fn a_queue_hands_out_each_number_once() {
        let queue = Queue::new(10, 4);
        assert_eq!(queue.pieces().collect::<Vec<_>>(), [0..4, 4..8, 8..10]);
        assert_eq!(queue.pieces().next(), None);
    }
}
