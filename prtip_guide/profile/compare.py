"""Two profiles side by side: what changed, and whether it is more than noise."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from prtip_guide.profile.drawing import draw
from prtip_guide.profile.error import ProfileError, RequestError
from prtip_guide.profile.interval import middle, spread
from prtip_guide.profile.sheet import Block, Heading, Table, Text
from prtip_guide.profile.stacks import SHOWN_PART, Folded, read_folded
from prtip_guide.profile.summary import Cpu, Figure, Summary, figures_by_name
from prtip_guide.profile.tint import tint
from prtip_guide.quantity import quantity_text

WARN, FAIL = 0.05, 0.10
FEWEST_VALUES = 3
# A change that is smaller is of no interest, however large in per cent.
LEAST = {"s": 0.001, "B": 1024.0, "": 10.0}
# Measured to the byte in one run; any more of it is a failure.
LOST = ("definitely lost", "indirectly lost")
# A function's share has changed where chance would do as much once in a thousand times or less.
SIGNIFICANT = 3.3
LEAST_SHIFT = 0.01
SHOWN = 12
VERDICTS = ("better", "same", "noise", "not judged", "warning", "failure")


@dataclass(frozen=True, slots=True)
class Change:
    """One figure in both profiles."""

    name: str
    unit: str
    base: float
    new: float
    part: float
    """The change as a part of the base; positive is worse."""
    noise: float
    """How far repeated runs of either profile are from their median."""
    verdict: str
    """One of VERDICTS."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A function whose share of the CPU samples changed by more than chance."""

    function: str
    kernel: bool
    base: float
    new: float
    """Shares with callees, between 0 and 1."""
    deviations: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two profiles of one scenario and kind."""

    base: Summary
    new: Summary
    changes: tuple[Change, ...]
    shifts: tuple[Shift, ...]
    forced: tuple[str, ...]
    """Why they are not comparable, where somebody wanted it nevertheless."""

    @property
    def verdict(self) -> str:
        """The worst verdict of all changes."""
        return max((change.verdict for change in self.changes), key=VERDICTS.index, default="not judged")


def compare(base: Sequence[Summary], new: Sequence[Summary], force: bool = False) -> list[Comparison]:
    """Compare what both have; raises RequestError where nothing is, or where it is not comparable."""
    by_kind = {(summary.scenario, summary.kind): summary for summary in base}
    pairs = [(by_kind[key], each) for each in new if (key := (each.scenario, each.kind)) in by_kind]
    if len(base) == len(new) == 1 and not pairs and base[0].kind == new[0].kind:
        pairs = [(base[0], new[0])]
    if not pairs:
        raise RequestError("nothing to compare: the two have no profile of the same scenario and kind")
    objections = {f"{n.scenario} {n.kind}: {why}": None for b, n in pairs for why in differences(b, n)}
    if objections and not force:
        raise RequestError(f"not comparable: {'; '.join(objections)}; make one anew, or --force")
    return [_comparison(b, n) for b, n in pairs]


def differences(base: Summary, new: Summary) -> list[str]:
    """Why two profiles are not comparable, one reason each; empty when they are."""
    sides = [_conditions(base), _conditions(new)]
    return [f"{name} {sides[0][name]} and {sides[1][name]}" for name in sides[0] if sides[0][name] != sides[1][name]]


def judge(base: Figure, new: Figure) -> Change:
    """Compare a figure's repeated values: a change counts when the two ranges do not overlap."""
    before, after = middle(base.values), middle(new.values)
    part = (after - before) / before if before else (math.inf if after else 0.0)
    noise = max(spread(base.values), spread(new.values))
    return Change(base.name, base.unit, before, after, part, noise, _verdict(base, new, part))


def is_failure(comparisons: Sequence[Comparison]) -> bool:
    """Whether something is 10 % worse or more, beyond noise."""
    return any(comparison.verdict == "failure" for comparison in comparisons)


def differential(base: Path, new: Path, svg: Path, work: Path) -> Path:
    """Draw how stacks changed, orange for more; the base is scaled to as many samples. Raises ProfileError."""
    sides = [_folded(base), _folded(new)]
    scale = sides[1].samples / max(1, sides[0].samples)
    stacks = sorted({*sides[0].stacks, *sides[1].stacks})
    rows = [(";".join(stack), sides[0].stacks[stack] * scale, sides[1].stacks[stack]) for stack in stacks]
    lines = work / "differential.folded"
    lines.write_text("".join(f"{stack} {round(before)} {after}\n" for stack, before, after in rows))
    return tint(draw(lines, svg, "orange: more than before, blue: less"))


