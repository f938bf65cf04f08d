"""What a page shows of a profile."""

import json
from pathlib import Path
from typing import Any

import pytest
from pymdownx.superfences import SuperFencesException

from prtip_guide.site.number import NumberError
from tests.site.small import Small

ORIGIN = {
    "schema": 1,
    "scenario": "scan",
    "date": "2026-01-02T03:04:05Z",
    "host": {"name": "debian-12", "system": "Debian", "kernel": "6.1", "arch": "x86_64", "cpu": "", "cpus": 2},
    "tools": {"perf": "6.1"},
}
FUNCTION = {"name": "Vec<&str>::push", "kernel": False, "self_samples": 250, "total_samples": 500}
CPU = {"samples": 1000, "hertz": 997, "event": "cpu-clock", "functions": [FUNCTION]}
HEAP = {
    "tool": "massif",
    "peak_bytes": 20480,
    "time_unit": "i",
    "points": [{"time": 0.0, "bytes": 0}, {"time": 5e6, "bytes": 20480}, {"time": 10e6, "bytes": 1024}],
    "sites": [{"bytes": 20480, "function": "grow", "place": "a.rs:1"}],
}
CALLS = [
    {"name": "futex", "count": 3, "errors": 1, "seconds": 0.5},
    {"name": "sendto", "count": 90, "errors": 0, "seconds": 0.01},
]
COST = {"tool": "strace", "ratio": 12.5, "low": 11.0, "high": 14.0, "bare_seconds": 0.5, "fixed_seconds": 0.1}
SERIES = {
    "name": "time",
    "unit": "s",
    "variable": "ports",
    "values": {"100": [0.01, 0.011], "1000": [0.1]},
    "line": {"start": 0.0, "slope": 1e-4, "error": 0.05},
    "foretold": {"at": 10000, "value": 1.0, "interval": [0.9, 1.1]},
    "refusal": None,
}
PLACES = {"cpu": ("flamegraphs", "flamegraph"), "memory": ("massif", "massif"), "io": ("strace", "strace")}


def keep(small: Small, kind: str, target: str = "reference", files: dict[str, str] | None = None, **parts: Any) -> Path:
    folder, name = PLACES.get(kind, (kind, kind))
    path = small.results / "profiles" / "debian-12" / target / folder / f"scan-{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    for each, text in (files or {}).items():
        (path.parent / each).write_text(text)
    about = {"command": ["prtip", "-sT"], "target": {"name": target, "version": "1"}, "files": list(files or {})}
    path.write_text(json.dumps(ORIGIN | about | parts))
    return path


def shown(small: Small, request: str) -> str:
    small.page("index.md", f"# T\n\n```profile\n{request}\n```\n")
    return small.html("index.md")


def test_a_flame_graph_is_live_near_the_view_and_has_figures_and_data(small: Small) -> None:
    keep(small, "cpu", files={"scan-flamegraph.svg": '<svg height="200"/>', "scan-flamegraph.folded": "a 1"}, cpu=CPU)
    html = shown(small, "scan flamegraph")
    address = "results/profiles/debian-12/reference/flamegraphs/scan-flamegraph"
    assert f'height="200" data-src="{address}.svg" title="Flame graph of scan' in html
    assert '<th scope="row">Vec&lt;&amp;str&gt;::push</th>' in html
    assert "25.0 %" in html
    assert "50.0 %" in html
    assert all(f'href="{address}.{kind}"' in html for kind in ("svg", "folded", "json"))
    assert "Flame graph of <code>prtip -sT</code> on debian-12, reference 1, 2026-01-02." in html


def test_a_file_that_is_not_kept_is_not_linked(small: Small) -> None:
    path = keep(small, "cpu", files={"scan-flamegraph.svg": "<svg/>", "gone.folded": ""}, cpu=CPU)
    (path.parent / "gone.folded").unlink()
    assert "gone.folded" not in shown(small, "scan flamegraph")


def test_a_heap_is_drawn_over_time_and_says_its_peak_in_words(small: Small) -> None:
    keep(small, "memory", heap=HEAP)
    html = shown(small, "scan heap")
    assert "The heap peaks at 20.0 KiB, 50 % of the way through, as massif saw it." in html
    assert html.count("<path") > 6
    assert "grow (a.rs:1)" in html
    assert ">8.0 KiB<" not in html  # below 10 KiB bytes are given one by one
    assert ">8,192 B<" in html


def test_calls_come_by_time_with_bars_by_count(small: Small) -> None:
    keep(small, "io", calls={"calls": CALLS})
    html = shown(small, "scan calls")
    assert html.index("futex") < html.index("sendto")
    assert "93 calls, 510.0 ms" in html
    assert 'd="M0 0H3.3V4H0Z"' in html  # 3 of 90
    assert 'd="M0 0H100.0V4H0Z"' in html


