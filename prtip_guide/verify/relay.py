"""The other side of an uplink: carries what a sandbox sends to a registry's name, and nothing else.

A program of its own. It listens inside the sandbox's network namespace, on one loopback address for
each registry, and connects from outside to the registry of that address. Nothing inside chooses where
to: the sandbox has no other interface, and this process has no other destination. A connection that
asks for another name, as of a neighbour on the same servers, is closed.
"""

import asyncio

# asyncio imports these when it first looks up a name, and by then the interpreter's folder may be closed to it.
import concurrent.futures.thread
import contextlib
import encodings.idna
import json
import os
import socket
import sys

from prtip_guide.verify import linux
from prtip_guide.verify.registry import address

HELLO_BYTES = 1 << 15
CHUNK = 1 << 16
HELLO_SECONDS = 30
NOBODY = 65534
NEEDED_LATER = (concurrent.futures.thread, encodings.idna)


def main(pid: int, privileged: bool, registries: str, ready: int, alive: int) -> None:
    """Listen in the namespaces of process ``pid`` until the other side of ``alive`` is closed."""
    places: list[tuple[str, int, bool]] = json.loads(registries)
    listeners = _listeners(pid, privileged, places)
    if privileged:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    asyncio.run(_serve(places, listeners, ready, alive))


def _listeners(pid: int, privileged: bool, places: list[tuple[str, int, bool]]) -> list[socket.socket]:
    """Sockets that were made inside; a child makes them, as there is no way back from a user namespace."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    child = os.fork()
    if child == 0:
        code = 1
        with contextlib.suppress(OSError):
            if not privileged:
                linux.enter(f"/proc/{pid}/ns/user")
            linux.enter(f"/proc/{pid}/ns/net")
            for number, (_, port, _) in enumerate(places):
                with socket.create_server((address(number), port), backlog=64) as server:
                    socket.send_fds(there, [b"x"], [server.fileno()])
            code = 0
        os._exit(code)
    there.close()
    listeners = []
    while True:
        data, descriptors, _, _ = socket.recv_fds(here, 1, 1)
        if not data:
            break
        listeners.append(socket.socket(fileno=descriptors[0]))
    here.close()
    os.waitpid(child, 0)
    if len(listeners) != len(places):
        sys.exit(1)
    return listeners


async def _serve(places: list[tuple[str, int, bool]], listeners: list[socket.socket], ready: int, alive: int) -> None:
    for (name, port, proxy), listener in zip(places, listeners, strict=True):

        async def carry(
            reader: asyncio.StreamReader,
            writer: asyncio.StreamWriter,
            name: str = name,
            port: int = port,
            proxy: bool = proxy,
        ) -> None:
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                await _carry(reader, writer, name, port, proxy, ready)
            writer.close()

        await asyncio.start_server(carry, sock=listener)
    os.write(ready, b"1")
    over = asyncio.Event()
    asyncio.get_running_loop().add_reader(alive, over.set)
    await over.wait()
    os._exit(0)


async def _carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str, port: int, proxy: bool, ready: int
) -> None:
    first = await asyncio.wait_for(_hello(reader), HELLO_SECONDS)
    if not proxy and asked_name(first) != name:
        return
    try:
        far_reader, far_writer = await asyncio.wait_for(asyncio.open_connection(name, port), HELLO_SECONDS)
    except (OSError, TimeoutError):
        os.write(ready, f"{name}\n".encode())
        return
    try:
        far_writer.write(first)
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
    finally:
        far_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(CHUNK):
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def _hello(reader: asyncio.StreamReader) -> bytes:
    """The first message of a connection: a whole TLS record, or the head of a HTTP request."""
    data = b""
    while len(data) < HELLO_BYTES:
        chunk = await reader.read(CHUNK)
        data += chunk
        whole = len(data) >= 5 + int.from_bytes(data[3:5], "big") if data[:1] == b"\x16" else b"\r\n\r\n" in data
        if whole or not chunk:
            break
    return data


def asked_name(data: bytes) -> str:
    """The name that a first message asks for, in TLS or in HTTP; empty where it names none."""
    if data[:1] == b"\x16":
        with contextlib.suppress(IndexError, ValueError):
            return _server_name(data)
        return ""
    for line in data.split(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == b"host":
            return value.strip().decode("ascii", "replace").rsplit(":", 1)[0].lower()
    return ""


def _server_name(record: bytes) -> str:
    """The extension ``server_name`` (RFC 6066, section 3) of a ClientHello (RFC 8446, section 4.1.2)."""
    at = 5 + 4 + 2 + 32  # record and handshake headers, version, random
    at += 1 + record[at]  # session
    at += 2 + int.from_bytes(record[at : at + 2], "big")  # cipher suites
    at += 1 + record[at]  # compression methods
    end = at + 2 + int.from_bytes(record[at : at + 2], "big")
    at += 2
    while at + 4 <= end:
        kind, length = int.from_bytes(record[at : at + 2], "big"), int.from_bytes(record[at + 2 : at + 4], "big")
        if kind == 0:
            size = int.from_bytes(record[at + 7 : at + 9], "big")
            return record[at + 9 : at + 9 + size].decode("ascii").lower()
        at += 4 + length
    return ""
