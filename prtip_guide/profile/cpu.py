"""Where CPU time goes: perf samples stacks, cargo-flamegraph draws them."""

import math
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prtip_guide.profile.command import check, run, shown, tool, written
from prtip_guide.profile.drawing import draw
from prtip_guide.profile.error import ProfileError
from prtip_guide.profile.overhead import Tool
from prtip_guide.profile.stacks import FIELDS, KERNEL, Folded, fold, functions, threads, write_folded
from prtip_guide.profile.subject import Finding, Subject
from prtip_guide.profile.summary import Cpu

TOOLS = ("perf", "flamegraph")
HERTZ = 997
# Fewer say nothing: with 100, a function of 5 % may as well have 2 or 11.
FEWEST, WANTED = 100, 1000
MOST_RUNS, MOST_SECONDS = 300, 20.0
# Bytes of stack to copy with each sample: enough for most programs, and the most that perf takes.
STACK_BYTES, MOST_STACK_BYTES = 16384, 65528
WHOLE_PART = 0.98
# Runs a command often, and ends when it fails.
LOOP = 'for ((i = 0; i < $1; i++)); do "${@:2}" || exit; done'
# What perf samples of the loop and of itself before the program is there.
NOT_THE_PROGRAM = frozenset({"bash", "perf", "perf-exec"})


@dataclass(frozen=True, slots=True)
class _Sampling:
    """The samples of one recording."""

    folded: Folded
    dropped: int
    event: str
    stack_bytes: int
    said: str
    """What perf record wrote to standard error."""


def profile_cpu(subject: Subject, hertz: int = HERTZ) -> Finding:
    """Sample the program, as often as enough samples need; raises ProfileError where there are too few."""
    taken, runs = _sample_enough(subject, hertz)
    if _whole_part(taken.folded) < WHOLE_PART:
        again = _sample(subject, hertz, MOST_STACK_BYTES, runs)
        # A larger copy costs more, so it is taken only where it helps.
        taken = again if _whole_part(again.folded) > _whole_part(taken.folded) + 0.01 else taken
    folded = taken.folded
    if folded.samples < FEWEST:
        raise ProfileError(too_few(folded.samples, runs, hertz, sees_kernel(folded)))
    stacks = subject.path("cpu", ".folded")
    stacks.write_text("".join(write_folded(folded.stacks)))
    svg = draw(stacks, subject.path("cpu", ".svg"), f"{subject.scenario}: {folded.samples} samples")
    cpu = Cpu(
        samples=folded.samples,
        hertz=hertz,
        event=taken.event,
        stack_bytes=taken.stack_bytes,
        whole=folded.whole,
        dropped=taken.dropped,
        functions=functions(folded.stacks),
        threads=threads(folded.stacks),
    )
    notes = _notes(folded, taken.said)
    return Finding((svg, stacks), (), TOOLS, runs=runs, odd_lines=folded.odd_lines, notes=notes, cpu=cpu)


def perf_record(hertz: int, stack_bytes: int = STACK_BYTES) -> Tool:
    """perf as the profile uses it."""

    def wrap(command: Sequence[str], folder: Path) -> list[str]:
        return _recorded(command, hertz, stack_bytes, folder / "perf.data")

    return Tool("perf record", wrap, follows=True)


def wanted_runs(cpu_seconds: float, seconds: float, hertz: int) -> int:
    """How often to run for WANTED samples, within MOST_SECONDS."""
    enough = math.ceil(WANTED / max(cpu_seconds * hertz, 0.01))
    return max(1, min(enough, MOST_RUNS, int(MOST_SECONDS / max(seconds, 0.001))))


def wanted_again(runs: int, samples: int, seconds: float) -> int:
    """How often to run when ``runs`` gave so few samples, within MOST_SECONDS."""
    if samples >= WANTED / 2:
        return runs
    enough = math.ceil(runs * WANTED / max(samples, 1))
    return max(runs, min(enough, MOST_RUNS, int(MOST_SECONDS / max(seconds, 0.001))))


def too_few(samples: int, runs: int, hertz: int, kernel: bool) -> str:
    """Why there is no picture, and how to get one."""
    return (
        f"{samples} samples in {runs} run{'s' * (runs > 1)} at {hertz} Hz are too few for a profile, take {FEWEST}; "
        "samples are CPU seconds times frequency: scan more ports, or sample more often with --sampling-rate; "
        "a scan that waits gives none, see --type io"
        + ("" if kernel else "; perf saw nothing of the kernel's side, where a scan has most of its time: run as root")
    )


