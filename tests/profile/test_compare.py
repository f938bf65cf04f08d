"""A change counts where it is larger than the noise, and only what is comparable is compared."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from prtip_guide.profile.baseline import resolve, save_baseline
from prtip_guide.profile.compare import (
    compare,
    comparison_blocks,
    comparison_document,
    differential,
    is_failure,
    judge,
)
from prtip_guide.profile.error import ProfileError, RequestError
from prtip_guide.profile.overhead import measure
from prtip_guide.profile.run import write_summary
from prtip_guide.profile.sheet import as_text
from prtip_guide.profile.summary import Figure, Function, Summary, profile_path
from tests.profile.conftest import Known, needs
from tests.profile.small import BASE, IO, MEMORY

QUIET = (1.0, 1.01, 0.99, 1.0)


def figure(*values: float, unit: str = "s", name: str = "x") -> Figure:
    return Figure(name, unit, values)


@pytest.mark.parametrize(
    ("new", "verdict"),
    [
        ((1.0, 1.0, 1.0, 1.0), "same"),
        ((1.04, 1.04, 1.04, 1.04), "same"),
        ((1.07, 1.07, 1.07, 1.07), "warning"),
        ((1.2, 1.2, 1.2, 1.2), "failure"),
        ((1.2, 1.3, 1.2, 1.005), "noise"),
        ((0.5, 0.5, 0.5, 0.5), "better"),
        ((0.5, 0.5, 0.5, 1.0), "noise"),
        ((1.5,), "not judged"),
    ],
)
def test_a_change_is_judged_by_its_size_and_by_the_noise(new: tuple[float, ...], verdict: str) -> None:
    assert judge(figure(*QUIET), figure(*new)).verdict == verdict


def test_a_few_calls_or_bytes_more_are_no_failure_whatever_the_per_cent() -> None:
    assert judge(figure(2, 2, 2, unit=""), figure(4, 4, 4, unit="")).verdict == "same"
    assert judge(figure(100, 100, 100, unit=""), figure(200, 200, 200, unit="")).verdict == "failure"
    assert judge(figure(0, 0, 0, unit=""), figure(200, 200, 200, unit="")).verdict == "failure"


def test_a_new_leak_is_a_failure_to_the_byte() -> None:
    leak = figure(0, unit="B", name="definitely lost"), figure(1, unit="B", name="definitely lost")
    assert judge(*leak).verdict == "failure"
    assert judge(*reversed(leak)).verdict == "better"
    assert judge(leak[0], leak[0]).verdict == "same"


CHANGED = [
    (replace(BASE, host=replace(BASE.host, kernel="6.2")), "kernel 6.1.0 and 6.2"),
    (replace(BASE, host=replace(BASE.host, cpus=4)), "processor"),
    (replace(BASE, command=("prtip", "-sT", "127.0.0.1")), "arguments"),
    (replace(BASE, cpu=replace(BASE.cpu, hertz=99)) if BASE.cpu else BASE, "sampling rate 997 and 99"),
    (replace(BASE, build="release"), "build"),
]


@pytest.mark.parametrize(("new", "why"), CHANGED)
def test_what_is_not_comparable_is_refused_unless_it_is_forced(new: Summary, why: str) -> None:
    with pytest.raises(RequestError, match=f"not comparable: .*{why}"):
        compare([BASE], [new])
    (forced,) = compare([BASE], [new], force=True)
    assert why in forced.forced[0]
    assert f"compared although {why}" in " ".join(as_text(comparison_blocks([forced])).split())


def test_another_version_of_the_target_is_what_comparing_is_for() -> None:
    new = replace(BASE, target={**BASE.target, "version": "0.2.0", "digest": "11"}, date="2026-01-01T00:00:00Z")
    assert compare([BASE], [new])[0].forced == ()


def test_profiles_without_a_counterpart_are_no_comparison() -> None:
    with pytest.raises(RequestError, match="nothing to compare"):
        compare([BASE], [MEMORY, IO])


def test_functions_that_shifted_by_more_than_chance_are_named() -> None:
    assert BASE.cpu is not None
    functions = tuple(replace(f, total_samples=200) if f.name == "fill" else f for f in BASE.cpu.functions)
    (found,) = compare([BASE], [replace(BASE, cpu=replace(BASE.cpu, functions=functions))])
    assert [(shift.function, shift.base, shift.new) for shift in found.shifts] == [("fill", 0.08, 0.2)]
    assert compare([BASE], [BASE])[0].shifts == ()


def test_a_shift_of_less_than_one_percent_is_of_no_interest_however_sure() -> None:
    assert BASE.cpu is not None
    sides = [
        replace(BASE.cpu, samples=10**6, functions=(Function("f", False, 0, n),)) for n in (20_000, 29_000, 31_000)
    ]
    small, large = (compare([replace(BASE, cpu=sides[0])], [replace(BASE, cpu=side)])[0] for side in sides[1:])
    assert small.shifts == ()
    assert [shift.function for shift in large.shifts] == ["f"]


def test_a_failure_shows_in_every_form() -> None:
    slow = replace(BASE, figures=(Figure("wall time alone", "s", (0.9, 0.9, 0.9)),))
    found = compare([BASE], [slow])
    assert is_failure(found)
    text = as_text(comparison_blocks(found))
    assert "+80.0 %" in text
    assert max(map(len, text.splitlines())) <= 80
    assert json.loads(json.dumps(comparison_document(found)))["verdict"] == "failure"


def keep(folder: Path, summary: Summary) -> None:
    write_summary(folder, summary)
    for name in summary.files:
        profile_path(folder, summary.scenario, summary.kind, ".json").with_name(name).write_text("x")


def test_a_baseline_keeps_files_and_metadata_and_is_found_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    keep(Path("out"), BASE)
    assert save_baseline("v1", Path("out")) == [BASE]
    assert resolve("v1") == resolve("out") == [BASE]
    assert Path("results/baselines/v1/flamegraphs/mine-flamegraph.svg").read_text() == "x"
    assert json.loads(Path("results/baselines/v1/baseline.json").read_text())["targets"] == ["reference 0.1.0"]
    with pytest.raises(RequestError, match="exists"):
        save_baseline("v1", Path("out"))
    assert save_baseline("v1", Path("out"), force=True) == [BASE]


def test_a_baseline_that_cannot_be_whole_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_summary(Path("out"), BASE)
    with pytest.raises(ProfileError, match=r"mine-flamegraph\.svg: gone"):
        save_baseline("v1", Path("out"))
    assert not Path("results/baselines/v1").exists()
    for name in ("../up", "", ".x"):
        with pytest.raises(RequestError, match="a baseline's name"):
            save_baseline(name, Path("out"))


def test_a_differential_flame_graph_is_drawn_from_stacks(tmp_path: Path) -> None:
    needs("flamegraph")
    (tmp_path / "a.folded").write_text("t;main;before 50\nt;main;same 50\n")
    (tmp_path / "b.folded").write_text("t;main;after 100\nt;main;same 100\n")
    svg = differential(tmp_path / "a.folded", tmp_path / "b.folded", tmp_path / "d.svg", tmp_path).read_text()
    assert "after (100 samples, 50.00%; +50.00%)" in svg
    assert "same (100 samples, 50.00%; 0.00%)" in svg


@pytest.mark.slow
def test_a_program_that_needs_15_percent_more_fails_and_the_same_one_does_not(known: Known) -> None:
    programs = [known("cpu"), known("cpu"), known("cpu", "-DPERCENT=115")]
    base, same, slower = (
        {figure.name: figure for figure in measure(program, [], rounds=3)[1]}["CPU time alone"] for program in programs
    )
    assert judge(base, same).verdict in ("same", "noise")
    found = judge(base, slower)
    assert found.verdict == "failure"
    assert found.part == pytest.approx(0.15, abs=0.03)
