"""What the program asks of the kernel: strace for all of it, perf for counts at nearly full speed."""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from prtip_guide.profile.command import check, run, tool, written
from prtip_guide.profile.counter import TOTAL, events, parse_counter
from prtip_guide.profile.error import ProfileError
from prtip_guide.profile.interval import middle
from prtip_guide.profile.overhead import Tool
from prtip_guide.profile.strace import parse_counts
from prtip_guide.profile.subject import Finding, Subject
from prtip_guide.profile.summary import Call, Calls, Figure
from prtip_guide.profile.trace import parse_trace

TOOLS = ("strace", "perf")
REPEATS = 5
# perf counts so many calls by name at most; each has a counter on every thread.
MOST_COUNTED = 60
TRACED = "trace=%network"


def profile_io(subject: Subject) -> Finding:
    """Count and trace the system calls of all threads; raises ProfileError."""
    summary = subject.path("io", "-summary.txt")
    command = _summed(subject.command, summary)
    written(summary, "strace -c", check(run(command), command))
    with summary.open(errors="replace") as lines:
        calls, odd = parse_counts(lines)
    detail = subject.path("io", "-detail.txt")
    # -s 0: what is in the packets is of no interest, and long.
    command = [tool("strace"), "-f", "-ttt", "-T", "-s", "0", "-e", TRACED, "-o", str(detail), *subject.command]
    written(detail, "strace", check(run(command), command))
    with detail.open("rb") as log:
        trace = parse_trace(log)
    if not calls:
        raise ProfileError(f"{summary.name}: no table of calls; its format is unknown to this program")
    counts, refusal = _counted(subject, calls)
    found = Calls(
        calls=calls,
        carriers=trace.carriers(),
        errnos=dict(trace.errnos.most_common()),
        unfinished=trace.unfinished,
        counted={name: middle(values) for name, values in counts.items()},
        refusal=refusal,
    )
    figures = tuple(Figure(_figure_name(name), "", tuple(values)) for name, values in sorted(counts.items()))
    odd += trace.odd_lines
    return Finding((summary, detail), figures, TOOLS, odd_lines=odd, calls=found, notes=_notes(calls, counts))


def count_calls(subject: Subject, folder: Path, repeats: int) -> list[float]:
    """All system calls of each run, by perf where it may count, else by strace; raises ProfileError."""
    counts, refusal = _counted(subject, (), repeats)
    if not refusal:
        return counts[TOTAL]
    totals = []
    for _ in range(repeats):
        command = _summed(subject.command, folder / "strace.txt")
        check(run(command), command)
        with (folder / "strace.txt").open(errors="replace") as lines:
            totals.append(float(sum(call.count for call in parse_counts(lines)[0])))
    return totals


def strace_tool() -> Tool:
    """strace as the profile uses it to count."""
    return Tool("strace -f -c -w", lambda command, folder: _summed(command, folder / "strace.txt"), follows=True)


def counter_tool(names: Iterable[str]) -> Tool:
    """perf as the profile uses it to count the calls ``names``."""
    counted = tuple(names)

    def wrap(command: Sequence[str], folder: Path) -> list[str]:
        return _counting(command, counted, folder / "counts.txt")

    return Tool("perf stat", wrap, follows=True)


def _summed(command: Sequence[str], out: Path) -> list[str]:
    return [tool("strace"), "-f", "-c", "-w", "-o", str(out), *command]


def _counting(command: Sequence[str], names: Iterable[str], out: Path) -> list[str]:
    return [tool("perf"), "stat", "-x", ",", "-o", str(out), "-e", events(names), "--", *command]


def _counted(subject: Subject, calls: Sequence[Call], repeats: int = REPEATS) -> tuple[dict[str, list[float]], str]:
    """Counts of repeated runs by call, and why there are none where perf may not or cannot."""
    names = [call.name for call in sorted(calls, key=lambda call: -call.count)][:MOST_COUNTED]
    counts: dict[str, list[float]] = {}
    # In one run, each call would be counted twice, which slows the scan down more.
    parts = [names, []] if names else [[]]
    with tempfile.TemporaryDirectory(prefix="prtip-guide-") as folder:
        out = Path(folder) / "counts.txt"
        for part in parts * repeats:
            try:
                command = _counting(subject.command, part, out)
                written(out, "perf stat", check(run(command), command))
            except ProfileError as error:
                return {}, str(error).splitlines()[0]
            with out.open(errors="replace") as lines:
                found, _ = parse_counter(lines)
            for name, count in found.items():
                counts.setdefault(name, []).append(count)
    return counts, ""


def _figure_name(name: str) -> str:
    return "system calls" if name == TOTAL else f"calls of {name}"


def _notes(calls: Sequence[Call], counts: dict[str, list[float]]) -> tuple[str, ...]:
    """Say where strace, by slowing the program down, changed how often it calls."""
    changed = []
    for call in sorted(calls, key=lambda call: -call.count):
        values = counts.get(call.name, [])
        if (
            values
            and not min(values) * 0.8 <= call.count <= max(values) * 1.25
            and abs(call.count - middle(values)) > 10
        ):
            changed.append(f"{call.name} {call.count} times under strace, {middle(values):.0f} times under perf")
    return (f"strace changes the timing of threads: {'; '.join(changed[:3])}",) if changed else ()
