"""A run leaves the machine as it was, however it ends."""

import contextlib
import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from prtip_guide.verify import cgroup
from tests.faults.conftest import Machine, Start, litter, processes_with
from tests.faults.kills import VICTIMS, kills

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="changes kernel settings: run as root, as `make check` in CI does"),
]

# A mark that no other process of this machine carries.
MARK = "86399.25"
LEVEL = Path("/proc/sys/kernel/perf_event_paranoid")
PAGE = f"""\
```bash {{#change data-needs="sysctl:kernel.perf_event_paranoid"}}
other=$(( $(cat {LEVEL}) == 1 ? 0 : 1 ))
sudo sysctl kernel.perf_event_paranoid=$other
cat {LEVEL}
```
{litter(MARK)}```bash {{#long data-timeout="60"}}
sleep SECONDS
```
"""


def wait_for_no_process(seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while processes_with(f"sleep {MARK}") and time.monotonic() < end:
        time.sleep(0.02)
    assert processes_with(f"sleep {MARK}") == []


def wait_until_changed(before: Machine) -> None:
    end = time.monotonic() + 30
    while LEVEL.read_text() == before.settings[0] or not processes_with(f"sleep {MARK}"):
        assert time.monotonic() < end, "the page never came to its litter"
        time.sleep(0.02)


def kill_with_helpers(run: "subprocess.Popen[str]") -> None:
    """All at once, so that nobody is left to put anything back."""
    family = [*psutil.Process(run.pid).children(recursive=True), psutil.Process(run.pid)]
    for act in (psutil.Process.suspend, psutil.Process.kill):
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):  # some of them were about to end
                act(process)
    run.wait(20)


def test_a_run_that_ends_leaves_nothing(start: Start) -> None:
    before = Machine.now()
    run = start(PAGE.replace("SECONDS", "0"))
    out, _ = run.communicate(timeout=60)
    assert "3 passed" in out
    assert Machine.now() == before
    assert processes_with(f"sleep {MARK}") == []


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_run_that_is_ended_leaves_nothing(start: Start, ending: signal.Signals) -> None:
    before = Machine.now()
    run = start(PAGE.replace("SECONDS", "50"))
    wait_until_changed(before)
    helpers = psutil.Process(run.pid).children(recursive=True)
    run.send_signal(ending)
    run.wait(20)
    _, alive = psutil.wait_procs(helpers, timeout=15)
    assert alive == []
    wait_for_no_process()
    assert Machine.now() == before


@pytest.mark.slow
def test_a_run_that_is_killed_at_any_moment_leaves_nothing(start: Start) -> None:
    before = Machine.now()
    for moment in range(25):
        run = start(PAGE.replace("SECONDS", "50"))
        time.sleep(0.05 + moment * 0.025)
        try:
            helpers = psutil.Process(run.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            helpers = []
        run.kill()
        run.wait(20)
        psutil.wait_procs(helpers, timeout=15)
        wait_for_no_process()
        assert Machine.now() == before, f"killed after {0.05 + moment * 0.025:.3f} s"


def test_settings_are_put_back_by_the_next_run_if_the_helpers_died_too(start: Start) -> None:
    before = Machine.now()
    run = start(PAGE.replace("SECONDS", "50"))
    wait_until_changed(before)
    kill_with_helpers(run)
    try:
        assert LEVEL.read_text() != before.settings[0], "nobody was left to put it back"
        out, _ = start("```bash\ntrue\n```").communicate(timeout=60)
        assert "put back the kernel setting kernel.perf_event_paranoid" in out
    finally:
        LEVEL.write_text(before.settings[0])
    wait_for_no_process()
    assert Machine.now() == before


def test_pages_that_change_a_setting_wait_for_each_other(start: Start) -> None:
    before = Machine.now()
    first = start(PAGE.replace("SECONDS", "1.5"))
    wait_until_changed(before)
    out, _ = start(f"```bash {{#x}}\ncat {LEVEL}\n```", "--json").communicate(timeout=60)
    first.communicate(timeout=60)
    assert f'"output": "{before.settings[0].strip()}\\n"' in out
    assert Machine.now() == before


def test_ctrl_c_says_what_is_kept(start: Start) -> None:
    run = start("```bash\necho one\n```\n```bash\nsleep 50\n```")
    time.sleep(1.5)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=20)
    assert run.returncode == 130
    assert "stopped" in errors


def test_two_runs_at_once_do_not_meet(start: Start) -> None:
    page = "```bash\necho $$ > /tmp/guide-test; sleep 0.5; [ $(cat /tmp/guide-test) = $$ ]\n```"
    runs: list[subprocess.Popen[str]] = [start(page), start(page)]
    assert ["1 passed" in run.communicate(timeout=60)[0] for run in runs] == [True, True]


def test_two_runs_with_folders_of_their_own_do_not_change_a_setting_at_once(
    start: Start, environment: dict[str, str], tmp_path: Path
) -> None:
    before = Machine.now()
    first = start(PAGE.replace("SECONDS", "2"))
    wait_until_changed(before)
    environment["XDG_CACHE_HOME"] = str(tmp_path / "another")
    out, _ = start(PAGE.replace("SECONDS", "0")).communicate(timeout=60)
    assert "waiting for a run that changes kernel settings" in out
    assert "3 passed" in out
    assert first.wait(10) == 0
    assert Machine.now() == before


def test_a_run_with_another_folder_puts_back_what_a_killed_one_left(
    start: Start, environment: dict[str, str], tmp_path: Path
) -> None:
    before = Machine.now()
    run = start(PAGE.replace("SECONDS", "50"))
    wait_until_changed(before)
    kill_with_helpers(run)
    assert Machine.now().settings != before.settings
    environment["XDG_CACHE_HOME"] = str(tmp_path / "another")
    out, _ = start("```bash\ntrue\n```\n").communicate(timeout=60)
    assert "put back the kernel setting kernel.perf_event_paranoid" in out
    assert Machine.now().settings == before.settings


@pytest.mark.slow
def test_whichever_process_of_a_recording_run_is_killed_nothing_is_left_after_the_next_start() -> None:
    """Five moments, one for each kind of victim; ``make kills`` has 200."""
    found = kills(len(VICTIMS), seed=random.randrange(1 << 32))
    assert [left for left in found if left.finally_] == []


def test_the_record_of_kills_is_of_enough_moments_and_none_left_anything() -> None:
    record = json.loads((Path(__file__).parents[2] / "results/kills.json").read_text())
    assert record["moments"] >= 200
    assert record["left_after_the_next_start"] == len(record.get("notes", [])), "each is explained, or is none"
    assert record["left_until_the_next_start"] == {}
    assert set(record["killed"]) == set(VICTIMS)


def test_the_settings_and_the_group_of_a_killed_supervisor_are_put_right_by_the_runner(start: Start) -> None:
    before = Machine.now()
    run = start(PAGE.replace("SECONDS", "50"))
    wait_until_changed(before)
    supervisor = psutil.Process(run.pid).children()[0]
    supervisor.kill()
    out, _ = run.communicate(timeout=60)
    assert "the sandbox ended" in out
    assert Machine.now() == before
    assert [folder for parent, _ in cgroup._parents(0) for folder in parent.glob(f"*{supervisor.pid}")] == []
