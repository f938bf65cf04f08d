"""What a page's session lives in: its own files, processes, network and user.

The upper side of an overlay of the machine's root (or of another root) holds whatever a page
writes, in memory. ``container.py`` is the inside; this is the outside, which starts it, asks it to
start programs, and ends it. The sandbox ends with this process, however this process ends.
"""

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from prtip_guide.error import GuideError
from prtip_guide.verify import cgroup, container, host, rootfs, settings
from prtip_guide.verify.registry import Registry, address
from prtip_guide.verify.settings import JOURNAL

READER = "reader"
# No distribution gives an account this number, so nothing on the host belongs to the reader.
READER_UID = 21487
HOME = rootfs.HOME
EMPTY_FOLDER = "work"
START_SECONDS = 30.0
ANSWER_SECONDS = 60.0  # far more than any answer takes; a sandbox that is silent longer is broken
DISK_BYTES = 8 << 30
ARTIFACT_BYTES = 16 << 20


class SandboxError(GuideError):
    """The sandbox could not be made or has ended; the message says why, and the remedy."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the sandbox shows beside the machine's own files."""

    root: Path = Path("/")
    """The root that pages see; nothing is written to it."""
    start: str = EMPTY_FOLDER
    """The folder in the reader's home where a session starts."""
    layers: tuple[tuple[Path, str], ...] = ()
    """Folders shown in the reader's home, with their place there; writes to them are lost."""
    binds: tuple[tuple[Path, str], ...] = ()
    """Folders in the reader's home whose writes are kept: for building, never for a page."""
    files: tuple[tuple[Path, str], ...] = ()
    """Programs copied into the reader's home."""
    settings: tuple[str, ...] = ()
    """Kernel settings that may be written, as ``kernel.name``."""
    own_users: bool = False
    """Whether the page gets a user namespace, in which ``sudo`` may make namespaces, mount, and trace."""
    system_wide: bool = False
    """Whether ``sudo`` may trace the whole machine; it can then read the kernel's memory."""
    registries: tuple[Registry, ...] = ()
    """What steps that ask for it may reach."""
    journal: Path = JOURNAL


def reader_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a fresh login of the reader has; nothing of the host's environment."""
    return {
        "HOME": HOME,
        "USER": READER,
        "LOGNAME": READER,
        "SHELL": "/bin/bash",
        "PATH": f"{HOME}/.cargo/bin:{host.SYSTEM_PATH}",
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        **(extra or {}),
    }


_ahead: list[tuple[socket.socket, "subprocess.Popen[bytes]"]] = []


def start_ahead() -> None:
    """Start the program of the next sandbox now; it waits, and ends with this process where none is asked for.

    Starting Python is a third of what a sandbox takes to be there, and there are two processors for it.
    """
    if not _ahead:
        _ahead.append(_start())


def _start() -> tuple[socket.socket, "subprocess.Popen[bytes]"]:
    """The sandbox's own process, without anything of this one, and the channel to it."""
    folder = str(Path(__file__).parents[2])
    channel, inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    program = (
        f"import sys; sys.path.insert(0, {folder!r}); "
        f"from prtip_guide.verify.container import main; main({inside.fileno()})"
    )
    with inside:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", program],
            env={},
            stdin=subprocess.DEVNULL,
            pass_fds=[inside.fileno()],
            start_new_session=True,
        )
    return channel, process


