"""The machine that a profile was made on, as far as it decides what the profile shows."""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from prtip_guide.profile.person import home

VERSION = re.compile(r"\d+(?:\.\d+)+[\w.~+-]*")
# An ordinary user's PATH lacks the folders of the administrator's tools.
ADMIN_PATH = "/usr/local/sbin:/usr/sbin:/sbin"


@dataclass(frozen=True, slots=True)
class Host:
    """What must be the same for two profiles to be comparable."""

    name: str
    """Distribution and release, as in ``debian-12``."""
    system: str
    kernel: str
    arch: str
    cpu: str
    """The processor's name, and what runs it where that is no bare metal."""
    cpus: int


def detect_host() -> Host:
    """Look at this machine."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {"ID": platform.system().lower()}
    name = "-".join(filter(None, [release["ID"], release.get("VERSION_ID", "")]))
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    system = release.get("PRETTY_NAME", platform.platform())
    return Host(name, system, platform.release(), platform.machine(), _cpu(), cpus)


def tools_folder() -> Path:
    """Where ``make`` installs cargo tools, out of the way of the user's own."""
    return cache_folder() / "cargo" / "bin"


def cache_folder() -> Path:
    """The one folder outside the checkout that the program writes to."""
    return Path(os.environ.get("XDG_CACHE_HOME") or home() / ".cache") / "prtip-guide"


def which(tool: str) -> str | None:
    """Where ``tool`` is: on PATH, among the cargo tools, or in an administrator's folder."""
    cargo = Path(os.environ.get("CARGO_HOME") or home() / ".cargo") / "bin"
    return shutil.which(tool, path=f"{os.environ.get('PATH', os.defpath)}:{cargo}:{tools_folder()}:{ADMIN_PATH}")


def tool_versions(tools: Collection[str]) -> dict[str, str]:
    """The versions of those of ``tools`` that are installed; ``unknown`` where one does not say."""
    return {tool: _version(path) for tool in tools if (path := which(tool))}


def _version(path: str) -> str:
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, text=True, errors="replace", timeout=10, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    number = VERSION.search(done.stdout + done.stderr)
    return number[0] if done.returncode == 0 and number else "unknown"


def _cpu() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return platform.processor() or "unknown"
    model = re.search(r"^model name\s*: (.*)$", text, re.M)
    virtual = ", virtual" if " hypervisor" in text else ""
    return (model[1].strip() if model else platform.machine()) + virtual
