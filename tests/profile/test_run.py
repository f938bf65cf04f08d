"""A profile that a tool did not write, or that says nothing, is an error with its reason."""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from prtip_guide.profile.build import build
from prtip_guide.profile.command import Done, check, run, tool, written
from prtip_guide.profile.cpu import MOST_RUNS, profile_cpu, wanted_again, wanted_runs
from prtip_guide.profile.drawing import draw
from prtip_guide.profile.error import ProfileError, RequestError
from prtip_guide.profile.run import make_request
from prtip_guide.profile.scenario import SCENARIOS, find_scenario
from prtip_guide.profile.subject import Subject
from prtip_guide.target import find_target
from tests.profile.conftest import needs

PROGRAM = str(Path(sys.executable).with_name("prtip-guide"))
DONE = Done(0, 1.0, 1.0, "the tool said this")


def test_a_file_that_is_missing_or_empty_is_an_error_though_the_tool_exits_0(tmp_path: Path) -> None:
    with pytest.raises(
        ProfileError, match=r"x\.out: not there after massif, which ended with 0 and said: the tool said"
    ):
        written(tmp_path / "x.out", "massif", DONE)
    (tmp_path / "x.out").touch()
    with pytest.raises(ProfileError, match=r"x\.out: empty"):
        written(tmp_path / "x.out", "massif", DONE)


def test_a_command_that_fails_is_told_with_what_it_said() -> None:
    command = ["bash", "-c", "echo why >&2; exit 3"]
    with pytest.raises(ProfileError, match=r"(?s)exit status 3: why"):
        check(run(command), command)


def test_a_command_that_does_not_end_is_killed_with_what_it_started(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="still running after 0 s"):
        run(["bash", "-c", f"sleep 60 & echo $! > {tmp_path}/pid; wait"], timeout=0.5)
    child = Path("/proc", (tmp_path / "pid").read_text().strip(), "exe")
    end = time.monotonic() + 10
    while child.exists() and time.monotonic() < end:  # a killed process takes its time
        time.sleep(0.01)
    assert not child.exists()


def test_a_missing_tool_is_told_with_how_to_get_it() -> None:
    with pytest.raises(ProfileError, match="no-such-tool: not installed; install no-such-tool"):
        tool("no-such-tool")


def test_too_few_samples_make_no_picture(tmp_path: Path) -> None:
    needs("perf", "flamegraph")
    subject = Subject("short", (tool("true"),), tmp_path, tmp_path)
    with pytest.raises(ProfileError, match=r"samples in \d+ runs at 1 Hz are too few.*--sampling-rate"):
        profile_cpu(subject, hertz=1)
    assert not list(tmp_path.rglob("*.svg"))


def test_stacks_that_are_none_make_no_picture(tmp_path: Path) -> None:
    needs("flamegraph")
    (tmp_path / "x.folded").write_text("\n")
    with pytest.raises(ProfileError, match="flamegraph"):
        draw(tmp_path / "x.folded", tmp_path / "x.svg", "x")
    assert not (tmp_path / "x.svg").exists()


def test_a_short_scan_is_run_often_and_a_waiting_one_is_not_waited_for() -> None:
    assert wanted_runs(cpu_seconds=0.01, seconds=0.01, hertz=997) == 101
    assert wanted_runs(cpu_seconds=5.0, seconds=5.0, hertz=997) == 1
    assert wanted_runs(cpu_seconds=0.01, seconds=10.0, hertz=997) == 2
    assert wanted_runs(cpu_seconds=0.0, seconds=0.0, hertz=997) == MOST_RUNS


def test_a_scan_with_fewer_samples_than_its_cpu_time_promised_is_run_again_more_often() -> None:
    assert wanted_again(1, samples=1100, seconds=0.6) == 1
    assert wanted_again(1, samples=50, seconds=0.6) == 20
    assert wanted_again(1, samples=0, seconds=1.0) == 20
    assert wanted_again(30, samples=20, seconds=5.0) == 30


