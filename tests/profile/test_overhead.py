"""A tool whose cost is known: what it adds at the start is told apart from how much slower the program runs in it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from prtip_guide.profile.command import tool
from prtip_guide.profile.memory import heaptrack_tool
from prtip_guide.profile.overhead import Tool, measure
from prtip_guide.profile.subject import Subject
from tests.profile.conftest import Known, needs

START, ALONE, INSIDE = 0.3, 0.2, 0.5


@pytest.fixture
def napper(tmp_path: Path) -> Subject:
    """Sleeps for NAP seconds, or not at all when only its version is wanted."""
    program = tmp_path / "napper"
    program.write_text(f'#!/bin/sh\ncase $1 in --version) ;; *) exec sleep "${{NAP:-{ALONE}}}";; esac\n')
    program.chmod(0o755)
    return Subject("napper", (str(program), "now"), tmp_path, tmp_path)


def slow(command: Sequence[str], folder: Path) -> list[str]:
    (folder / "seconds").write_text(str(INSIDE))
    return [tool("bash"), "-c", f'sleep {START}; NAP={INSIDE} exec "$@"', "slow", *command]


@pytest.mark.parametrize(
    ("follows", "clock"),
    [(True, None), (False, None), (False, lambda folder: float((folder / "seconds").read_text()))],
    ids=["a clock inside", "a trivial run beside", "the tool's own clock"],
)
def test_start_and_slow_down_are_told_apart(
    napper: Subject, follows: bool, clock: Callable[[Path], float] | None
) -> None:
    (cost,), alone = measure(napper, [Tool("slow", slow, follows, clock)], rounds=3)
    assert cost.rounds == 3
    assert cost.fixed_seconds == pytest.approx(START, abs=0.1)
    assert cost.ratio == pytest.approx(INSIDE / ALONE, rel=0.15)
    assert cost.low <= cost.ratio <= cost.high
    assert [figure.name for figure in alone] == ["wall time alone", "CPU time alone"]


@pytest.mark.slow
def test_heaptrack_costs_a_program_that_hardly_allocates_next_to_nothing(known: Known) -> None:
    needs("heaptrack")
    (cost,), _ = measure(known("cpu", "-DPERCENT=30"), [heaptrack_tool()], rounds=3)
    assert 0.5 < cost.ratio < 2


def test_what_heaptrack_cannot_time_has_no_ratio(napper: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    needs("heaptrack")
    monkeypatch.setenv("NAP", "0.02")
    (cost,), _ = measure(napper, [heaptrack_tool()], rounds=3)
    assert cost.low == 0
