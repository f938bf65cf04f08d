"""The program as a person starts it, and the state of the machine around it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

PROGRAM = str(Path(sys.executable).with_name("prtip-guide"))
SETTINGS = ("kernel/perf_event_paranoid", "kernel/kptr_restrict", "kernel/randomize_va_space", "vm/overcommit_memory")


@dataclass(frozen=True)
class Machine:
    """What a run must leave as it was."""

    settings: tuple[str, ...]
    mounts: tuple[str, ...]
    links: tuple[str, ...]
    files: frozenset[str]

    @classmethod
    def now(cls) -> "Machine":
        places = [Path("/etc"), Path("/tmp"), Path("/var/tmp"), Path("/home"), Path("/run"), Path("/dev/shm")]
        return cls(
            settings=tuple(Path("/proc/sys", name).read_text() for name in SETTINGS),
            mounts=tuple(Path("/proc/self/mounts").read_text().splitlines()),
            links=tuple(sorted(os.listdir("/sys/class/net"))),
            files=frozenset(str(path) for place in places for path in place.glob("*") if "guide-test" in path.name),
        )


def litter(mark: str) -> str:
    """A snippet that leaves files, network links and a process behind; no other process has ``mark``."""
    return f"""\
```bash {{#litter}}
sudo touch /etc/guide-test /var/tmp/guide-test /run/guide-test /home/guide-test
touch /tmp/guide-test /dev/shm/guide-test
sudo ip link add guide-test type veth peer name guide-test-2
setsid -f sleep {mark}
```
"""


def processes_with(mark: str) -> list[int]:
    """Processes whose command line holds ``mark``."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if mark in " ".join(process.info["cmdline"] or []):
            found.append(process.pid)
    return found


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment with a cache folder of its own and a secret."""
    return {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "GUIDE_SECRET": "tell-nobody"}


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path, environment: dict[str, str]) -> Iterator[Start]:
    """Start ``prtip-guide run`` on a page's text; what is left of it ends with the test."""
    started: list[subprocess.Popen[str]] = []

    def run(page: str, *options: str) -> "subprocess.Popen[str]":
        path = tmp_path / "page.md"
        path.write_text(page)
        started.append(
            subprocess.Popen(
                [PROGRAM, "run", str(path), *options],
                env=environment,
                cwd=tmp_path,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        )
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


RunJson = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def run_json(start: Start) -> RunJson:
    """Run a page's text to its end and return its outcomes."""

    def run(page: str) -> list[dict[str, Any]]:
        out, errors = start(page, "--json").communicate(timeout=120)
        assert out, errors
        outcomes: list[dict[str, Any]] = json.loads(out)["pages"][0]["outcomes"]
        return outcomes

    return run
