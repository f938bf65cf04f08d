"""From values to places in a drawing, with round numbers along the way."""

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Axis:
    """A stretch of a drawing that shows values from ``low`` to ``high``."""

    low: float
    high: float
    first: float
    """Where ``low`` is drawn."""
    last: float
    logarithmic: bool = False
    binary: bool = False
    """Its values are bytes, whose round numbers are powers of two."""

    def place(self, value: float) -> float:
        """Where a value is drawn; one outside is drawn at the end."""
        low, high, value = (self._scaled(each) for each in (self.low, self.high, value))
        part = (value - low) / (high - low)
        return self.first + min(max(part, 0.0), 1.0) * (self.last - self.first)

    @property
    def ticks(self) -> list[float]:
        """Round values to write beside it: powers of ten, or about four even steps."""
        if self.logarithmic:
            base = 16.0 if self.binary else 10.0
            return [
                base**power for power in range(round(math.log(self.low, base)), round(math.log(self.high, base)) + 1)
            ]
        step = _step(self.high - self.low, self.binary)
        return [self.low + step * n for n in range(int((self.high - self.low) / step + 1e-9) + 1)]

    def _scaled(self, value: float) -> float:
        return math.log10(max(value, self.low)) if self.logarithmic else value


def linear(values: Iterable[float], first: float, last: float, binary: bool = False) -> Axis:
    """An axis from 0 to the largest of the values."""
    return Axis(0.0, max(values, default=0.0) or 1.0, first, last, binary=binary)


def logarithmic(values: Iterable[float], first: float, last: float, binary: bool = False) -> Axis:
    """An axis of whole powers of ten, or of sixteen for bytes, around the values, which are above 0."""
    found, base = [value for value in values if value > 0] or [1.0], 16.0 if binary else 10.0
    low = math.floor(math.log(min(found), base))
    high = max(low + 1, math.ceil(math.log(max(found), base)))
    return Axis(base**low, base**high, first, last, logarithmic=True, binary=binary)


def _step(length: float, binary: bool) -> float:
    rough = length / 4
    if binary:
        return float(2.0 ** round(math.log2(rough)))
    power: float = 10.0 ** math.floor(math.log10(rough))
    return min((factor * power for factor in (1, 2, 5, 10)), key=lambda step: abs(step - rough))
