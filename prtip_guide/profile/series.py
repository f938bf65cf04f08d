"""One quantity of a scan against its ports or its rate: fitted, foretold and drawn."""

from dataclasses import dataclass

from prtip_guide.profile.fit import Line, fit_line
from prtip_guide.profile.interval import middle
from prtip_guide.profile.plot import plot
from prtip_guide.quantity import quantity_text

# A line that is further off than that, on average, is no description of what was measured.
POOR_FIT = 0.25
# A scan that takes less than this part of what its rate asks for does not keep the rate.
KEPT_RATE = 0.8


@dataclass(frozen=True, slots=True)
class Series:
    """One quantity against one variable."""

    name: str
    """``time``, ``CPU time``, ``peak heap`` or ``system calls``."""
    unit: str
    variable: str
    """``ports``, or ``rate`` in packets a second."""
    values: dict[str, tuple[float, ...]]
    """The repeated measurements for each value of the variable."""
    packets: int = 0
    """The packets of each measurement of a rate."""

    def points(self) -> list[tuple[float, float]]:
        """Pairs of the variable and one measurement each."""
        return [(float(x), y) for x, values in self.values.items() for y in values]

    def fit(self) -> Line | None:
        """The line in what the quantity grows with: ports, or seconds for one packet.

        It goes through the middle of each value's measurements, so that one during which the machine was slow counts
        little.
        """
        return fit_line([(self.scale(float(x)), middle(values)) for x, values in self.values.items()])

    def scale(self, x: float) -> float:
        """The variable as the line takes it."""
        return 1 / x if self.variable == "rate" else x


def foretold(series: Series, at: float) -> str:
    """What the line says of a value that was not measured, with its error and what it rests on, or why it says none."""
    line = series.fit()
    if refused := refusal(series, line):
        return refused
    assert line is not None
    value, (low, high) = line.at(series.scale(at)), line.interval(series.scale(at))
    said = [quantity_text(each, series.unit) for each in (value, low, high)]
    what = f"{at:,.0f} ports" if series.variable == "ports" else f"{at:,.0f} packets a second"
    rest = f"a line through what was measured, off by {100 * line.error:.0f} % on average"
    return f"{series.name} for {what}: {said[0]} ({said[1]} to {said[2]}), from {rest}"


def refusal(series: Series, line: Line | None) -> str | None:
    """Why nothing is foretold, if so."""
    if broken := _broken_rate(series):
        return broken
    if line is None:
        return f"{series.name}: too few measurements for a line"
    if line.error > POOR_FIT:
        return f"{series.name}: no straight line (off by {100 * line.error:.0f} %), so nothing is foretold"
    return None


def _broken_rate(series: Series) -> str | None:
    """What to say of a scan that is faster than its rate."""
    for rate, values in series.values.items() if series.packets else ():
        least, took = series.packets / int(rate), middle(values)
        if took < KEPT_RATE * least:
            return (
                f"--max-rate {int(rate):,} does not hold this scan back: {series.packets:,} ports took "
                f"{quantity_text(took, series.unit)}, and at that rate they take {quantity_text(least, series.unit)}; "
                "nothing is foretold"
            )
    return None


def picture(series: Series, line: Line, scan: str) -> str:
    """The measurements, the line and its interval, drawn as SVG."""
    end = 1e6 if series.variable == "ports" else max(x for x, _ in series.points())
    axis = "ports" if series.variable == "ports" else "packets a second (--max-rate)"
    return plot(
        title=f"{series.name} of a {scan} scan; line with its 95 % interval",
        x_title=axis,
        points=series.points(),
        line=lambda x: line.at(series.scale(x)),
        interval=lambda x: line.interval(series.scale(x)),
        end=end,
        label=lambda value: quantity_text(value, series.unit),
    )
