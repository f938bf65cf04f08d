"""What the machine is: distribution, kernel, tools and privileges."""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

# Where a reader's shell looks; the Rust toolchain comes from rustup's folder or from here.
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NAMESPACES, SYSTEM_WIDE = "namespaces", "system-wide"
# What a page gets only where it asks; of the machine they say nothing that matters to other pages.
GRANTS = frozenset({NAMESPACES, SYSTEM_WIDE})
FEATURES = GRANTS | {"root", "hardware-counters", "numa", "avx512"}
# What the person who runs pages trusts them with, in words separated by blanks.
ALLOW = "PRTIP_GUIDE_ALLOW"
# From here on an overlay can show a disk with its owners mapped.
MAPPING_KERNEL = (5, 19)
# What the name of a clean root of a release has more than that of a machine.
CLEAN = "-clean"
VERSION = re.compile(r"\d+(?:\.\d+)+[\w.~+-]*|\d+")
# Tools whose version changes what the guide shows; recorded whether or not a page asks for them.
RECORDED_TOOLS = ("bash", "cargo", "rustc", "perf", "valgrind", "strace", "sudo")


@dataclass(frozen=True, slots=True)
class Host:
    """A machine as a plan sees it: a value, so that a test can make any."""

    name: str
    """Distribution and release, as in ``debian-12``, or ``debian-12-clean`` for a clean root."""
    system: str
    kernel: str
    arch: str
    cpus: int
    ids: tuple[str, ...] = ()
    """What ``data-on`` may say of this host: ``linux``, ``debian``, ``debian-12``."""
    virtual: str = ""
    """The hypervisor or container, where one is known."""
    tools: Mapping[str, str] = field(default_factory=dict)
    """Versions of the tools that are installed."""
    features: tuple[str, ...] = ()
    """Which of FEATURES the host has."""
    own_tools: Mapping[str, str] = field(default_factory=dict)
    """Tools in the guide's cache folder; a page has those that its front matter names."""
    root: str = ""
    """What pages see in place of the machine's own files, in words; the kernel is the machine's."""

    def with_tools(self, names: Collection[str]) -> "Host":
        """The same host, knowing only of RECORDED_TOOLS and ``names``."""
        kept = {tool: version for tool, version in self.tools.items() if tool in names or tool in RECORDED_TOOLS}
        return replace(self, tools=kept)

    def as_json(self) -> dict[str, Any]:
        """The fields as JSON values, sorted where they have no order."""
        record = asdict(self)
        record["tools"] = dict(sorted(self.tools.items()))
        record["features"] = sorted(self.features)
        record["ids"] = list(self.ids)
        del record["own_tools"]  # a page that names one shows its version
        return record


def detect_host(tools: Collection[str] = (), root: Path = Path("/"), versions: bool = True) -> Host:
    """Look at this machine; ``tools`` are those whose presence matters beside RECORDED_TOOLS.

    Without ``versions`` it is only seen which tools are there.
    """
    release = _os_release(root)
    kind = release.get("ID", platform.system().lower())
    name = "-".join(filter(None, [kind, release.get("VERSION_ID", "")]))
    return Host(
        name=name,
        system=release.get("PRETTY_NAME") or platform.platform(),
        kernel=platform.release(),
        arch=platform.machine(),
        cpus=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        ids=tuple(dict.fromkeys([platform.system().lower(), kind, name, *_rebuilt(release)])),
        virtual=_virtual(),
        tools=_versions({*RECORDED_TOOLS, *tools}, versions),
        features=tuple(sorted(_features())),
        own_tools={path.name: "" for path in own_tools_folder().glob("*")},
    )


