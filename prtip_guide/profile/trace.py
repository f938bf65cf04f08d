"""strace's trace of all threads (``-f``)."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import BinaryIO

from prtip_guide.profile.summary import Carrier

# Lines as -f -ttt -T writes them, the beginning of a call or its end, less what differs in each: when, and how long it
# took. Equal ones are counted before one is read closely, so that a long trace is read twice as fast.
USUAL = re.compile(rb"^(\d+ +)[\d. ]*(?:(\w+\().* <unfinished \.\.\.|(.* <)[\d.]+)>\n", re.M)
TRACED = re.compile(r"^(?:(\d+)\s+|\[pid\s+(\d+)\] )?(?:\d+\.\d+ )?(?:(\w+)\(|<\.\.\. (\w+) resumed>)")
RESULT = re.compile(
    r"\) += (-?\d{1,20}|0x[0-9a-f]{1,16}|\?)(?: ([A-Z][A-Z0-9_]+) \([^()]*\))?(?: \([^()]*\))?(?: <\d+\.\d+>)?$"
)
OTHER = re.compile(r"^(?:(?:\d+\s+|\[pid\s+\d+\] )?(?:\d+\.\d+ )?(?:\+\+\+ .* \+\+\+|--- .* ---)|strace: .*|)$")
UNFINISHED = "<unfinished ...>"
# Bytes that are read at once. The first are read line by line: a trace that was cut there may begin with the end of
# a call, which belongs to no beginning that comes later.
CHUNK, HEAD = 1 << 20, 1 << 16
# The result is at the end; what stands before it in a long line is only data.
TAIL = 240
# Calls that carry packets. Those of the first group carry as many as they return.
BATCHED = frozenset({"sendmmsg", "recvmmsg"})
SINGLE = frozenset({"sendto", "sendmsg", "recvfrom", "recvmsg"})
CONNECTING = "connect"


@dataclass(slots=True)
class Trace:
    """What a trace of network calls says."""

    sizes: dict[str, Counter[int]] = field(default_factory=dict)
    """For each carrier, its calls by the number of messages."""
    failed: Counter[str] = field(default_factory=Counter)
    errnos: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    """All calls of the trace, by name."""
    unfinished: int = 0
    odd_lines: int = 0

    def carriers(self) -> tuple[Carrier, ...]:
        """The calls that carried packets, the busiest first."""
        found = [self._carrier(name) for name in {*self.sizes, *self.failed} if name in BATCHED | SINGLE | {CONNECTING}]
        return tuple(sorted(found, key=lambda carrier: (-carrier.messages, carrier.name)))

    def _carrier(self, name: str) -> Carrier:
        sizes = self.sizes.get(name, Counter())
        return Carrier(
            name=name,
            calls=sizes.total() + self.failed[name],
            failed=self.failed[name],
            messages=sum(size * count for size, count in sizes.items()),
            median=_median(sizes),
            sizes={str(size): sizes[size] for size in sorted(sizes)},
        )


def parse_trace(file: BinaryIO, head: int = HEAD) -> Trace:
    """Read a trace of all threads; a call that another thread cut in two counts once."""
    trace, begun = Trace(), Counter[tuple[str, str]]()
    for line in _lines(file, head).splitlines():
        _read(trace, begun, line)
    while data := _lines(file, CHUNK):
        parts = USUAL.split(data)
        usual = Counter(zip(parts[1::4], parts[2::4], parts[3::4], strict=True)).items()
        lines = [(thread + begin + b" <unfinished ...>", times) for (thread, begin, _), times in usual if begin]
        lines += [(thread + end + b"0.0>", times) for (thread, _, end), times in usual if end]
        for line, times in [*lines, *((line, 1) for line in b"".join(parts[::4]).splitlines())]:
            _read(trace, begun, line, times)
    trace.unfinished += begun.total()
    return trace


def _lines(file: BinaryIO, size: int) -> bytes:
    """About ``size`` bytes of whole lines; a line that is far longer comes in pieces."""
    data = file.read(size)
    return data + file.readline(CHUNK) if data and not data.endswith(b"\n") else data


def _read(trace: Trace, begun: Counter[tuple[str, str]], raw: bytes, times: int = 1) -> None:
    """Count a line that occurs so often; ``begun`` has the calls by thread and name that have not ended."""
    line = raw.decode(errors="replace")
    head = TRACED.match(line)
    if head is None:
        trace.odd_lines += 0 if OTHER.match(line) else times
        return
    call = head[1] or head[2] or "", head[3] or head[4]
    if head[3] and line.endswith(UNFINISHED):
        begun[call] += times
        return
    if head[4]:
        trace.odd_lines += max(0, times - begun[call])
        times = min(times, begun[call])
        begun[call] -= times
    if times:
        _count(trace, call[1], RESULT.search(line, max(0, len(line) - TAIL)), times)


def _count(trace: Trace, name: str, end: re.Match[str] | None, times: int) -> None:
    if end is None:
        trace.odd_lines += times
        return
    result, error = end.groups()
    trace.calls[name] += times
    if result == "?":
        trace.unfinished += times
        return
    if result == "-1":
        trace.errnos[error or "?"] += times
    if result == "-1" and not (name == CONNECTING and error == "EINPROGRESS"):
        trace.failed[name] += times
    elif name in BATCHED:
        trace.sizes.setdefault(name, Counter())[int(result, 0)] += times
    elif name in SINGLE or name == CONNECTING:
        trace.sizes.setdefault(name, Counter())[1] += times


def _median(sizes: Counter[int]) -> float:
    """The median of values that are given with how often each occurs."""
    total = sizes.total()
    if total == 0:
        return 0.0
    seen, low = 0, None
    for size in sorted(sizes):
        seen += sizes[size]
        if low is None and seen * 2 >= total:
            low = size
        if low is not None and seen * 2 > total:
            return (low + size) / 2
    return float(low or 0)
