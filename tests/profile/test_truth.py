"""Programs whose profile is known beforehand: the summary finds their numbers within the error that it states."""

import pytest

from prtip_guide.profile.cpu import profile_cpu
from prtip_guide.profile.interval import share_interval
from prtip_guide.profile.io import profile_io
from prtip_guide.profile.memory import profile_memory
from prtip_guide.profile.stacks import read_folded
from prtip_guide.profile.summary import Function
from tests.profile.conftest import Known, needs

pytestmark = pytest.mark.slow
SITES = [(3_000_000, "holds_three"), (1_000_000, "holds_one")]
SHARES = {"seventy": 0.7, "twenty": 0.2, "ten": 0.1}


def share_is_within(function: Function, samples: int, share: float) -> bool:
    """Twice as far as the 95 % interval: a right profile fails once in ten thousand times."""
    low, high = share_interval(function.total_samples, samples)
    middle, half = (low + high) / 2, (high - low) / 2
    return abs(share - middle) < 2 * half


def test_functions_have_their_share_of_the_cpu_time(known: Known) -> None:
    needs("perf", "flamegraph")
    finding = profile_cpu(known("cpu"))
    assert finding.cpu is not None
    functions = {function.name: function for function in finding.cpu.functions}
    assert finding.cpu.samples > 900
    for name, share in SHARES.items():
        assert share_is_within(functions[name], finding.cpu.samples, share), functions[name]
        others = [other for other in SHARES.values() if other != share]
        assert not any(share_is_within(functions[name], finding.cpu.samples, other) for other in others)
    assert finding.cpu.whole > 0.98 * finding.cpu.samples
    assert finding.odd_lines == 0


def test_a_short_program_is_run_often_and_has_whole_stacks_in_every_run(known: Known) -> None:
    needs("perf", "flamegraph")
    finding = profile_cpu(known("cpu", "-DPERCENT=3"))
    assert finding.cpu is not None
    assert finding.runs > 10
    assert finding.cpu.whole > 0.95 * finding.cpu.samples
    worker = next(function for function in finding.cpu.functions if function.name == "worker")
    assert worker.total_samples > 0.8 * finding.cpu.samples


def test_files_of_a_cpu_profile_agree_with_its_summary(known: Known) -> None:
    needs("perf", "flamegraph")
    finding = profile_cpu(known("cpu"))
    svg, folded = finding.files
    assert finding.cpu is not None
    assert (svg.name, folded.name) == ("cpu-flamegraph.svg", "cpu-flamegraph.folded")
    assert f"all ({finding.cpu.samples:,} samples, 100%)" in svg.read_text()
    with folded.open("rb") as stream:
        assert read_folded(stream).samples == finding.cpu.samples


@pytest.mark.parametrize("heaptrack", [False, True])
def test_peak_is_what_two_threads_hold_at_once(known: Known, heaptrack: bool) -> None:
    needs("heaptrack" if heaptrack else "valgrind")
    finding = profile_memory(known("heap"), heaptrack=heaptrack)
    heap = finding.heap
    assert heap is not None
    # The C library holds a little for each thread.
    error = heap.uncertainty_bytes
    assert 4_000_000 - error <= heap.peak_bytes <= 4_002_000 + error
    if not heaptrack:  # whose curve has a point every 10 ms only
        assert [(site.bytes, site.function) for site in heap.sites[:2]] == SITES
        assert max(point.bytes for point in heap.points) >= 4_000_000
    assert finding.odd_lines == 0


@pytest.mark.usefixtures("root")
def test_massif_writes_its_file_also_where_the_program_has_given_up_root(known: Known) -> None:
    needs("valgrind")
    finding = profile_memory(known("heap", "-DGIVES_UP_ROOT"))
    assert finding.heap is not None
    assert 4_000_000 <= finding.heap.peak_bytes <= 4_002_000


def test_leaks_are_found_to_the_byte(known: Known) -> None:
    needs("valgrind")
    heap = profile_memory(known("leak"), leaks=True).heap
    assert heap is not None
    assert heap.leaks is not None
    leaks = {leak.kind: (leak.bytes, leak.blocks) for leak in heap.leaks}
    assert leaks == {"definitely": (3 * 4115 + 24, 4), "indirectly": (76, 1), "possibly": (0, 0), "reachable": (0, 0)}


def test_a_program_without_a_leak_has_none(known: Known) -> None:
    needs("valgrind")
    heap = profile_memory(known("heap"), leaks=True).heap
    assert heap is not None
    assert heap.leaks is not None
    assert all(leak.bytes == 0 for leak in heap.leaks)


def test_packets_and_batches_of_all_threads_are_counted(known: Known) -> None:
    needs("strace")
    finding = profile_io(known("batch"))
    calls = finding.calls
    assert calls is not None
    carriers = {carrier.name: carrier for carrier in calls.carriers}
    send = carriers["sendmmsg"]
    assert (send.calls, send.failed, send.messages) == (102, 2, 2660)
    assert send.sizes == {"5": 20, "32": 80}
    assert send.median == 32
    assert carriers["recvmmsg"].messages == 2660
    assert calls.errnos["EBADF"] == 2
    assert finding.odd_lines == 0
    counts = {call.name: (call.count, call.errors) for call in calls.calls}
    assert counts["sendmmsg"] == (102, 2)


@pytest.mark.usefixtures("root")
def test_perf_counts_the_same_calls_as_strace(known: Known) -> None:
    needs("strace", "perf")
    finding = profile_io(known("batch"))
    assert finding.calls is not None
    assert finding.calls.refusal == ""
    assert finding.calls.counted["sendmmsg"] == 102
    assert finding.calls.counted["bind"] == 2
    figures = {figure.name: figure.values for figure in finding.figures}
    assert figures["calls of sendmmsg"] == (102.0,) * 5
