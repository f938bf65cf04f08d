"""A differential flame graph's colours, as people with two kinds of cones see them."""

import math
import re
from pathlib import Path

import pytest

from prtip_guide.profile.tint import LESS, MORE, SAME, Colour, shade, tint

CSS = (Path(__file__).parents[2] / "docs/assets/guide.css").read_text()
Linear = tuple[float, ...]
# Machado, Oliveira, Fernandes: A Physiologically-based Model for Simulation of Color Vision Deficiency (2009).
SIGHT = {
    "all three": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
}
BLACK: Colour = (0, 0, 0)


def linear(colour: Colour) -> Linear:
    return tuple(c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour)


def seen(colour: Colour, sight: str) -> Linear:
    light = linear(colour)
    rows = (sum(a * b for a, b in zip(row, light, strict=True)) for row in SIGHT[sight])
    return tuple(min(max(value, 0.0), 1.0) for value in rows)


def contrast(one: Linear, other: Linear) -> float:
    """As WCAG 2 computes it."""
    bright = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (one, other))
    return (bright[1] + 0.05) / (bright[0] + 0.05)


def distance(one: Linear, other: Linear) -> float:
    """Between two colours in CIELAB (1976); about 2 can just be seen."""
    return math.dist(lab(one), lab(other))


def lab(light: Linear) -> tuple[float, float, float]:
    r, g, b = light
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("strength", [0.05, 0.25, 1.0])
def test_more_and_less_are_told_apart_by_everybody_from_each_other_and_from_the_same(
    sight: str, strength: float
) -> None:
    more, less, same = seen(shade(MORE, strength), sight), seen(shade(LESS, strength), sight), seen(SAME, sight)
    assert distance(more, less) >= 20
    assert min(distance(more, same), distance(less, same)) >= 8


@pytest.mark.parametrize("sight", SIGHT)
def test_the_largest_changes_differ_in_brightness_and_names_are_readable_on_both(sight: str) -> None:
    more, less, black = seen(MORE, sight), seen(LESS, sight), seen(BLACK, sight)
    assert contrast(more, less) >= 1.8
    assert min(contrast(more, black), contrast(less, black)) >= 4.5


def test_red_and_green_would_fail() -> None:
    red, green = seen((200, 80, 60), "deuteranopia"), seen((110, 120, 40), "deuteranopia")
    assert distance(red, green) < 20


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("scheme", [0, 1])
def test_the_dots_of_a_chart_are_told_from_its_line(sight: str, scheme: int) -> None:
    line, dot = (
        [rgb(found) for found in re.findall(rf"--chart-{name}: #(\w{{6}});", CSS)][scheme] for name in ("line", "dot")
    )
    assert distance(seen(line, sight), seen(dot, sight)) >= 20


def test_frames_take_the_new_colours_and_nothing_else_does(tmp_path: Path) -> None:
    svg = tmp_path / "a.svg"
    svg.write_text(
        '<rect fill="rgb(255,100,100)"/><rect fill="rgb(100,100,255)"/><rect fill="rgb(250,250,250)"/>'
        '<text fill="rgb(0,0,0)">rgb(255,100,100)</text>'
    )
    assert tint(svg).read_text() == (
        '<rect fill="rgb(255,190,90)"/><rect fill="rgb(60,125,210)"/><rect fill="rgb(250,250,250)"/>'
        '<text fill="rgb(0,0,0)">rgb(255,100,100)</text>'
    )


def rgb(digits: str) -> Colour:
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue
