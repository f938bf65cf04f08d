"""A line finds the numbers that made its points, and its interval holds as often as it says."""

import random
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from prtip_guide.profile.capacity import capacity_blocks, capacity_document
from prtip_guide.profile.fit import Line, fit_line
from prtip_guide.profile.plot import plot
from prtip_guide.profile.series import Series, foretold
from prtip_guide.profile.sheet import as_text

SIZES = (100.0, 316.0, 1000.0, 3162.0, 10_000.0, 31_623.0, 65_535.0)


def points(noise: float, chance: random.Random) -> list[tuple[float, float]]:
    return [(x, (0.005 + 6e-6 * x) * (1 + chance.gauss(0, noise))) for x in SIZES for _ in range(3)]


def fitted(noise: float, seed: int) -> Line:
    line = fit_line(points(noise, random.Random(seed)))
    assert line is not None
    return line


def test_a_line_without_noise_is_found_exactly() -> None:
    line = fitted(0.0, 1)
    assert line.start == pytest.approx(0.005)
    assert line.slope == pytest.approx(6e-6)
    assert list(line.interval(1e6)) == pytest.approx([6.005, 6.005])


def test_an_interval_holds_19_times_out_of_20() -> None:
    held = 0
    for seed in range(400):
        low, high = fitted(0.05, seed).interval(1e6)
        measured = 6.005 * (1 + random.Random(-seed - 1).gauss(0, 0.05))
        held += low <= measured <= high
    assert 0.91 <= held / 400 <= 0.985


@pytest.mark.parametrize(
    "few", [[], [(1.0, 1.0)] * 3, [(1.0, 1.0)] * 9, [(1.0, 0.0), (2.0, 1.0), (3.0, 2.0), (4.0, 3.0)]]
)
def test_what_makes_no_line_makes_none(few: list[tuple[float, float]]) -> None:
    assert fit_line(few) is None


def series(curve: Callable[[float], float]) -> Series:
    return Series("time", "s", "ports", {str(int(x)): (curve(x), curve(x) * 1.01) for x in SIZES})


def test_nothing_is_foretold_from_a_line_that_does_not_fit() -> None:
    assert "no straight line" in foretold(series(lambda x: x * x * 1e-6), 1e6)
    assert "6.0" in foretold(series(lambda x: 0.005 + 6e-6 * x), 1e6)


def test_a_rate_costs_its_packets_divided_by_it() -> None:
    rates = {str(rate): tuple(0.01 + 2000 / rate for _ in range(3)) for rate in (316, 1000, 3162, 10_000)}
    line = Series("time", "s", "rate", rates).fit()
    assert line is not None
    assert line.slope == pytest.approx(2000)


def test_a_rate_that_is_not_kept_is_told_and_nothing_foretold() -> None:
    rates: dict[str, tuple[float, ...]] = {str(rate): (0.035, 0.036, 0.034) for rate in (100, 1000, 10_000, 100_000)}
    unheeded = Series("time", "s", "rate", rates, packets=1000)
    told = foretold(unheeded, 50)
    assert "--max-rate 100 does not hold this scan back: 1,000 ports took 35" in told
    assert "10.00 s; nothing is foretold" in told
    assert capacity_document([unheeded], 1_000_000, {})["series"][0]["foretold"] is None
    kept = Series("time", "s", "rate", {rate: (1000 / int(rate),) * 3 for rate in rates}, packets=1000)
    assert "time for 50 packets a second: 20.0" in foretold(kept, 50)


def test_one_slow_measurement_moves_no_line() -> None:
    values: dict[str, tuple[float, ...]] = {str(int(x)): (0.005 + 6e-6 * x,) * 6 + (1.0,) for x in SIZES}
    line = Series("time", "s", "ports", values).fit()
    assert line is not None
    assert line.slope == pytest.approx(6e-6)


def test_a_picture_is_well_formed_and_holds_every_point() -> None:
    line = fitted(0.05, 3)
    found = points(0.05, random.Random(3))
    svg = plot("a <title> & more", "ports", found, line.at, line.interval, 1e6, lambda value: f"{value:g}")
    root = ET.fromstring(svg)
    circles = [each for each in root.iter() if each.tag.endswith("circle")]
    assert len(circles) == len(found)
    assert all(0 <= float(each.attrib["cx"]) <= 640 and 0 <= float(each.attrib["cy"]) <= 360 for each in circles)


def test_every_series_has_its_line_in_the_text_and_in_the_document() -> None:
    both = [
        series(lambda x: 0.005 + 6e-6 * x),
        Series("time", "s", "rate", {str(r): (9e3 / r,) * 3 for r in (10, 20, 40, 80)}),
    ]
    text = as_text(capacity_blocks(both, 1_000_000))
    assert max(map(len, text.splitlines())) <= 80
    assert "time for 1,000,000 ports: 6.0" in " ".join(text.split())
    document = capacity_document(both, 1_000_000, {"date": "2025-11-09T12:00:00Z"})
    assert [each["foretold"]["at"] for each in document["series"]] == [1_000_000, 50]
