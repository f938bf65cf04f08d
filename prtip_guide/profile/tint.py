"""The colours of a differential flame graph: inferno's red and blue, told apart by everybody.

Some 8 % of men see red and green, and with them orange-red and brown, alike. Blue and orange stay apart, and here the
blue is darker too; a frame's name is black, and readable on either. tests/profile/test_tint.py computes all three.
"""

import re
from collections.abc import Callable
from pathlib import Path

Colour = tuple[int, int, int]

SAME: Colour = (250, 250, 250)
MORE: Colour = (255, 190, 90)
LESS: Colour = (60, 125, 210)
# inferno's scales, src/flamegraph/color: from 250 for no change to 100 for the largest, twice, beside one full channel.
MORE_FILL = re.compile(rb'(?<=fill=")rgb\(255,(\d+),\1\)')
LESS_FILL = re.compile(rb'(?<=fill=")rgb\((\d+),\1,255\)')
NONE, MOST = 250, 100


def tint(svg: Path) -> Path:
    """Give the frames of a differential graph their colours, in place."""
    content = MORE_FILL.sub(_fill(MORE), svg.read_bytes())
    svg.write_bytes(LESS_FILL.sub(_fill(LESS), content))
    return svg


def shade(end: Colour, strength: float) -> Colour:
    """A colour between no change, 0, and the largest, 1; small changes are drawn larger, as most are small."""
    red, green, blue = (round(same + (last - same) * strength**0.5) for same, last in zip(SAME, end, strict=True))
    return red, green, blue


def _fill(end: Colour) -> Callable[[re.Match[bytes]], bytes]:
    def replaced(found: re.Match[bytes]) -> bytes:
        strength = (NONE - int(found[1])) / (NONE - MOST)
        return b"rgb(%d,%d,%d)" % shade(end, min(max(strength, 0.0), 1.0))

    return replaced
