"""Charts as inline SVG, drawn while the site is built; colours come from the page's style sheet.

The drawing is as wide as a phone's column, so that its letters stay readable there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from prtip_guide.site.axis import Axis, linear, logarithmic
from prtip_guide.site.markup import render

WIDTH, HEIGHT = 420, 250
LEFT, RIGHT, TOP, BOTTOM = 66, 14, 12, 44
STEPS = 40

Point = tuple[float, float]
Words = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template ``chart`` draws."""

    name: str
    """Unique on its page: the ids in the drawing start with it."""
    title: str
    text: str
    """What a reader sees in it, in words."""
    across: Axis
    up: Axis
    x_title: str
    x_words: Words
    y_words: Words
    curve: Sequence[Point] = ()
    filled: bool = False
    dots: Sequence[Point] = ()

    width, height = WIDTH, HEIGHT
    left, right, top, bottom = LEFT, WIDTH - RIGHT, TOP, HEIGHT - BOTTOM

    @property
    def path(self) -> str:
        """The curve as SVG wants it."""
        return "L".join(f"{self.across.place(x):.1f} {self.up.place(y):.1f}" for x, y in self.curve)

    @property
    def area(self) -> str:
        """What lies under the curve; empty where that means nothing."""
        if not (self.filled and self.curve):
            return ""
        ends = self.across.place(self.curve[-1][0]), self.across.place(self.curve[0][0])
        return f"{self.path}L{ends[0]:.1f} {self.bottom}L{ends[1]:.1f} {self.bottom}"


def heap_chart(name: str, title: str, text: str, points: Sequence[Point], unit: str, y_words: Words) -> Markup:
    """Bytes over time; ``unit`` is ``i`` for instructions, ``ms`` or ``s``."""
    factor, x_title = {"i": (1e-6, "million instructions"), "ms": (1.0, "milliseconds")}.get(unit, (1.0, "seconds"))
    scaled = [(x * factor, y) for x, y in points]
    across = linear((x for x, _ in scaled), LEFT, WIDTH - RIGHT)
    up = linear((y for _, y in scaled), HEIGHT - BOTTOM, TOP, binary=True)
    # Massif looks now and then: what it saw holds until it looks again.
    stairs = [place for (_, y0), (x, y) in pairwise(scaled) for place in ((x, y0), (x, y))]
    chart = Chart(name, title, text, across, up, x_title, "{:,g}".format, y_words, [*scaled[:1], *stairs], filled=True)
    return Markup(render("chart", chart=chart))


def fit_chart(
    name: str,
    title: str,
    text: str,
    x_title: str,
    points: Sequence[Point],
    line: Callable[[float], float] | None,
    y_words: Words,
    binary: bool,
) -> Markup:
    """Measurements on logarithmic axes and the line through them; ``line`` is None where none fits."""
    xs = [x for x, _ in points]
    across = logarithmic(xs, LEFT, WIDTH - RIGHT)
    ends = across.low, across.high
    steps = [ends[0] * (ends[1] / ends[0]) ** (step / STEPS) for step in range(STEPS + 1)] if line else []
    curve = [(x, line(x)) for x in steps if line]
    up = logarithmic([y for _, y in (*points, *curve)], HEIGHT - BOTTOM, TOP, binary)
    chart = Chart(name, title, text, across, up, x_title, "{:,.0f}".format, y_words, curve, dots=points)
    return Markup(render("chart", chart=chart))
