"""What profiles say, from their summaries only."""

from collections.abc import Iterator, Sequence
from typing import Any

from prtip_guide.profile.advice import calls_advice, cpu_advice, heap_advice, hot_functions, leading_functions
from prtip_guide.profile.chart import draw_points
from prtip_guide.profile.interval import share_text
from prtip_guide.profile.sheet import Block, Chart, Heading, Table, Text
from prtip_guide.profile.summary import Calls, Cpu, Heap, Overhead, Summary, to_json
from prtip_guide.quantity import bytes_text, quantity_text, seconds_text

SHOWN = 12
# A program that ends sooner is mostly its own start, and a ratio of such times is mostly noise.
SHORT_SECONDS = 0.1
TITLES = {"cpu": "CPU", "memory": "Memory", "io": "System calls"}


def report(summaries: Sequence[Summary]) -> Iterator[Block]:
    """A report on the profiles of one scenario."""
    first = summaries[0]
    yield Heading(f"{first.scenario}: {' '.join(first.command)}", level=1)
    for summary in summaries:
        yield Heading(TITLES[summary.kind])
        yield Text(_origin(summary))
        yield from (Text(said, item=True) for said in advice(summary))
        yield from _figures(summary)
        yield from (Text(f"note: {note}", item=True) for note in summary.notes)
        if summary.odd_lines:
            yield Text(f"note: {summary.odd_lines:,} lines of the tools' output were not understood", item=True)
        if summary.overhead:
            yield _overhead(summary.overhead)
            if summary.overhead[0].bare_seconds < SHORT_SECONDS:
                yield Text(
                    "The scan is so short that these ratios are mostly noise; take a larger one to judge a tool."
                )


def report_document(summaries: Sequence[Summary]) -> dict[str, Any]:
    """The same for programs."""
    profiles = [{**to_json(summary), "advice": advice(summary)} for summary in summaries]
    return {"scenario": summaries[0].scenario, "profiles": profiles}


def advice(summary: Summary) -> list[str]:
    """What to look at first, and why."""
    if summary.cpu:
        return cpu_advice(summary.cpu)
    if summary.heap:
        return heap_advice(summary.heap)
    return calls_advice(summary.calls, summary.command) if summary.calls else []


def _origin(summary: Summary) -> str:
    tools = ", ".join(f"{name} {version}" for name, version in summary.tools.items())
    target = f"{summary.target.get('name')} {summary.target.get('version')} ({summary.build})"
    return f"{summary.date}, {summary.host.name}, {summary.host.cpus} CPUs ({summary.host.cpu}), {target}; {tools}."


def _figures(summary: Summary) -> Iterator[Block]:
    if summary.cpu:
        yield from _cpu(summary.cpu, summary.runs)
    if summary.heap:
        yield from _heap(summary.heap)
    if summary.calls:
        yield from _calls(summary.calls)


def _cpu(cpu: Cpu, runs: int) -> Iterator[Block]:
    whole = f"{100 * cpu.whole / cpu.samples:.1f} %" if cpu.samples else "none"
    yield Text(
        f"{cpu.samples:,} samples of {cpu.event} in {runs:,} run{'s' * (runs > 1)} at {cpu.hertz} Hz; {whole} of the "
        "stacks reach the start of their thread. In brackets: the 95 % confidence interval that so many samples allow."
    )
    yield from filter(None, [_functions(cpu, kernel=False), _functions(cpu, kernel=True)])
    yield _threads(cpu)


def _functions(cpu: Cpu, kernel: bool) -> Table | None:
    rows = []
    for function in leading_functions(cpu.functions, cpu.samples, kernel)[:SHOWN]:
        shares = (share_text(count, cpu.samples) for count in (function.self_samples, function.total_samples))
        rows.append((function.name, *shares))
    side = "of the kernel" if kernel else "of the program"
    return Table((f"{side}, above 5 %", "self", "with callees"), tuple(rows)) if rows else None


