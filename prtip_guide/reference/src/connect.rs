//! The connect scan: the kernel's own `connect`, from several threads.

use crate::error::Failure;
use crate::probe::{Probes, Queue, State};
use crate::rate::Rate;
use crate::socket;
use crate::worker;
use socket2::SockAddr;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

/// How long a port may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Scans all probes, which are of one family, and returns the number of connections tried.
///
/// # Errors
/// A [`Failure::Run`] when the kernel has no socket left or refuses to connect.
pub fn scan(probes: &Probes, rate: &Rate, threads: usize, piece: usize) -> Result<usize, Failure> {
    let run = || {
        // All connections come from this one port, on which nobody listens: with ports of the
        // kernel's choice, one that is scanned could meet itself and look open.
        let reserved = socket::tcp(probes.host(0).address.is_ipv6(), 0)?;
        let port = socket::port(&reserved)?;
        let queue = Queue::new(probes.len(), piece);
        worker::all("connect", threads, || ask(probes, &queue, rate, port))
    };
    run().map_err(|error: io::Error| Failure::Run(format!("the connect scan failed: {error}")))
}

/// Connects as long as the queue has probes; returns how often.
fn ask(probes: &Probes, mut queue: &Queue, rate: &Rate, port: u16) -> io::Result<usize> {
    let mut tried = 0;
    for probe in queue.by_ref().flatten() {
        rate.wait(1);
        tried += 1;
        match connect(probes.target(probe), port)? {
            State::Silent => {}
            state => probes.answer(probe, state),
        }
    }
    Ok(tried)
}

fn connect(target: SocketAddr, port: u16) -> io::Result<State> {
    let socket = socket::tcp(target.is_ipv6(), port)?;
    // Without a goodbye: no connection stays behind in TIME_WAIT.
    socket.set_linger(Some(Duration::ZERO))?;
    match socket.connect_timeout(&SockAddr::from(target), PATIENCE) {
        Ok(()) if socket.local_addr()?.as_socket() == Some(target) => Ok(State::Closed),
        Ok(()) => Ok(State::Open),
        Err(error) => failed(error),
    }
}

/// What a failed connection says about the port.
fn failed(error: io::Error) -> io::Result<State> {
    match error.kind() {
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => Ok(State::Closed),
        ErrorKind::TimedOut | ErrorKind::HostUnreachable => Ok(State::Silent),
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::connect;
    use crate::probe::State;
    use crate::socket;
    use std::net::{SocketAddr, TcpListener};

    fn asked(target: SocketAddr) -> State {
        let reserved = socket::tcp(false, 0).unwrap();
        connect(target, socket::port(&reserved).unwrap()).unwrap()
    }

    #[test]
    fn a_port_is_open_while_somebody_listens() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = listener.local_addr().unwrap();
        assert_eq!(asked(target), State::Open);
        drop(listener);
        assert_eq!(asked(target), State::Closed);
    }

    #[test]
    fn a_port_that_meets_itself_is_closed() {
        let reserved = socket::tcp(false, 0).unwrap();
        let port = socket::port(&reserved).unwrap();
        assert_eq!(connect(SocketAddr::from(([127, 0, 0, 1], port)), port).unwrap(), State::Closed);
    }
}
