"""The reference target, built, and a network in which it may scan."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reference.network import Network

PACKAGE = Path(__file__).parents[2] / "prtip_guide" / "reference"


def needs(tool: str, package: str) -> None:
    """Skip where a tool is missing, and say how to get it."""
    if shutil.which(tool) is None:
        pytest.skip(f"needs {tool}: apt-get install {package}")


def build(profile: str) -> Path:
    """Build the reference target in its own folder."""
    if shutil.which("cargo") is None:
        pytest.skip("needs cargo: install Rust 1.85 or later with rustup")
    folder = PACKAGE / "target"
    command = ["cargo", "build", "--locked", "--profile", profile, "--target-dir", str(folder)]
    done = subprocess.run(command, cwd=PACKAGE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / profile / "prtip"


@pytest.fixture(scope="session")
def prtip() -> Path:
    """The target as it is profiled: optimised, with symbols."""
    return build("profiling")


@pytest.fixture(scope="session")
def release() -> Path:
    """The target as it is published: stripped."""
    return build("release")


@pytest.fixture(scope="session")
def network() -> Iterator[Network]:
    """A network that only this run knows."""
    if os.geteuid() != 0:
        pytest.skip("needs root for a network namespace: run pytest with sudo")
    needs("nsenter", "util-linux")
    needs("ss", "iproute2")
    with Network() as network:
        yield network


@pytest.fixture
def public(release: Path) -> Iterator[Path]:
    """A copy that every user may run."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(shutil.copy(release, folder))
