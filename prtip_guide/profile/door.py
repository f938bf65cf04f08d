"""What the command line calls: each function does one command, prints, and returns the exit status."""

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prtip_guide.profile.baseline import BASELINES, folded_path, resolve
from prtip_guide.profile.baseline import save_baseline as keep
from prtip_guide.profile.build import build
from prtip_guide.profile.capacity import (
    capacity_blocks,
    capacity_document,
    measure_ports,
    measure_rates,
    origin,
    write_capacity,
)
from prtip_guide.profile.compare import Comparison, comparison_blocks, comparison_document, differential, is_failure
from prtip_guide.profile.compare import compare as compare_summaries
from prtip_guide.profile.cpu import HERTZ
from prtip_guide.profile.doctor import BAD, as_document, as_screen, checks
from prtip_guide.profile.error import RequestError
from prtip_guide.profile.host import detect_host
from prtip_guide.profile.machine import detect_machine
from prtip_guide.profile.report import report as report_blocks
from prtip_guide.profile.report import report_document
from prtip_guide.profile.run import Request, default_output, make_request, run_request
from prtip_guide.profile.scenario import SCENARIOS
from prtip_guide.profile.sheet import as_markdown, as_text, shorten
from prtip_guide.profile.summary import read_summaries, summary_path
from prtip_guide.target import find_target


def request_from(options: Mapping[str, Any]) -> Request:
    """The request that the options make; raises RequestError or TargetError."""
    rate = options["sampling_rate"]
    return make_request(
        options["scenario"],
        options["arguments"],
        options["type"],
        output=options["output_dir"],
        hertz=HERTZ if rate is None else rate,
        target=options["target"],
        heaptrack=options["heap"] == "heaptrack",
        leaks=options["leaks"],
    )


def list_scenarios(as_json: bool, asked: bool) -> int:
    """Print the named scenarios; raises RequestError where a scenario was wanted and not named."""
    if not asked:
        raise RequestError("profile: no scenario; name one with --scenario, and see them with --list")
    if as_json:
        document = {name: {"arguments": s.arguments, "about": s.about} for name, s in SCENARIOS.items()}
        print(json.dumps({"scenarios": document}))
        return 0
    for scenario in SCENARIOS.values():
        arguments = " ".join(scenario.arguments)
        print(f"{scenario.name:18}  {scenario.about}\n{'':18}  {shorten(arguments, 60)}")
    return 0


def profile(request: Request, as_json: bool) -> int:
    """Make the profiles, say where their files are and what they show."""
    summaries = []
    for summary in run_request(request, _tell):
        summaries.append(summary)
        path = summary_path(request.output, summary.scenario, summary.kind)
        for name in (*summary.files, path.name):
            _tell(f"  wrote {path.parent / name}")
    print(json.dumps(report_document(summaries)) if as_json else as_text(report_blocks(summaries)), end="")
    return 0


def report(scenario: str, output: Path | None, target: Path | None, form: str) -> int:
    """Print what the profiles of a scenario say, as ``text``, ``markdown`` or ``json``."""
    summaries = read_summaries(
        output or default_output(detect_host(), find_target(target, around=Path.cwd())), scenario
    )
    if form == "json":
        print(json.dumps(report_document(summaries)))
    else:
        print((as_markdown if form == "markdown" else as_text)(report_blocks(summaries)), end="")
    return 0


def doctor(target: Path | None, as_json: bool) -> int:
    """Print what this machine can profile; 1 where something prevents a profile."""
    machine = detect_machine(find_target(target, around=Path.cwd()))
    found = checks(machine)
    print(json.dumps(as_document(machine, found)) if as_json else as_screen(machine, found).rstrip())
    return int(any(check.state == BAD for check in found))


def compare(base: str, new: str, force: bool, svg: Path | None, as_json: bool) -> int:
    """Print what changed; 1 where something is worse by 10 % or more, and by more than noise."""
    sides = resolve(base), resolve(new)
    found = compare_summaries(*sides, force=force)
    if svg:
        _draw_difference(base, new, found, svg)
    print(json.dumps(comparison_document(found)) if as_json else as_text(comparison_blocks(found)).rstrip())
    return int(is_failure(found))


def capacity(scan: str, ports: int, output: Path | None, target: Path | None, as_json: bool) -> int:
    """Measure, draw and print what more ports and higher rates cost."""
    found = find_target(target, around=Path.cwd())
    host = detect_host()
    folder = (output or default_output(host, found)) / "capacity"
    program = build(found)
    series = [*measure_ports(program, scan, _tell), *measure_rates(program, scan, _tell)]
    document = capacity_document(series, ports, origin(host, found, program))
    for path in write_capacity(folder, scan, series, document):
        _tell(f"  wrote {path}")
    print(json.dumps(document) if as_json else as_text(capacity_blocks(series, ports)).rstrip())
    return 0


def save_baseline(name: str, scenarios: list[str], output: Path | None, target: Path | None, force: bool) -> int:
    """Keep profiles under a name."""
    folder = output or default_output(detect_host(), find_target(target, around=Path.cwd()))
    for summary in keep(name, folder, scenarios, force):
        print(f"kept {summary.scenario} {summary.kind} of {summary.date} in {BASELINES / name}")
    return 0


def _draw_difference(base: str, new: str, found: Sequence[Comparison], svg: Path) -> None:
    pairs = [each for each in found if each.new.kind == "cpu"]
    if len(pairs) != 1:
        raise RequestError(f"--svg: {len(pairs)} CPU profiles to draw the difference of; name the two summaries")
    folded = [folded_path(named, summary) for named, summary in ((base, pairs[0].base), (new, pairs[0].new))]
    with tempfile.TemporaryDirectory(prefix="prtip-guide-") as work:
        differential(folded[0], folded[1], svg, Path(work))
    _tell(f"wrote {svg}")


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
