"""Kill a real run at random moments, and see what is left: ``make kills``.

Each moment kills the runner, the helper that watches the sandbox, the sandbox's process 1, bash, or any other
process of a run that records a page. Then the page is recorded once more. Files, mounts, processes, namespaces,
control groups, kernel settings and ``results/`` are compared with what they were.
"""

import argparse
import contextlib
import fcntl
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from prtip_guide.verify import cgroup, settings
from prtip_guide.verify.host import detect_host
from prtip_guide.verify.ledger import read_ledger
from prtip_guide.verify.store import write_whole
from tests.faults.conftest import PROGRAM, SETTINGS, Machine, litter

RESULT = Path("results/kills.json")
MARK = "86396.25"
WAIT_SECONDS = 300
KEPT_MOMENTS = 200  # a shorter run is for the terminal
DEFAULT_LEVEL = Path("/proc/sys/kernel/perf_cpu_time_max_percent").read_text().strip()
LEVEL = "/proc/sys/kernel/perf_cpu_time_max_percent"
VICTIMS = ("runner", "supervisor", "process 1", "bash", "any")
NAMESPACES = ("mnt", "net", "pid", "ipc", "uts", "user")
# Changes a kernel setting that no other program minds, litters, works, opens a way to the registries, prints, and
# leaves a daemon.
PAGE = f"""\
```bash {{#change data-needs="sysctl:kernel.perf_cpu_time_max_percent"}}
sudo sysctl kernel.perf_cpu_time_max_percent=$(( $(cat {LEVEL}) == {DEFAULT_LEVEL} ? 26 : {DEFAULT_LEVEL} ))
```
{litter(MARK)}```bash {{#registry data-network="registry"}}
sleep 0.1
```
```bash {{#work data-artifact="made.txt"}}
for n in 1 2 3 4 5; do echo VERSION $n | tee -a made.txt; sleep 0.02; done
```
```bash {{#count}}
seq 1 20000 | tail -n 3
```
"""


@dataclass(frozen=True)
class Left:
    """What one killed run left, in words; empty where it left nothing."""

    victim: str
    moment: float
    afterwards: tuple[str, ...]
    """Right after it."""
    finally_: tuple[str, ...]
    """After the next start."""
    ledger: str
    """``old`` or ``new``: what ``results/`` held after the kill, and before the next record was written."""


class Bench:
    """A project with a recorded page, of which two states are known."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "mkdocs.yml").touch()
        (folder / "docs").mkdir()
        self.environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
        self.write("one")
        self.run_once()

    def write(self, version: str) -> None:
        (self.folder / "docs/page.md").write_text(PAGE.replace("VERSION", version))

    def start(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [PROGRAM, "run", "docs/page.md", "--record"],
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run_once(self) -> str:
        run = self.start()
        out, _ = run.communicate(timeout=WAIT_SECONDS)
        assert run.returncode == 0, out
        return out

    def recorded(self) -> str:
        """The version that ``results/`` holds, whole; else what is wrong with it."""
        paths = list((self.folder / "results/ledgers").glob("*/none.json"))
        if len(paths) != 1:
            return f"{len(paths)} ledgers"
        outcomes = read_ledger(paths[0])["pages"]["docs/page.md"]["outcomes"]
        texts = {o["id"]: o["text"] for o in outcomes}
        version = str(texts["work"].split("echo ")[1].split()[0])
        for outcome in outcomes:
            files = [outcome["output"], *(artifact["path"] for artifact in outcome["artifacts"])]
            for name in filter(None, files):
                path = self.folder / "results" / name
                if not path.is_file():
                    return f"{name} is missing"
                if outcome["id"] == "work" and not path.read_text().startswith(version):
                    return f"{name} is not that of the ledger"
        if outcome_kept := [path.name for path in (self.folder / "results").rglob("*.partial")]:
            return f"{outcome_kept[0]} is left"
        return version


def left_behind(before: Machine, family: set[int], spaces: set[str]) -> list[str]:
    """How the machine differs from ``before``; processes and namespaces of the run get some seconds to end."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        wrong = [f"process {pid}" for pid in family if psutil.pid_exists(pid)]
        wrong += [f"namespace {name}" for name in sorted(spaces & held_namespaces())]
        if not wrong:
            break
        time.sleep(0.05)
    with quiet_settings():
        now, level = Machine.now(), Path(LEVEL).read_text().strip()
    for name in ("mounts", "links", "files"):
        if getattr(now, name) != getattr(before, name):
            wrong.append(f"{name}: {set(getattr(now, name)) ^ set(getattr(before, name))}")
    if (now.settings, level) != (before.settings, DEFAULT_LEVEL):
        wrong.append(f"settings: {now.settings} {level}")
    groups = [folder for parent, _ in cgroup._parents(0) for folder in parent.glob(f"{cgroup.PREFIX}*")]
    wrong += [f"group {folder}" for folder in groups if int(folder.name.removeprefix(cgroup.PREFIX)) in family]
    return wrong


