"""What is on the heap: Massif, the cheaper heaptrack, and Memcheck for leaks."""

import secrets
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from prtip_guide.profile.command import check, run, tool, written
from prtip_guide.profile.error import ProfileError
from prtip_guide.profile.heaptrack import Heaptrack, loader_bytes, parse_heaptrack
from prtip_guide.profile.massif import Massif, parse_massif
from prtip_guide.profile.memcheck import parse_memcheck
from prtip_guide.profile.overhead import Tool
from prtip_guide.profile.subject import Finding, Subject
from prtip_guide.profile.summary import Figure, Heap, Leak

# Repeated, because what several threads hold at once differs from run to run.
REPEATS, BUDGET_SECONDS = 5, 40.0
# heaptrack's clock ticks every 10 ms.
HEAPTRACK_LEAST_SECONDS = 0.1


def profile_memory(subject: Subject, heaptrack: bool = False, leaks: bool = False) -> Finding:
    """Profile the heap, and look for leaks where that is asked for; raises ProfileError.

    heaptrack is the cheaper way, for scans that take too long under Massif. Its converted output has no sites
    that can be told apart; they are in its report.
    """
    finding = _heaptrack(subject) if heaptrack else _massif(subject)
    if not leaks:
        return finding
    log, found = _memcheck(subject)
    assert finding.heap is not None
    heap = replace(finding.heap, leaks=found)
    figures = tuple(Figure(f"{leak.kind} lost", "B", (leak.bytes,)) for leak in found[:3])
    tools = tuple(dict.fromkeys([*finding.tools, "valgrind"]))
    return replace(finding, heap=heap, files=(*finding.files, log), figures=finding.figures + figures, tools=tools)


def peak_bytes(subject: Subject, out: Path) -> int:
    """The peak of one run under Massif, whose file is ``out``; raises ProfileError."""
    _run_massif(subject, out)
    peak = _read_massif(out, subject).peak
    return peak.bytes if peak else 0


def massif_tool(subject: Subject) -> Tool:
    """Massif as the profile uses it."""

    def wrap(command: Sequence[str], folder: Path) -> list[str]:
        return _under_massif(subject, command, _for_everybody(folder))

    return Tool("massif", wrap)


def heaptrack_tool() -> Tool:
    """heaptrack as the profile uses it."""
    return Tool("heaptrack", _under_heaptrack, clock=_heaptrack_seconds)


def _run_massif(subject: Subject, out: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="prtip-guide-") as folder:
        file = _for_everybody(Path(folder))
        command = _under_massif(subject, subject.command, file)
        written(file, "massif", check(run(command), command))
        shutil.copyfile(file, out)


def _for_everybody(folder: Path) -> Path:
    """A file in ``folder`` that anybody can write who knows its name.

    Massif opens its file when the program ends, as the user that the program is by then: a scanner that gave up
    root writes into no folder of root's, and Massif exits with 0 all the same.
    """
    folder.chmod(0o711)
    file = folder / secrets.token_hex(16)
    file.touch()
    file.chmod(0o666)
    return file


def _under_massif(subject: Subject, command: Sequence[str], out: Path) -> list[str]:
    # The peak is exact with an inaccuracy of 0. Paths tell own functions from a library's. The pipes for a
    # debugger would be left behind by a program that has become another user.
    options = [
        "--tool=massif",
        "--vgdb=no",
        "--peak-inaccuracy=0.0",
        f"--fullpath-after={subject.built_from or subject.source}/",
    ]
    return [tool("valgrind"), *options, f"--massif-out-file={out}", *command]


def _massif(subject: Subject) -> Finding:
    out, report = subject.path("memory", ".out"), subject.path("memory", "-report.txt")
    peaks, start = list[float](), time.monotonic()
    massif = Massif()
    while len(peaks) < REPEATS and (len(peaks) < 2 or time.monotonic() - start < BUDGET_SECONDS):
        again = out.with_suffix(".again") if peaks else out
        _run_massif(subject, again)
        found = _read_massif(again, subject)
        massif = massif if peaks else found
        peaks.append(found.peak.bytes if found.peak else 0)
        if again != out:
            again.unlink()
    command = [tool("ms_print"), str(out)]
    written(report, "ms_print", check(run(command, report), command))
    figures = (Figure("peak heap", "B", tuple(peaks)),)
    heap = _heap("massif", massif)
    return Finding((out, report), figures, ("valgrind",), len(peaks), odd_lines=massif.odd_lines, heap=heap)


