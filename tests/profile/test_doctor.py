"""The doctor says what cannot be profiled, and gives the command for this distribution."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from prtip_guide.profile.doctor import BAD, GOOD, SO_SO, as_screen, checks
from prtip_guide.profile.elf import symbols
from prtip_guide.profile.machine import TOOLS, Machine, detect_machine
from prtip_guide.target import find_target
from tests.profile.conftest import needs

WELL = Machine(
    system="Debian GNU/Linux 12 (bookworm)",
    distribution="debian",
    kernel="6.1.0",
    virtual=False,
    root=True,
    capabilities=frozenset({"net_raw", "sys_ptrace", "sys_admin", "syslog", "perfmon"}),
    tools=dict.fromkeys(TOOLS, "1.2.3"),
    paranoid=2,
    kptr_restrict=0,
    ptrace_scope=0,
    hardware_counters=True,
    user_namespaces=True,
    builds={"release": "none", "profiling": "names and lines"},
)
USER = replace(WELL, root=False, capabilities=frozenset())


def state(machine: Machine, name: str) -> tuple[str, str]:
    found = next(check for check in checks(machine) if check.name == name)
    return found.state, found.remedy


def test_a_machine_without_fault_needs_nothing() -> None:
    assert {check.state for check in checks(WELL)} == {GOOD}
    assert as_screen(WELL, checks(WELL)).endswith("all profiles can be made here\n")


@pytest.mark.parametrize(
    ("distribution", "remedy"),
    [
        ("debian", "sudo apt-get install linux-perf"),
        ("ubuntu", "sudo apt-get install linux-tools-generic"),
        ("fedora", "sudo dnf install perf"),
        ("arch", "sudo pacman -S --needed perf"),
        ("void", "# install perf as this system does it"),
    ],
)
def test_a_missing_tool_has_its_package_of_the_distribution(distribution: str, remedy: str) -> None:
    bare = replace(WELL, distribution=distribution, tools={})
    assert state(bare, "perf") == (BAD, remedy)
    assert state(bare, "heaptrack")[0] == SO_SO


@pytest.mark.parametrize(("level", "expected"), [(-1, GOOD), (0, GOOD), (1, GOOD), (2, SO_SO), (3, BAD), (4, BAD)])
def test_levels_of_perf_mean_what_the_kernel_says(level: int, expected: str) -> None:
    assert state(replace(USER, paranoid=level), "perf rights")[0] == expected
    assert state(replace(WELL, paranoid=level), "perf rights") == (GOOD, "")


def test_names_of_the_kernel_depend_on_two_settings() -> None:
    assert state(replace(USER, paranoid=1), "kernel names")[0] == GOOD
    assert state(replace(USER, paranoid=2), "kernel names") == (SO_SO, "sudo sysctl kernel.perf_event_paranoid=1")
    assert state(replace(USER, kptr_restrict=1), "kernel names") == (SO_SO, "sudo sysctl kernel.kptr_restrict=0")
    assert state(replace(WELL, kptr_restrict=2), "kernel names")[0] == SO_SO


def test_what_limits_a_profile_is_told_with_its_remedy() -> None:
    bad = Machine("x", "debian", "6", True, False, frozenset(), paranoid=4, kptr_restrict=2, ptrace_scope=3, nodes=2)
    bad = replace(bad, governor="powersave", builds={"profiling": "none"})
    found = checks(bad)
    assert {check.name for check in found if check.state != GOOD and not check.remedy} == {"counters"}
    screen = as_screen(bad, found)
    assert max(map(len, screen.splitlines())) <= 80
    assert "prevent a profile: perf, flamegraph, valgrind, strace, cargo, perf rights," in " ".join(screen.split())


def test_this_machine_is_looked_at() -> None:
    machine = detect_machine(find_target())
    assert machine.kernel
    assert machine.paranoid is None or machine.paranoid >= -1
    assert as_screen(machine, checks(machine)).count("\n") < 40


def test_a_stripped_program_has_no_names(tmp_path: Path) -> None:
    needs("gcc", "strip")
    (tmp_path / "x.c").write_text("int main(void) { return 0; }\n")
    for options, said in ((["-g"], "names and lines"), ([], "names"), (["-s"], "none")):
        subprocess.run(["gcc", *options, "-o", "x", "x.c"], cwd=tmp_path, check=True)
        assert symbols(tmp_path / "x") == said
    shutil.copy(tmp_path / "x", tmp_path / "cut")
    (tmp_path / "cut").write_bytes((tmp_path / "x").read_bytes()[:1000])
    assert symbols(tmp_path / "cut") == symbols(tmp_path / "x.c") == symbols(tmp_path / "none") == ""
