"""One profile from start to end: build, run the tool, keep its files, measure what it cost, sum up."""

import datetime
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from prtip_guide.profile.build import WHY, Program, build
from prtip_guide.profile.cpu import HERTZ, perf_record, profile_cpu
from prtip_guide.profile.error import RequestError
from prtip_guide.profile.host import Host, detect_host, tool_versions
from prtip_guide.profile.io import counter_tool, profile_io, strace_tool
from prtip_guide.profile.memory import heaptrack_tool, massif_tool, profile_memory
from prtip_guide.profile.overhead import Tool, measure
from prtip_guide.profile.person import give, make_folder
from prtip_guide.profile.place import forget_places
from prtip_guide.profile.scenario import Scenario, find_scenario
from prtip_guide.profile.subject import Finding, Subject
from prtip_guide.profile.summary import PLACES, Summary, read_summary, summary_path, to_json
from prtip_guide.target import Target, find_target

RESULTS = Path("results") / "profiles"
HIGHEST_HERTZ = 20_000

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asks for, checked before anything runs."""

    scenario: Scenario
    kinds: tuple[str, ...]
    target: Target
    host: Host
    output: Path
    hertz: int = HERTZ
    heaptrack: bool = False
    leaks: bool = False


def make_request(
    scenario: str,
    arguments: Sequence[str],
    kind: str,
    output: Path | None = None,
    hertz: int = HERTZ,
    target: Path | None = None,
    heaptrack: bool = False,
    leaks: bool = False,
) -> Request:
    """Check a request; raises RequestError or TargetError. ``kind`` may be ``all``."""
    if not 1 <= hertz <= HIGHEST_HERTZ:
        raise RequestError(f"--sampling-rate {hertz}: take 1 to {HIGHEST_HERTZ} Hz, such as {HERTZ}")
    kinds = tuple(PLACES) if kind == "all" else (kind,)
    found, host = find_target(target, around=Path.cwd()), detect_host()
    folder = output or default_output(host, found)
    return Request(find_scenario(scenario, arguments), kinds, found, host, folder, hertz, heaptrack, leaks)


def default_output(host: Host, target: Target) -> Path:
    """Where profiles are kept when nobody says where."""
    return RESULTS / host.name / target.name


def run_request(request: Request, tell: Tell) -> Iterator[Summary]:
    """Make the profiles asked for, one after the other; raises ProfileError at the first that fails."""
    tell(f"building {request.target.name} {request.target.version}; {WHY}")
    program = build(request.target)
    for kind in request.kinds:
        tell(f"profiling {request.scenario.name}: {kind}")
        yield _profile(request, program, kind)


def profile(subject: Subject, kind: str, request: Request) -> tuple[Finding, list[Tool]]:
    """Make one profile, and name the tools whose cost is to be measured."""
    if kind == "cpu":
        finding = profile_cpu(subject, request.hertz)
        assert finding.cpu is not None
        return finding, [perf_record(request.hertz, finding.cpu.stack_bytes)]
    if kind == "memory":
        finding = profile_memory(subject, request.heaptrack, request.leaks)
        return finding, [heaptrack_tool() if request.heaptrack else massif_tool(subject)]
    finding = profile_io(subject)
    assert finding.calls is not None
    names = [name for name in finding.calls.counted if name != "total"]
    return finding, [strace_tool(), *([counter_tool(names)] if names else [])]


def _profile(request: Request, program: Program, kind: str) -> Summary:
    """Files whole or not at all: they are made in a folder beside, and moved when the summary is there."""
    start, date = time.monotonic(), datetime.datetime.now(datetime.UTC)
    command = (str(program.path), *request.scenario.arguments)
    subject = Subject(request.scenario.name, command, program.source, request.output, program.built_from)
    summary_path(request.output, subject.scenario, kind).unlink(missing_ok=True)
    finding, tools = profile(subject, kind, request)
    forget_places(finding.files, (program.path.parent, program.source, program.built_from))
    overhead, alone = measure(subject, tools)
    summary = Summary(
        kind=kind,
        scenario=request.scenario.name,
        command=("prtip", *request.scenario.arguments),
        host=request.host,
        tools=tool_versions([*finding.tools, "rustc"]),
        target=request.target.as_json(),
        build=program.profile,
        date=date.strftime("%Y-%m-%dT%H:%M:%SZ"),
        seconds=round(time.monotonic() - start, 3),
        exit=finding.exit,
        runs=finding.runs,
        files=tuple(path.name for path in finding.files),
        figures=(*alone, *finding.figures),
        overhead=tuple(overhead),
        notes=finding.notes,
        odd_lines=finding.odd_lines,
        cpu=finding.cpu,
        heap=finding.heap,
        calls=finding.calls,
    )
    return write_summary(request.output, summary)


def write_summary(output: Path, summary: Summary) -> Summary:
    """Write a summary whole or not at all, and return it as it is read back."""
    path = summary_path(output, summary.scenario, summary.kind)
    make_folder(path.parent)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(json.dumps(to_json(summary), indent=1, ensure_ascii=False) + "\n")
    partial.replace(path)
    give([path, *(path.with_name(name) for name in summary.files)])
    return replace(read_summary(path))
