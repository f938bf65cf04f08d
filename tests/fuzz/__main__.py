"""Generate pages until one is read wrongly: ``make fuzz``.

A tenth comes from Hypothesis, the rest from Atheris, which follows what of the lexer a page reaches. The figures of
the longest run are kept in ``results/fuzz.json``; a page that is read wrongly ends it, and is printed.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prtip_guide.verify.store import write_whole
from tests.fuzz.target import PARTS, check

RESULT = Path("results/fuzz.json")
PYTHON = Path(sys.executable).parents[1] / "bench" / "bin" / "python"
PAGES = st.lists(st.sampled_from(PARTS) | st.text(max_size=3), max_size=16).map("".join)
LONGEST_PAGE = 64


def generated(pages: int) -> int:
    """So many pages of Hypothesis; raises LostFenceError, or whatever went wrong."""
    seen = 0

    @settings(max_examples=pages, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(PAGES)
    def holds(page: str) -> None:
        nonlocal seen
        seen += 1
        check(page)

    holds()
    return seen


def guided(pages: int, seconds: int) -> int:
    """So many pages of Atheris, or as many as there is time for; raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder:
        options = [f"-runs={pages}", f"-max_total_time={seconds}", f"-max_len={LONGEST_PAGE}"]
        command = [str(PYTHON), "-m", "tests.fuzz.guided", *options, f"-artifact_prefix={folder}/"]
        done = subprocess.run(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, check=False)
    found = re.search(r"Done (\d+) runs", done.stderr)
    if done.returncode or found is None:
        print(done.stderr[-3000:], file=sys.stderr)
        raise subprocess.CalledProcessError(done.returncode, command)
    return int(found[1])


def main() -> int:
    """Run both, and record the figures when they are the largest."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("pages", nargs="?", type=int, default=1_000_000, help="how many (default: 1000000)")
    parser.add_argument("--seconds", type=int, default=7200, help="end the guided part after so long (default: 7200)")
    options = parser.parse_args()
    if not PYTHON.exists():
        parser.error("Atheris is not installed; run `make fuzz`")
    started = time.monotonic()
    counts = {"hypothesis": generated(options.pages // 10)}
    print(f"{counts['hypothesis']:,} pages of Hypothesis", flush=True)
    counts["atheris"] = guided(options.pages - options.pages // 10, options.seconds)
    print(f"{counts['atheris']:,} pages of Atheris: no crash, and no fence lost")
    record: dict[str, Any] = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "pages": sum(counts.values()),
        "by": counts,
        "seconds": round(time.monotonic() - started),
        "compared_with": f"markdown-it-py {version('markdown-it-py')}, preset commonmark",
    }
    kept = json.loads(RESULT.read_text())["pages"] if RESULT.exists() else 0
    if sum(counts.values()) >= kept:
        write_whole(RESULT, (json.dumps(record, indent=1) + "\n").encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