def _under_heaptrack(command: Sequence[str], folder: Path) -> list[str]:
    # Version 1.2 of Debian 11 has no option for the file, and writes where it is.
    return [tool("bash"), "-c", 'cd "$0" && exec "$@"', str(folder), tool("heaptrack"), *command]


def _heaptrack_seconds(folder: Path) -> float:
    """How long the program took, by the clock that heaptrack stops when it ends, 0 where that is too coarse.

    What heaptrack takes for a program that does nothing is no measure of its start and end: it reads the programs'
    symbols while they run, and a short one is waited for.
    """
    (data,), out = folder.glob("heaptrack.*"), folder / "massif.out"
    command = [tool("heaptrack_print"), "-f", str(data), "-M", str(out)]
    check(run(command), command)
    data.unlink()
    with out.open(errors="replace") as lines:
        points = parse_massif(lines, lambda _: None).points
    return points[-1].time if points and points[-1].time >= HEAPTRACK_LEAST_SECONDS else 0.0


def _run_heaptrack(subject: Subject, data: Path) -> Path:
    """One run; returns its file, which is ``data`` with the ending that says how it is packed."""
    with tempfile.TemporaryDirectory(prefix="prtip-guide-") as name:
        command = _under_heaptrack(subject.command, Path(name))
        done = check(run(command), command)
        made = sorted(Path(name).glob("heaptrack.*"))
        if not made:
            raise ProfileError(f"heaptrack wrote no file; it said: {done.errors.strip()[-200:] or 'nothing'}")
        written(made[0], "heaptrack", done)
        return Path(shutil.move(made[0], data.with_suffix(made[0].suffix)))


def _heaptrack(subject: Subject) -> Finding:
    data, report = subject.path("memory", "-heaptrack.gz"), subject.path("memory", "-heaptrack-report.txt")
    out, stacks = subject.path("memory", ".out"), subject.path("memory", "-heaptrack.folded")
    peaks, allocations = list[float](), list[float]()
    for _ in range(REPEATS):
        data = _run_heaptrack(subject, data)
        command = [tool("heaptrack_print"), "-f", str(data), "-M", str(out), "-F", str(stacks)]
        command += ["--flamegraph-cost-type", "peak"]
        written(report, "heaptrack_print", check(run(command, report), command))
        with report.open(errors="replace") as lines, stacks.open(errors="replace") as folded:
            totals, loader = parse_heaptrack(lines), loader_bytes(folded)
        if totals.peak_bytes is None or totals.allocations is None:
            raise ProfileError(f"{report.name}: heaptrack_print told no peak; its format is unknown to this program")
        totals.peak_bytes -= loader
        peaks.append(totals.peak_bytes)
        allocations.append(totals.allocations)
    massif = _read_massif(out, subject)
    figures = (Figure("peak heap", "B", tuple(peaks)), Figure("allocations", "", tuple(allocations)))
    heap = _heap("heaptrack", massif, totals)
    note = f"{loader:,} B that heaptrack's own libraries hold are left out of the peak, not of the curve"
    files = (data, report, stacks, out)
    return Finding(files, figures, ("heaptrack",), REPEATS, 0, massif.odd_lines, (note,) if loader else (), heap=heap)


def _read_massif(path: Path, subject: Subject) -> Massif:
    with path.open(errors="replace") as lines:
        massif = parse_massif(lines, subject.own)
    if massif.peak is None or massif.peak.bytes == 0:
        raise ProfileError(f"{path.name}: no snapshot with anything on the heap; did the program run?")
    return massif


def _heap(name: str, massif: Massif, totals: Heaptrack | None = None) -> Heap:
    assert massif.peak is not None
    told = totals.peak_bytes if totals else None
    return Heap(
        tool=name,
        peak_bytes=massif.peak.bytes if told is None else told,
        extra_bytes=massif.extra_bytes,
        uncertainty_bytes=totals.uncertainty_bytes if totals else 0,
        time_unit=massif.time_unit,
        points=tuple(massif.points),
        sites=() if totals else tuple(massif.sites),
        allocations=totals.allocations if totals else None,
        leaks=None,
    )


def _memcheck(subject: Subject) -> tuple[Path, tuple[Leak, ...]]:
    log = subject.path("memory", "-memcheck.txt")
    options = ["--vgdb=no", "--leak-check=full", "--show-leak-kinds=all", f"--log-file={log}"]
    command = [tool("valgrind"), *options, *subject.command]
    written(log, "memcheck", check(run(command), command))
    with log.open(errors="replace") as lines:
        found = parse_memcheck(lines)
    if found is None:
        raise ProfileError(f"{log.name}: no leak summary; was the program killed?")
    return log, found