def test_every_scenario_stays_on_this_machine() -> None:
    for scenario in SCENARIOS.values():
        assert scenario.arguments[-1] in ("127.0.0.1", "::1")
    assert {"syn-scan-1k", "connect-scan-100", "ipv6-scan-500", "service-detect-20", "rate-limited"} <= set(SCENARIOS)


def test_arguments_of_ones_own_take_any_good_name_and_no_bad_one() -> None:
    assert find_scenario("mine", ["-sT"]).arguments == ("-sT",)
    for name in ("", "../up", "a b", "A", "a/b", "-a"):
        with pytest.raises(RequestError, match="small letters"):
            find_scenario(name, ["-sT"])


@pytest.mark.parametrize("hertz", [0, -1, 10**6])
def test_a_sampling_rate_that_makes_no_sense_is_refused(hertz: int) -> None:
    with pytest.raises(RequestError, match="--sampling-rate"):
        make_request("syn-scan-1k", [], "cpu", hertz=hertz)


def door(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([PROGRAM, *arguments], cwd=folder, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize(
    ("arguments", "exit_status", "said"),
    [
        (["profile"], 2, "no scenario; name one with --scenario"),
        (["profile", "--scenario", "nobody-knows"], 2, "nobody-knows: no such scenario"),
        (["profile", "--scenario", "syn-scan-1k", "--target", "/nowhere"], 2, "no Cargo.toml"),
        (["report", "syn-scan-1k", "--output-dir", "none"], 1, "none: no profile of syn-scan-1k; make it with"),
    ],
)
def test_the_door_tells_what_is_wrong_in_one_line(
    tmp_path: Path, arguments: list[str], exit_status: int, said: str
) -> None:
    done = door(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (exit_status, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_the_door_makes_a_profile_and_the_report_says_the_same(tmp_path: Path) -> None:
    needs("cargo", "strace", "perf")
    done = door(
        tmp_path,
        "profile",
        "--scenario",
        "few",
        "--type",
        "io",
        "--output-dir",
        "out",
        "--json",
        "--",
        "-sT",
        "-p",
        "1-50",
        "127.0.0.1",
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    (profile,) = document["profiles"]
    assert profile["command"] == ["prtip", "-sT", "-p", "1-50", "127.0.0.1"]
    connect = next(carrier for carrier in profile["calls"]["carriers"] if carrier["name"] == "connect")
    assert connect["calls"] == 50 + 1  # one more finds the address to scan from
    names = sorted(path.name for path in (tmp_path / "out" / "strace").iterdir())
    assert names == ["few-strace-detail.txt", "few-strace-summary.txt", "few-strace.json"]
    assert json.loads(door(tmp_path, "report", "few", "--output-dir", "out", "--json").stdout) == document
    assert str(tmp_path) not in (tmp_path / "out" / "strace" / "few-strace.json").read_text()


CARGO = """#!/bin/sh
while [ "$1" != --target-dir ]; do shift; done
mkdir -p "$2/profiling"
[ -x "$2/profiling/prtip" ] || { echo "#!/bin/sh" > "$2/profiling/prtip"; chmod +x "$2/profiling/prtip"; }
"""


def test_a_tree_that_was_moved_keeps_the_names_that_its_program_was_built_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "cargo").write_text(CARGO)
    (tools / "cargo").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    here = find_target()
    (tmp_path / "moved").mkdir()
    shutil.copy(here.path / "Cargo.toml", tmp_path / "moved")
    first = build(here)
    assert (first.source, first.built_from) == (here.path, here.path)
    moved = build(replace(here, path=tmp_path / "moved"))
    assert (moved.source, moved.built_from) == (tmp_path / "moved", here.path)
    first.path.unlink()
    assert build(replace(here, path=tmp_path / "moved")).built_from == tmp_path / "moved"
