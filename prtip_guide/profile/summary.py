"""What a profile says, in figures: the one form that reports and comparisons read, and its JSON."""

import json
import types
import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from prtip_guide.profile.error import ProfileError
from prtip_guide.profile.host import Host

SCHEMA = 1
# Where the files of each kind of profile are, and what follows the scenario in their names.
PLACES = {"cpu": ("flamegraphs", "flamegraph"), "memory": ("massif", "massif"), "io": ("strace", "strace")}


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity, measured several times, so that its noise is known."""

    name: str
    unit: str
    """``s``, ``B``, or empty for a count."""
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Overhead:
    """What a tool costs; bare runs and runs under the tool took turns."""

    tool: str
    rounds: int
    bare_seconds: float
    """Median time of the program alone."""
    inside_seconds: float
    """Median time of the program under the tool, the tool's own start and end left out."""
    fixed_seconds: float
    """Median time that the tool takes before and after the program."""
    ratio: float
    """Median over the rounds of time inside to time alone."""
    low: float
    high: float
    """The smallest and the largest ratio of a round."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function's part of the CPU samples."""

    name: str
    kernel: bool
    self_samples: int
    """Samples in the function itself."""
    total_samples: int
    """Samples in it or in what it called; a recursive call counts once."""


@dataclass(frozen=True, slots=True)
class Thread:
    """The samples of all threads of one name."""

    name: str
    samples: int
    functions: tuple[Function, ...]


