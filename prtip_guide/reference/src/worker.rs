//! Named threads: `send-0`, `recv-0`, `connect-2`.

use std::io;
use std::thread::{Builder, Scope, ScopedJoinHandle, scope};

/// Starts the thread `name-number`.
///
/// # Errors
/// When the system has no thread left.
pub fn spawn<'scope, R: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    number: usize,
    work: impl FnOnce() -> io::Result<R> + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, io::Result<R>>> {
    Builder::new().name(format!("{name}-{number}")).spawn_scoped(scope, work)
}

/// Waits for the thread to end and returns what it returned.
///
/// # Errors
/// The thread's own error.
pub fn join<R>(thread: ScopedJoinHandle<io::Result<R>>) -> io::Result<R> {
    thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread panicked")))
}

/// Lets `count` threads do the same work; returns the sum of what they return.
///
/// # Errors
/// The first error of a thread, once all have ended.
pub fn all(
    name: &str,
    count: usize,
    work: impl Fn() -> io::Result<usize> + Sync,
) -> io::Result<usize> {
    scope(|scope| {
        let threads: Vec<_> = (0..count).map(|number| spawn(scope, name, number, &work)).collect();
        threads.into_iter().map(|thread| join(thread?)).sum()
    })
}

#[cfg(test)]
mod tests {
    use super::all;
    use std::io;
    use std::sync::Mutex;
    use std::thread;

    #[test]
    fn threads_are_named_and_their_results_added() {
        let names = Mutex::new(Vec::new());
        let work = || {
            names.lock().unwrap().push(thread::current().name().unwrap().to_owned());
            Ok(2)
        };
        assert_eq!(all("send", 3, work).unwrap(), 6);
        names.lock().unwrap().sort();
        assert_eq!(*names.lock().unwrap(), ["send-0", "send-1", "send-2"]);
    }

    #[test]
    fn an_error_of_one_thread_is_the_error_of_all() {
        assert!(all("send", 2, || Err(io::Error::other("no"))).is_err());
    }
}
