//! The sockets of a scan.

use crate::error::Failure;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::AsRawFd;
use std::time::Duration;
use std::{env, io};

/// Bytes for packets that wait to be read; the kernel grants less without the privilege.
const RECEIVE_BUFFER: usize = 8 << 20;

/// How long a receiver waits before it looks whether the scan is over.
const RECEIVE_WAIT: Duration = Duration::from_millis(10);

/// A raw socket that sends whole packets and receives none.
///
/// # Errors
/// A [`Failure::Run`] that names the remedies where the privilege is missing.
pub fn sender(v6: bool) -> Result<Socket, Failure> {
    raw(v6, libc::IPPROTO_RAW)
}

/// A raw socket that receives a copy of every TCP packet for this machine.
///
/// # Errors
/// As for [`sender`].
pub fn receiver(v6: bool) -> Result<Socket, Failure> {
    let socket = raw(v6, libc::IPPROTO_TCP)?;
    let large = set(&socket, libc::SO_RCVBUFFORCE, RECEIVE_BUFFER);
    large
        .or_else(|_| socket.set_recv_buffer_size(RECEIVE_BUFFER))
        .and_then(|()| socket.set_read_timeout(Some(RECEIVE_WAIT)))
        .map_err(|error| Failure::Run(format!("cannot set up the receiving socket: {error}")))?;
    Ok(socket)
}

/// A TCP socket bound to a port that nobody listens on; others may share it, but not listen.
///
/// # Errors
/// When the kernel has no socket or no port left.
pub fn tcp(v6: bool, port: u16) -> io::Result<Socket> {
    let socket = Socket::new(domain(v6), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    keep_near(&socket, v6)?;
    let any =
        if v6 { IpAddr::V6(Ipv6Addr::UNSPECIFIED) } else { IpAddr::V4(Ipv4Addr::UNSPECIFIED) };
    socket.bind(&SockAddr::from(SocketAddr::new(any, port)))?;
    Ok(socket)
}

/// The port that a socket is bound to.
///
/// # Errors
/// When the kernel does not say.
pub fn port(socket: &Socket) -> io::Result<u16> {
    let address = socket.local_addr()?.as_socket();
    address.map(|address| address.port()).ok_or_else(|| io::Error::other("socket without a port"))
}

fn raw(v6: bool, protocol: libc::c_int) -> Result<Socket, Failure> {
    let socket = Socket::new(domain(v6), Type::RAW, Some(Protocol::from(protocol)))
        .map_err(|error| refusal(&error))?;
    keep_near(&socket, v6)
        .map_err(|error| Failure::Run(format!("cannot set up a raw socket: {error}")))?;
    Ok(socket)
}

/// Keeps packets from gateways, even if the routes change during a scan: IPv4 takes only routes
/// without one, and a gateway forwards nothing that has a single hop to go.
fn keep_near(socket: &Socket, v6: bool) -> io::Result<()> {
    if v6 {
        return socket.set_unicast_hops_v6(1);
    }
    set(socket, libc::SO_DONTROUTE, 1)?;
    socket.set_ttl_v4(1)
}

fn domain(v6: bool) -> Domain {
    if v6 { Domain::IPV6 } else { Domain::IPV4 }
}

fn refusal(error: &io::Error) -> Failure {
    if error.kind() != io::ErrorKind::PermissionDenied {
        return Failure::Run(format!("cannot open a raw socket: {error}"));
    }
    let program =
        env::current_exe().map_or_else(|_| "prtip".into(), |path| path.display().to_string());
    Failure::Run(format!(
        "a SYN scan needs raw sockets, which this user may not open: run it with sudo, or once \
         `sudo setcap cap_net_raw+ep {program}`, or use the connect scan -sT"
    ))
}

/// Sets an option of the socket level that socket2 has no name for.
fn set(socket: &Socket, option: libc::c_int, value: usize) -> io::Result<()> {
    let value = libc::c_int::try_from(value).map_err(io::Error::other)?;
    let size = libc::socklen_t::try_from(size_of_val(&value)).map_err(io::Error::other)?;
    // SAFETY: the descriptor is open while `socket` lives, and the kernel reads the four bytes of
    // `value`, whose size is given.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            option,
            (&raw const value).cast(),
            size,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
