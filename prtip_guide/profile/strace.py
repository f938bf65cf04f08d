"""strace's summary (``-c``) and its trace (``-f``)."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from prtip_guide.profile.summary import Call, Carrier

ROW = re.compile(r"^\s*\d+\.\d+\s+(\d{1,18}\.\d+)\s+\d+\s+(\d{1,18})\s+(?:(\d{1,18})\s+)?(\w+)\s*$")
FRAME = re.compile(r"^(% time|[ -]+$|100\.00 .*total$|strace: |$)")
TRACED = re.compile(r"^(?:(\d+)\s+|\[pid\s+(\d+)\] )?(?:\d+\.\d+ )?(?:(\w+)\(|<\.\.\. (\w+) resumed>)")
RESULT = re.compile(
    r"\) += (-?\d{1,20}|0x[0-9a-f]{1,16}|\?)(?: ([A-Z][A-Z0-9_]+) \([^()]*\))?(?: \([^()]*\))?(?: <\d+\.\d+>)?$"
)
OTHER = re.compile(r"^(?:(?:\d+\s+|\[pid\s+\d+\] )?(?:\d+\.\d+ )?(?:\+\+\+ .* \+\+\+|--- .* ---)|strace: .*|)$")
UNFINISHED = "<unfinished ...>"
# So many different results are remembered; most calls end in one of a few ways.
KEPT = 10_000
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


def parse_counts(lines: Iterable[str]) -> tuple[tuple[Call, ...], int]:
    """The table of ``strace -c``, the slowest call first, and the number of lines that do not belong to one."""
    calls, odd = [], 0
    for line in lines:
        row = ROW.match(line)
        if row and row[4] != "total":
            calls.append(Call(row[4], int(row[2]), int(row[3] or 0), float(row[1])))
        elif not row and not FRAME.match(line.rstrip("\n")):
            odd += 1
    return tuple(sorted(calls, key=lambda call: (-call.seconds, call.name))), odd


def parse_trace(lines: Iterable[str]) -> Trace:
    """Read a trace of all threads line by line; a call that another thread cut in two counts once."""
    trace, open_calls, ends = Trace(), dict[str, str](), dict[str, tuple[str, str | None]]()
    for raw in lines:
        line = raw.rstrip("\n")
        head = _usual_head(line) or _head(line)
        if head is None:
            trace.odd_lines += not OTHER.match(line)
            continue
        thread, name, resumed = head
        if name and line.endswith(UNFINISHED):
            trace.unfinished += thread in open_calls
            open_calls[thread] = name
            continue
        if resumed and open_calls.pop(thread, None) != resumed:
            trace.odd_lines += 1
            continue
        _count(trace, name or resumed, _end(line, ends))
    trace.unfinished += len(open_calls)
    return trace


def _usual_head(line: str) -> tuple[str, str, str] | None:
    """Thread, name and resumed name of a line as ``-f -ttt`` writes it, without an expression, which takes longer."""
    thread, _, rest = line.partition(" ")
    stamp, _, rest = rest.partition(" ")
    if not (thread.isdecimal() and stamp.replace(".", "", 1).isdecimal() and thread.isascii() and stamp.isascii()):
        return None
    if rest.startswith("<... "):
        name, found, _ = rest[5:].partition(" resumed>")
        return (thread, "", name) if found and name.isidentifier() and name.isascii() else None
    name, found, _ = rest.partition("(")
    return (thread, name, "") if found and name.isidentifier() and name.isascii() else None


def _head(line: str) -> tuple[str, str, str] | None:
    head = TRACED.match(line)
    return (head[1] or head[2] or "", head[3] or "", head[4] or "") if head else None


def _end(line: str, ends: dict[str, tuple[str, str | None]]) -> tuple[str, str | None] | None:
    """Result and error; ``ends`` has those that were read before, without how long they took."""
    before, _, told = line[-TAIL:].rpartition(" = ")
    told = told.rpartition(" <")[0]
    if told in ends and line.endswith(">") and before.rstrip(" ").endswith(")"):
        return ends[told]
    result = RESULT.search(line, max(0, len(line) - TAIL))
    if result is None:
        return None
    if told and line.endswith(f" = {told} <{line.rpartition(' <')[2]}") and len(ends) < KEPT:
        ends[told] = result[1], result[2]
    return result[1], result[2]


def _count(trace: Trace, name: str, end: tuple[str, str | None] | None) -> None:
    if end is None:
        trace.odd_lines += 1
        return
    result, error = end
    trace.calls[name] += 1
    if result == "?":
        trace.unfinished += 1
        return
    if result == "-1":
        trace.errnos[error or "?"] += 1
    if result == "-1" and not (name == CONNECTING and error == "EINPROGRESS"):
        trace.failed[name] += 1
    elif name in BATCHED:
        trace.sizes.setdefault(name, Counter())[int(result, 0)] += 1
    elif name in SINGLE or name == CONNECTING:
        trace.sizes.setdefault(name, Counter())[1] += 1


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
