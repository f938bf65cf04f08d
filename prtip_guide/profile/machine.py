"""What decides which profiles this machine can make, as a value."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prtip_guide.profile.elf import symbols
from prtip_guide.profile.host import cache_folder, detect_host, tool_versions
from prtip_guide.target import Target

TOOLS = ("perf", "valgrind", "strace", "heaptrack", "flamegraph", "cargo")
# The bits of a capability set that matter here, by Linux's own numbers.
CAPABILITIES = {"net_raw": 13, "sys_ptrace": 19, "sys_admin": 21, "syslog": 34, "perfmon": 38}


@dataclass(frozen=True, slots=True)
class Machine:
    """The facts. None where the system does not say."""

    system: str
    distribution: str
    """The name that decides how packages are installed: debian, ubuntu, fedora, arch, or another."""
    kernel: str
    virtual: bool
    root: bool
    capabilities: frozenset[str]
    """Those of CAPABILITIES that this process has."""
    tools: Mapping[str, str] = field(default_factory=dict)
    """Versions of those of TOOLS that are installed."""
    paranoid: int | None = None
    kptr_restrict: int | None = None
    ptrace_scope: int | None = None
    hardware_counters: bool = False
    user_namespaces: bool = False
    """Whether an ordinary user may make them."""
    nodes: int = 1
    """NUMA nodes."""
    governor: str | None = None
    """What decides the processor's frequency."""
    builds: Mapping[str, str] = field(default_factory=dict)
    """What names the target's programs have, by Cargo's profile."""


def detect_machine(target: Target, system: Path = Path("/")) -> Machine:
    """Look at this machine and at what is built of the target."""
    host = detect_host()
    release = (system / "etc/os-release").read_text(errors="replace") if (system / "etc/os-release").exists() else ""
    likes = re.search(r"^ID_LIKE=\"?([\w ]+)", release, re.M)
    return Machine(
        system=host.system,
        distribution=_known([host.name.partition("-")[0], *(likes[1].split() if likes else [])]),
        kernel=host.kernel,
        virtual=host.cpu.endswith(", virtual"),
        root=os.geteuid() == 0,
        capabilities=_capabilities(system),
        tools=tool_versions(TOOLS),
        paranoid=_number(system / "proc/sys/kernel/perf_event_paranoid"),
        kptr_restrict=_number(system / "proc/sys/kernel/kptr_restrict"),
        ptrace_scope=_number(system / "proc/sys/kernel/yama/ptrace_scope"),
        hardware_counters=(system / "sys/bus/event_source/devices/cpu").exists(),
        user_namespaces=_may_unshare(system),
        nodes=max(1, len(list(system.glob("sys/devices/system/node/node[0-9]*")))),
        governor=_text(system / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        builds=_builds(target),
    )


def _known(names: list[str]) -> str:
    known = ("debian", "ubuntu", "fedora", "arch")
    return next((name for name in names if name in known), names[0])


def _builds(target: Target) -> dict[str, str]:
    """In the target's own folder, else in the cache of ``profile``."""
    own = cache_folder() / "builds" / f"{target.name}-{target.digest[:12]}"
    found: dict[str, str] = {}
    for profile in ("release", "profiling"):
        for folder in (own, target.path / "target"):
            said = symbols(folder / profile / "prtip")
            if said:
                found.setdefault(profile, said)
    return found


def _capabilities(system: Path) -> frozenset[str]:
    status = _text(system / "proc/self/status") or ""
    bits = re.search(r"^CapEff:\s*([0-9a-f]+)", status, re.M)
    have = int(bits[1], 16) if bits else 0
    return frozenset(name for name, bit in CAPABILITIES.items() if have >> bit & 1)


def _may_unshare(system: Path) -> bool:
    clone = _number(system / "proc/sys/kernel/unprivileged_userns_clone")
    apparmor = _number(system / "proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    most = _number(system / "proc/sys/user/max_user_namespaces")
    return clone != 0 and not apparmor and bool(most)


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text is not None and re.fullmatch(r"-?\d+", text) else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return None