def detect_root(root: Path, tools: Collection[str] = (), after: str = "") -> Host:
    """This machine as a page sees it on a clean root, on which the page ``after`` was run first.

    It is a host of its own beside a machine of the same release: an install command does another thing where
    nothing is installed. Versions are asked for in the sandbox.
    """
    machine, system = detect_host(root=root, versions=False), _os_release(Path("/")).get("PRETTY_NAME", "another Linux")
    words = f"clean root after {after}" if after else "clean root"
    folders = [cargo_home() / "bin", *(Path(f"{root}{folder}") for folder in SYSTEM_PATH.split(":"))]
    # Links are not followed: they lead to the machine's own files, as long as the root is not the root.
    there = [tool for tool in {*RECORDED_TOOLS, *tools} if any(os.path.lexists(path / tool) for path in folders)]
    return replace(
        machine,
        name=f"{machine.name}{CLEAN}",
        tools=dict.fromkeys(there, ""),
        own_tools={path.name: "" for path in tools_of(root).glob("*")},
        root=f"{words}; the kernel is that of {system}",
    )


def tools_of(root: Path) -> Path:
    """Where a root keeps the cargo tools that were installed on it; a page has those that its front matter names."""
    return root / "home/reader/.cargo/bin"


def which(tool: str) -> str | None:
    """Where a reader's shell would find ``tool``, with the toolchain of rustup's folder first."""
    return shutil.which(tool, path=f"{cargo_home() / 'bin'}:{SYSTEM_PATH}")


def cargo_home() -> Path:
    """The folder that holds rustup's commands, as rustup itself finds it."""
    return Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")


def cache_folder() -> Path:
    """The one folder outside the checkout that the program writes to."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "prtip-guide"


def own_tools_folder() -> Path:
    """Where ``make check`` installs cargo tools, out of the way of the user's own."""
    return cache_folder() / "cargo" / "bin"


def _os_release(root: Path) -> dict[str, str]:
    for name in ("etc/os-release", "usr/lib/os-release"):
        path = root / name
        if path.exists():
            lines = re.findall(r"^(\w+)=(.*)$", path.read_text(errors="replace"), re.M)
            return {key: value.strip("\"'") for key, value in lines}
    return {}


def _rebuilt(release: Mapping[str, str]) -> set[str]:
    """What a rebuild may call itself: AlmaLinux has RHEL's packages by RHEL's names, but Ubuntu has not Debian's."""
    return {"rhel"} & set(release.get("ID_LIKE", "").split())


def _versions(tools: Collection[str], ask: bool) -> dict[str, str]:
    found = {tool: path for tool in tools if (path := which(tool))}
    if not ask:
        return dict.fromkeys(found, "")
    from concurrent.futures import ThreadPoolExecutor  # only a run that is recorded pays for the import

    with ThreadPoolExecutor() as pool:
        return dict(zip(found, pool.map(_version, found.values()), strict=True))


def _version(path: str) -> str:
    """The first number that ``--version`` prints; a tool that prints none is still there."""
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, text=True, errors="replace", timeout=10, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    number = VERSION.search(done.stdout + done.stderr)
    return number[0] if done.returncode == 0 and number else "unknown"


def _features() -> set[str]:
    found = set()
    if platform.system() == "Linux":
        if os.geteuid() == 0:
            found.add("root")
            found |= _grants()
        if Path("/sys/bus/event_source/devices/cpu").exists():
            found.add("hardware-counters")
        if Path("/sys/devices/system/node/node1").exists():
            found.add("numa")
        if " avx512f" in _read("/proc/cpuinfo"):
            found.add("avx512")
    return found


def _grants() -> set[str]:
    """What root can give to a page that asks for it."""
    allowed = os.environ.get(ALLOW, "").split()
    version = tuple(int(number) for number in re.findall(r"\d+", platform.release())[:2])
    return {SYSTEM_WIDE} & set(allowed) | ({NAMESPACES} if version >= MAPPING_KERNEL else set())


def _virtual() -> str:
    """What ``/proc/cpuinfo`` and the firmware say of a hypervisor; empty on bare metal."""
    vendor = _read("/sys/class/dmi/id/sys_vendor").strip()
    return (vendor or "virtual machine") if " hypervisor" in _read("/proc/cpuinfo") else ""


def _read(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""
