//! A limit of probes that are asked and not yet answered, so that no answer finds a full buffer.

use crate::probe::Probes;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes of the receive buffer that the packets of one probe take at most: our SYN packet, the
/// answer and the kernel's own RST, each as large as the kernel counts it.
const BYTES_PER_PROBE: usize = 4096;

/// How long answers may stay away before they are taken for lost.
const PATIENCE: Duration = Duration::from_millis(20);
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
        let limit = (buffer / BYTES_PER_PROBE).max(least);
        Self { probes, limit, asked: AtomicUsize::new(probes.answered()) }
    }

    /// Waits until `count` more probes may be asked.
    pub fn enter(&self, count: usize) {
        let deadline = Instant::now() + PATIENCE;
        while !self.try_enter(count) {
            if Instant::now() > deadline {
                self.asked.store(self.probes.answered(), Ordering::Release);
            }
            thread::sleep(NAP);
        }
    }

    fn try_enter(&self, count: usize) -> bool {
        let most = self.probes.answered() + self.limit;
        let enter = |asked| (asked + count <= most).then_some(asked + count);
        self.asked.fetch_update(Ordering::AcqRel, Ordering::Acquire, enter).is_ok()
    }
}