@contextlib.contextmanager
def quiet_settings() -> Iterator[None]:
    """While no run, of whoever, may change a kernel setting."""
    lock = os.open(settings.PROC_SYS, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield
    finally:
        os.close(lock)


def held_namespaces() -> set[str]:
    """The namespaces that any process lives in."""
    found = set()
    for pid in psutil.pids():
        found |= namespaces_of(pid)
    return found


def namespaces_of(pid: int) -> set[str]:
    found = set()
    for kind in NAMESPACES:
        with contextlib.suppress(OSError):
            found.add(os.readlink(f"/proc/{pid}/ns/{kind}"))
    return found


def kill_one(run: "subprocess.Popen[str]", victim: str, chance: random.Random) -> tuple[set[int], set[str]]:
    """Kill one process of the run; return all of them, and the namespaces that are theirs alone."""
    runner = psutil.Process(run.pid)
    family = [runner, *runner.children(recursive=True)]
    spaces = {name for process in family for name in namespaces_of(process.pid)} - namespaces_of(os.getpid())
    helpers = family[1:]
    supervisors = [p for p in helpers if p.ppid() == run.pid]
    first = [p for p in helpers if p.ppid() in {s.pid for s in supervisors}]
    below = [p for p in helpers if p.ppid() in {f.pid for f in first}]
    chosen = {"runner": [runner], "supervisor": supervisors, "process 1": first, "bash": below, "any": family}[victim]
    chance.choice(chosen or [runner]).kill()
    return {process.pid for process in family}, spaces


def one_moment(bench: Bench, number: int, seconds: float, chance: random.Random) -> Left:
    """Kill one run at one moment, and look what is left."""
    with quiet_settings():
        before = Machine.now()
    old, new = bench.recorded(), f"version-{number}"
    bench.write(new)
    run = bench.start()
    moment, victim = chance.uniform(0.02, seconds), VICTIMS[number % len(VICTIMS)]
    time.sleep(moment)
    family, spaces = {run.pid}, set[str]()
    with contextlib.suppress(psutil.NoSuchProcess):
        family, spaces = kill_one(run, victim, chance)
    try:
        run.communicate(timeout=WAIT_SECONDS)
    except subprocess.TimeoutExpired:
        run.kill()
        return Left(victim, moment, ("the run hangs",), ("the run hangs",), old)
    afterwards = left_behind(before, family, spaces)
    kept = bench.recorded()
    if kept not in (old, new):
        afterwards.append(f"results: {kept}")
    # What was gone is not looked for again: the kernel gives the numbers of namespaces and processes to others.
    spaces &= held_namespaces()
    family = {pid for pid in family if psutil.pid_exists(pid)}
    bench.run_once()
    finally_ = left_behind(before, family, spaces)
    if bench.recorded() != new:
        finally_.append(f"results: {bench.recorded()}")
    return Left(victim, round(moment, 3), tuple(afterwards), tuple(finally_), "new" if kept == new else "old")


def kills(moments: int, seed: int) -> list[Left]:
    """As many moments; each with the start after it."""
    chance = random.Random(seed)
    found = []
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        bench = Bench(Path(folder))
        started = time.monotonic()
        bench.run_once()
        seconds = time.monotonic() - started
        for number in range(moments):
            left = one_moment(bench, number, seconds, chance)
            found.append(left)
            words = "; ".join(left.finally_) or (
                "nothing left" if not left.afterwards else "nothing after the next start"
            )
            print(f"{number + 1:3} {left.victim:10} at {left.moment:.3f} s: {words}", flush=True)
            for text in left.afterwards:
                print(f"      at first: {text}", flush=True)
        shutil.rmtree(Path(folder, "cache"), ignore_errors=True)
    return found


def main() -> int:
    """Kill, print, record; returns 1 when anything is left in the end."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.kills", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("moments", nargs="?", type=int, default=200, help="how many (default: 200)")
    parser.add_argument("--seed", type=int, default=None, help="to have the same moments again")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(1 << 32)
    print(f"{options.moments} moments, --seed {seed}", flush=True)
    found = kills(options.moments, seed)
    bad = [left for left in found if left.finally_]
    victims = Counter(left.victim for left in found)
    record = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "host": detect_host([], versions=False).name,
        "moments": len(found),
        "seed": seed,
        "compared": [
            "files",
            "mounts",
            "network links",
            "processes",
            "namespaces",
            "control groups",
            *SETTINGS,
            "results",
        ],
        "killed": dict(victims),
        "left_after_the_next_start": len(bad),
        "left_until_the_next_start": Counter(text.split(" ")[0] for left in found for text in left.afterwards),
        "ledger": dict(Counter(left.ledger for left in found)),
    }
    if len(found) >= KEPT_MOMENTS:
        write_whole(RESULT, (json.dumps(record, indent=1) + "\n").encode())
    print(f"{len(bad)} of {len(found)} kills left anything after the next start")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
