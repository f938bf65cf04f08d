"""A profile as a page shows it: the fence ``profile``, which names a scenario and a view of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from prtip_guide.quantity import bytes_text, quantity_text, seconds_text
from prtip_guide.site.artifact import Shown
from prtip_guide.site.chart import fit_chart, heap_chart
from prtip_guide.site.markup import render
from prtip_guide.site.profiles import CAPACITY, DIFFERENCE, PLACES, Profile, find_profiles
from prtip_guide.site.results import File

SHOWN = 12


class UnknownViewError(Exception):
    """A fence asks for a view that there is not."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A cell with a number, and how long a bar it has behind it."""

    words: str
    part: float
    """Of the longest in its column, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Figures:
    """A table; the first cell of a row names it."""

    header: tuple[str, ...]
    rows: list[tuple[str | Bar, ...]]


@dataclass(frozen=True, slots=True)
class Part:
    """What is drawn of a profile: any of a live picture, a chart, a sentence and a table."""

    heading: str = ""
    picture: Shown | None = None
    chart: str = ""
    text: str = ""
    table: Figures | None = None
    folded: bool = False
    """The table is the text alternative of a picture, and stands folded under it."""


@dataclass(frozen=True, slots=True)
class View:
    """A way to look at profiles."""

    kinds: tuple[str, ...]
    about: str
    draw: Callable[[list[Profile]], list[Part]]
    """The parts, from the profiles of one host and target, one of each kind."""
    remedy: str = "prtip-guide profile --scenario {scenario} --type {kind}"


@dataclass(frozen=True, slots=True)
class Drawn:
    """The values that the template ``profile`` shows."""

    scenario: str
    view: str
    target: str
    """As the fence names it; empty where it names none."""
    about: str
    remedy: str
    profiles: list[Profile] = field(default_factory=list)
    """Of one host and target; empty where nothing was recorded."""
    others: list[Profile] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The figure's anchor."""
        return "-".join(filter(None, ("profile", self.scenario, self.view, self.target)))


def draw_figure(request: str, data: Callable[[File], str]) -> tuple[str, str]:
    """The HTML of the fence's text, and its anchor; ``data`` links to a recorded file."""
    scenario, view, target = _read(request)
    found = {kind: find_profiles(scenario, kind) for kind in VIEWS[view].kinds}
    first = next((profile for kind in found.values() for profile in kind if _of(profile, target)), None)
    chosen = [p for kind in found.values() if (p := next((p for p in kind if _same(p, first)), None))]
    remedy = VIEWS[view].remedy.format(scenario=scenario, kind=VIEWS[view].kinds[0])
    others = [p for p in found[VIEWS[view].kinds[0]] if p not in chosen]
    parts = VIEWS[view].draw(chosen) if chosen else []
    drawn = Drawn(scenario, view, target, VIEWS[view].about, remedy, chosen if parts else [], others, parts)
    return render("profile", drawn=drawn, data=data), drawn.name


def _read(request: str) -> tuple[str, str, str]:
    words = request.split()
    if len(words) not in {2, 3} or words[1] not in VIEWS:
        raise UnknownViewError(f"`{request.strip()}`: write a scenario, one of {', '.join(VIEWS)}, and maybe a target")
    return words[0], words[1], words[2] if len(words) == 3 else ""


def _of(profile: Profile, target: str) -> bool:
    return target in {"", profile.document["target"]["name"]}


def _same(profile: Profile, first: Profile | None) -> bool:
    """Of the same host and target, so that one figure never mixes two programs."""
    return first is not None and profile.where == first.where


def _flamegraph(profiles: list[Profile]) -> list[Part]:
    profile = profiles[0]
    cpu = profile.document["cpu"]
    samples = cpu["samples"] or 1
    hot = sorted(cpu["functions"], key=lambda each: -each["self_samples"])[:SHOWN]
    rows = [_shares(each, samples) for each in hot if each["self_samples"]]
    table = Figures(("Function", "Itself", "With what it calls"), rows)
    text = f"{cpu['samples']:,} samples of {cpu['event']} at {cpu['hertz']} Hz."
    return [Part(picture=_picture(profile, ".svg"), text=text, table=table, folded=True)]


def _shares(function: Mapping[str, Any], samples: int) -> tuple[str | Bar, ...]:
    counts = function["self_samples"], function["total_samples"]
    return function["name"], *(Bar(f"{100 * count / samples:.1f} %", count / samples) for count in counts)


def _difference(profiles: list[Profile]) -> list[Part]:
    profile = profiles[0]
    picture = _picture(profile, DIFFERENCE)
    if picture is None:
        return []
    # inferno, src/flamegraph/merge.rs: a frame's change is that of the stacks that end in it.
    text = "Orange was working itself in more samples than before, blue in fewer; what they call is not in the colour."
    rows: list[tuple[str | Bar, ...]] = [
        (frame.name, f"{frame.share} %", f"{frame.change} %") for frame in picture.changes
    ]
    table = Figures(("Frame", "Now, with what it calls", "Itself, changed by"), rows)
    return [Part(picture=picture, text=text, table=table, folded=True)]


def _picture(profile: Profile, ending: str) -> Shown | None:
    name = profile.path.name.removesuffix(".json")
    if ending == DIFFERENCE:
        name = name.removesuffix("-flamegraph")
    file = profile.file(f"{name}{ending}")
    return Shown(file) if file else None


