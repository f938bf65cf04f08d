//! A limit of probes that are asked and not yet answered, so that no answer finds a full buffer.

use crate::probe::Probes;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes of the receive buffer that the packets of one probe take at most: our SYN packet, the
/// answer and the kernel's own RST, each as large as the kernel counts it.
const BYTES_PER_PROBE: usize = 4096;

/// The most probes under way, however large the buffer is.
const MOST: usize = 512;

/// How long answers may stay away before they are taken for lost.
const PATIENCE: Duration = Duration::from_millis(50);
const NAP: Duration = Duration::from_micros(50);

/// Counts what is under way; threads share it.
pub struct Window<'a> {
    probes: &'a Probes,
    limit: usize,
    asked: AtomicUsize,
}

impl<'a> Window<'a> {
    /// A window as large as a receive buffer of so many bytes allows, but never below `least`.
    pub fn new(probes: &'a Probes, buffer: usize, least: usize) -> Self {
        let limit = (buffer / BYTES_PER_PROBE).min(MOST).max(least);
        Self { probes, limit, asked: AtomicUsize::new(probes.answered()) }
    }

    /// Waits until `count` more probes may be asked.
    pub fn enter(&self, count: usize) {
        let mut answered = self.probes.answered();
        let mut deadline = Instant::now() + PATIENCE;
        while !self.try_enter(count) {
            thread::sleep(NAP);
            if self.probes.answered() != answered {
                answered = self.probes.answered();
                deadline = Instant::now() + PATIENCE;
            } else if Instant::now() > deadline {
                self.asked.store(answered, Ordering::Release);
            }
        }
    }

    fn try_enter(&self, count: usize) -> bool {
        let most = self.probes.answered() + self.limit;
        let enter = |asked| (asked + count <= most).then_some(asked + count);
        self.asked.fetch_update(Ordering::AcqRel, Ordering::Acquire, enter).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{PATIENCE, Window};
    use crate::host::Host;
    use crate::probe::{Probes, State};
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Instant;

    fn probes() -> Probes {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Probes::new(vec![Host { address, source: address }], (1..=1000).collect()).unwrap()
    }

    #[test]
    fn a_window_opens_again_with_each_answer() {
        let probes = probes();
        let window = Window::new(&probes, 4096 * 10, 1);
        assert!(window.try_enter(10) && !window.try_enter(1));
        probes.answer(0, State::Closed);
        assert!(window.try_enter(1) && !window.try_enter(1));
    }

    #[test]
    fn a_batch_fits_into_every_window() {
        let probes = probes();
        assert!(Window::new(&probes, 0, 64).try_enter(64));
        assert!(!Window::new(&probes, usize::MAX, 64).try_enter(513));
    }

    #[test]
    fn answers_that_never_come_are_waited_for_once() {
        let probes = probes();
        let window = Window::new(&probes, 0, 64);
        let start = Instant::now();
        (0..2).for_each(|_| window.enter(64));
        assert!(start.elapsed() >= PATIENCE && start.elapsed() < 4 * PATIENCE);
    }
}
