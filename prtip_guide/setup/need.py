"""What the commands of the Makefile need from the system, and which packages bring it.

Standard library only, as all of this folder: it runs before ``.venv`` is there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that has to be on the machine."""

    name: str
    """A command, or a module of Python's standard library that a distribution may leave out."""
    why: str
    packages: tuple[str, ...] = ()
    """Debian's names of the packages that bring it."""
    remedy: str = ""
    """What to do where no package brings it."""

    def packages_on(self, distribution: str) -> tuple[str, ...]:
        """What ``packages`` are called on ``distribution``."""
        names = NAMES.get(distribution, {})
        return tuple(part for package in self.packages for part in names.get(package, package).split())


# Where a distribution calls a package otherwise than Debian does.
NAMES: Mapping[str, Mapping[str, str]] = {
    "ubuntu": {"linux-perf": "linux-tools-common linux-tools-generic", "chromium": "chromium-browser"},
    "fedora": {
        "python3-venv": "python3",
        "libc6-dev": "glibc-devel",
        "linux-perf": "perf",
        "iproute2": "iproute",
        "libcap2-bin": "libcap",
    },
    "arch": {"python3-venv": "python", "libc6-dev": "glibc", "linux-perf": "perf", "libcap2-bin": "libcap"},
}

VENV = Need("ensurepip", "makes .venv", ("python3-venv",))
CHECK = (
    VENV,
    Need("cargo", "builds the reference target", remedy="install Rust with rustup"),
    Need("cargo-fmt", "checks the format of Rust code", remedy="rustup component add rustfmt"),
    Need("cargo-clippy", "lints Rust code", remedy="rustup component add clippy"),
    Need("cc", "links Rust programs", ("gcc", "libc6-dev")),
    Need("perf", "samples stacks and counts events", ("linux-perf",)),
    Need("valgrind", "records the heap", ("valgrind",)),
    Need("strace", "counts system calls", ("strace",)),
    Need("sudo", "what the guide's commands call, inside a sandbox", ("sudo",)),
    Need("ip", "sets up the sandbox's own loopback", ("iproute2",)),
    Need("setcap", "gives a program capabilities, inside a sandbox", ("libcap2-bin",)),
    Need("mmdebstrap", "makes clean roots of Debian releases", ("mmdebstrap",)),
    Need("chromium", "looks at the site as a reader does", ("chromium",)),
)
# What running the pages needs, and not what checking the runner does.
GUIDE = tuple(need for need in CHECK if need.name not in {"cargo-fmt", "cargo-clippy", "mmdebstrap", "chromium"})
GROUPS: Mapping[str, Sequence[Need]] = {"site": (VENV,), "check": CHECK, "guide": GUIDE}


def missing(needs: Sequence[Need], present: Callable[[str], bool]) -> list[Need]:
    """Those of ``needs`` that the machine does not have, in their order."""
    return [need for need in needs if not present(need.name)]


def packages_for(needs: Sequence[Need], distribution: str) -> list[str]:
    """The packages that bring ``needs``, each once."""
    return list(dict.fromkeys(name for need in needs for name in need.packages_on(distribution)))
