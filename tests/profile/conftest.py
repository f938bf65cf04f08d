"""Programs of which is known what a profile of them must say, and subjects made of them."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from prtip_guide.profile.host import which
from prtip_guide.profile.subject import Subject

TRUTH = Path(__file__).parent / "truth"
Known = Callable[..., Subject]


def needs(*tools: str) -> None:
    """Skip where a tool is missing."""
    missing = [tool for tool in tools if which(tool) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}: run make check")


@pytest.fixture
def known(tmp_path: Path) -> Known:
    """Build a program of ``truth/``; its profiles go into a folder of their own."""
    needs("gcc")

    def build(name: str, *options: str) -> Subject:
        shutil.copy(TRUTH / f"{name}.c", tmp_path)
        program = tmp_path / "-".join([name, *options])
        command = ["gcc", *options, "-O1", "-g", "-pthread", "-o", str(program), f"{name}.c"]
        subprocess.run(command, cwd=tmp_path, check=True)
        return Subject(name, (str(program),), tmp_path, tmp_path / "out")

    return build


@pytest.fixture
def root() -> None:
    """For what only root may see."""
    if os.geteuid() != 0:
        pytest.skip("needs root: run pytest with sudo")