def comparison_blocks(comparisons: Sequence[Comparison]) -> Iterator[Block]:
    """The comparison for people."""
    for each in comparisons:
        yield Heading(f"{each.new.scenario} {each.new.kind}: {each.verdict}")
        yield Text(f"{_named(each.base)} against {_named(each.new)}.")
        yield from (Text(f"compared although {why}", item=True) for why in each.forced)
        told = [c for c in each.changes if c.verdict != "same" or not c.name.startswith("calls of ")]
        rows = [(c.name, *_numbers(c), c.verdict) for c in sorted(told, key=_order)]
        yield Table(("figure", "base", "new", "change", "noise", "verdict"), tuple(rows))
        if len(each.changes) > len(told):
            yield Text(f"{len(each.changes) - len(told)} more figures are the same within {100 * WARN:.0f} %.")
        if each.shifts:
            shifts = [
                (
                    s.function + " [kernel]" * s.kernel,
                    f"{100 * s.base:.1f} %",
                    f"{100 * s.new:.1f} %",
                    f"{s.deviations:+.1f}",
                )
                for s in each.shifts[:SHOWN]
            ]
            yield Table(("share of the CPU, with callees", "base", "new", "deviations"), tuple(shifts))
            yield Text(
                "Samples of one recording have a common fate: a share is a hint where to look, and fails nothing."
            )


def comparison_document(comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """The comparison for programs."""
    found = [
        {
            "scenario": each.new.scenario,
            "kind": each.new.kind,
            "verdict": each.verdict,
            "forced": list(each.forced),
            "changes": [{**asdict(c), "part": c.part if math.isfinite(c.part) else None} for c in each.changes],
            "shifts": [asdict(shift) for shift in each.shifts],
        }
        for each in comparisons
    ]
    return {"verdict": "failure" if is_failure(comparisons) else "passed", "comparisons": found}


def _conditions(summary: Summary) -> dict[str, object]:
    host, cpu, heap = summary.host, summary.cpu, summary.heap
    found: dict[str, object] = {
        "host": host.name,
        "kernel": host.kernel,
        "processor": f"{host.cpus} × {host.cpu}",
        "arguments": " ".join(summary.command[1:]),
        "build": summary.build,
    }
    if cpu:
        found |= {"sampling rate": cpu.hertz, "event": cpu.event, "stack size": cpu.stack_bytes}
    if heap:
        found |= {"heap profiler": heap.tool}
    return found


def _comparison(base: Summary, new: Summary) -> Comparison:
    before, after = figures_by_name(base), figures_by_name(new)
    changes = tuple(judge(before[name], after[name]) for name in before if name in after)
    shifts = _shifts(base.cpu, new.cpu) if base.cpu and new.cpu else ()
    return Comparison(base, new, changes, shifts, tuple(differences(base, new)))


def _verdict(base: Figure, new: Figure, part: float) -> str:
    change = middle(new.values) - middle(base.values)
    if base.name in LOST:
        return "failure" if change > 0 else "better" if change < 0 else "same"
    if abs(change) < LEAST.get(base.unit, 0.0) or abs(part) < WARN:
        return "same"
    if min(len(base.values), len(new.values)) < FEWEST_VALUES:
        return "not judged"
    if part < 0:
        return "better" if max(new.values) < min(base.values) else "noise"
    if min(new.values) <= max(base.values):
        return "noise"
    return "failure" if part >= FAIL else "warning"


def _shifts(base: Cpu, new: Cpu) -> tuple[Shift, ...]:
    before = {(f.name, f.kernel): f.total_samples for f in base.functions}
    after = {(f.name, f.kernel): f.total_samples for f in new.functions}
    found = []
    for key in {*before, *after}:
        # A summary leaves out what is below a part of the samples: it may have just as much.
        counts = before.get(key, round(SHOWN_PART * base.samples)), after.get(key, round(SHOWN_PART * new.samples))
        deviations = _deviations(counts[0], base.samples, counts[1], new.samples)
        part = abs(counts[1] / new.samples - counts[0] / base.samples)
        if abs(deviations) >= SIGNIFICANT and part >= LEAST_SHIFT:
            found.append(Shift(*key, counts[0] / base.samples, counts[1] / new.samples, deviations))
    return tuple(sorted(found, key=lambda shift: -abs(shift.deviations)))


def _deviations(before: int, all_before: int, after: int, all_after: int) -> float:
    """How many standard deviations two shares are apart, if they were the same."""
    together = (before + after) / (all_before + all_after)
    error = math.sqrt(together * (1 - together) * (1 / all_before + 1 / all_after))
    return (after / all_after - before / all_before) / error if error else 0.0


def _folded(path: Path) -> Folded:
    try:
        with path.open("rb") as stream:
            folded = read_folded(stream)
    except OSError as error:
        raise ProfileError(f"{path}: {error.strerror}; make the CPU profile again") from error
    if folded.samples == 0:
        raise ProfileError(f"{path}: no stacks in it; make the CPU profile again")
    return folded


def _named(summary: Summary) -> str:
    return f"{summary.target.get('name')} {summary.target.get('version')} of {summary.date}"


def _order(change: Change) -> tuple[int, float]:
    return -VERDICTS.index(change.verdict), -abs(change.part)


def _numbers(change: Change) -> tuple[str, str, str, str]:
    part = f"{100 * change.part:+.1f} %" if math.isfinite(change.part) else "new"
    values = (quantity_text(value, change.unit) for value in (change.base, change.new))
    first, second = values
    return first, second, part, f"± {100 * change.noise:.1f} %"
