"""Running a tool, or the program alone, and knowing how long it took and how it ended."""

import os
import pwd
import shlex
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prtip_guide.profile.error import ProfileError
from prtip_guide.profile.host import which

SECONDS = 600.0
SHOWN = 600
REMEDIES = {
    "perf": "linux-perf on Debian, linux-tools-generic on Ubuntu, perf elsewhere",
    "ms_print": "valgrind",
    "heaptrack_print": "heaptrack",
    "flamegraph": "cargo install flamegraph --locked --version 0.6.14",
    "cargo": "the Rust toolchain",
}


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    exit: int
    """Exit status; negative for a signal."""
    seconds: float
    cpu_seconds: float
    """User and system time of it and its children."""
    errors: str
    """What it wrote to standard error, from the end."""


def tool(name: str) -> str:
    """The path of a tool; raises ProfileError with what to install when it is missing."""
    path = which(name)
    if path is None:
        raise ProfileError(f"{name}: not installed; install {REMEDIES.get(name, name)}")
    return path


def run(
    command: Sequence[str | os.PathLike[str]],
    output: Path | None = None,
    environment: Mapping[str, str] | None = None,
    timeout: float = SECONDS,
    owner: pwd.struct_passwd | None = None,
) -> Done:
    """Run a command to its end, its standard output in ``output`` or nowhere.

    It has a process group of its own, which dies with it after ``timeout`` seconds; then, and when the
    command cannot be started, ProfileError is raised. Run by root, it can be another user's: ``owner``.
    """
    words = [os.fspath(word) for word in command]
    with tempfile.TemporaryFile() as errors, open(output or os.devnull, "wb") as out:
        start = time.monotonic()
        try:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                env={**os.environ, "LC_ALL": "C", **(environment or {})},
                process_group=0,
                **_identity(owner),
            )
        except OSError as error:
            raise ProfileError(f"{words[0]}: {error.strerror}; see that it may be run") from error
        status, cpu = _wait(process, timeout, words)
        seconds = time.monotonic() - start
        errors.seek(max(0, errors.seek(0, os.SEEK_END) - 100_000))
        return Done(status, seconds, cpu, errors.read().decode(errors="replace"))


def _identity(owner: pwd.struct_passwd | None) -> dict[str, Any]:
    if owner is None:
        return {}
    groups = os.getgrouplist(owner.pw_name, owner.pw_gid)
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": groups}


def check(done: Done, command: Sequence[str | os.PathLike[str]]) -> Done:
    """``done``, when its exit status is 0; else raises ProfileError with what the command said."""
    if done.exit != 0:
        how = f"exit status {done.exit}" if done.exit > 0 else signal.Signals(-done.exit).name
        said = done.errors.strip()[-SHOWN:] or "it said nothing"
        raise ProfileError(f"`{shown(command)}`: {how}: {said}")
    return done


def written(path: Path, what: str, done: Done) -> Path:
    """``path``, when there is something in it; else raises ProfileError, whatever the tool's exit status was."""
    if not path.is_file() or path.stat().st_size == 0:
        state = "empty" if path.is_file() else "not there"
        said = done.errors.strip()[-SHOWN:] or "nothing"
        raise ProfileError(f"{path.name}: {state} after {what}, which ended with {done.exit} and said: {said}")
    return path


def shown(command: Sequence[str | os.PathLike[str]]) -> str:
    """The command in one line, short, with names in place of paths to programs."""
    words = [os.fspath(word) for word in command]
    line = shlex.join([Path(words[0]).name, *words[1:]])
    return line if len(line) <= 160 else line[:159] + "…"


def _wait(process: "subprocess.Popen[bytes]", timeout: float, words: Sequence[str]) -> tuple[int, float]:
    """Exit status and CPU seconds; kills the group when the time is up or the caller is stopped."""
    expired = threading.Event()
    timer = threading.Timer(timeout, _expire, (process.pid, expired))
    timer.daemon = True
    timer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        timer.cancel()
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if expired.is_set():
        raise ProfileError(f"`{shown(words)}`: still running after {timeout:.0f} s; take a smaller scan")
    return process.returncode, usage.ru_utime + usage.ru_stime


def _expire(group: int, expired: threading.Event) -> None:
    expired.set()
    os.killpg(group, signal.SIGKILL)
