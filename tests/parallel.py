"""Measure what running pages side by side saves: one job against two, and four parts as on four machines.

`make parallel` runs the same pages in each way and keeps the seconds in ``results/parallel.json``. It stops where the
parts, merged, do not have the verdicts of the whole run.
"""

import datetime
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from prtip_guide.verify.ledger import read_ledgers

CHECKOUT = Path(__file__).parents[1]
RECORD = CHECKOUT / "results" / "parallel.json"
PROGRAM = str(Path(sys.executable).parent / "prtip-guide")
PARTS = 4
# Pages that change no kernel setting and reach no registry: those run alone, or wait for others' servers.
PAGES = ["deeper/noise", "deeper/softirq", "deeper/waiting", "fix/strace", "read/flame-graph", "syscalls"]


def timed(*arguments: str) -> float:
    """Run the pages in one way; returns the seconds it took."""
    pages = [f"docs/{page}.md" for page in PAGES]
    started = time.monotonic()
    done = subprocess.run(
        [PROGRAM, "run", *pages, *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    if done.returncode == 2:
        sys.exit(done.stderr)
    return round(time.monotonic() - started, 1)


def verdicts(results: Path) -> dict[str, str]:
    """What became of each command."""
    pages = [page for ledger in read_ledgers(results) for page in ledger["pages"].values()]
    return {outcome["id"]: outcome["verdict"] for page in pages for outcome in page["outcomes"]}


def measure(folder: Path) -> dict[str, Any]:
    """Run the pages in each of the three ways, into folders of their own."""
    kept = [folder / f"part-{number}" for number in range(1, PARTS + 1)]
    one, two = timed("--into", str(folder / "one")), timed("--jobs", "2", "--into", str(folder / "two"))
    parts = [timed("--shard", f"{n}/{PARTS}", "--into", str(part)) for n, part in enumerate(kept, 1)]
    merge = [PROGRAM, "merge", *map(str, kept), "--into", str(folder / "all")]
    subprocess.run(merge, cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL)
    if not verdicts(folder / "one") == verdicts(folder / "two") == verdicts(folder / "all"):
        sys.exit("the three ways do not have the same verdicts; run it again on a machine that is idle")
    return {"one_job": one, "two_jobs": two, "parts": parts}


def table(record: dict[str, Any]) -> str:
    """The record as the page shows it."""
    one, two, parts = record["one_job"], record["two_jobs"], record["parts"]
    return "\n".join(
        [
            f"one after another, --jobs 1    {one:6.1f} s",
            f"side by side, --jobs 2         {two:6.1f} s   {two / one:.2f} times",
            f"the longest of {len(parts)} parts         {max(parts):6.1f} s   {max(parts) / one:.2f} times",
            f"all {len(parts)} parts together         {sum(parts):6.1f} s   {sum(parts) / one:.2f} times",
        ]
    )


def main() -> None:
    """Measure, print and keep it."""
    with tempfile.TemporaryDirectory(prefix="prtip-parallel-") as folder:
        load = os.getloadavg()[0]
        record = measure(Path(folder))
    record |= {"date": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}", "cpus": len(os.sched_getaffinity(0))}
    record |= {"load_before": round(load, 1), "pages": PAGES}
    RECORD.write_text(json.dumps(record, indent=1) + "\n")
    print(table(record))


if __name__ == "__main__":
    main()
