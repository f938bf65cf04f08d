"""What a page may use is bounded, and the page goes on when it wants more."""

import os
from pathlib import Path

import pytest

from prtip_guide.verify import cgroup
from prtip_guide.verify.sandbox import Sandbox
from tests.faults.conftest import RunJson, processes_with

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="control groups need root: run as root"),
]


def groups() -> list[Path]:
    return [folder for parent, _ in cgroup._parents(0) for folder in parent.glob(f"{cgroup.PREFIX}*")]


def page(text: str, options: str = "") -> str:
    return f"```bash {{{options}}}\n{text}\n```\n```bash\necho on\n```\n"


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "sudo bash"])
def test_a_fork_bomb_ends_with_its_step(run_json: RunJson, shell: str) -> None:
    bomb = f"{shell} -c 'x() {{ x | x & }}; x; sleep 86397.25'"
    outcomes = run_json(page(bomb, "data-timeout=3"))
    assert "did not end within 3 s" in outcomes[0]["reason"]
    assert outcomes[1]["output"] == "on\n"
    assert processes_with("86397.25") == []


def test_a_full_disk_is_the_pages_own(run_json: RunJson) -> None:
    outcomes = run_json(page("mkdir d; sudo mount -o remount,size=1m /tmp || head -c 100G /dev/zero > /dev/full"))
    assert "No space left on device" in outcomes[0]["output"]
    assert outcomes[1]["output"] == "on\n"


def test_a_sandbox_is_in_a_group_of_its_own_and_the_group_ends_with_it() -> None:
    if not cgroup._parents(0):
        pytest.skip("this machine offers no control groups for processes and memory")
    before = groups()
    with Sandbox() as sandbox:
        assert cgroup.PREFIX in Path("/proc", str(sandbox.pid), "cgroup").read_text()
        assert len(groups()) > len(before)
    assert set(groups()) <= set(before)


def test_a_group_that_a_killed_run_left_is_removed() -> None:
    parents = [parent for parent, _ in cgroup._parents(0)]
    left = [parent / f"{cgroup.PREFIX}999999999" for parent in parents]
    for folder in left:
        folder.mkdir()
    with Sandbox():
        assert [folder for folder in left if folder.exists()] == []


def test_process_1_can_be_neither_killed_nor_stopped_from_inside(run_json: RunJson) -> None:
    outcomes = run_json(page("sudo kill -9 1; sudo kill -STOP 1; echo still"))
    assert [outcome["verdict"] for outcome in outcomes] == ["passed", "passed"]