class Sandbox:
    """A running sandbox; use it in a ``with`` block."""

    def __init__(self, layout: Layout | None = None, held: Sequence[int] = ()) -> None:
        """``held`` are descriptors of locks, which stay held until the settings are restored."""
        self.layout = layout or Layout()
        self.privileged = os.geteuid() == 0
        self.pid = 0
        self._noted: dict[str, str] = {}
        self._ended: dict[int, int] = {}
        self._answers: list[dict[str, Any]] = []
        self._channel, self._supervisor = _ahead.pop() if _ahead else _start()
        try:
            self._send(self._configuration(), held)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Wait until the inside is ready; raises SandboxError."""
        try:
            self.pid = self._expect("pid", START_SECONDS)
            self._expect("ready", START_SECONDS)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def stop(self) -> None:
        """Let the sandbox end, from another thread than the one that waits for it."""
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End every process inside, drop what they wrote, and restore the kernel settings."""
        self._channel.close()
        if self._supervisor.wait() < 0:
            self._clean_up()

    def _clean_up(self) -> None:
        """Do what the supervisor would have done, had it not been killed."""
        end = time.monotonic() + cgroup.REMOVAL_SECONDS
        while self.pid and Path("/proc", str(self.pid)).exists() and time.monotonic() < end:
            time.sleep(0.01)  # process 1 ends with the supervisor, and everything else with process 1
        settings.restore(self._noted)
        if self._noted:
            self.layout.journal.unlink(missing_ok=True)
        cgroup.remove_left()

    def spawn(
        self, argv: Sequence[str], descriptors: Mapping[int, int], cwd: str = "", env: Mapping[str, str] | None = None
    ) -> int:
        """Start a program as the reader; ``descriptors`` maps its numbers to ours. Returns its number."""
        request: dict[str, Any] = {"do": "spawn", "argv": list(argv), "env": reader_environment(env)}
        request |= {"cwd": cwd or f"{HOME}/{self.layout.start}", "numbers": list(descriptors)}
        self._send(request, list(descriptors.values()))
        return int(self._expect("spawned"))

    def fileno(self) -> int:
        """Readable when a program may have ended."""
        return self._channel.fileno()

    def exit_status(self, program: int, timeout: float | None = 0.0) -> int | None:
        """Exit status of a spawned program (negative: the signal), or None while it runs."""
        while program not in self._ended and self._wait(timeout):
            self._note(self._receive())
        return self._ended.get(program)

    def kill_all(self) -> None:
        """End every process inside; the files stay."""
        self._send({"do": "kill"})
        self._expect("killed")

    def read_file(self, path: str, cwd: str) -> bytes:
        """A regular file, as the reader may read it; raises OSError with what is wrong with it."""
        with open(os.memfd_create("artifact"), "r+b") as file:
            request = {"do": "read", "path": path, "cwd": cwd, "limit": ARTIFACT_BYTES}
            self._send(request, [file.fileno()])
            problem = self._expect("read")
            if problem:
                raise OSError(problem)
            file.seek(0)
            return file.read()

    def changed_files(self) -> list[str]:
        """Files outside home and temporary folders that were written or deleted, sorted."""
        self._send({"do": "changes"})
        return sorted(self._expect("changes"))

    def _configuration(self) -> dict[str, Any]:
        layout = self.layout
        self._noted = settings.note(layout.settings, layout.journal)
        return {
            "privileged": self.privileged,
            "uid": READER_UID if self.privileged else os.geteuid(),
            "own_users": self.privileged and layout.own_users,
            "system_wide": layout.system_wide,
            "root": str(layout.root),
            "disks": rootfs.disks(str(layout.root)),
            "start": layout.start,
            "layers": [(str(source), inside) for source, inside in layout.layers],
            "binds": [(str(source), inside) for source, inside in layout.binds],
            "files": [(str(source), inside) for source, inside in layout.files],
            "settings": self._noted,
            "journal": str(layout.journal),
            "hosts": [f"{address(n)} {place.name}" for n, place in enumerate(layout.registries)],
            "memory_bytes": cgroup.memory_limit(),
            "disk_bytes": min(DISK_BYTES, cgroup.memory_limit() // 2),
        }

    def _send(self, message: Mapping[str, Any], descriptors: Sequence[int] = ()) -> None:
        try:
            socket.send_fds(self._channel, [json.dumps(message).encode()], list(descriptors))
        except OSError as error:
            raise SandboxError(f"the sandbox ended on its own ({error.strerror}); run the page again") from error

    def _expect(self, key: str, timeout: float = ANSWER_SECONDS) -> Any:
        """The answer that holds ``key``; what else arrives is kept for whoever asks for it."""
        while True:
            for message in self._answers:
                if key in message:
                    self._answers.remove(message)
                    return message[key]
            if not self._wait(timeout):
                break
            self._note(self._receive())
        raise SandboxError(f"the sandbox did not answer within {timeout:.0f} s; run the page again")

    def _wait(self, timeout: float | None) -> bool:
        return bool(select.select([self._channel], [], [], timeout)[0])

    def _receive(self) -> dict[str, Any]:
        data = self._channel.recv(container.MESSAGE_BYTES * 2)
        if not data:
            raise SandboxError("the sandbox ended on its own; run the page again")
        message: dict[str, Any] = json.loads(data)
        if "error" in message:
            raise SandboxError(f"cannot make the sandbox: {message['error']}; {self._remedy()}")
        return message

    def _note(self, message: Mapping[str, Any]) -> None:
        if "ended" in message:
            self._ended[message["ended"]] = message["status"]
        else:
            self._answers.append(dict(message))

    def _remedy(self) -> str:
        if self.privileged:
            return "in a container, start it with --privileged; otherwise see `prtip-guide doctor`"
        return "run as root, or allow unprivileged user namespaces (kernel 5.11 or newer)"