def _threads(cpu: Cpu) -> Table:
    """Each thread, and what sets it apart: the hottest function of it."""
    rows = []
    for thread in cpu.threads[:SHOWN]:
        hot = hot_functions(thread.functions, thread.samples)
        what = f"{hot[0].name} {share_text(hot[0].self_samples, thread.samples)}" if hot else ""
        rows.append((thread.name, share_text(thread.samples, cpu.samples), what))
    return Table(("thread", "of all samples", "hottest function, of the thread's"), tuple(rows))


def _heap(heap: Heap) -> Iterator[Block]:
    exact = f" (± {heap.uncertainty_bytes:,} B, as the tool rounds)" if heap.uncertainty_bytes else ""
    extra = f", and {bytes_text(heap.extra_bytes)} of the allocator's own" if heap.extra_bytes else ""
    calls = f" {heap.allocations:,} allocations." if heap.allocations is not None else ""
    yield Text(f"Peak: {bytes_text(heap.peak_bytes)}{exact} asked for{extra}, by {heap.tool}.{calls}")
    rows = tuple(
        (f"{site.function} {site.place}".strip(), bytes_text(site.bytes), f"{100 * site.bytes / heap.peak_bytes:.1f} %")
        for site in heap.sites[:SHOWN]
    )
    if rows:
        yield Table(("held at the peak by", "bytes", "of the peak"), rows)
    else:
        yield Text("Who holds it is in the report of heaptrack_print, beside the summary, under PEAK MEMORY CONSUMERS.")
    chart = draw_points(heap.points, heap.time_unit)
    if chart:
        yield Chart(chart)
    if heap.leaks is not None:
        leaks = tuple((leak.kind, f"{leak.bytes:,} B", f"{leak.blocks:,}") for leak in heap.leaks)
        yield Table(("lost at the end (Memcheck)", "bytes", "blocks"), leaks)


def _calls(calls: Calls) -> Iterator[Block]:
    rows = []
    for call in calls.calls[:SHOWN]:
        counted = f"{calls.counted[call.name]:,.0f}" if call.name in calls.counted else "–"
        mean = seconds_text(call.seconds / call.count) if call.count else "–"
        rows.append((call.name, f"{call.count:,}", counted, f"{call.errors:,}", seconds_text(call.seconds), mean))
    yield Table(("system call", "strace", "perf", "errors", "wall time", "each"), tuple(rows))
    if calls.refusal:
        yield Text(f"perf could not count: {calls.refusal}. The counts are strace's, which slows the scan down.")
    else:
        yield Text(
            "perf counts in the kernel and leaves the scan its pace; the times are strace's, of all threads, waits too."
        )
    if calls.carriers:
        rows = [
            (c.name, f"{c.calls:,}", f"{c.failed:,}", f"{c.messages:,}", f"{c.median:g}", _sizes(c.sizes))
            for c in calls.carriers
        ]
        yield Table(("carries packets", "calls", "failed", "packets", "median", "most often"), tuple(rows))


def _sizes(sizes: dict[str, int]) -> str:
    most = sorted(sizes.items(), key=lambda item: -item[1])[:2]
    return ", ".join(f"{count:,} × {size}" for size, count in most)


def _overhead(overhead: Sequence[Overhead]) -> Table:
    rows = [
        (
            cost.tool,
            seconds_text(cost.bare_seconds),
            # Where starting the tool takes longer than the scan, what is left of a round may be nothing.
            seconds_text(cost.inside_seconds) if cost.low > 0 else "too short",
            f"{cost.ratio:.2f} × ({cost.low:.2f}–{cost.high:.2f})" if cost.low > 0 else "not measurable",
            quantity_text(cost.fixed_seconds, "s"),
        )
        for cost in overhead
    ]
    return Table(("what it costs", "alone", "inside", f"{overhead[0].rounds} rounds", "start and end"), tuple(rows))
