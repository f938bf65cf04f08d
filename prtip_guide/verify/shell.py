"""One bash in the sandbox that runs snippets ahead, and what is heard of it."""

import contextlib
import fcntl
import os
import select
import time
from collections.abc import Sequence

from prtip_guide.pages.snippet import Snippet
from prtip_guide.verify import script
from prtip_guide.verify.output import Splitter
from prtip_guide.verify.sandbox import READER_UID, Sandbox
from prtip_guide.verify.script import Report, read_report, write_program

READ_BYTES = 1 << 18
MUCH_BYTES = 1 << 15  # of a flood of output, which must not wait
BATCH_SECONDS = 0.0005
PIPE_BYTES = 1 << 20
F_SETPIPE_SZ = 1031  # linux/fcntl.h; Python names it from 3.10 on, but not on every build


class Shell:
    """Runs the given snippets in order; ``close`` it to end what it left behind.

    Bash does not wait for us between snippets: what it says and prints is read as it comes. Only
    around a snippet that must be watched (network, files to keep) it waits until told to go on.
    """

    def __init__(self, sandbox: Sandbox, snippets: Sequence[Snippet], watched: Sequence[bool]) -> None:
        self.sandbox = sandbox
        self.waits = [now or before for now, before in zip(watched, [False, *watched], strict=False)]
        self.program = write_program(snippets, self.waits, os.urandom(16).hex())
        self.status: int | None = None
        """Exit status of bash once it has ended (negative: the signal)."""
        self._splitter, self._reports, self._complete = Splitter(), bytearray(), False
        self._start()

    def go_on(self, number: int) -> None:
        """Let bash begin snippet ``number`` if it waits before it."""
        if self.waits[number]:
            os.write(self._go, b"\n")

    def report(self, number: int, deadline: float) -> Report | None:
        """What bash says at the end of snippet ``number``.

        None when bash ended first (then ``status`` is set), or at ``deadline`` (time.monotonic).
        """
        marker = self.program.marker(number)
        self._complete = self._splitter.reaches(marker)
        found, ready = self._next_report(), [self.sandbox.fileno()]
        while found is None:
            if self.sandbox.fileno() in ready:
                self.status = self.sandbox.exit_status(self.bash)
            left = deadline - time.monotonic()
            if self.status is not None or left <= 0:
                self._read_up_to(marker)
                found = self._next_report()
                break
            ready, _, _ = select.select([self._reported, self._printed, self.sandbox.fileno()], [], [], left)
            if self._read(marker, ready) < MUCH_BYTES:
                time.sleep(BATCH_SECONDS)  # each waking costs both sides, and bash has more to say soon
            found = self._next_report()
        if found is not None:
            # Output is written before the report, so the end of it is in the pipe already.
            self._read_up_to(marker)
            self.status = None
        return found

    def _next_report(self) -> Report | None:
        """The next line that bears the token; a snippet may have written others into the pipe."""
        while b"\n" in self._reports:
            line, _, self._reports = self._reports.partition(b"\n")
            token, _, words = line.decode(errors="replace").partition(";")
            report = read_report(words) if token == self.program.token else None
            if report is not None:
                return report
        return None

    def output(self) -> str:
        """What the snippet printed of which ``report`` was asked last."""
        if not self._complete:
            self._splitter.end()
        return script.as_a_terminal_shows(self._splitter.take().text())

    def close(self) -> None:
        """End bash and every process that is left; files stay."""
        self.sandbox.kill_all()
        for descriptor in (self._printed, self._reported, self._go):
            os.close(descriptor)

    def _start(self) -> None:
        text = os.memfd_create("snippets")
        with open(text, "wb", closefd=False) as file:
            file.write(self.program.text.encode(errors="replace"))
        self._printed, output = _pipe()
        self._reported, status = _pipe()
        go, self._go = os.pipe()
        null = os.open(os.devnull, os.O_RDWR)
        numbers = {0: null, 1: output, 2: output, script.OUTPUT_GIVEN: output, script.STATUS_GIVEN: status}
        numbers |= {script.GO_GIVEN: go, script.SCRIPT: text}
        argv = ["/bin/bash", "--norc", "--noprofile", script.PATH]
        if self.sandbox.privileged:  # so that `tee /dev/stderr` may open it, as a reader may open the terminal
            os.fchown(output, READER_UID, READER_UID)
        self.bash = self.sandbox.spawn(argv, numbers)
        for descriptor in (text, output, status, go, null):
            os.close(descriptor)

    def _read(self, marker: bytes, ready: Sequence[int]) -> int:
        """Read what is ready; return how many bytes of output came."""
        if self._reported in ready:
            self._reports += _available(self._reported)
        data = _available(self._printed) if self._printed in ready else b""
        self._take_in(marker, data)
        return len(data)

    def _read_up_to(self, marker: bytes) -> None:
        """Read what is in the pipes; stop at the marker, as bash may print without end after it."""
        while not self._complete and (data := _available(self._printed)):
            self._take_in(marker, data)
        self._reports += _available(self._reported)

    def _take_in(self, marker: bytes, data: bytes) -> None:
        self._splitter.feed(data)
        self._complete = self._complete or self._splitter.reaches(marker)


def _pipe() -> tuple[int, int]:
    """A pipe whose reading side does not block; larger than usual, where that is allowed."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    with contextlib.suppress(OSError):  # a smaller pipe only costs speed
        fcntl.fcntl(writer, F_SETPIPE_SZ, PIPE_BYTES)
    return reader, writer


def _available(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, READ_BYTES)
    except BlockingIOError:
        return b""
