//! Many packets in one system call: `sendmmsg` and `recvmmsg`.

use socket2::{SockAddr, SockAddrStorage, Socket};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;
use std::time::Duration;
use std::{io, mem, ptr, thread};

/// Bytes of a received packet that are kept: the longest headers of IPv4 and TCP.
const KEPT: usize = 120;

/// How long to wait when the kernel has no room for more packets.
const NO_ROOM_WAIT: Duration = Duration::from_millis(1);

/// Packets to be sent together. Their memory is used again after each batch.
#[derive(Default)]
pub struct Outbox {
    packets: Vec<(SockAddr, Vec<u8>)>,
    used: usize,
}

impl Outbox {
    /// Adds a packet to `address` and returns the empty buffer for its bytes.
    pub fn add(&mut self, address: IpAddr) -> &mut Vec<u8> {
        let address = SockAddr::from(SocketAddr::new(address, 0));
        match self.packets.get_mut(self.used) {
            Some((to, bytes)) => {
                *to = address;
                bytes.clear();
            }
            None => self.packets.push((address, Vec::with_capacity(KEPT))),
        }
        self.used += 1;
        &mut self.packets[self.used - 1].1
    }

    /// Sends all packets, empties the box and returns how many the kernel took. A packet that has
    /// no way to its host is left out.
    ///
    /// # Errors
    /// When the kernel refuses a packet for another reason.
    pub fn send(&mut self, socket: &Socket) -> io::Result<usize> {
        let mut taken = 0;
        let mut rest = &mut self.packets[..mem::take(&mut self.used)];
        while !rest.is_empty() {
            let done = match send(socket, rest) {
                Ok(count) => {
                    taken += count;
                    count
                }
                Err(error) => skip(error)?,
            };
            rest = &mut rest[done..];
        }
        Ok(taken)
    }
}

/// Says how many packets to leave out after an error: one without a way, none if there was no room.
fn skip(error: io::Error) -> io::Result<usize> {
    match error.raw_os_error() {
        Some(libc::EHOSTUNREACH | libc::EHOSTDOWN) => Ok(1),
        Some(libc::EAGAIN | libc::ENOBUFS | libc::EINTR) => {
            thread::sleep(NO_ROOM_WAIT);
            Ok(0)
        }
        _ => Err(error),
    }
}

