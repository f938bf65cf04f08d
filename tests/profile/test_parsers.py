"""Whatever stands in a file, a parser ends, does not raise, and counts what it did not understand."""

import io
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prtip_guide.profile.counter import parse_counter
from prtip_guide.profile.heaptrack import loader_bytes, parse_heaptrack
from prtip_guide.profile.massif import parse_massif
from prtip_guide.profile.memcheck import parse_memcheck
from prtip_guide.profile.stacks import LONGEST, fold, functions, read_folded, threads, write_folded
from prtip_guide.profile.strace import parse_counts
from prtip_guide.profile.trace import Trace, parse_trace
from tests.profile.test_golden import DATA, own

GARBAGE = "\x01?! neither this nor that\n"


def folded(text: str) -> tuple[Any, int]:
    found = fold(io.BytesIO(text.encode(errors="replace")))
    return (functions(found.stacks), threads(found.stacks)), found.odd_lines


def massif(text: str) -> tuple[Any, int]:
    found = parse_massif(text.splitlines(keepends=True), own)
    return (found.peak, found.points, found.sites), found.odd_lines


def traced(text: str, head: int = 0) -> Trace:
    return parse_trace(io.BytesIO(text.encode(errors="replace")), head)


def trace(text: str) -> tuple[Any, int]:
    found = traced(text)
    return (found.carriers(), found.errnos), found.odd_lines


def counts(text: str) -> tuple[Any, int]:
    return parse_counts(text.splitlines(keepends=True))


def counter(text: str) -> tuple[Any, int]:
    return parse_counter(text.splitlines(keepends=True))


COUNTING: dict[str, Callable[[str], tuple[Any, int]]] = {
    "perf-script-c.txt": folded,
    "massif-c.out": massif,
    "strace-detail.txt": trace,
    "strace-summary.txt": counts,
    "perf-stat.txt": counter,
}
SETTINGS = settings(max_examples=60, deadline=None)


@pytest.mark.parametrize("name", COUNTING)
@SETTINGS
@given(data=st.data())
def test_odd_lines_are_counted_and_change_no_figure(name: str, data: st.DataObject) -> None:
    text = (DATA / name).read_text()
    lines = text.splitlines(keepends=True)
    figures, odd = COUNTING[name](text)
    assert odd == 0
    # In a perf script, a line between two samples would be taken for the header of one.
    places = [n for n, line in enumerate(lines) if name != "perf-script-c.txt" or line.startswith("\t")]
    chosen = data.draw(st.lists(st.sampled_from(places), max_size=5, unique=True))
    for place in sorted(chosen, reverse=True):
        lines.insert(place, GARBAGE)
    assert COUNTING[name]("".join(lines)) == (figures, len(chosen))


@pytest.mark.parametrize("name", COUNTING)
@SETTINGS
@given(data=st.data())
def test_a_file_that_is_cut_anywhere_is_read_up_to_there(name: str, data: st.DataObject) -> None:
    text = (DATA / name).read_text()
    end = data.draw(st.integers(0, len(text)))
    _, odd = COUNTING[name](text[:end])
    assert odd <= 1


@pytest.mark.parametrize("name", COUNTING)
@SETTINGS
@given(data=st.data())
def test_interleaved_and_repeated_lines_end_no_parser(name: str, data: st.DataObject) -> None:
    lines = (DATA / name).read_text().splitlines(keepends=True)
    cut = st.builds(lambda line, at: line[: at % (len(line) + 1)], st.sampled_from(lines), st.integers(0, 200))
    COUNTING[name]("".join(data.draw(st.lists(st.one_of(st.sampled_from(lines), cut), max_size=60))))


@SETTINGS
@given(st.text())
def test_any_text_ends_no_parser(text: str) -> None:
    for parse in COUNTING.values():
        parse(text)
    parse_memcheck(text.splitlines())
    parse_heaptrack(text.splitlines())
    loader_bytes(text.splitlines())
    read_folded(io.BytesIO(text.encode(errors="replace")))


NAMES = st.text(st.one_of(st.sampled_from("; ()[]\t\\"), st.characters()), min_size=1).filter(
    lambda name: name.strip() and "\n" not in name
)


@SETTINGS
@given(st.lists(NAMES, min_size=1, max_size=5), st.integers(1, 10**6))
def test_folded_stacks_with_hostile_names_survive_being_written_and_read(names: list[str], count: int) -> None:
    frames = "".join(f"\t  7f {name} (/lib/x.so)\n" for name in names)
    stream = io.BytesIO(f"a thread 12 \n{frames}\n".encode(errors="replace"))
    stacks = dict.fromkeys(fold(stream).stacks, count)
    back = read_folded(io.BytesIO("".join(write_folded(stacks)).encode()))
    assert back.stacks == stacks
    assert back.odd_lines == 0


def test_a_call_that_another_thread_cut_in_two_counts_once() -> None:
    text = (
        "7 1.5 sendmmsg(3,  <unfinished ...>\n"
        "8 1.5 sendmmsg(3, [{x}], 64, 0) = 5 <0.1>\n"
        "7 1.6 <... sendmmsg resumed>[{y}], 64, 0) = 64 <0.2>\n"
        "9 1.7 recvmmsg(3,  <unfinished ...>\n"
    )
    found = traced(text)
    assert found.sizes["sendmmsg"] == {5: 1, 64: 1}
    assert (found.unfinished, found.odd_lines) == (1, 0)


def test_a_resumed_call_that_nobody_began_is_odd() -> None:
    found = traced("7 1.6 <... sendmmsg resumed>[{y}], 64, 0) = 64 <0.2>\n")
    assert (found.sizes, found.odd_lines) == ({}, 1)


