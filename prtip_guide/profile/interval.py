"""How far a share of samples, or a median of few values, may be from the truth."""

import math
import statistics
from collections.abc import Sequence

Z95 = 1.959964


def share_interval(part: int, whole: int) -> tuple[float, float]:
    """The 95 % confidence interval of ``part``/``whole`` (Wilson's), both between 0 and 1; (0, 1) for no samples."""
    if whole == 0:
        return 0.0, 1.0
    share, square = part / whole, Z95**2 / whole
    middle = (share + square / 2) / (1 + square)
    half = Z95 * math.sqrt(share * (1 - share) / whole + square / (4 * whole)) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def share_text(part: int, whole: int) -> str:
    """``12.3 % (10.5–14.3)``: the share, and its 95 % confidence interval."""
    low, high = share_interval(part, whole)
    share = 100 * part / whole if whole else 0.0
    return f"{share:.1f} % ({100 * low:.1f}–{100 * high:.1f})"


def middle(values: Sequence[float]) -> float:
    """The median; 0 for no values."""
    return statistics.median(values) if values else 0.0


def spread(values: Sequence[float]) -> float:
    """Half the range, relative to the median; 0 where the median is 0."""
    median = middle(values)
    return (max(values) - min(values)) / 2 / median if median else 0.0