fn send(socket: &Socket, packets: &mut [(SockAddr, Vec<u8>)]) -> io::Result<usize> {
    let mut parts: Vec<_> = packets.iter_mut().map(|(_, bytes)| part(bytes)).collect();
    let mut messages: Vec<_> = packets
        .iter()
        .zip(&mut parts)
        .map(|((to, _), part)| message(to.as_ptr().cast_mut(), to.len(), part))
        .collect();
    let count = length(&messages)?;
    // SAFETY: each message points to an address, a part and a buffer that live in `packets` and
    // `parts` until the call returns; the kernel only reads addresses and buffers.
    let sent = unsafe { libc::sendmmsg(socket.as_raw_fd(), messages.as_mut_ptr(), count, 0) };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// Room for packets that are received together.
pub struct Inbox {
    buffers: Vec<[u8; KEPT]>,
}

impl Inbox {
    /// Room for `size` packets.
    pub fn new(size: usize) -> Self {
        Self { buffers: vec![[0; KEPT]; size] }
    }

    /// Waits for a packet, takes all that are there and hands each with its sender to `each`.
    /// Returns how many there were: none after the socket's time-out.
    ///
    /// # Errors
    /// When the kernel does not let the socket receive.
    pub fn receive(
        &mut self,
        socket: &Socket,
        mut each: impl FnMut(IpAddr, &[u8]),
    ) -> io::Result<usize> {
        let received = match receive(socket, &mut self.buffers) {
            Ok(received) => received,
            Err(error) if is_pause(&error) => return Ok(0),
            Err(error) => return Err(error),
        };
        for ((address, length), buffer) in received.iter().zip(&self.buffers) {
            if let Some(address) = address {
                each(*address, &buffer[..*length]);
            }
        }
        Ok(received.len())
    }
}

fn is_pause(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// Fills the buffers and returns the sender and length of each packet received.
fn receive(
    socket: &Socket,
    buffers: &mut [[u8; KEPT]],
) -> io::Result<Vec<(Option<IpAddr>, usize)>> {
    let mut senders: Vec<_> = buffers.iter().map(|_| SockAddrStorage::zeroed()).collect();
    let mut parts: Vec<_> = buffers.iter_mut().map(|buffer| part(buffer)).collect();
    let mut messages: Vec<_> = senders
        .iter_mut()
        .zip(&mut parts)
        .map(|(sender, part)| message(sender, sender.size_of(), part))
        .collect();
    let count = length(&messages)?;
    let (wait, no_limit) = (libc::MSG_WAITFORONE, ptr::null_mut());
    // SAFETY: each message points to a storage, a part and a buffer that live in `senders`, `parts`
    // and `buffers` until the call returns, nothing else refers to them, and their sizes are given.
    let got =
        unsafe { libc::recvmmsg(socket.as_raw_fd(), messages.as_mut_ptr(), count, wait, no_limit) };
    let got = usize::try_from(got).map_err(|_| io::Error::last_os_error())?;
    Ok(messages
        .iter()
        .zip(senders)
        .take(got)
        .map(|(message, sender)| origin(message, sender))
        .collect())
}

fn origin(message: &libc::mmsghdr, sender: SockAddrStorage) -> (Option<IpAddr>, usize) {
    // SAFETY: the storage was all zero, and the kernel wrote an address of this length into it.
    let address = unsafe { SockAddr::new(sender, message.msg_hdr.msg_namelen) };
    (address.as_socket().map(|address| address.ip()), message.msg_len as usize)
}

fn part(bytes: &mut [u8]) -> libc::iovec {
    libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() }
}

fn message(
    address: *mut SockAddrStorage,
    size: libc::socklen_t,
    part: &mut libc::iovec,
) -> libc::mmsghdr {
    // SAFETY: all-zero bytes are a valid `mmsghdr`: null pointers and lengths of zero.
    let mut message: libc::mmsghdr = unsafe { mem::zeroed() };
    message.msg_hdr.msg_name = address.cast();
    message.msg_hdr.msg_namelen = size;
    message.msg_hdr.msg_iov = part;
    message.msg_hdr.msg_iovlen = 1;
    message
}

fn length(messages: &[libc::mmsghdr]) -> io::Result<libc::c_uint> {
    libc::c_uint::try_from(messages.len()).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::{Inbox, Outbox, skip};
    use socket2::{Domain, SockAddr, Socket, Type};
    use std::io;
    use std::net::{IpAddr, Ipv4Addr, SocketAddr};
    use std::time::Duration;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    /// Two sockets that need no privilege: what the first sends, the second receives.
    fn pair() -> (Socket, Socket) {
        let socket = || Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
        let (sender, receiver) = (socket(), socket());
        receiver.bind(&SockAddr::from(SocketAddr::new(HERE, 0))).unwrap();
        receiver.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        (sender, receiver)
    }

    fn send(sender: &Socket, receiver: &Socket, bytes: &[&[u8]]) {
        let mut outbox = Outbox::default();
        for bytes in bytes {
            outbox.add(HERE).extend_from_slice(bytes);
        }
        let to = receiver.local_addr().unwrap();
        outbox.packets.iter_mut().for_each(|packet| packet.0 = to.clone());
        assert_eq!(outbox.send(sender).unwrap(), bytes.len());
        assert_eq!(outbox.send(sender).unwrap(), 0);
    }

    #[test]
    fn a_batch_arrives_whole_and_in_order() {
        let (sender, receiver) = pair();
        send(&sender, &receiver, &[b"one", b"two", b"three"]);
        let (mut inbox, mut seen) = (Inbox::new(64), Vec::new());
        let count = inbox.receive(&receiver, |from, bytes| seen.push((from, bytes.to_vec())));
        assert_eq!(count.unwrap(), 3);
        assert_eq!(
            seen,
            [(HERE, b"one".to_vec()), (HERE, b"two".to_vec()), (HERE, b"three".to_vec())]
        );
    }

    #[test]
    fn an_inbox_takes_no_more_than_it_has_room_for() {
        let (sender, receiver) = pair();
        send(&sender, &receiver, &[b"x".as_slice(); 10]);
        let mut inbox = Inbox::new(8);
        let mut receive = || inbox.receive(&receiver, |_, _| {}).unwrap();
        assert_eq!((receive(), receive(), receive()), (8, 2, 0));
    }

    #[test]
    fn a_long_packet_is_cut() {
        let (sender, receiver) = pair();
        send(&sender, &receiver, &[&[7; 500]]);
        let mut seen = 0;
        Inbox::new(1).receive(&receiver, |_, bytes| seen = bytes.len()).unwrap();
        assert_eq!(seen, super::KEPT);
    }

    #[test]
    fn only_a_packet_without_a_way_is_left_out() {
        let skipped = |code| skip(io::Error::from_raw_os_error(code)).ok();
        assert_eq!(skipped(libc::EHOSTUNREACH), Some(1));
        assert_eq!(skipped(libc::ENOBUFS), Some(0));
        assert_eq!(skipped(libc::EPERM), None);
    }
}
