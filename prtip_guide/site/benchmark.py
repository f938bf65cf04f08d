"""The runner's own speed as a page shows it: the fence ``benchmark``, which names a part of ``results/bench.json``."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from prtip_guide.quantity import bytes_text, seconds_text
from prtip_guide.site.chart import fit_chart
from prtip_guide.site.figure import Bar, Figures, Part, UnknownViewError
from prtip_guide.site.folder import results_folder
from prtip_guide.site.markup import render
from prtip_guide.site.results import File, ResultsError

FILE = "bench.json"
REMEDY = "make bench"
Document = Mapping[str, Any]


def draw_benchmark(name: str, data: Callable[[File], str]) -> str:
    """The HTML of one part of the record; raises UnknownViewError or ResultsError."""
    if name not in PARTS:
        raise UnknownViewError(f"`{name}`: there is no such benchmark; write one of {', '.join(PARTS)}")
    path = results_folder() / FILE
    if not path.is_file():
        return render("benchmark", name=name, parts=[], remedy=REMEDY)
    try:
        document = json.loads(path.read_bytes())
        part = document["parts"].get(name)
        if part is None:
            return render("benchmark", name=name, parts=[], remedy=f"{REMEDY} PARTS={name}")
        parts = PARTS[name](part["measured"])
        host, date = document["host"], part["date"][:10]
        where = f"{host['name']}, Linux {host['kernel']}, {host['cpus']} CPUs"
        peers = ", ".join(f"{peer} {version}" for peer, version in document["versions"]["peers"].items())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ResultsError(f"{path}: not a benchmark ({type(error).__name__}: {error}); run {REMEDY}") from error
    file = data(File(FILE, FILE, path))
    return render("benchmark", name=name, parts=parts, where=where, date=date, peers=peers, data=file)


def _cases(measured: list[Document]) -> list[Part]:
    return [_case(case) for case in measured]


def _case(case: Document) -> Part:
    slowest = max(each["wall"] for each in case["contenders"])
    rows: list[tuple[str | Bar, ...]] = [
        (
            each["name"],
            Bar(seconds_text(each["wall"]), each["wall"] / slowest),
            seconds_text(each["cpu"]),
            bytes_text(each["peak_bytes"]) if each["peak_bytes"] else "–",
            _ratio(each["guide_to_it"]["wall"]),
            _ratio(each["guide_to_it"]["cpu"]),
        )
        for each in case["contenders"]
    ]
    header = ("Program", "Time", "CPU time", "Memory", "The guide takes, of its time", "of its CPU time")
    text = f"Medians of {case['rounds']} rounds; behind a ratio its lowest and highest round."
    return Part(case["case"], text=text, table=Figures(header, rows))


def _ratio(found: Document) -> str:
    return f"{found['median']:.2f}× ({found['low']:.2f}–{found['high']:.2f})"


def _flat(measured: list[Document]) -> list[Part]:
    points = [(float(point["snippets"]), point["cpu_per_snippet"]) for point in measured]
    costs = [cost for _, cost in points]
    text = f"Each snippet costs {seconds_text(min(costs))} to {seconds_text(max(costs))} of CPU time."
    chart = fit_chart(
        *("bench-flat", "CPU time a snippet, by the number of snippets", text, "snippets (logarithmic)"),
        points,
        None,
        seconds_text,
        binary=False,
    )
    rows: list[tuple[str | Bar, ...]] = [
        (f"{point['snippets']:,}", seconds_text(point["cpu_per_snippet"]), bytes_text(point["peak_bytes"]))
        for point in measured
    ]
    return [Part(chart=chart, text=text, table=Figures(("Snippets", "CPU time of each", "Memory"), rows), folded=True)]


def _guide(measured: list[Document]) -> list[Part]:
    rows: list[tuple[str | Bar, ...]] = [
        (each["name"], Bar(seconds_text(each["wall"]), each["wall"] / max(m["wall"] for m in measured)),
         _ratio(each["to_bash"]))
        for each in measured
    ]  # fmt: skip
    return [Part(table=Figures(("Run", "Time", "To plain bash"), rows))]


def _phases(measured: Document) -> list[Part]:
    total = sum(part["seconds"] for part in measured["parts"])
    rows: list[tuple[str | Bar, ...]] = [
        (
            part["name"],
            Bar(f"{100 * part['seconds'] / total:.1f} %", part["seconds"] / total),
            seconds_text(part["seconds"]),
        )
        for part in measured["parts"]
    ]
    text = f"{seconds_text(total)} in all, of {', '.join(measured['pages'])}."
    return [Part(text=text, table=Figures(("Part of the run", "Share", "Time"), rows))]


PARTS: Mapping[str, Callable[[Any], list[Part]]] = {
    **dict.fromkeys(("trivial", "real", "output", "pages", "help"), _cases),
    "flat": _flat,
    "guide": _guide,
    "phases": _phases,
}
