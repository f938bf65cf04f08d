"""The workflows: what they may do, and that each of their commands is one that works here."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.jobs import RECORD, commands, jobs

CHECKOUT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
FILES = sorted((CHECKOUT / ".github" / "workflows").glob("*.yml"))
GUIDE = CHECKOUT / ".github" / "workflows" / "guide.yml"
# What a job runs before there is a checkout: the one thing that is no target of the Makefile.
PREPARES = "${{ matrix.packages }}"


def steps() -> list[dict[str, Any]]:
    return [step for job in jobs().values() for step in job["steps"]]


def test_every_action_is_pinned_by_hash_with_its_version_beside_it() -> None:
    for file in FILES:
        for line in re.findall(r"uses: .*", file.read_text()):
            own = line.startswith("uses: ./.github/workflows/")
            assert own or re.fullmatch(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*", line), line


def test_no_job_has_a_secret_or_more_rights_than_it_names() -> None:
    for file in FILES:
        assert "secrets." not in file.read_text()
        assert yaml.safe_load(file.read_text())["permissions"] == {}
    rights = {name: job["permissions"] for name, job in jobs().items()}
    assert rights.pop("deploy") == {"pages": "write", "id-token": "write"}
    assert rights.pop("issues") == {"contents": "read", "issues": "write"}
    assert all(right == {"contents": "read"} for right in rights.values())


def test_no_checkout_leaves_its_token_behind() -> None:
    checkouts = [step for step in steps() if "actions/checkout@" in step.get("uses", "")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_every_command_is_a_target_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.M))
    commands = [step["run"] for step in steps() if "run" in step and step["run"] != PREPARES]
    assert commands
    for command in commands:
        program, *words = shlex.split(command)
        assert program == "make", command
        assert {word for word in words if re.fullmatch("[a-z]+", word)} <= targets, command
        assert "${{" not in command, f"{command}: a value of the event is no text of a shell command"


@pytest.mark.parametrize(
    ("right", "wrong", "linter"),
    [
        ("needs: run", "needs: runs", "actionlint"),
        ("setup-uv@20cfd1bf945f4377ade1205e4dbc17946fc9a30d", "setup-uv@main", "zizmor"),
        ("timeout-minutes: 20", "timeout-minutes: soon", "check-jsonschema"),
    ],
)
def test_each_linter_finds_a_mistake(tmp_path: Path, right: str, wrong: str, linter: str) -> None:
    copy = tmp_path / ".github" / "workflows" / GUIDE.name
    copy.parent.mkdir(parents=True)
    for text, wanted in ((right, 0), (wrong, 1)):
        copy.write_text(GUIDE.read_text().replace(right, text))
        recipe = (CHECKOUT / "Makefile").read_text()
        command = re.search(rf"^\t\$\(BIN\)/({linter} .*)$", recipe, re.M)
        assert command
        words = shlex.split(command[1].replace("$(BIN)", str(BIN)).replace("$(WORKFLOWS)", str(copy)))
        done = subprocess.run([BIN / words[0], *words[1:]], capture_output=True, text=True, check=False)
        assert bool(done.returncode) == bool(wanted), done.stdout + done.stderr


@pytest.mark.parametrize(
    "image",
    [
        *("debian:11", "debian:12", "debian:13", "ubuntu:20.04", "ubuntu:22.04", "ubuntu:24.04", "ubuntu:26.04"),
        *("fedora:latest", "almalinux:10", "archlinux:latest"),
    ],
)
def test_the_guide_is_run_on_every_family(image: str) -> None:
    matrix = jobs()["run"]["strategy"]["matrix"]["include"]
    assert image in [entry["image"] for entry in matrix]


def test_the_example_for_a_callers_workflow_is_one(tmp_path: Path) -> None:
    """The page's example is linted, and pins the actions that this workflow does."""
    page = (CHECKOUT / "docs" / "contributing" / "hosts.md").read_text()
    example = re.findall(r"^```yaml\n(.*?)^```", page, re.M | re.S)[-1]
    ours = "\n".join(file.read_text() for file in FILES)
    pins = re.findall(r"uses: (actions/\S+ # \S+)", example)
    assert len(pins) == 2
    assert all(pin in ours for pin in pins)
    caller = tmp_path / "caller.yml"
    caller.write_text(f"on: push\n{example.replace('HASH', '0' * 40)}")
    schema = ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(caller)]
    for words in (["actionlint", str(caller)], schema):
        done = subprocess.run([BIN / words[0], *words[1:]], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_checkout_of_another_target_comes_from_the_caller_alone() -> None:
    text = "\n".join(file.read_text() for file in FILES)
    assert "PRTIP_ROOT: ${{ inputs.target" in text
    assert "git clone" not in text
    assert set(re.findall(r"repository: .*", text)) == {"repository: ${{ job.workflow_repository }}"}


def test_whoever_calls_the_guide_gives_it_leave_to_read_and_gets_its_own_files() -> None:
    """GitHub refuses a call whose jobs ask for more than the caller has, and checks out the caller's files."""
    called = yaml.safe_load(GUIDE.read_text())
    assert list(called[True]) == ["workflow_call"]
    for job in called["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
        checkouts = [step for step in job["steps"] if "actions/checkout@" in step.get("uses", "")]
        assert [step["with"]["ref"] for step in checkouts] == ["${{ job.workflow_sha }}"]


JOBS = [name for name, job in jobs().items() if any("run" in step for step in job["steps"])]


# Jobs that nobody has run to their end yet; the README says so.
NOT_YET = {"check", "run"}


def test_jobs_that_were_never_run_are_known() -> None:
    assert set(JOBS) - set(json.loads(RECORD.read_text())) == NOT_YET


@pytest.mark.parametrize("job", sorted(set(JOBS) - NOT_YET))
def test_each_job_was_run_in_a_clean_root_as_it_is_now(job: str) -> None:
    """`make jobs` runs them, too long for every check; this holds that what it recorded is of today's commands."""
    record = json.loads(RECORD.read_text())[job]
    assert "failed" not in record, f"{record.get('failed')}:\n{record.get('output')}"
    assert record.get("passed") == commands(job), "the job has changed: run `make jobs`"


def test_the_jobs_after_the_runs_work_as_the_workflow_calls_them(tmp_path: Path) -> None:
    """``make merge`` and ``make issues`` in a checkout, on artifacts as they are downloaded; gh is a stand-in."""
    checkout, gh = tmp_path / "checkout", tmp_path / "bin" / "gh"
    checkout.mkdir()
    for name in ("Makefile", "prtip_guide", "mkdocs.yml", "docs"):
        (checkout / name).symlink_to(CHECKOUT / name)
    # A stamp of its own: make would else renew what is linked here, and leave this folder's name in it.
    (checkout / ".venv").mkdir()
    for path in (CHECKOUT / ".venv").iterdir():
        if path.is_dir():
            (checkout / ".venv" / path.name).symlink_to(path)
    (checkout / ".venv" / "site").touch()
    shutil.copytree(CHECKOUT / "results", checkout / "ledgers" / "ledger-0")
    shutil.copy(CHECKOUT / "pyproject.toml", checkout)
    os.utime(checkout / "pyproject.toml", (0, 0))
    gh.parent.mkdir()
    gh.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\ncase "$1$2" in issuelist) echo "[]";; esac\n')
    gh.chmod(0o755)
    environment = {**os.environ, "PATH": f"{gh.parent}:{os.environ['PATH']}", "RUN": "https://forge.example/runs/7"}
    for command in ("make merge FROM=ledgers", 'make issues FROM=ledgers RUN="$RUN"'):
        assert any(step.get("run") == command for step in steps())
        shell = ["bash", "-euo", "pipefail", "-c", command]
        done = subprocess.run(shell, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    merged, recorded = checkout / "results" / "ledgers", CHECKOUT / "results" / "ledgers"
    assert sorted(p.relative_to(merged) for p in merged.glob("*/*")) == sorted(
        p.relative_to(recorded) for p in recorded.glob("*/*")
    )
    assert (tmp_path / "asked").read_text().splitlines()[1].startswith("issue list --label command-fails")
