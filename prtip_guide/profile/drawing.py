"""Flame graphs, drawn by cargo-flamegraph from stacks that are folded already."""

import shlex
from pathlib import Path

from prtip_guide.profile.command import Done, check, run, tool, written
from prtip_guide.profile.error import ProfileError


def draw(folded: Path, svg: Path, title: str) -> Path:
    """Draw folded stacks; with two counts a line it becomes a differential graph. Raises ProfileError.

    cargo-flamegraph takes stacks only from perf's data, but lets a program replace them: here perf is
    ``true`` and the program is ``cat``. So the graph counts samples, not nanoseconds.
    """
    command = [tool("flamegraph"), "--deterministic", "--title", title, "--output", str(svg)]
    command += ["--perfdata", str(folded), "--post-process", f"cat {shlex.quote(str(folded))}"]
    done = run(command, environment={"PERF": tool("true")})
    try:
        check(done, command)
        return _complete(svg, done)
    except ProfileError:
        svg.unlink(missing_ok=True)  # a picture of nothing is worse than none
        raise


def _complete(svg: Path, done: Done) -> Path:
    content = written(svg, "flamegraph", done).read_bytes()
    if b"<title>all (" not in content or not content.rstrip().endswith(b"</svg>"):
        raise ProfileError(f"{svg.name}: flamegraph wrote no flame graph; {done.errors.strip()[-200:]}")
    return svg
