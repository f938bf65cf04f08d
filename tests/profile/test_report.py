"""What a report says follows from the summaries, with the error that the sample count allows, at 80 columns."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from prtip_guide.profile.advice import batching, calls_advice, cpu_advice, hot_functions
from prtip_guide.profile.error import ProfileError
from prtip_guide.profile.interval import share_interval, share_text
from prtip_guide.profile.report import report, report_document
from prtip_guide.profile.run import write_summary
from prtip_guide.profile.sheet import as_markdown, as_text
from prtip_guide.profile.summary import Carrier, Function, read_summaries, read_summary, summary_path, to_json
from tests.profile.small import BASE, IO, LONG, MEMORY

ALL = (BASE, MEMORY, IO)


@pytest.mark.parametrize("summary", ALL)
def test_a_summary_is_read_as_it_was_written(tmp_path: Path, summary: object) -> None:
    for each in ALL:
        assert write_summary(tmp_path, each) == each
    assert read_summaries(tmp_path, "mine") == list(ALL)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a summary"),
        ("[]", "not a summary of schema"),
        ('{"schema": 99}', "not a summary of schema"),
        ('{"schema": 1}', "damaged"),
        (json.dumps({**to_json(BASE), "runs": "3"}), "damaged"),
        (json.dumps({**to_json(BASE), "figures": [{"name": "x"}]}), "damaged"),
        (json.dumps({**to_json(BASE), "exit": True}), "damaged"),
    ],
)
def test_what_is_no_summary_is_told_with_its_remedy(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(ProfileError, match=rf"x\.json: {said}.*make the profile again"):
        read_summary(path)


def test_a_scenario_without_profiles_is_told_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="prtip-guide profile --scenario mine --type all"):
        read_summaries(tmp_path, "mine")


def test_files_are_named_as_the_guide_names_them() -> None:
    out = Path("out")
    paths = [summary_path(out, "syn-scan-1k", kind).as_posix() for kind in ("cpu", "memory", "io")]
    assert paths == [
        "out/flamegraphs/syn-scan-1k-flamegraph.json",
        "out/massif/syn-scan-1k-massif.json",
        "out/strace/syn-scan-1k-strace.json",
    ]


def test_no_line_is_longer_than_80_columns_and_nothing_of_a_profile_is_missing() -> None:
    text = as_text(report(ALL))
    assert max(map(len, text.splitlines())) <= 80
    for said in (
        "raw_sendmsg",
        "30.0 %",
        "send-0",
        "2.9 MiB",
        "12,345 B",
        "sendmmsg",
        "EBADF",
        "note:",
    ):
        assert said in text
    assert "2 lines of the tools' output were not understood" in text


def test_markdown_has_tables_that_no_name_can_break() -> None:
    odd = replace(BASE, cpu=replace(BASE.cpu, functions=(Function("a|b`c", False, 900, 1000),)) if BASE.cpu else None)
    text = as_markdown(report([odd]))
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert any("a¦b'c" in row for row in rows)
    assert {row.count("|") for row in rows} <= {4, 6}


def test_json_holds_the_summaries_and_the_advice() -> None:
    document = json.loads(json.dumps(report_document(ALL)))
    assert [profile["kind"] for profile in document["profiles"]] == ["cpu", "memory", "io"]
    assert all(profile["advice"] for profile in document["profiles"])


def test_a_share_is_as_uncertain_as_its_samples_are_few() -> None:
    assert share_text(5, 40) == "12.5 % (5.5–26.1)"
    assert share_text(5000, 40000) == "12.5 % (12.2–12.8)"
    assert share_interval(0, 0) == (0.0, 1.0)
    assert share_interval(0, 10)[0] == 0.0
    assert share_interval(10, 10)[1] == pytest.approx(1.0)


def test_functions_above_five_percent_are_hot_and_plumbing_is_not() -> None:
    functions = [
        Function("a", False, 51, 51),
        Function("b", False, 50, 50),
        Function("std::rt::lang_start", False, 0, 1000),
    ]
    assert [function.name for function in hot_functions(functions, 1000)] == ["a"]


def test_a_scan_that_is_in_the_kernel_is_sent_to_its_system_calls() -> None:
    assert BASE.cpu is not None
    said = " ".join(cpu_advice(BASE.cpu))
    assert "90.0 % (88.0–91.7) of the samples are in system calls, most of them in sendmmsg (80.0 %" in said
    assert "fill works most by itself: 8.0 %" in said
    assert LONG not in said


def test_a_syn_scan_that_connects_is_told_to_be_none() -> None:
    assert IO.calls is not None
    connecting = replace(IO.calls, carriers=IO.calls.carriers[2:])
    assert calls_advice(connecting, ("prtip", "-sS"))[0].startswith(
        "A SYN scan was asked for, but 100 connections carry it"
    )
    assert not any("asked for" in said for said in calls_advice(connecting, ("prtip", "-sT")))
    assert not any("asked for" in said for said in calls_advice(IO.calls, ("prtip", "-sS")))


@pytest.mark.parametrize(
    ("messages", "calls", "failed", "verdict"),
    [
        (1000, 16, 0, "well batched"),
        (1000, 60, 0, "with room for more"),
        (1000, 1000, 0, "hardly"),
        (0, 4, 4, "failed"),
    ],
)
def test_batching_is_judged_by_packets_not_by_calls(messages: int, calls: int, failed: int, verdict: str) -> None:
    assert verdict in batching(Carrier("sendmmsg", calls, failed, messages, 1.0, {}))


def test_a_connection_that_is_refused_was_tried_all_the_same() -> None:
    said = batching(Carrier("connect", 65_536, 65_533, 3, 1.0, {"1": 3}))
    assert said.startswith("connect: 65,536 connections tried")