def test_costs_of_all_kinds_stand_in_one_table_and_never_of_two_targets(small: Small) -> None:
    keep(small, "cpu", overhead=[COST | {"tool": "perf"}])
    keep(small, "io", overhead=[COST])
    keep(small, "io", target="prtip", overhead=[COST | {"ratio": 99.0}])
    html = shown(small, "scan overhead")
    assert ("perf" in html, "99 times" in html) == (True, False)
    assert html.count("<table") == 1
    assert "99 times" in shown(small, "scan overhead prtip")


def test_a_cost_that_the_tool_could_not_time_is_no_zero(small: Small) -> None:
    keep(small, "memory", overhead=[COST | {"ratio": 0.0, "low": 0.0}])
    html = shown(small, "scan overhead")
    assert ("not measurable" in html, "0 times" in html) == (True, False)


def test_scaling_is_drawn_with_its_line_and_what_it_foretells(small: Small) -> None:
    keep(
        small,
        "capacity",
        series=[SERIES, SERIES | {"name": "CPU time", "foretold": None, "refusal": "CPU time: no line"}],
    )
    html = shown(small, "scan scaling")
    assert "for 10,000 ports it says 1.00 s, between 900.0 ms and 1.10 s 95 times out of 100" in html
    assert html.count("chart-dot") == 6
    assert html.count('class="chart-curve"') == 1
    assert "CPU time: no line." in html


def test_prort_ip_is_shown_first_and_the_other_target_is_named(small: Small) -> None:
    for target in ("reference", "prort-ip"):
        keep(small, "memory", target=target, heap=HEAP)
    html = shown(small, "scan heap")
    assert "on debian-12, prort-ip 1, 2026-01-02" in html
    assert "Also recorded on <a" in html
    assert "on debian-12, reference 1, 2026-01-02" in shown(small, "scan heap reference")


def test_what_was_not_recorded_says_how(small: Small) -> None:
    html = shown(small, "scan calls")
    assert "never run" in html
    assert "<code>prtip-guide profile --scenario scan --type io</code>" in html


@pytest.mark.parametrize("request_", ["scan", "scan picture", "scan heap reference more"])
def test_a_view_that_there_is_not_stops_the_build(small: Small, request_: str) -> None:
    with pytest.raises(SuperFencesException, match="write a scenario, one of flamegraph"):
        shown(small, request_)


@pytest.mark.parametrize(("old", "new"), [('"schema": 1', '"schema": 2'), ('"date"', '"day"'), ("{", "")])
def test_a_damaged_summary_stops_the_build_with_its_name(small: Small, old: str, new: str) -> None:
    path = keep(small, "memory", heap=HEAP)
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(SuperFencesException, match=r"scan-massif\.json"):
        shown(small, "scan heap")


def test_a_figure_stands_in_a_sentence_with_its_source_and_a_note(small: Small) -> None:
    keep(small, "memory", heap=HEAP, overhead=[COST])
    small.page(
        "index.md", "`#!profiled scan memory /heap/peak_bytes/` `#!profiled scan memory /overhead/strace/ratio/ times`"
    )
    html = small.html("index.md")
    assert '<span class="recorded">20.0 KiB<a ' in html
    assert "12.5\N{NO-BREAK SPACE}times" in html
    words = "Measured on debian-12, reference 1, 2026-01-02, by the memory profile scan"
    assert f'data-source="{words}"' in html
    assert (
        f'<li id="source-1">20.0 KiB: <a href="/results/profiles/debian-12/reference/massif/scan-massif.json">{words}'
        in html
    )
    assert 'id="number-2">†2</a>' in html


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ("scan memory", "write `#!profiled"),
        ("scan cpu /cpu/", "no such profile"),
        ("scan memory @other /heap/peak_bytes/", "no such profile"),
        ("scan memory /heap/peak/", "'peak'"),
        ("scan memory /heap/sites/shrink/bytes/", "shrink is not among grow"),
        ("scan memory /heap/tool/", "is 'massif', no number"),
    ],
)
def test_a_figure_without_a_source_stops_the_build(small: Small, request_: str, message: str) -> None:
    keep(small, "memory", heap=HEAP)
    small.page("index.md", f"`#!profiled {request_}`\n")
    with pytest.raises(NumberError, match=message):
        small.html("index.md")


def test_a_difference_has_the_frames_that_changed_most_in_figures(small: Small) -> None:
    frames = "".join(
        f"<title>{name} (10 samples, 5.00%; {change}%)</title>"
        for name, change in [("a", "+1.00"), ("b&lt;T&gt;", "-7.50")]
    )
    svg = f'<svg height="90"><title>all (200 samples, 100%)</title>{frames}</svg>'
    keep(small, "cpu", files={"scan-flamegraph.svg": "<svg/>", "scan-difference.svg": svg}, cpu=CPU)
    html = shown(small, "scan difference")
    assert "b&lt;T&gt;</th>" in html
    assert html.index("-7.50 %") < html.index("+1.00 %")
    assert "scan-difference.svg" in html