def _sample_enough(subject: Subject, hertz: int) -> tuple[_Sampling, int]:
    """The samples, and how many runs they are of."""
    alone = subject.run()
    runs = wanted_runs(alone.cpu_seconds, alone.seconds, hertz)
    taken = _sample(subject, hertz, STACK_BYTES, runs)
    more = wanted_again(runs, taken.folded.samples, alone.seconds)
    if more == runs:
        return taken, runs
    # An ordinary user's perf sees no time in the kernel, where a scan has most of its own.
    return _sample(subject, hertz, STACK_BYTES, more), more


def _sample(subject: Subject, hertz: int, stack_bytes: int, runs: int) -> _Sampling:
    with tempfile.TemporaryDirectory(prefix="prtip-guide-") as folder:
        data = Path(folder) / "perf.data"
        said = _record(subject, hertz, stack_bytes, runs, data)
        folded = _fold(data)
        return _Sampling(folded, _drop(folded), _event(data), stack_bytes, said)


def _whole_part(folded: Folded) -> float:
    return folded.whole / folded.samples if folded.samples else 0.0


def _recorded(command: Sequence[str], hertz: int, stack_bytes: int, data: Path) -> list[str]:
    # Without events for BPF programs and without build ids, root waits 0.1 s instead of 1.1 s.
    options = ["--no-bpf-event", "--no-buildid", "--no-buildid-cache", "-F", str(hertz), "-o", str(data)]
    return [tool("perf"), "record", *options, "--call-graph", f"dwarf,{stack_bytes}", "--", *command]


def _record(subject: Subject, hertz: int, stack_bytes: int, runs: int, data: Path) -> str:
    """Record all runs into one file; returns what perf said."""
    loop = [tool("bash"), "-c", LOOP, "loop", str(runs), *subject.command]
    command = _recorded(loop if runs > 1 else subject.command, hertz, stack_bytes, data)
    if runs > 1:  # perf 6.1 unwinds every process as if its code lay where the first one had it; -R puts it there
        command = [tool("setarch"), "-R", *command]
    done = check(run(command), command)
    written(data, "perf record", done)
    return done.errors


def _fold(data: Path) -> Folded:
    command = [tool("perf"), "script", "-i", str(data), "-F", FIELDS]
    with tempfile.TemporaryFile() as errors:
        environment = {**os.environ, "LC_ALL": "C"}
        script = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=environment)
        with script:
            assert script.stdout is not None
            folded = fold(script.stdout)
        if script.returncode != 0:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip()[-400:]
            raise ProfileError(f"`{shown(command)}`: exit status {script.returncode}: {said}")
    return folded


def _drop(folded: Folded) -> int:
    """Leave out the samples that are not the program's; returns their number."""
    others = [stack for stack in folded.stacks if stack[0] in NOT_THE_PROGRAM]
    return sum(folded.stacks.pop(stack) for stack in others)


def _event(data: Path) -> str:
    command = [tool("perf"), "evlist", "-i", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    return done.stdout.splitlines()[0].strip() if done.stdout.strip() else "unknown"


def sees_kernel(folded: Folded) -> bool:
    """Whether any sample is of the kernel's side, which perf shows to root only where the kernel is strict."""
    return any(stack[-1].endswith(KERNEL) for stack in folded.stacks)


def _notes(folded: Folded, said: str) -> tuple[str, ...]:
    notes = []
    if _whole_part(folded) < WHOLE_PART:
        share = 100 * _whole_part(folded)
        notes.append(f"only {share:.0f} % of the stacks reach the start of their thread: totals of callers are too low")
    if not sees_kernel(folded):
        notes.append("no sample of the kernel's side: at this perf_event_paranoid it needs root or cap_perfmon")
    elif any(frame == f"[unknown]{KERNEL}" for stack in folded.stacks for frame in stack):
        notes.append("functions of the kernel have no names: kptr_restrict hides them; run as root or with cap_syslog")
    if lost := re.search(r"(?i)lost (\d+) (?:chunks|samples|events)", said):
        notes.append(f"perf lost {lost[0].removeprefix('lost ')}: sample less often with --sampling-rate")
    return tuple(notes)