def _heap(profiles: list[Profile]) -> list[Part]:
    profile = profiles[0]
    heap = profile.document["heap"]
    points = [(point["time"], float(point["bytes"])) for point in heap["points"]]
    peak = max(points, key=lambda point: point[1], default=(0.0, 0.0))
    part = f"{100 * peak[0] / points[-1][0]:.0f} % of the way through" if points and points[-1][0] else ""
    text = f"The heap peaks at {bytes_text(heap['peak_bytes'])}, {part}, as {heap['tool']} saw it."
    name = f"heap-chart-{profile.document['scenario']}-{profile.document['target']['name']}"
    chart = heap_chart(name, "Heap over time", text, points, heap["time_unit"], bytes_text)
    longest = max((site["bytes"] for site in heap["sites"]), default=1) or 1
    rows: list[tuple[str | Bar, ...]] = [
        (
            f"{site['function']} ({site['place']})" if site["place"] else site["function"],
            Bar(bytes_text(site["bytes"]), site["bytes"] / longest),
        )
        for site in heap["sites"][:SHOWN]
    ]
    return [Part(chart=chart, text=text, table=Figures(("Asked for at the peak by", "Bytes"), rows))]


def _calls(profiles: list[Profile]) -> list[Part]:
    profile = profiles[0]
    calls = profile.document["calls"]["calls"]
    count, spent = sum(call["count"] for call in calls), sum(call["seconds"] for call in calls)
    text = f"{count:,} calls, {seconds_text(spent)} in them over all threads, waiting included."
    by_time = sorted(calls, key=lambda call: -call["seconds"])[:SHOWN]
    most = max((call["count"] for call in calls), default=1) or 1
    longest = max((call["seconds"] for call in calls), default=1) or 1
    rows: list[tuple[str | Bar, ...]] = [
        (
            call["name"],
            Bar(f"{call['count']:,}", call["count"] / most),
            Bar(seconds_text(call["seconds"]), call["seconds"] / longest),
            f"{call['errors']:,}",
        )
        for call in by_time
    ]
    return [Part(text=text, table=Figures(("System call", "Calls", "Time", "Errors"), rows))]


def _overhead(profiles: list[Profile]) -> list[Part]:
    found = [each for profile in profiles for each in profile.document["overhead"]]
    longest = max((each["ratio"] for each in found), default=1.0) or 1.0
    rows: list[tuple[str | Bar, ...]] = [
        (
            each["tool"],
            Bar(f"{each['ratio']:.3g} times", each["ratio"] / longest) if each["low"] > 0 else "not measurable",
            f"{each['low']:.3g}–{each['high']:.3g}" if each["low"] > 0 else "",
            seconds_text(each["bare_seconds"]),
            seconds_text(each["fixed_seconds"]),
        )
        for each in found
    ]
    header = ("Under", "The scan takes", "Range", "Alone", "Before and after it")
    return [Part(table=Figures(header, rows))] if rows else []


def _scaling(profiles: list[Profile]) -> list[Part]:
    profile = profiles[0]
    # A page may show several, of other scans and targets, and ids of a page differ.
    name = f"{profile.path.stem}-{profile.document['target']['name']}"
    return [_series(series, f"{name}-{number}") for number, series in enumerate(profile.document["series"])]


def _series(series: Mapping[str, Any], name: str) -> Part:
    by_rate, unit = series["variable"] == "rate", series["unit"]
    what = "packets a second" if by_rate else "ports"
    points = [(float(x), float(y)) for x, values in series["values"].items() for y in values]
    told = series["foretold"]
    line = series["line"] if told else None
    rows: list[tuple[str | Bar, ...]] = [
        (f"{int(x):,}", quantity_text(median(values), unit), f"{len(values)}") for x, values in series["values"].items()
    ]
    text = f"{series['refusal']}."
    if line:
        value, low, high = (quantity_text(each, unit) for each in (told["value"], *told["interval"]))
        off = f"The line is off by {100 * line['error']:.0f} % on average"
        text = f"{off}; for {told['at']:,} {what} it says {value}, between {low} and {high} 95 times out of 100."
    chart = fit_chart(
        name,
        f"{series['name']} by {what}",
        text,
        f"{what} (logarithmic)",
        points,
        (lambda x: line["start"] + line["slope"] * (1 / x if by_rate else x)) if line else None,
        lambda value: quantity_text(value, unit),
        binary=unit == "B",
    )
    heading = f"{series['name'][0].upper()}{series['name'][1:]} by {what}"
    return Part(heading, chart=chart, text=text, table=Figures((what, series["name"], "runs"), rows), folded=True)


VIEWS = {
    "flamegraph": View(("cpu",), "Flame graph", _flamegraph),
    "difference": View(
        ("cpu",), "Differential flame graph", _difference, "prtip-guide compare BASE NEW --svg {scenario}" + DIFFERENCE
    ),
    "heap": View(("memory",), "Heap over time", _heap),
    "calls": View(("io",), "System calls by count and time", _calls),
    "overhead": View(tuple(PLACES), "What each tool costs", _overhead, "prtip-guide profile --scenario {scenario}"),
    "scaling": View((CAPACITY,), "What more ports cost", _scaling, "prtip-guide capacity --scan {scenario}"),
}
