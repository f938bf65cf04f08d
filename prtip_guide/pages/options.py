"""The attribute list of a shell fence: its grammar, the options it may hold, and their values.

The grammar is that of Python-Markdown's ``attr_list``, but nothing is dropped: what that parser
leaves out in silence is an error here.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

DEFAULT_TIMEOUT = 60.0
MAX_TIMEOUT = 7200.0
TOKEN = re.compile(r""" *(?:([\w:-]+)=(?:"([^"]*)"|'([^']*)'|([^\s=}"']+))|([^\s=}"']+))(?= |$)""")
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
SYSCTL = "sysctl:"
# Kernel settings that a page may write. Each can be read and written back, and none runs a program.
SETTINGS = frozenset(
    f"kernel.{name}"
    for name in (
        *("perf_event_paranoid", "perf_event_mlock_kb", "perf_event_max_sample_rate", "perf_event_max_stack"),
        *("perf_cpu_time_max_percent", "kptr_restrict", "nmi_watchdog", "numa_balancing", "randomize_va_space"),
    )
)
# Options of Material's own code blocks; they change the picture, not the run.
PRESENTATION = frozenset({"title", "hl_lines", "linenums", "linestart"})


class OptionError(ValueError):
    """An attribute list that cannot be used; the message says what and the remedy."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the writer of a fence asked for."""

    needs: tuple[str, ...] = ()
    """Tools, privileges and features without which the snippet is skipped."""
    provides: tuple[str, ...] = ()
    """Tools that the snippet installs, for the needs of later snippets of its page."""
    on: tuple[str, ...] = ()
    """Distributions or platforms; empty means every one."""
    expect: tuple[str, ...] = ()
    """Lines with wildcards that the output must hold, in this order."""
    exit: int | None = None
    """The exit status that the snippet must have; None stands for 0, without leaving the shell."""
    timeout: float = DEFAULT_TIMEOUT
    """Seconds after which the snippet is killed and fails."""
    network: str = ""
    """``registry`` where the snippet may reach the package registries."""
    artifacts: tuple[str, ...] = ()
    """Files, relative to the working folder after the snippet, that are kept and shown."""
    skip: str = ""
    """Why the snippet is never run; the reader sees it."""


def parse_attributes(text: str) -> tuple[str, list[str], dict[str, str]]:
    """Split ``#id .class key=value`` into id, classes and values.

    Raises OptionError on what is not an attribute list, and on a repeated id or key.
    """
    position, identifier, classes, values = 0, "", [], {}
    text = text.replace("\t", " ").rstrip(" ")
    while position < len(text):
        token = TOKEN.match(text, position)
        if token is None:
            raise OptionError(f'malformed attribute list at `{text[position:].strip()}`; write key="value"')
        position = token.end()
        key, word = token[1], token[5]
        if word is None:
            if key in values:
                raise OptionError(f"{key} is given twice; give it once")
            values[key] = next(value for value in token.group(2, 3, 4) if value is not None)
        elif word.startswith("#"):
            if identifier:
                raise OptionError(f"two ids, #{identifier} and {word}; keep one")
            identifier = word[1:]
            if not ID.fullmatch(identifier):
                raise OptionError(f"id `{identifier}` is not made of letters, digits, `_`, `.` and `-`")
        elif word.startswith("."):
            classes.append(word[1:])
        else:
            raise OptionError(f'`{word}` has no value; write {word}="…"')
    return identifier, classes, values


def read_options(values: Mapping[str, str]) -> Options:
    """Turn the values of an attribute list into Options; raises OptionError."""
    fields: dict[str, object] = {}
    for key, value in values.items():
        if key in PRESENTATION:
            continue
        if key not in READERS:
            known = ", ".join(sorted(READERS))
            raise OptionError(f"unknown option {key}; known: {known}")
        if not value.strip():
            raise OptionError(f"{key} is empty; give it a value or take it out")
        fields[key.removeprefix("data-").replace("artifact", "artifacts")] = READERS[key](value)
    return Options(**fields)  # type: ignore[arg-type]  # READERS gives each field its type


def _needs(value: str) -> tuple[str, ...]:
    words = _words(value)
    for word in words:
        if word.startswith(SYSCTL) and word.removeprefix(SYSCTL) not in SETTINGS:
            raise OptionError(f"{word} may not be written; a page may write {', '.join(sorted(SETTINGS))}")
        if not re.fullmatch(r"[\w.+:-]+", word):
            raise OptionError(f"data-needs={word} is no name of a tool or feature")
    return words


def _words(value: str) -> tuple[str, ...]:
    return tuple(value.replace(",", " ").split())


def _lines(value: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in value.split("\\n") if line.strip())


def _exit(value: str) -> int:
    if not re.fullmatch(r"\d{1,3}", value, re.ASCII) or int(value) > 255:
        raise OptionError(f"data-exit={value} is not an exit status; write a number from 0 to 255")
    return int(value)


def _timeout(value: str) -> float:
    if not re.fullmatch(r"\d{1,4}(\.\d+)?", value, re.ASCII) or not 0 < float(value) <= MAX_TIMEOUT:
        raise OptionError(f"data-timeout={value} is not a time; write seconds, at most {MAX_TIMEOUT:.0f}")
    return float(value)


def _network(value: str) -> str:
    if value != "registry":
        raise OptionError(f'data-network={value} is unknown; the only network is data-network="registry"')
    return value


def _artifacts(value: str) -> tuple[str, ...]:
    names = _words(value)
    for name in names:
        if not re.fullmatch(r"[\w.+-]+(/[\w.+-]+)*", name) or ".." in name.split("/"):
            raise OptionError(f"data-artifact={name} is not a file below the working folder; name it without `..`")
    return names


READERS: dict[str, Callable[[str], object]] = {
    "data-needs": _needs,
    "data-provides": _words,
    "data-on": _words,
    "data-expect": _lines,
    "data-exit": _exit,
    "data-timeout": _timeout,
    "data-network": _network,
    "data-artifact": _artifacts,
    "data-skip": str.strip,
}
