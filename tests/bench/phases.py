"""Where the time of a recorded run goes: the runner's own parts by the clock, and the commands'.

A program of its own, so that starting it is part of what is measured: ``PRTIP_BENCH_STARTED`` holds the
clock's reading before it was started.
"""

import functools
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

STARTED = float(os.environ.get("PRTIP_BENCH_STARTED", time.monotonic()))

from prtip_guide import cli  # noqa: E402 # importing is measured
from prtip_guide.verify import guide, ledger, run, sandbox  # noqa: E402

START, READ, LOOK, MAKE, RUN, END, RECORD = PARTS = (
    *("start the program", "read the pages", "look at the machine", "make sandboxes", "run the commands"),
    *("list changes and end sandboxes", "record"),
)
MEASURED = (
    (guide, "load_pages", READ),
    (guide, "detect_host", LOOK),
    (run, "page_layout", MAKE),
    (sandbox.Sandbox, "__init__", MAKE),
    (sandbox.Sandbox, "__enter__", MAKE),
    (sandbox.Sandbox, "changed_files", END),
    (sandbox.Sandbox, "close", END),
    (ledger.Ledger, "record", RECORD),
)
spent = dict.fromkeys(PARTS, 0.0)
inside: list[str] = []


def timed(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with its time put to ``part`` and taken from the part that it was called in."""

    @functools.wraps(function)
    def measured(*arguments: Any, **named: Any) -> Any:
        started = time.monotonic()
        inside.append(part)
        try:
            return function(*arguments, **named)
        finally:
            inside.pop()
            took = time.monotonic() - started
            spent[part] += took
            if inside:
                spent[inside[-1]] -= took

    return measured


def main(names: list[str]) -> None:
    """Run and record the named pages into a folder that is thrown away, and print the parts as JSON."""
    spent[START] = time.monotonic() - STARTED
    for owner, name, part in MEASURED:
        setattr(owner, name, timed(part, getattr(owner, name)))
    began, stdout = time.monotonic(), os.dup(1)
    os.dup2(2, 1)
    with tempfile.TemporaryDirectory() as folder:
        code = cli.main(["run", *names, "--into", folder])
    total = time.monotonic() - began
    spent[RUN] = total - sum(value for part, value in spent.items() if part not in (START, RUN))
    os.write(stdout, json.dumps({"exit": code, "parts": spent}).encode())


if __name__ == "__main__":
    main(sys.argv[1:])
