"""Profiles need nothing of the checkout: the built wheel has all of them, and the reference target."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.profile.conftest import needs

CHECKOUT = Path(__file__).parents[2]
CALL = "import sys; from prtip_guide.cli import main; sys.exit(main())"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(CHECKOUT)], check=True, capture_output=True, timeout=120)
    (built,) = folder.glob("*.whl")
    return built


def installed(wheel: Path, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Call the program as the wheel has it, from a folder where there is nothing else."""
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "lib")
    environment = {**os.environ, "PYTHONPATH": str(folder / "lib"), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PRTIP_ROOT", None)
    command = [sys.executable, "-c", CALL, *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.slow
def test_the_wheel_alone_profiles_its_own_target(wheel: Path, tmp_path: Path) -> None:
    needs("cargo", "strace", "perf")
    arguments = ["--scenario", "few", "--type", "io", "--json", "--", "-sT", "-p", "1-20", "127.0.0.1"]
    done = installed(wheel, tmp_path, "profile", *arguments)
    assert done.returncode == 0, done.stderr
    (profile,) = json.loads(done.stdout)["profiles"]
    assert profile["target"]["name"] == "reference"
    assert list((tmp_path / "results" / "profiles").rglob("few-strace-summary.txt"))


def test_the_wheel_has_the_doors_and_no_build(wheel: Path, tmp_path: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "prtip_guide/reference/Cargo.lock" in names
    assert not [name for name in names if "/target/" in name]
    for command in ("profile", "report", "compare", "baseline", "doctor", "capacity"):
        assert "examples:" in installed(wheel, tmp_path, command, "--help").stdout
