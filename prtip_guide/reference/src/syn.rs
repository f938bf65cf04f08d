//! The SYN scan: threads that send, one that receives, and rounds for what got no answer.

use crate::batch::{Inbox, Outbox};
use crate::error::Failure;
use crate::packet;
use crate::probe::{Probes, Queue, State};
use crate::rate::Rate;
use crate::socket;
use crate::window::Window;
use crate::worker;
use socket2::Socket;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// How long to wait for late answers after each round of sending, in milliseconds.
const ROUNDS: [u64; 3] = [100, 200, 400];

/// What all threads of a SYN scan share.
struct Scan<'a> {
    probes: &'a Probes,
    rate: &'a Rate,
    sender: Socket,
    receiver: Socket,
    /// Bytes that the kernel keeps for the receiver.
    buffer: usize,
    /// The port that packets are sent from.
    port: u16,
    /// Added to a probe's number, it is the sequence number of the packet that asks it.
    secret: u32,
    batch: usize,
    over: AtomicBool,
}

/// Scans all probes, which are of one family, and returns the number of packets sent.
///
/// # Errors
/// A [`Failure::Run`] when the privilege is missing or the kernel refuses to send or receive.
pub fn scan(probes: &Probes, rate: &Rate, threads: usize, batch: usize) -> Result<usize, Failure> {
    let v6 = probes.host(0).address.is_ipv6();
    let (sender, receiver) = (socket::sender(v6)?, socket::receiver(v6)?);
    let run = || {
        // Kept until the scan is over, so that nobody else gets the port.
        let reserved = socket::tcp(v6, 0)?;
        let scan = Scan {
            probes,
            rate,
            buffer: receiver.recv_buffer_size()?,
            sender,
            receiver,
            port: socket::port(&reserved)?,
            secret: random(),
            batch: rate.batch(batch),
            over: AtomicBool::new(false),
        };
        scan.run(threads)
    };
    run().map_err(|error: io::Error| Failure::Run(format!("the SYN scan failed: {error}")))
}

/// A number that nobody else can foresee, so that only real answers count.
fn random() -> u32 {
    let [a, b, c, d, ..] = RandomState::new().hash_one(()).to_ne_bytes();
    u32::from_ne_bytes([a, b, c, d])
}

/// A probe's number, which the table's size keeps small.
fn number(probe: usize) -> io::Result<u32> {
    u32::try_from(probe).map_err(io::Error::other)
}

impl Scan<'_> {
    fn run(&self, threads: usize) -> io::Result<usize> {
        thread::scope(|scope| {
            let main = thread::current();
            let receiver = worker::spawn(scope, "recv", 0, move || self.receive(&main))?;
            let sent = self.rounds(threads);
            self.over.store(true, Ordering::Release);
            worker::join(receiver)?;
            sent
        })
    }

    /// Asks what is not answered, again if need be; returns the number of packets sent.
    fn rounds(&self, threads: usize) -> io::Result<usize> {
        let mut sent = 0;
        for patience in ROUNDS.map(Duration::from_millis) {
            let queue = Queue::new(self.probes.len(), self.batch);
            let window = Window::new(self.probes, self.buffer, self.batch);
            sent += worker::all("send", threads, || self.send(&queue, &window))?;
            self.wait(patience);
            if self.probes.is_done() {
                break;
            }
        }
        Ok(sent)
    }

    /// Sends packets as long as the queue has probes; returns how many.
    fn send(&self, queue: &Queue, window: &Window) -> io::Result<usize> {
        let mut outbox = Outbox::default();
        let mut sent = 0;
        for probes in queue.pieces() {
            let count = self.fill(&mut outbox, probes)?;
            window.enter(count);
            self.rate.wait(count);
            sent += outbox.send(&self.sender)?;
        }
        Ok(sent)
    }

    /// Adds a packet for each probe without an answer; returns how many.
    fn fill(&self, outbox: &mut Outbox, probes: impl Iterator<Item = usize>) -> io::Result<usize> {
        let mut count = 0;
        for probe in probes.filter(|probe| self.probes.state(*probe) == State::Silent) {
            let (host, port) = (self.probes.host(probe), self.probes.target(probe).port());
            let sequence = self.secret.wrapping_add(number(probe)?);
            packet::syn(outbox.add(host.address), host, self.port, port, sequence)?;
            count += 1;
        }
        Ok(count)
    }

    /// Waits until all is answered, or for as long as answers come, with this much between them.
    fn wait(&self, patience: Duration) {
        let mut before = self.probes.answered();
        let mut deadline = Instant::now() + patience;
        while !self.probes.is_done() && Instant::now() < deadline {
            thread::park_timeout(deadline.saturating_duration_since(Instant::now()));
            if self.probes.answered() != before {
                before = self.probes.answered();
                deadline = Instant::now() + patience;
            }
        }
    }

    /// Reads answers until the scan is over, and wakes `main` at the last one.
    fn receive(&self, main: &Thread) -> io::Result<()> {
        let mut inbox = Inbox::new(self.batch);
        while !self.over.load(Ordering::Acquire) && !self.probes.is_done() {
            inbox.receive(&self.receiver, |from, packet| self.note(from, packet))?;
        }
        main.unpark();
        Ok(())
    }

    /// Notes what a packet says, if it answers one of ours: the right port and host, our secret.
    fn note(&self, from: IpAddr, bytes: &[u8]) {
        let Some(answer) = packet::answer(bytes, from.is_ipv6()) else { return };
        let probe = answer.sequence.wrapping_sub(self.secret) as usize;
        if answer.to != self.port || probe >= self.probes.len() {
            return;
        }
        let target = self.probes.target(probe);
        if (target.ip(), target.port()) == (from, answer.from) {
            self.probes.answer(probe, answer.state);
        }
    }
}
