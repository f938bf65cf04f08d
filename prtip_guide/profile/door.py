"""What the command line calls: each function does one command, prints, and returns the exit status."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prtip_guide.profile.cpu import HERTZ
from prtip_guide.profile.error import RequestError
from prtip_guide.profile.host import detect_host
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
    for summary in run_request(request, lambda line: print(line, file=sys.stderr, flush=True)):
        summaries.append(summary)
        path = summary_path(request.output, summary.scenario, summary.kind)
        for name in (*summary.files, path.name):
            print(f"  wrote {path.parent / name}", file=sys.stderr, flush=True)
    print(json.dumps(report_document(summaries)) if as_json else as_text(report_blocks(summaries)), end="")
    return 0


def report(scenario: str, output: Path | None, target: Path | None, form: str) -> int:
    """Print what the profiles of a scenario say, as ``text``, ``markdown`` or ``json``."""
    summaries = read_summaries(output or default_output(detect_host(), find_target(target)), scenario)
    if form == "json":
        print(json.dumps(report_document(summaries)))
    else:
        print((as_markdown if form == "markdown" else as_text)(report_blocks(summaries)), end="")
    return 0
