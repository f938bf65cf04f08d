"""Name what is missing on this machine, and install it where that was agreed to.

Run as ``python3 -m prtip_guide.setup.packages site|check``. On Debian, root's call is the
agreement; anybody else is asked. Exit status: 0 nothing is missing, 1 installing failed,
2 something is missing and nobody could be asked, or the answer was no.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Literal

from prtip_guide.setup.machine import APT_UPDATE, Machine, is_present, this_machine
from prtip_guide.setup.need import GROUPS, Need, missing, packages_for

Decision = Literal["install", "ask", "stop"]


def decide(needs: Sequence[Need], machine: Machine) -> Decision:
    """What to do about ``needs``, which are missing; sudo is never used without a yes."""
    if not machine.may_install or not all(need.packages_on(machine.distribution) for need in needs):
        return "stop"
    if machine.root and (machine.distribution == "debian" or machine.agreed):
        return "install"
    return "ask" if machine.terminal else "stop"


def describe(needs: Sequence[Need], machine: Machine) -> str:
    """The list of what is missing, why it is needed, and what brings it."""
    width = max(len(need.name) for need in needs)
    lines = ["missing on this machine:"]
    for need in needs:
        source = " ".join(need.packages_on(machine.distribution)) or need.remedy
        lines.append(f"  {need.name:{width}}  {need.why} ({source})")
    return "\n".join(lines)


def remedy(needs: Sequence[Need], machine: Machine) -> str:
    """What to copy into a terminal; empty where no package brings anything."""
    packages = packages_for(needs, machine.distribution)
    if not packages:
        return ""
    if not machine.distribution:
        return f"install what brings these on this system; on Debian: {' '.join(packages)}"
    who = "" if machine.root or machine.sudo else ", as root"
    return f"to install them{who}:\n  {shlex.join(machine.install(packages))}"


def _run(command: list[str]) -> bool:
    print("+", shlex.join(command), flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, env=environment, check=False).returncode == 0


def install(packages: list[str], machine: Machine, run: Callable[[list[str]], bool] = _run) -> bool:
    """Install ``packages``, with a second try after renewing apt's lists; whether it worked."""
    command = machine.install(packages)
    if run(command):
        return True
    if "apt-get" not in command:
        return False
    print("perhaps the lists of packages are missing or old: renewing them", flush=True)
    return run(machine.command(*APT_UPDATE)) and run(command)


def _agreed() -> bool:
    try:
        return input("run this now? [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def main(arguments: Sequence[str]) -> int:
    """See the module."""
    needs = missing(GROUPS[arguments[0]], is_present)
    if not needs:
        return 0
    machine = this_machine()
    decision = decide(needs, machine)
    print(describe(needs, machine))
    if decision != "install":
        print(remedy(needs, machine))
    if decision == "stop" or (decision == "ask" and not _agreed()):
        return 2
    if not install(packages_for(needs, machine.distribution), machine):
        return 1
    left = missing(needs, is_present)
    if left:
        print("still", describe(left, machine))
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
