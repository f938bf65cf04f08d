"""Bounds on what all processes of a sandbox may use together, where the machine offers control groups.

A control group is a folder of the host, so it is named after the process that removes it, and what a
killed one left is removed by the next.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PREFIX = "prtip-guide-"
MAX_PROCESSES = 4096
MEMORY_SHARE = 0.75  # of the machine's memory; files that a page writes count too
REMOVAL_SECONDS = 2.0


def memory_limit() -> int:
    """Bytes that a sandbox may use."""
    return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * MEMORY_SHARE)


@contextlib.contextmanager
def bounded(process: int, limit: int) -> Iterator[None]:
    """Hold ``process`` and what it starts within MAX_PROCESSES and ``limit`` bytes, for as long as the block.

    Where control groups cannot be made (no root, a container) nothing is bounded by them.
    """
    folders = []
    for parent, values in _parents(limit):
        with contextlib.suppress(OSError):
            _remove_left(parent)
            folder = parent / f"{PREFIX}{os.getpid()}"
            folder.mkdir()
            folders.append(folder)
            for name, value in values.items():
                (folder / name).write_text(str(value))
            (folder / "cgroup.procs").write_text(str(process))
    try:
        yield
    finally:
        for folder in folders:
            _remove(folder)


def _parents(limit: int) -> list[tuple[Path, dict[str, int]]]:
    """Where groups are made, and what is written into them: version 2 has one tree, version 1 several."""
    if (ROOT / "cgroup.controllers").exists():
        return [(ROOT, {"pids.max": MAX_PROCESSES, "memory.max": limit, "memory.swap.max": 0})]
    own: dict[str, str] = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        own |= dict.fromkeys(names.split(","), path)
    values = {"pids": {"pids.max": MAX_PROCESSES}, "memory": {"memory.limit_in_bytes": limit}}
    return [(Path(f"{ROOT}/{name}{own[name]}"), value) for name, value in values.items() if name in own]


def remove_left() -> None:
    """Remove the groups whose processes were killed."""
    for parent, _ in _parents(0):
        _remove_left(parent)


def _remove_left(parent: Path) -> None:
    for folder in parent.glob(f"{PREFIX}*"):
        if not Path("/proc", folder.name.removeprefix(PREFIX)).exists():
            _remove(folder)


def _remove(folder: Path) -> None:
    """A group can be removed once the kernel is done with its last process."""
    end = time.monotonic() + REMOVAL_SECONDS
    while folder.exists() and time.monotonic() < end:
        with contextlib.suppress(OSError):
            folder.rmdir()
            return
        time.sleep(0.01)
