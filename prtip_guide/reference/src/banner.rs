//! What an open port says first.

use crate::probe::Queue;
use crate::rate::Rate;
use crate::{socket, worker};
use socket2::SockAddr;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long a service may take to accept, and then to speak.
const PATIENCE: Duration = Duration::from_millis(500);

/// Threads that wait for services to speak, which takes them no work.
const THREADS: usize = 16;

/// Bytes of a banner that are read.
const LONGEST: usize = 256;

/// Reads a banner from each of the ports; a port that says nothing has none.
///
/// # Errors
/// When the system has no thread left.
pub fn read(ports: &[SocketAddr], rate: &Rate) -> io::Result<Vec<Option<String>>> {
    let banners = Mutex::new(vec![None; ports.len()]);
    let queue = Queue::new(ports.len(), 1);
    worker::all("banner", THREADS.min(ports.len()), || {
        for port in queue.pieces().flatten() {
            rate.wait(1);
            let banner = banner(ports[port]).ok().filter(|text| !text.is_empty());
            banners.lock().unwrap_or_else(PoisonError::into_inner)[port] = banner;
        }
        Ok(0)
    })?;
    Ok(banners.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn banner(port: SocketAddr) -> io::Result<String> {
    let mut stream = socket::tcp(port.is_ipv6(), 0)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.connect(&SockAddr::from(port))?;
    let mut bytes = [0; LONGEST];
    let length = stream.read(&mut bytes)?;
    Ok(first_line(&bytes[..length]))
}

/// The first line, with everything that a terminal could act on written as an escape.
fn first_line(bytes: &[u8]) -> String {
    let line = bytes.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    let escape = |byte: &u8| match byte {
        b' '..=b'~' => char::from(*byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    line.iter().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::{first_line, read};
    use crate::rate::Rate;
    use std::io::Write;
    use std::net::TcpListener;
    use std::thread;

    #[test]
    fn a_banner_is_its_first_line_without_control_characters() {
        assert_eq!(first_line(b"SSH-2.0-x\r\nmore"), "SSH-2.0-x");
        assert_eq!(first_line(b"\x1b[31m\xff\\"), "\\x1b[31m\\xff\\");
        assert_eq!(first_line(b""), "");
    }

    #[test]
    fn a_service_that_says_nothing_has_no_banner() {
        let (loud, mute) =
            (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let ports = [loud.local_addr().unwrap(), mute.local_addr().unwrap()];
        let service =
            thread::spawn(move || loud.accept().unwrap().0.write_all(b"hello\n").unwrap());
        assert_eq!(read(&ports, &Rate::new(None)).unwrap(), [Some("hello".into()), None]);
        service.join().unwrap();
    }
}