@dataclass(frozen=True, slots=True)
class Cpu:
    """Where CPU time went."""

    samples: int
    hertz: int
    event: str
    """What perf counted; ``cpu-clock`` where there are no hardware counters."""
    stack_bytes: int
    """Bytes of stack that were copied with each sample."""
    whole: int
    """Samples whose stack reaches the start of its thread."""
    dropped: int
    """Samples of perf and the shell that ran the program, left out."""
    functions: tuple[Function, ...]
    """Those with at least 0.5 % of the samples, by total."""
    threads: tuple[Thread, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """Bytes that are live at the peak, by the function of the program that asked for them."""

    bytes: int
    function: str
    place: str
    """File and line, or the binary."""


@dataclass(frozen=True, slots=True)
class Point:
    """The heap at one moment."""

    time: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Leak:
    """A line of Memcheck's leak summary."""

    kind: str
    """``definitely``, ``indirectly``, ``possibly`` lost, or ``reachable``."""
    bytes: int
    blocks: int


@dataclass(frozen=True, slots=True)
class Heap:
    """What was on the heap."""

    tool: str
    """``massif`` or ``heaptrack``."""
    peak_bytes: int
    """What the program asked for at the peak."""
    extra_bytes: int
    """What the allocator took beside it; 0 where the tool does not say."""
    uncertainty_bytes: int
    """How far the true peak may be from it, by the rounding of the tool."""
    time_unit: str
    """``i`` instructions, ``ms`` or ``s``."""
    points: tuple[Point, ...]
    sites: tuple[Site, ...]
    """By bytes, the largest first."""
    allocations: int | None
    """Calls to allocation functions, where the tool counts them."""
    leaks: tuple[Leak, ...] | None
    """None when no leak check was asked for."""


@dataclass(frozen=True, slots=True)
class Call:
    """One system call in all threads."""

    name: str
    count: int
    errors: int
    seconds: float
    """Wall time, with waiting."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """A system call that carries packets."""

    name: str
    calls: int
    failed: int
    messages: int
    """The sum over all calls that did not fail."""
    median: float
    """Messages in a call that did not fail."""
    sizes: dict[str, int]
    """Calls by the number of messages in them."""


@dataclass(frozen=True, slots=True)
class Calls:
    """What was asked of the kernel."""

    calls: tuple[Call, ...]
    """As strace counted them, the slowest first."""
    carriers: tuple[Carrier, ...]
    errnos: dict[str, int]
    """Failed network calls by error."""
    unfinished: int
    """Network calls that never returned."""
    counted: dict[str, float]
    """Medians of perf's counts, which leave the program its pace; empty where they were refused."""
    refusal: str
    """Why perf could not count, if it could not."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One profile."""

    kind: str
    """``cpu``, ``memory`` or ``io``."""
    scenario: str
    command: tuple[str, ...]
    """The program's name and its arguments."""
    host: Host
    tools: dict[str, str]
    """Versions of what took part."""
    target: dict[str, str]
    """Name, version and digest of the source tree."""
    build: str
    """Cargo's profile."""
    date: str
    """UTC, as in ``2025-11-09T12:00:00Z``."""
    seconds: float
    """How long the whole profile took."""
    exit: int
    """Exit status of the program under the tool."""
    runs: int
    """How often the program ran in the profile."""
    files: tuple[str, ...]
    """Names of the files beside the summary."""
    figures: tuple[Figure, ...]
    overhead: tuple[Overhead, ...]
    notes: tuple[str, ...]
    """What a reader must know before believing the figures."""
    odd_lines: int
    """Lines of the tools' output that no parser understood."""
    cpu: Cpu | None = None
    heap: Heap | None = None
    calls: Calls | None = None


def summary_path(output: Path, scenario: str, kind: str) -> Path:
    """Where the summary of a scenario's profile is, below the output folder."""
    return profile_path(output, scenario, kind, ".json")


def profile_path(output: Path, scenario: str, kind: str, ending: str) -> Path:
    """A file of a profile: ``flamegraphs/syn-scan-1k-flamegraph.svg`` for ``.svg``."""
    folder, name = PLACES[kind]
    return output / folder / f"{scenario}-{name}{ending}"


def to_json(summary: Summary) -> dict[str, Any]:
    """The summary as JSON values."""
    return {"schema": SCHEMA, **asdict(summary)}


def read_summary(path: Path) -> Summary:
    """Read a summary; raises ProfileError when there is none, or one that this program cannot read."""
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise ProfileError(f"{path}: {error.strerror}; make it with prtip-guide profile") from error
    except ValueError as error:
        raise ProfileError(f"{path}: not a summary ({error}); make the profile again") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise ProfileError(f"{path}: not a summary of schema {SCHEMA}; make the profile again")
    try:
        summary: Summary = _value(Summary, document)
    except (KeyError, TypeError, ValueError) as error:
        raise ProfileError(f"{path}: damaged ({error}); make the profile again") from error
    return summary


def read_summaries(output: Path, scenario: str) -> list[Summary]:
    """The summaries that there are of a scenario; raises ProfileError when there is none."""
    paths = [summary_path(output, scenario, kind) for kind in PLACES]
    found = [read_summary(path) for path in paths if path.exists()]
    if not found:
        raise ProfileError(
            f"{output}: no profile of {scenario}; make it with prtip-guide profile --scenario {scenario} --type all"
        )
    return found


def _value(kind: Any, value: Any) -> Any:
    """``value`` of a JSON document as the type ``kind``; raises TypeError or KeyError when it is none."""
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        names = [field.name for field in fields(kind)]
        return typing.cast(Any, kind)(**{name: _value(hints[name], value[name]) for name in names})
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        return tuple(_value(inner[0], item) for item in _checked(list, value))
    if origin is dict:
        return {key: _value(inner[1], item) for key, item in _checked(dict, value).items()}
    if origin is types.UnionType:
        return None if value is None else _value(inner[0], value)
    return float(_checked((int, float), value)) if kind is float else _checked(kind, value)


def _checked(kind: Any, value: Any) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{value!r:.40} where {getattr(kind, '__name__', 'a number')} is due")
    return value


def figures_by_name(summary: Summary) -> Mapping[str, Figure]:
    """The figures of a summary, by name."""
    return {figure.name: figure for figure in summary.figures}
