"""The heap over time, drawn with characters."""

from collections.abc import Sequence

from prtip_guide.profile.summary import Point
from prtip_guide.quantity import bytes_text

COLUMNS, ROWS = 60, 8
STEPS = " ▁▂▃▄▅▆▇█"


def draw_points(points: Sequence[Point], unit: str) -> tuple[str, ...]:
    """Bars of the largest heap in each part of the time; empty where there is no time to show."""
    if not points or points[-1].time <= points[0].time:
        return ()
    top = max(point.bytes for point in points) or 1
    heights = [round(value / top * ROWS * 8) for value in _columns(points)]
    lines = []
    for row in range(ROWS, 0, -1):
        label = bytes_text(top) if row == ROWS else "0 B" if row == 1 else ""
        bars = "".join(STEPS[max(0, min(8, height - (row - 1) * 8))] for height in heights)
        lines.append(f"{label:>11} │{bars}".rstrip())
    names = {"i": "million instructions", "ms": "ms", "s": "s"}
    end = points[-1].time / 1e6 if unit == "i" else points[-1].time
    axis = f"{end:,.3g} {names.get(unit, unit)}"
    return (*lines, f"{'':>11} └{'─' * COLUMNS}", f"{'':>13}0{axis:>{COLUMNS - 1}}")


def _columns(points: Sequence[Point]) -> list[int]:
    """The largest heap in each column; where there is no snapshot, what the last one had."""
    first, length = points[0].time, points[-1].time - points[0].time
    values: list[int | None] = [None] * COLUMNS
    for point in points:
        column = min(COLUMNS - 1, int((point.time - first) / length * COLUMNS))
        values[column] = max(values[column] or 0, point.bytes)
    filled, last = [], 0
    for value in values:
        last = last if value is None else value
        filled.append(last)
    return filled
