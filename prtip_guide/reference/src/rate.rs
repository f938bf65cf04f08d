//! A limit of packets or connections a second, shared by all threads.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// A batch holds at most what may go in this part of a second, so that slow scans are even.
const PARTS: u32 = 100;

/// Hands out the moments at which threads may send.
pub struct Rate {
    per_second: Option<u32>,
    next: Mutex<Instant>,
}

impl Rate {
    /// At most `per_second` a second, or no limit.
    pub fn new(per_second: Option<u32>) -> Self {
        Self { per_second, next: Mutex::new(Instant::now()) }
    }

    /// How many of `wanted` may go at once.
    pub fn batch(&self, wanted: usize) -> usize {
        match self.per_second {
            Some(rate) => wanted.min((rate / PARTS).max(1) as usize),
            None => wanted,
        }
    }

    /// Waits until `count` more may go.
    pub fn wait(&self, count: usize) {
        if let Some(rate) = self.per_second {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            let seconds = f64::from(count) / f64::from(rate);
            let turn = self.turn(Duration::from_secs_f64(seconds));
            thread::sleep(turn.saturating_duration_since(Instant::now()));
        }
    }

    /// Takes the next free moment; time that nobody used is lost, so there is no burst later.
    fn turn(&self, cost: Duration) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = (*next).max(Instant::now());
        *next = turn + cost;
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::Rate;
    use std::time::{Duration, Instant};

    #[test]
    fn waiting_takes_as_long_as_the_rate_says() {
        let rate = Rate::new(Some(1000));
        let start = Instant::now();
        for _ in 0..6 {
            rate.wait(10);
        }
        assert!(start.elapsed() >= Duration::from_millis(50));
    }

    #[test]
    fn slow_rates_make_small_batches() {
        let batch = |rate| Rate::new(rate).batch(64);
        assert_eq!((batch(Some(10)), batch(Some(1000)), batch(Some(100_000))), (1, 10, 64));
        assert_eq!(batch(None), 64);
    }

    #[test]
    fn without_a_limit_nothing_waits() {
        let start = Instant::now();
        Rate::new(None).wait(usize::MAX);
        assert!(start.elapsed() < Duration::from_millis(50));
    }
}
