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

/// How long a port may take to answer; the kernel asks a second time after one second.
const PATIENCE: Duration = Duration::from_millis(1500);

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
fn ask(probes: &Probes, queue: &Queue, rate: &Rate, port: u16) -> io::Result<usize> {
    let mut tried = 0;
    for probe in queue.pieces().flatten() {
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
    socket.set_write_timeout(Some(PATIENCE))?;
    match socket.connect(&SockAddr::from(target)) {
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
        // What the kernel says when the time-out of writing, which is that of connecting, is over.
        _ if error.raw_os_error() == Some(libc::EINPROGRESS) => Ok(State::Silent),
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::connect;
    use crate::probe::State;
    use crate::socket;
    use std::net::{Ipv6Addr, SocketAddr, TcpListener};

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
    fn an_ipv6_port_is_asked_as_well() {
        let listener = TcpListener::bind("[::1]:0").unwrap();
        let reserved = socket::tcp(true, 0).unwrap();
        let port = socket::port(&reserved).unwrap();
        assert_eq!(connect(listener.local_addr().unwrap(), port).unwrap(), State::Open);
        assert_eq!(connect((Ipv6Addr::LOCALHOST, port).into(), port).unwrap(), State::Closed);
    }

    #[test]
    fn a_port_that_meets_itself_is_closed() {
        let reserved = socket::tcp(false, 0).unwrap();
        let port = socket::port(&reserved).unwrap();
        assert_eq!(connect(SocketAddr::from(([127, 0, 0, 1], port)), port).unwrap(), State::Closed);
    }
}
