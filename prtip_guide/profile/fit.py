"""A straight line through measurements, and how far a value off its end may be from the truth."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from prtip_guide.profile.interval import Z95

FEWEST = 4
ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Line:
    """``y = start + slope · x``, fitted so that errors in per cent count alike for small and large values."""

    start: float
    slope: float
    error: float
    """Standard deviation of a measurement from the line, as a part of the line's value."""
    freedom: int
    """Measurements less the two that a line takes."""
    weights: tuple[float, float, float]
    """Sums of w, w·x and w·x² over the measurements."""

    def at(self, x: float) -> float:
        """The line's value."""
        return self.start + self.slope * x

    def interval(self, x: float) -> tuple[float, float]:
        """Where one more measurement at ``x`` would be, 95 times out of 100, if the line holds that far."""
        w, wx, wxx = self.weights
        spread = (wxx - 2 * x * wx + x * x * w) / (w * wxx - wx * wx)
        half = _quantile(self.freedom) * self.error * math.sqrt(self.at(x) ** 2 + spread)
        return max(0.0, self.at(x) - half), self.at(x) + half


def fit_line(points: Sequence[tuple[float, float]]) -> Line | None:
    """Fit a line to pairs (x, y); None for fewer than four, for a single x, and where a y is not above 0."""
    if len(points) < FEWEST or len({x for x, _ in points}) < 2 or min(y for _, y in points) <= 0:
        return None
    values = [y for _, y in points]
    for _ in range(ROUNDS):
        weights = [1 / value**2 for value in values]
        start, slope, sums = _solve(points, weights)
        values = [max(start + slope * x, y / 100) for x, y in points]
    rest = sum(((y - start - slope * x) / value) ** 2 for (x, y), value in zip(points, values, strict=True))
    return Line(start, slope, math.sqrt(rest / (len(points) - 2)), len(points) - 2, sums)


def _solve(
    points: Sequence[tuple[float, float]], weights: Sequence[float]
) -> tuple[float, float, tuple[float, float, float]]:
    pairs = list(zip(points, weights, strict=True))
    w, wx, wy = sum(weights), sum(k * x for (x, _), k in pairs), sum(k * y for (_, y), k in pairs)
    wxx, wxy = sum(k * x * x for (x, _), k in pairs), sum(k * x * y for (x, y), k in pairs)
    slope = (w * wxy - wx * wy) / (w * wxx - wx * wx)
    return (wy - slope * wx) / w, slope, (w, wx, wxx)


def _quantile(freedom: int) -> float:
    """Student's 97.5 % quantile, by its expansion; 1 % too low for three degrees of freedom, right for more."""
    z, n = Z95, freedom
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    return z + (z**3 + z) / (4 * n) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2) + third