CALLS = st.sampled_from(
    (
        "socket(AF_INET, SOCK_STREAM, 0) = 5 <0.000019>",
        "connect(4, {sin_port=htons(9)}, 16 <unfinished ...>",
        "<... connect resumed>) = -1 ECONNREFUSED (Connection refused) <0.000048>",
        "sendmmsg(3, [{x}], 64, 0) = 12 <0.1>",
        "sendmmsg(3,  <unfinished ...>",
        "<... sendmmsg resumed>[{y}], 64, 0) = 64 <12.25>",
        'write(1, "a <0.1>", 7) = 7 <0.1>',
        "exit_group(0) = ?",
        "+++ exited with 0 +++",
        "neither this nor that",
    )
)


@SETTINGS
@given(st.lists(st.tuples(st.integers(7, 9), CALLS), max_size=40))
def test_a_trace_says_the_same_read_at_once_and_line_by_line(found: list[tuple[int, str]]) -> None:
    begun, lines = set[tuple[int, str]](), []
    for thread, call in found:  # strace ends no call that it did not see begin, but where a file is cut
        name = re.sub(r"^<\.\.\. |\W.*", "", call)
        if "resumed" not in call or (thread, name) in begun:
            lines.append(f"{thread} 1700000000.123456 {call}\n")
        if "unfinished" in call:
            begun.add((thread, name))
        elif "resumed" in call:
            begun.discard((thread, name))
    text = "".join(lines)
    assert traced(text) == traced(text, head=len(text) + 1)


def test_a_long_trace_is_read_in_less_than_half_the_time_of_its_lines_one_by_one() -> None:
    """One by one, the lines of a long trace take four times as long as half of inferno's speed allows."""
    lines = (DATA / "strace-detail.txt").read_text()
    text = lines * (10_000_000 // len(lines))
    assert _seconds(lambda: traced(text)) < _seconds(lambda: traced(text, head=len(text))) / 2


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def test_a_connection_that_is_on_its_way_has_not_failed() -> None:
    line = "7 1.6 connect(3, {x}, 16) = -1 EINPROGRESS (Operation now in progress) <0.1>"
    found = traced(f"{line}\n{line.replace('EINPROGRESS', 'ECONNREFUSED')}\n")
    (carrier,) = found.carriers()
    assert (carrier.calls, carrier.failed, carrier.messages) == (2, 1, 1)
    assert found.errnos == {"EINPROGRESS": 1, "ECONNREFUSED": 1}


def test_a_call_without_a_result_is_odd() -> None:
    found = traced("7 1.6 sendmmsg(3, [{y}], 64")
    assert (found.sizes, found.odd_lines) == ({}, 1)


def test_data_that_looks_like_a_result_is_none() -> None:
    found = traced('7 1.6 sendto(3, ") = 99", 6, 0, NULL, 0) = -1 ECONNREFUSED (Connection refused) <0.1>\n')
    assert found.failed == {"sendto": 1}
    assert found.errnos == {"ECONNREFUSED": 1}


def test_a_log_without_a_leak_summary_is_no_log_without_leaks() -> None:
    assert parse_memcheck(["==1== Memcheck, a memory error detector\n"]) is None


def test_a_recursive_function_counts_once_in_its_total() -> None:
    found = read_folded(io.BytesIO(b"t;main;walk;walk;walk 7\n"))
    walk = next(function for function in functions(found.stacks) if function.name == "walk")
    assert (walk.self_samples, walk.total_samples) == (7, 7)


def test_what_has_no_end_of_a_sample_is_left_out_and_counted() -> None:
    found = fold(io.BytesIO(b"x" * (2 * LONGEST + 5)))
    assert found.samples <= 1
    assert found.odd_lines == 2  # the part that was too long, and what was left of it


def test_the_binary_of_a_frame_is_what_stands_in_the_last_brackets() -> None:
    frames = (
        "call(int) (/usr/lib/x.so)",
        "run (/tmp/x (deleted))",
        "[unknown] (/opt/y.so)",
        "__sys_x ([kernel.kallsyms])",
    )
    text = "t 1 \n" + "".join(f"\t 7f {frame}\n" for frame in frames)
    (stack,) = fold(io.BytesIO(text.encode())).stacks
    assert stack == ("t", "__sys_x_[k]", "[y.so]", "run", "call(int)")


def test_what_stands_between_two_samples_is_odd() -> None:
    text = (DATA / "perf-script-c.txt").read_bytes()
    before = fold(io.BytesIO(text))
    after = fold(io.BytesIO(text.replace(b"\n\n", b"\n\n[ perf record: something ]\n\n", 3)))
    assert after.stacks == before.stacks
    assert after.odd_lines == 3


HOSTILE = (
    "(",
    ")",
    ") = 1 ",
    " ",
    "\t7f (",
    "=",
    "n1: 1 ",
    " (a)",
    "7",
    "[pid ",
    "+++ ",
    "1,",
    ";",
    "0x1: (in ",
    "\x00",
)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("part", HOSTILE)
def test_no_line_of_a_megabyte_makes_a_parser_hang(part: str) -> None:
    for begin in ("", "7 1.5 sendto(3, ", "\t  7f ", " n0: 5 ", "==1==    definitely lost: ", "  1.0 0.1 ", "time="):
        line = begin + part * (1_000_000 // len(part)) + "\n"
        for parse in COUNTING.values():
            parse(line)
        parse_memcheck([line])
        parse_heaptrack([line])
        loader_bytes([line])
        read_folded(io.BytesIO(line.encode()))
