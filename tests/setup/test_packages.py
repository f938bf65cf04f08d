"""What is said about missing packages, and what is done about them."""

import pytest

from prtip_guide.setup.machine import Machine
from prtip_guide.setup.need import Need
from prtip_guide.setup.packages import Decision, decide, describe, install, remedy

PERF = Need("perf", "samples stacks", ("linux-perf",))
STRACE = Need("strace", "counts system calls", ("strace",))
CARGO = Need("cargo", "builds", remedy="install Rust with rustup")


def machine(distribution: str = "debian", *, root: bool = False, terminal: bool = False, sudo: bool = True) -> Machine:
    return Machine(distribution, root, terminal, sudo)


@pytest.mark.parametrize(
    ("here", "decision"),
    [
        (machine(root=True), "install"),
        (machine(root=True, terminal=True), "install"),
        (machine(), "stop"),
        (machine(terminal=True), "ask"),
        (machine("ubuntu", root=True), "stop"),
        (machine("ubuntu", root=True, terminal=True), "ask"),
        (machine("", root=True, terminal=True), "stop"),
        (machine(terminal=True, sudo=False), "stop"),
    ],
)
def test_only_root_on_debian_installs_unasked(here: Machine, decision: Decision) -> None:
    assert decide([PERF], here) == decision


def test_nothing_is_installed_while_something_else_has_to_be_done_by_hand() -> None:
    assert decide([PERF, CARGO], machine(root=True)) == "stop"


def test_the_list_says_what_why_and_from_where() -> None:
    assert describe([PERF, STRACE, CARGO], machine("fedora")).splitlines() == [
        "missing on this machine:",
        "  perf    samples stacks (perf)",
        "  strace  counts system calls (strace)",
        "  cargo   builds (install Rust with rustup)",
    ]


@pytest.mark.parametrize(
    ("here", "command"),
    [
        (machine(), "sudo apt-get install --yes --no-install-recommends linux-perf strace"),
        (machine(root=True), "apt-get install --yes --no-install-recommends linux-perf strace"),
        (
            machine("ubuntu"),
            "sudo apt-get install --yes --no-install-recommends linux-tools-common linux-tools-generic strace",
        ),
        (machine("fedora"), "sudo dnf install --assumeyes --setopt=install_weak_deps=False perf strace"),
        (machine("arch"), "sudo pacman -S --needed --noconfirm perf strace"),
    ],
)
def test_the_remedy_is_a_command_to_copy(here: Machine, command: str) -> None:
    assert remedy([PERF, STRACE], here) == f"to install them:\n  {command}"


def test_without_sudo_the_remedy_is_for_root() -> None:
    assert remedy([STRACE], machine("arch", sudo=False)) == (
        "to install them, as root:\n  pacman -S --needed --noconfirm strace"
    )


def test_on_an_unknown_system_the_remedy_names_debians_packages() -> None:
    assert remedy([PERF, CARGO], machine("")).endswith("on Debian: linux-perf")


def test_where_no_package_helps_no_command_is_shown() -> None:
    assert remedy([CARGO], machine()) == ""


@pytest.mark.parametrize(
    ("distribution", "answers", "programs"),
    [
        ("debian", [True], ["install"]),
        ("debian", [False, True, True], ["install", "update", "install"]),
        ("debian", [False, True, False], ["install", "update", "install"]),
        ("debian", [False, False], ["install", "update"]),
        ("fedora", [False], ["install"]),
    ],
)
def test_apts_lists_are_renewed_only_when_installing_failed(
    distribution: str, answers: list[bool], programs: list[str]
) -> None:
    commands: list[list[str]] = []

    def run(command: list[str]) -> bool:
        commands.append(command)
        return answers[len(commands) - 1]

    assert install(["strace"], machine(distribution, root=True), run) is answers[-1]
    assert [command[1] for command in commands] == programs
