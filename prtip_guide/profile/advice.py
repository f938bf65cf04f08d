"""What to look at first, in words, and why: rules over the figures of a summary."""

import re
from collections.abc import Iterable

from prtip_guide.profile.interval import share_text
from prtip_guide.profile.summary import Calls, Carrier, Cpu, Function, Heap
from prtip_guide.quantity import bytes_text, seconds_text

HOT = 0.05
SYSCALL = re.compile(r"^__(?:x64|arm64|ia32)_sys_(\w+)$")
# Names that are in every Rust program's stacks and say nothing about this one: libraries, and the short names that
# inlined functions of theirs have.
PLUMBING = re.compile(
    r"^(<*(std|core|alloc|tokio|mio|futures\w*|parking_lot\w*)::|__rust|_start|_dl_|dl_main|__?libc_start|main$|start_thread"
    r"|clone3?$|do_syscall_64|entry_SYSCALL|\{closure|\{async|\{impl"
    r"|(call_once|catch_unwind|do_call|poll|poll_\w+|run|run_task|run_inner|with|with_\w+|try_with|set|set_\w+|budget"
    r"|block_on\w*|enter_runtime|drop_in_place|drop|new|map|scope|all|park\w*|wake\w*|spawn\w*)(<|$))"
)
WAITING = frozenset(
    ["futex", "clock_nanosleep", "nanosleep", "poll", "ppoll", "select", "pselect6", "wait4"]
    + [f"epoll_{name}" for name in ("wait", "pwait", "pwait2")]
)
# The guide the project grew from expects fewer than 20 calls for 1,000 packets.
WELL_BATCHED, BATCHED = 50, 8


def hot_functions(functions: Iterable[Function], samples: int) -> list[Function]:
    """Those above 5 % by themselves, or in all and not mere plumbing; by self, then by total."""
    least = HOT * samples
    found = [
        function
        for function in functions
        if function.self_samples > least or (function.total_samples > least and not PLUMBING.match(function.name))
    ]
    return sorted(found, key=lambda function: (-function.self_samples, -function.total_samples))


def leading_functions(functions: Iterable[Function], samples: int, kernel: bool) -> list[Function]:
    """The hot functions of one side: the program's by all that they cause, the kernel's by what they do themselves."""
    found = [function for function in hot_functions(functions, samples) if function.kernel == kernel]
    return found if kernel else sorted(found, key=lambda function: -function.total_samples)


def cpu_advice(cpu: Cpu) -> list[str]:
    """Where to begin with a CPU profile."""
    said = []
    kernel = next((f.total_samples for f in cpu.functions if f.kernel and f.name.startswith("entry_SYSCALL")), 0)
    calls = [(match[1], f) for f in cpu.functions if f.kernel and (match := SYSCALL.match(f.name))]
    if kernel > cpu.samples / 2 and calls:
        name, busiest = calls[0]
        said.append(
            f"{share_text(kernel, cpu.samples)} of the samples are in system calls, most of them in {name} "
            f"({share_text(busiest.total_samples, cpu.samples)}): this scan gets faster by asking the kernel for less, "
            "so look at the io profile next."
        )
    own = [f for f in cpu.functions if not f.kernel and not PLUMBING.match(f.name)]
    if own:
        top = max(own, key=lambda f: (f.self_samples, f.total_samples))
        if top.self_samples > HOT * cpu.samples:
            share = share_text(top.self_samples, cpu.samples)
            said.append(f"{top.name} works most by itself: {share} of the samples. Start reading there.")
        else:
            said.append(_callers(own, cpu.samples))
    return said


def _callers(own: Iterable[Function], samples: int) -> str:
    """Where no function works by itself, the one that has most of it done."""
    said = "No function of the program's own side is above 5 % by itself; look at callers, not at leaves"
    top = max(own, key=lambda f: f.total_samples)
    if top.total_samples <= HOT * samples:
        return f"{said}."
    return f"{said}: {top.name} has {share_text(top.total_samples, samples)} done."


def heap_advice(heap: Heap) -> list[str]:
    """Where to begin with a heap profile."""
    said = []
    named = [site for site in heap.sites if site.place]
    if named and heap.peak_bytes:
        top = named[0]
        part = 100 * top.bytes / heap.peak_bytes
        said.append(
            f"{top.function} ({top.place}) holds {bytes_text(top.bytes)}, {part:.0f} % of the peak. Start there."
        )
    last = heap.points[-1].bytes if heap.points else 0
    if heap.peak_bytes and last > 0.8 * heap.peak_bytes and last > 64 * 1024:
        said.append(f"{bytes_text(last)} are still held at the last snapshot: little is given back before the exit.")
    lost = {leak.kind: leak for leak in heap.leaks or ()}
    for kind in ("definitely", "indirectly"):
        if kind in lost and lost[kind].bytes:
            leak = lost[kind]
            said.append(f"{leak.bytes:,} bytes in {leak.blocks:,} blocks are {kind} lost: a leak, fix it first.")
    if lost and not any(lost[kind].bytes for kind in ("definitely", "indirectly") if kind in lost):
        said.append("Nothing is definitely or indirectly lost.")
    return said


def batching(carrier: Carrier) -> str:
    """The verdict on how many packets share a call."""
    done = carrier.calls - carrier.failed
    each = carrier.messages / done if done else 0.0
    told = (
        f"{carrier.name}: {carrier.messages:,} packets in {done:,} calls, {each:.1f} a call (median {carrier.median:g})"
    )
    if carrier.name == "connect":  # one that is refused has sent its packet too
        return f"connect: {carrier.calls:,} connections tried, one a call; connections cannot be batched"
    if done == 0:
        return f"{carrier.name}: all {carrier.calls:,} calls failed"
    if each >= WELL_BATCHED:
        return f"{told}: well batched"
    return f"{told}: {'batched, with room for more' if each >= BATCHED else 'hardly batched at all'}"


def calls_advice(calls: Calls, arguments: Iterable[str] = ()) -> list[str]:
    """Where to begin with a profile of system calls of a scan that was asked for with ``arguments``."""
    said = []
    connections = next((c.calls for c in calls.carriers if c.name == "connect"), 0)
    if "-sS" in arguments and connections > sum(c.messages for c in calls.carriers if c.name != "connect"):
        said.append(
            f"A SYN scan was asked for, but {connections:,} connections carry it and hardly a packet of its own: "
            "what follows is the profile of a connect scan."
        )
    said += [f"{batching(carrier)}." for carrier in calls.carriers[:4] if carrier.calls > 1]
    busy = [call for call in calls.calls if call.name not in WAITING]
    waits = [call for call in calls.calls if call.name in WAITING]
    if busy:
        top = busy[0]
        each = seconds_text(top.seconds / top.count)
        said.append(f"{top.name} takes most time of the calls that do not just wait: {top.count:,} calls, {each} each.")
    if waits and sum(call.seconds for call in waits) > 3 * sum(call.seconds for call in busy):
        total = seconds_text(sum(call.seconds for call in waits))
        said.append(f"Threads wait: {total} in {', '.join(call.name for call in waits[:3])}, over all threads.")
    failed = sum(call.errors for call in calls.calls)
    if failed:
        names = ", ".join(f"{name} {count:,}" for name, count in list(calls.errnos.items())[:4])
        said.append(
            f"{failed:,} call{'s' * (failed > 1)} returned an error{f' (of the network: {names})' if names else ''}."
        )
    return said
