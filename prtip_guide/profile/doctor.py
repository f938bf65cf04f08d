"""What this machine can and cannot profile, each line with the command that cures it."""

import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from prtip_guide.profile.machine import Machine
from prtip_guide.profile.sheet import shorten

GOOD, SO_SO, BAD = "ok", "note", "bad"
WIDTH = 80
INSTALL = {
    "debian": "sudo apt-get install",
    "ubuntu": "sudo apt-get install",
    "fedora": "sudo dnf install",
    "arch": "sudo pacman -S --needed",
}
PERF = {"debian": "linux-perf", "ubuntu": "linux-tools-generic", "fedora": "perf", "arch": "perf"}
# What each tool is for, and whether profiles are impossible without it.
PURPOSES = {
    "perf": ("CPU profiles and cheap counts", BAD),
    "flamegraph": ("draws CPU profiles", BAD),
    "valgrind": ("heap profiles and leaks", BAD),
    "strace": ("system calls", BAD),
    "heaptrack": ("heap profiles, cheaper", SO_SO),
    "cargo": ("builds the target", BAD),
}
FLAMEGRAPH = "cargo install flamegraph --locked --version 0.6.14"
# The target needs a newer compiler than most distributions have.
RUST = "# install rustup, then: rustup default stable"
PARANOID = {
    -1: "everybody may profile everything",
    0: "everybody may profile all CPUs, not raw tracepoints",
    1: "you may profile your own programs, kernel side too",
    2: "you may profile your own programs, user side only",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the screen."""

    name: str
    state: str
    """``ok``, ``note`` for what limits a profile, ``bad`` for what prevents one."""
    told: str
    remedy: str = ""
    """A command to copy; empty where nothing is to be done or nothing can be."""


def checks(machine: Machine) -> list[Check]:
    """All checks, from tools to the processor."""
    return [
        *(_tool(machine, name) for name in PURPOSES),
        _scan(machine),
        _perf(machine),
        _kernel_names(machine),
        _tracing(machine),
        _counters(machine),
        _namespaces(machine),
        _nodes(machine),
        _symbols(machine),
        _frequency(machine),
    ]


def as_screen(machine: Machine, found: list[Check]) -> str:
    """One screen of 80 columns."""
    who = "root" if machine.root else "an ordinary user"
    lines = [shorten(f"{machine.system}, kernel {machine.kernel}, as {who}", WIDTH)]
    for check in found:
        lines += _lines(check)
    bad = [check.name for check in found if check.state == BAD]
    last = f"{len(bad)} of {len(found)} prevent a profile: {', '.join(bad)}" if bad else "all profiles can be made here"
    return "\n".join([*lines, *textwrap.wrap(last, WIDTH)]) + "\n"


def as_document(machine: Machine, found: list[Check]) -> dict[str, Any]:
    """The same for programs."""
    return {"system": machine.system, "kernel": machine.kernel, "checks": [asdict(check) for check in found]}


def _lines(check: Check) -> Iterator[str]:
    yield f"{check.state:4}  {check.name:13}  {shorten(check.told, WIDTH - 21)}"
    if check.remedy:
        yield f"{'':6}{check.remedy}"


def _install(machine: Machine, package: str) -> str:
    command = INSTALL.get(machine.distribution)
    return f"{command} {package}" if command else f"# install {package} as this system does it"


def _tool(machine: Machine, name: str) -> Check:
    purpose, state = PURPOSES[name]
    if name in machine.tools:
        return Check(name, GOOD, f"{machine.tools[name]}: {purpose}")
    package = PERF.get(machine.distribution, "perf") if name == "perf" else name
    remedy = {"flamegraph": FLAMEGRAPH, "cargo": RUST}.get(name) or _install(machine, package)
    return Check(name, state, f"missing: {purpose}", remedy)


def _scan(machine: Machine) -> Check:
    if "net_raw" in machine.capabilities:
        return Check("SYN scans", GOOD, "cap_net_raw is there")
    return Check("SYN scans", SO_SO, "without cap_net_raw only connect scans (-sT)", "sudo prtip-guide profile …")


def _perf(machine: Machine) -> Check:
    level = machine.paranoid
    if level is None:
        return Check("perf rights", BAD, "this kernel has no perf events")
    named = f"perf_event_paranoid {level}"
    if machine.capabilities & {"perfmon", "sys_admin"}:
        return Check("perf rights", GOOD, f"{named}, which does not bind you")
    if level > 2:
        return Check("perf rights", BAD, f"{named}: no profile for you", "sudo sysctl kernel.perf_event_paranoid=1")
    state = GOOD if level < 2 else SO_SO
    remedy = "" if level < 2 else "sudo sysctl kernel.perf_event_paranoid=1"
    return Check("perf rights", state, f"{named}: {PARANOID[max(level, -1)]}", remedy)


def _kernel_names(machine: Machine) -> Check:
    level = machine.kptr_restrict
    hidden = level == 2 or (level == 1 and "syslog" not in machine.capabilities)
    # At 0 the names depend on perf_event_paranoid too.
    hidden = hidden or (level == 0 and (machine.paranoid or 0) > 1 and "syslog" not in machine.capabilities)
    if not hidden:
        return Check("kernel names", GOOD, f"kptr_restrict {level}: functions of the kernel have names")
    remedy = "sudo sysctl kernel.kptr_restrict=0" if level else "sudo sysctl kernel.perf_event_paranoid=1"
    return Check("kernel names", SO_SO, f"kptr_restrict {level}: functions of the kernel are only addresses", remedy)


def _tracing(machine: Machine) -> Check:
    scope = machine.ptrace_scope
    if scope == 3:
        return Check("tracing", BAD, "ptrace_scope 3: strace may do nothing until a restart", "sudo reboot")
    if scope == 2 and "sys_ptrace" not in machine.capabilities:
        return Check("tracing", BAD, "ptrace_scope 2: strace is for root", "sudo sysctl kernel.yama.ptrace_scope=1")
    counts = "" if machine.capabilities & {"perfmon", "sys_admin"} else "; perf counts calls for root only"
    return Check("tracing", GOOD, f"strace may trace what it starts{counts}")


def _counters(machine: Machine) -> Check:
    if machine.hardware_counters:
        return Check("counters", GOOD, "hardware counters: perf samples cycles")
    where = " in this virtual machine" if machine.virtual else " of the hardware"
    return Check("counters", SO_SO, f"none{where}: perf samples cpu-clock only")


def _namespaces(machine: Machine) -> Check:
    if machine.root or machine.user_namespaces:
        return Check("namespaces", GOOD, "a network of its own can be made for a scan")
    remedy = "sudo sysctl kernel.unprivileged_userns_clone=1"
    if machine.distribution == "ubuntu":
        remedy = "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
    return Check("namespaces", SO_SO, "an ordinary user may make none", remedy)


def _nodes(machine: Machine) -> Check:
    if machine.nodes == 1:
        return Check("NUMA", GOOD, "one node: nothing to bind")
    return Check("NUMA", SO_SO, f"{machine.nodes} nodes: bind, or runs differ", "numactl --cpunodebind=0 --membind=0 …")


def _symbols(machine: Machine) -> Check:
    said = machine.builds.get("profiling")
    if said == "names and lines":
        release = machine.builds.get("release")
        beside = f"; release build: {release}" if release else ""
        return Check("symbols", GOOD, f"profiling build: names and lines{beside}")
    if said:
        return Check("symbols", BAD, f"the profiling build of prtip has {said} only", "cargo clean --profile profiling")
    return Check("symbols", SO_SO, "no profiling build yet; the first profile makes it", "prtip-guide profile --list")


def _frequency(machine: Machine) -> Check:
    if machine.governor in (None, "performance"):
        told = "not for this machine to change" if machine.governor is None else "performance"
        return Check("frequency", GOOD, told)
    remedy = "sudo cpupower frequency-set -g performance"
    return Check("frequency", SO_SO, f"{machine.governor}: the clock changes between runs", remedy)
