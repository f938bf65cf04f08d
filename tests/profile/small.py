"""Small summaries, as values."""

from dataclasses import replace

from prtip_guide.profile.host import Host
from prtip_guide.profile.summary import (
    Call,
    Calls,
    Carrier,
    Cpu,
    Figure,
    Function,
    Heap,
    Leak,
    Overhead,
    Point,
    Site,
    Summary,
    Thread,
)

HOST = Host("debian-12", "Debian GNU/Linux 12 (bookworm)", "6.1.0", "x86_64", "A processor, virtual", 2)
LONG = "<alloc::boxed::Box<dyn core::ops::function::FnOnce<(), Output = ()>> as core::ops::function::FnOnce<()>>::call"
FUNCTIONS = (
    Function("entry_SYSCALL_64_after_hwframe", True, 0, 900),
    Function("__x64_sys_sendmmsg", True, 0, 800),
    Function("raw_sendmsg", True, 300, 700),
    Function(f"prtip::{LONG}", False, 60, 950),
    Function("fill", False, 80, 80),
)
BASE = Summary(
    kind="cpu",
    scenario="mine",
    command=("prtip", "-sS", "-p", "1-1000", "127.0.0.1"),
    host=HOST,
    tools={"perf": "6.1.1", "flamegraph": "0.6.14"},
    target={"name": "reference", "version": "0.1.0", "digest": "00ff"},
    build="profiling",
    date="2025-11-09T12:00:00Z",
    seconds=1.5,
    exit=0,
    runs=3,
    files=("mine-flamegraph.svg",),
    figures=(Figure("wall time alone", "s", (0.5, 0.51, 0.49, 0.5, 0.5)),),
    overhead=(Overhead("perf record", 7, 0.5, 0.51, 0.15, 1.02, 0.97, 1.06),),
    notes=("a note that tells what a reader must know before any of these figures is believed by anybody at all",),
    odd_lines=2,
    cpu=Cpu(
        1000, 997, "cpu-clock", 16384, 990, 3, FUNCTIONS, (Thread("send-0", 600, FUNCTIONS), Thread("a b", 400, ()))
    ),
)
HEAP = Heap(
    tool="massif",
    peak_bytes=4_000_000,
    extra_bytes=100,
    uncertainty_bytes=0,
    time_unit="i",
    points=tuple(Point(n * 1e6, min(n, 8) * 500_000) for n in range(12)),
    sites=(Site(3_000_000, "holds", "src/a.rs:12"), Site(900_000, LONG, "src/b.rs:3")),
    allocations=None,
    leaks=(Leak("definitely", 12_345, 3), Leak("indirectly", 0, 0)),
)
CALLS = Calls(
    calls=(Call("futex", 3, 0, 5.0), Call("sendmmsg", 16, 2, 0.2), Call("read", 0, 0, 0.0)),
    carriers=(
        Carrier("sendmmsg", 18, 2, 1000, 64.0, {"64": 15, "40": 1}),
        Carrier("sendto", 500, 0, 500, 1.0, {"1": 500}),
        Carrier("connect", 100, 0, 100, 1.0, {"1": 100}),
    ),
    errnos={"EBADF": 2},
    unfinished=0,
    counted={"total": 40.0, "sendmmsg": 16.0},
    refusal="",
)
MEMORY = replace(BASE, kind="memory", cpu=None, heap=HEAP, notes=(), odd_lines=0)
IO = replace(BASE, kind="io", cpu=None, calls=CALLS, notes=(), odd_lines=0)
