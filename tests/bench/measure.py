"""Run programs in turns and say how long each took, against the others of the same turn."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prtip_guide.verify.host import SYSTEM_PATH

# What the programs would write or say otherwise because of who measures them.
# The sandbox has the system's path, so all have: `python3` must be the same program for each.
LEFT_OUT = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PRTIP_ROOT", "CI")


class BenchError(Exception):
    """A program did not do what is measured; the message says which, and shows its words."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of one program."""

    wall: float
    """Seconds from start to end."""
    cpu: float
    """Seconds of processor time, of all its processes."""
    peak: int
    """Bytes of memory of the largest of its processes."""


def run_once(command: Sequence[str], folder: Path, ok: bool = True) -> Sample:
    """Run a command to its end; raises BenchError unless it succeeds (or fails, where ``ok`` is false)."""
    environment = {key: value for key, value in os.environ.items() if key not in LEFT_OUT}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # what happens to be installed beside it is not measured
    if folder != Path.cwd():  # the guide's own pages find the tools of whoever runs them
        environment["PATH"] = SYSTEM_PATH
    with tempfile.TemporaryFile() as said:
        started = time.monotonic()
        child = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=environment
        )
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if (child.returncode == 0) is not ok:
            said.seek(max(0, said.seek(0, os.SEEK_END) - 600))
            words = said.read().decode(errors="replace")
            raise BenchError(f"{' '.join(command)[:120]}: exit {child.returncode}\n{words}")
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def alternate(commands: Mapping[str, Sequence[str]], folder: Path, rounds: int) -> dict[str, list[Sample]]:
    """Run every command once a round, in an order that turns, so that none has a quieter machine."""
    samples: dict[str, list[Sample]] = {name: [] for name in commands}
    names = list(commands)
    for number in range(rounds):
        turned = names[number % len(names) :] + names[: number % len(names)]
        for name in turned:
            samples[name].append(run_once(commands[name], folder))
        print(".", end="", file=sys.stderr, flush=True)
    return samples


def ratio(mine: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    """How many times as much ``mine`` is as ``theirs``, round by round: the median and the ends."""
    found = sorted(a / b for a, b in zip(mine, theirs, strict=True))
    return {"median": round(statistics.median(found), 3), "low": round(found[0], 3), "high": round(found[-1], 3)}


def seconds(values: Sequence[float]) -> float:
    """The median, short enough to be read."""
    return round(statistics.median(values), 4)
