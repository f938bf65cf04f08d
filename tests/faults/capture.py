"""Run pages where every packet can be seen: ``python -m tests.faults.capture PAGE…``, as root.

The whole run, runner and helpers too, lives in a network namespace that has a way out: an interface with an
address and a default route, for IPv4 and IPv6. Whatever is sent is seen there, and nothing of other programs is.
Prints the run's exit status and the packets, as JSON. ``--control`` sends some itself.
"""

import contextlib
import json
import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from prtip_guide.verify import linux
from tests.faults.conftest import PROGRAM

EVERY_PROTOCOL = 0x0003  # ETH_P_ALL, linux/if_ether.h
WAY_OUT = "out0"
SET_UP = (
    "ip link set lo up",
    f"ip link add {WAY_OUT} type veth peer name far0",
    f"ip link set {WAY_OUT} up",
    "ip link set far0 up",
    f"ip addr add 198.51.100.2/24 dev {WAY_OUT}",
    "ip route add default via 198.51.100.1",
    f"ip neigh add 198.51.100.1 lladdr 02:00:00:00:00:01 dev {WAY_OUT} nud permanent",
    f"ip -6 neigh add 2001:db8::1 lladdr 02:00:00:00:00:01 dev {WAY_OUT} nud permanent",
    f"ip -6 addr add 2001:db8::2/64 dev {WAY_OUT} nodad",
    f"ip -6 route add default via 2001:db8::1 dev {WAY_OUT}",
)
# The kernel's own, when an interface comes up: RFC 4861 and RFC 3810.
NEIGHBOURS = {133, 134, 135, 136, 143}
UDP = 17


class Capture(threading.Thread):
    """Collects what passes on every interface of this namespace but loopback."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(EVERY_PROTOCOL))
        self.socket.settimeout(0.5)
        self.packets: list[str] = []
        self.over = False

    def run(self) -> None:
        while True:
            try:
                data, (interface, protocol, direction, *_) = self.socket.recvfrom(1 << 16)
            except TimeoutError:
                if self.over:
                    return
                continue
            words = describe(protocol, data)
            if interface != "lo" and direction == socket.PACKET_OUTGOING and words:
                self.packets.append(f"{interface} {words}")


def describe(protocol: int, data: bytes) -> str:
    """Destination and protocol of a packet; empty for what the kernel itself sends to neighbours."""
    if protocol == 0x0800 and len(data) >= 20:
        head = (data[0] & 15) * 4
        port = f" port {struct.unpack('!H', data[head + 2 : head + 4])[0]}" if data[9] in {6, UDP} else ""
        return f"to {socket.inet_ntop(socket.AF_INET, data[16:20])} protocol {data[9]}{port}"
    if protocol == 0x86DD and len(data) >= 41:
        # Group reports carry an option before ICMPv6, which is 0 hop-by-hop: eight bytes of it.
        kind = data[48] if data[6] == 0 else data[40]
        if data[6] in {0, 58} and kind in NEIGHBOURS:
            return ""
        return f"to {socket.inet_ntop(socket.AF_INET6, data[24:40])} protocol {data[6]}"
    return f"of protocol {protocol:#06x}"


def main(arguments: Sequence[str]) -> None:
    """Capture while the pages run, or while this program sends."""
    linux.unshare(linux.NEWNET)
    for command in SET_UP:
        subprocess.run(command.split(), check=True)
    capture = Capture()
    capture.start()
    if arguments[0] == "--control":
        for family, address in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8:1::1")):
            with socket.socket(family, socket.SOCK_DGRAM) as out:
                out.sendto(b"x", (address, 9))
        status = 0
    else:
        environment = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        done = subprocess.run(
            [PROGRAM, "run", *arguments], capture_output=True, text=True, check=False, env=environment
        )
        status = done.returncode
        with contextlib.suppress(BrokenPipeError):
            sys.stderr.write(done.stdout + done.stderr)
    capture.over = True
    capture.join()
    print(json.dumps({"exit": status, "packets": capture.packets}))


if __name__ == "__main__":
    main([name if name.startswith("-") else str(Path(name)) for name in sys.argv[1:]])
