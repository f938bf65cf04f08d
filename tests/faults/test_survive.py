"""What comes from outside while pages run: the message says what to do, and nothing is lost."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.faults.conftest import PROGRAM, Machine, Start, processes_with

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk for results: run as root")
pytestmark = pytest.mark.root
MARK = "86395.25"
LONG = f"```bash\necho one\n```\n```bash\nsleep {MARK}\n```\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with two pages, of which one is recorded."""
    (tmp_path / "mkdocs.yml").touch()
    (tmp_path / "docs").mkdir()
    for name in ("a", "b"):
        (tmp_path / f"docs/{name}.md").write_text(f"```bash {{#{name}}}\necho first\nsleep 0.3\n```\n")
    assert record(tmp_path, "docs/a.md").returncode == 0
    return tmp_path


def command(*names: str) -> list[str]:
    return [PROGRAM, "run", *names, "--record"]


def record(folder: Path, *names: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command(*names), cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def pages(folder: Path) -> dict[str, Any]:
    (ledger,) = folder.glob("results/ledgers/*/none.json")
    found: dict[str, Any] = json.loads(ledger.read_text())["pages"]
    return found


def wait_for_sleep() -> None:
    end = time.monotonic() + 30
    while not processes_with(f"sleep {MARK}"):
        assert time.monotonic() < end, "the page never came to its long step"
        time.sleep(0.02)


@pytest.mark.parametrize("times", [1, 2, 5])
def test_ctrl_c_once_or_more_ends_the_run_with_one_line(start: Start, times: int) -> None:
    before = Machine.now()
    run = start(LONG)
    wait_for_sleep()
    for _ in range(times):
        run.send_signal(signal.SIGINT)
        time.sleep(0.005)
    _, errors = run.communicate(timeout=20)
    assert run.returncode == 130
    assert errors == "prtip-guide: stopped; pages that had ended are recorded, the sandbox is gone\n"
    assert processes_with(f"sleep {MARK}") == []
    assert Machine.now() == before


def test_two_runs_that_record_at_once_lose_nothing(project: Path) -> None:
    runs = [subprocess.Popen(command(f"docs/{name}.md"), cwd=project, stdout=subprocess.DEVNULL) for name in "aabb"]
    assert [run.wait(120) for run in runs] == [0, 0, 0, 0]
    assert list(pages(project)) == ["docs/a.md", "docs/b.md"]
    assert sorted(path.name for path in project.glob("results/outputs/*/none/*")) == ["a.txt", "b.txt"]


@needs_root
@pytest.mark.parametrize(
    ("options", "words"),
    [("ro", "cannot record: Read-only file system"), ("size=8k", "cannot record: No space left on device")],
)
def test_results_on_a_disk_that_takes_nothing_more_keep_what_they_had(project: Path, options: str, words: str) -> None:
    shutil.move(project / "results", project / "kept")
    script = (
        f"mount -t tmpfs none results && cp -a kept/. results && mount -o remount,{options} results"
        f" && {PROGRAM} run docs/b.md --record; status=$?; rm -rf after; cp -a results after; exit $status"
    )
    (project / "docs/b.md").write_text("```bash {#b}\nhead -c 30000 /dev/zero | tr '\\0' x\n```\n")
    (project / "results").mkdir()
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script], cwd=project, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1
    assert "1 passed" in done.stdout
    assert words in done.stderr
    assert "make it writable" in done.stderr or "the old ledger is unchanged" in done.stderr
    assert tree(project / "after") == tree(project / "kept")


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_that_is_suspended_and_woken_goes_on(start: Start) -> None:
    """A suspended machine stops all processes, and the clock that time limits are measured with."""
    run = start("```bash {data-timeout=30}\nsleep 1\n```\n" * 2)
    time.sleep(0.7)
    family = [psutil.Process(run.pid), *psutil.Process(run.pid).children(recursive=True)]
    for process in family:
        process.suspend()
    time.sleep(3)
    for process in family:
        process.resume()
    out, errors = run.communicate(timeout=60)
    assert "2 passed" in out, errors


def test_a_runner_that_alone_was_stopped_past_a_time_limit_judges_what_was_said_in_time(start: Start) -> None:
    run = start("```bash {data-timeout=2}\nsleep 0.2; echo there\n```\n" * 2)
    time.sleep(0.25)
    run.send_signal(signal.SIGSTOP)
    time.sleep(4)
    run.send_signal(signal.SIGCONT)
    out, errors = run.communicate(timeout=60)
    assert "2 passed" in out, errors


def test_a_registry_that_is_lost_is_named_with_what_to_do(start: Start, environment: dict[str, str]) -> None:
    environment["PRTIP_REGISTRIES"] = "https://registry.invalid"
    page = '```bash {data-network="registry"}\ncurl --silent --show-error https://registry.invalid/\n```\n'
    out, errors = start(page, "--json").communicate(timeout=120)
    outcome = json.loads(out)["pages"][0]["outcomes"][0]
    assert outcome["verdict"] == "failed", errors
    assert "registry.invalid cannot be reached from this machine: see to its network, run again" in outcome["reason"]
