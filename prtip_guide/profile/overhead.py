"""What a tool costs: the program alone and under the tool, in turn, in one go."""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prtip_guide.profile.command import check, run, tool
from prtip_guide.profile.interval import middle
from prtip_guide.profile.subject import Subject
from prtip_guide.profile.summary import Figure, Overhead

ROUNDS, FEWEST_ROUNDS = 7, 3
# Rounds end when they took that long, so that a slow scan is not waited for.
BUDGET_SECONDS = 40.0
# A clock around the program alone. It forks nothing, so a tracer has next to nothing to do for it.
CLOCK = 'a=$EPOCHREALTIME; "${@:2}"; s=$?; b=$EPOCHREALTIME; echo "$a $b" > "$1"; exit $s'


@dataclass(frozen=True, slots=True)
class Tool:
    """A way to run a command under a tool."""

    name: str
    wrap: Callable[[Sequence[str], Path], list[str]]
    """The command under the tool, from the command and a folder for the tool's files."""
    follows: bool = False
    """Whether it follows into a program that the command starts, so that a clock can run inside."""
    clock: Callable[[Path], float] | None = None
    """Seconds of the program by the tool's own clock, from the files in that folder."""


@dataclass(slots=True)
class _Times:
    """Seconds, one a round."""

    bare: list[float] = field(default_factory=list)
    inside: list[float] = field(default_factory=list)
    fixed: list[float] = field(default_factory=list)


def measure(subject: Subject, tools: Sequence[Tool], rounds: int = ROUNDS) -> tuple[list[Overhead], list[Figure]]:
    """Costs of ``tools``, and wall and CPU time of the program alone; raises ProfileError when a run fails."""
    times = {each.name: _Times() for each in tools}
    wall, cpu = list[float](), list[float]()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="prtip-guide-") as name:
        for done in range(rounds):
            if done >= FEWEST_ROUNDS and time.monotonic() - start > BUDGET_SECONDS:
                break
            for each in tools:
                _round(subject, each, Path(name), times[each.name])
            alone = subject.run()
            wall.append(alone.seconds)
            cpu.append(alone.cpu_seconds)
    figures = [Figure("wall time alone", "s", tuple(wall)), Figure("CPU time alone", "s", tuple(cpu))]
    return [_overhead(each.name, times[each.name]) for each in tools], figures


def _round(subject: Subject, each: Tool, folder: Path, times: _Times) -> None:
    bare, _ = _timed([], subject.command, folder)
    if each.follows:
        inside, total = _timed(each, subject.command, folder)
        fixed = total - inside
    elif each.clock:
        total = _total(each, subject.command, folder)
        inside = each.clock(folder)
        fixed = total - inside
    else:
        start_alone, _ = _timed([], subject.trivial, folder)
        fixed = _total(each, subject.trivial, folder) - start_alone
        inside = _total(each, subject.command, folder) - fixed
    times.bare.append(bare)
    times.inside.append(max(inside, 0.0))
    times.fixed.append(max(fixed, 0.0))


def _timed(each: Tool | Sequence[str], command: Sequence[str], folder: Path) -> tuple[float, float]:
    """Seconds of the program by a clock inside, and of the whole."""
    clock = folder / "clock"
    words = [tool("bash"), "-c", CLOCK, "clock", str(clock), *command]
    wrapped = each.wrap(words, folder) if isinstance(each, Tool) else words
    done = check(run(wrapped), wrapped)
    begin, end = map(float, clock.read_text().split())
    return end - begin, done.seconds


def _total(each: Tool, command: Sequence[str], folder: Path) -> float:
    wrapped = each.wrap(command, folder)
    return check(run(wrapped), wrapped).seconds


def _overhead(name: str, times: _Times) -> Overhead:
    ratios = [inside / bare for inside, bare in zip(times.inside, times.bare, strict=True)]
    return Overhead(
        tool=name,
        rounds=len(ratios),
        bare_seconds=middle(times.bare),
        inside_seconds=middle(times.inside),
        fixed_seconds=middle(times.fixed),
        ratio=middle(ratios),
        low=min(ratios),
        high=max(ratios),
    )
