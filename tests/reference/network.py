"""A network of its own to scan: a namespace, and services that listen in it."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

SERVICES = """
import contextlib, json, selectors, socket, sys
wanted = json.loads(sys.argv[1])
selector = selectors.DefaultSelector()
selector.register(sys.stdin, selectors.EVENT_READ)
ports = []
for address, port, banner in wanted:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    service = socket.create_server((address, port), family=family, backlog=128)
    selector.register(service, selectors.EVENT_READ, banner.encode("latin-1"))
    ports.append(service.getsockname()[1])
print(json.dumps(ports), flush=True)
clients = []
while True:
    for key, _ in selector.select():
        if key.fileobj is sys.stdin:
            sys.exit()
        client = key.fileobj.accept()[0]
        with contextlib.suppress(OSError):
            client.sendall(key.data)
        clients = [*clients[-100:], client]
"""


@dataclass(frozen=True)
class Service:
    """Something that listens; port 0 lets the kernel choose."""

    address: str
    port: int = 0
    banner: str = ""


class Network:
    """A network namespace with its loopback interface up; it ends with the block that it is used in."""

    def __enter__(self) -> Self:
        # The holder ends when its input does: also if this process is killed.
        script = "ip link set lo up && echo up && exec cat"
        self._holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == b"up\n"
        return self

    def __exit__(self, *_: object) -> None:
        self._holder.communicate()

    @property
    def pid(self) -> int:
        """A process in the namespace."""
        return self._holder.pid

    def command(self, *command: str | Path) -> list[str]:
        """The command that runs `command` in the namespace."""
        return ["nsenter", f"--net=/proc/{self.pid}/ns/net", "--", *map(str, command)]

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command in the namespace, whatever its exit status."""
        return subprocess.run(self.command(*command), capture_output=True, text=True, timeout=120)

    def ip(self, arguments: str) -> None:
        """Run `ip` in the namespace."""
        done = self.run("ip", *arguments.split())
        assert done.returncode == 0, done.stderr

    def scan(self, *command: str | Path) -> dict[str, Any]:
        """Run a scan, and return its report."""
        done = self.run(*command, "--json")
        assert done.returncode == 0, done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    @contextmanager
    def services(self, wanted: Sequence[Service]) -> Iterator[list[int]]:
        """Let services listen in the namespace; gives their ports."""
        specification = json.dumps([[service.address, service.port, service.banner] for service in wanted])
        command = self.command(sys.executable, "-c", SERVICES, specification)
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
            process.communicate()

    def listening(self, address: str) -> set[int]:
        """The ports on which something listens at an address, as `ss` sees it."""
        anywhere = {"*", "[::]" if ":" in address else "0.0.0.0"}
        here = {*anywhere, f"[{address}]" if ":" in address else address}
        done = self.run("ss", "--no-header", "--tcp", "--listening", "--numeric")
        sockets = [line.split()[3].rpartition(":") for line in done.stdout.splitlines()]
        return {int(port) for host, _, port in sockets if host in here}


def open_ports(report: dict[str, Any], address: str) -> set[int]:
    """The ports that a report says are open at an address."""
    return {found["port"] for found in report["open_ports"] if found["address"] == address}


@contextmanager
def cable(here: Network, there: Network) -> Iterator[None]:
    """Connect two namespaces: 10.9.0.1 and fd09::1 here, 10.9.0.2 and fd09::2 there."""
    here.ip(f"link add near type veth peer name far netns {there.pid}")
    for network, device, number in ((here, "near", 1), (there, "far", 2)):
        network.ip(f"address add 10.9.0.{number}/24 dev {device}")
        network.ip(f"address add fd09::{number}/64 dev {device} nodad")
        network.ip(f"link set {device} up")
    yield
    here.ip("link delete near")
