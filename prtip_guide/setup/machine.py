"""The machine that is made ready: what it is, and how packages are installed on it."""

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

# An ordinary user's PATH often lacks the folders where setcap and ip are.
ADMIN_PATH = "/usr/local/sbin:/usr/sbin:/sbin"
# Installers, by the distribution that a release says it is or is like.
INSTALLERS = {
    "debian": ("apt-get", "install", "--yes", "--no-install-recommends"),
    "ubuntu": ("apt-get", "install", "--yes", "--no-install-recommends"),
    "fedora": ("dnf", "install", "--assumeyes", "--setopt=install_weak_deps=False"),
    "arch": ("pacman", "-S", "--needed", "--noconfirm"),
}
APT_UPDATE = ("apt-get", "update")


@dataclass(frozen=True, slots=True)
class Machine:
    """What decides how missing packages are dealt with."""

    distribution: str
    """A key of INSTALLERS, or empty where packages cannot be installed from here."""
    root: bool
    terminal: bool
    """Whether somebody is there to answer."""
    sudo: bool = True
    agreed: bool = False
    """Whether it is a runner's, made for one job."""

    @property
    def may_install(self) -> bool:
        """Whether there is a way to do it from here, once it was agreed to."""
        return bool(self.distribution) and (self.root or self.sudo)

    def command(self, *arguments: str) -> list[str]:
        """The command as it is run here and as it is shown: with sudo unless root runs it."""
        return ["sudo", *arguments] if self.sudo and not self.root else list(arguments)

    def install(self, packages: list[str]) -> list[str]:
        """The command that installs ``packages``."""
        return self.command(*INSTALLERS[self.distribution], *packages)


def this_machine() -> Machine:
    """The machine as it is now."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    return Machine(
        distribution_of(release), os.geteuid() == 0, terminal, shutil.which("sudo") is not None, "CI" in os.environ
    )


def distribution_of(release: Mapping[str, str]) -> str:
    """The first of a release's own name and those it is like that INSTALLERS has."""
    names = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
    return next((name for name in names if name in INSTALLERS), "")


def is_present(name: str) -> bool:
    """Whether the command, or the module of Python's standard library, is there."""
    if name == "ensurepip":
        return importlib.util.find_spec(name) is not None
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:{ADMIN_PATH}")
    # rustup puts a stand-in for every component there, whether or not it is installed.
    return found is not None and (not name.startswith("cargo") or _answers(found))


def _answers(command: str) -> bool:
    return subprocess.run([command, "--version"], capture_output=True, check=False).returncode == 0
