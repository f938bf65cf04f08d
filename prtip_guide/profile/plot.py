"""Measurements and their fitted line as an SVG with logarithmic axes, readable in light and dark pages."""

import math
from collections.abc import Callable, Iterator, Sequence
from html import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 84, 20, 34, 50
STEPS = 60
STYLE = (
    "text{font:13px sans-serif;fill:currentColor}.grid{stroke:currentColor;opacity:.15}"
    ".line{stroke:#1f77b4;fill:none;stroke-width:2}.band{fill:#1f77b4;opacity:.2}.dot{fill:#d62728}"
    "svg{color:#444}@media(prefers-color-scheme:dark){svg{color:#ccc}}"
)

Point = tuple[float, float]


class _Axis:
    """From values to pixels."""

    def __init__(self, values: Sequence[float], first: float, last: float) -> None:
        self.low = math.floor(math.log10(min(values)))
        self.high = max(self.low + 1, math.ceil(math.log10(max(values))))
        self.first, self.last = first, last

    def pixel(self, value: float) -> float:
        part = (math.log10(max(value, 10.0**self.low)) - self.low) / (self.high - self.low)
        return self.first + min(part, 1.0) * (self.last - self.first)

    def decades(self) -> list[float]:
        return [10.0**power for power in range(self.low, self.high + 1)]


def plot(
    title: str,
    x_title: str,
    points: Sequence[Point],
    line: Callable[[float], float],
    interval: Callable[[float], Point],
    end: float,
    label: Callable[[float], str],
) -> str:
    """An SVG of ``points`` and of ``line`` with its ``interval``, from the first point to ``end``; no value is 0."""
    begin = min(x for x, _ in points)
    low, high = min(begin, end), max(end, *(x for x, _ in points))
    xs = [low * (high / low) ** (step / STEPS) for step in range(STEPS + 1)]
    shown = [y for _, y in points] + [value for x in xs for value in (line(x), interval(x)[1]) if value > 0]
    across = _Axis([low, high], LEFT, WIDTH - RIGHT)
    up = _Axis(shown, HEIGHT - BOTTOM, TOP)
    parts = [*_grid(across, up, label), *_curves(across, up, xs, line, interval)]
    parts += [f'<circle class="dot" cx="{across.pixel(x):.1f}" cy="{up.pixel(y):.1f}" r="3"/>' for x, y in points]
    parts.append(f'<text x="{LEFT}" y="20">{escape(title)}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle">{escape(x_title)}</text>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
    return "\n".join([head, f"<title>{escape(title)}</title><style>{STYLE}</style>", *parts, "</svg>"]) + "\n"


def _grid(across: _Axis, up: _Axis, label: Callable[[float], str]) -> Iterator[str]:
    for value in across.decades():
        x = across.pixel(value)
        yield f'<path class="grid" d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}"/>'
        yield f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{value:,.0f}</text>'
    for value in up.decades():
        y = up.pixel(value)
        yield f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{escape(label(value))}</text>'


def _curves(
    across: _Axis, up: _Axis, xs: Sequence[float], line: Callable[[float], float], interval: Callable[[float], Point]
) -> Iterator[str]:
    lower = [(across.pixel(x), up.pixel(interval(x)[0])) for x in xs]
    upper = [(across.pixel(x), up.pixel(interval(x)[1])) for x in xs]
    yield f'<path class="band" d="M{_path([*upper, *reversed(lower)])}Z"/>'
    yield f'<path class="line" d="M{_path([(across.pixel(x), up.pixel(line(x))) for x in xs])}"/>'


def _path(points: Sequence[Point]) -> str:
    return "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
