"""Measure how long many hosts take: ledgers of 200 hosts with 2,000 snippets each, merged and built into a site.

`make many` makes the ledgers up, as nobody has so many machines, and keeps the seconds in ``results/many.json``.
"""

import datetime
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from prtip_guide.schema import SCHEMA

CHECKOUT = Path(__file__).parents[1]
RECORD = CHECKOUT / "results" / "many.json"
HOSTS, PAGES, SNIPPETS = 200, 20, 100
MACHINE = {"system": "Made up 1", "kernel": "6.1", "arch": "x86_64", "cpus": 4, "virtual": "", "tools": {}, "root": ""}


def outcome(page: int, snippet: int, host: int) -> dict[str, Any]:
    """What a host says of a snippet: most passed, some failed or were skipped."""
    verdict = {0: "failed", 1: "skipped"}.get((page * SNIPPETS + snippet + host) % 50, "passed")
    reason = {"failed": "it ended with exit 1", "skipped": "needs numa"}.get(verdict, "")
    text = f"echo {snippet}"
    record = {"id": f"p{page}-{snippet}", "line": 2 * snippet + 3, "verdict": verdict, "reason": reason, "exit": 0}
    return record | {
        "seconds": 0.1,
        "text": text,
        "attributes": f"{{#p{page}-{snippet}}}",
        "output": None,
        "artifacts": [],
    }


def make_ledger(folder: Path, host: int) -> None:
    """One host's ledger, in a folder of its own as a job leaves it."""
    pages = {
        f"docs/p{page}.md": {
            "date": "2026-01-01T00:00:00Z",
            "machine": MACHINE,
            "target": {"name": "none", "version": "", "digest": ""},
            "seconds": 10.0,
            "changed": [],
            "outcomes": [outcome(page, snippet, host) for snippet in range(SNIPPETS)],
        }
        for page in range(PAGES)
    }
    path = folder / f"job-{host}" / "ledgers" / f"made-up-{host}" / "none.json"
    path.parent.mkdir(parents=True)
    ledger = {"schema": SCHEMA, "host": path.parent.name, "target": "none", "shard": "", "pages": pages}
    path.write_text(json.dumps(ledger, indent=1))


def make_pages(folder: Path) -> None:
    """The pages, and this guide's own way of drawing them."""
    docs = folder / "docs"
    docs.mkdir()
    for page in range(PAGES):
        fences = [f"```bash {{#p{page}-{n}}}\necho {n}\n```\n" for n in range(SNIPPETS)]
        (docs / f"p{page}.md").write_text(f"# Page {page}\n\n" + "\n".join(fences))
    (docs / "index.md").write_text("# Made up\n")
    (docs / "snippets.md").write_text("# Every snippet\n\n```verdict-matrix\n```\n")
    (docs / "assets").symlink_to(CHECKOUT / "docs" / "assets")
    (docs / "results").symlink_to(folder / "results")
    settings = (CHECKOUT / "mkdocs.yml").read_text().split("\nnav:")
    theme = settings[1][settings[1].index("\ntheme:") :].replace("prtip_guide/site", f"{CHECKOUT}/prtip_guide/site")
    (folder / "mkdocs.yml").write_text("site_name: Many\n" + theme)


def timed(folder: Path, *command: str) -> dict[str, float]:
    """How long a command takes, in seconds: by the clock, and of processors, which others' load does not change."""
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    subprocess.run(command, cwd=folder, env=quiet, check=True, stdout=subprocess.DEVNULL)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    return {"clock": round(time.monotonic() - started, 1), "cpu": round(cpu, 1)}


def table(record: dict[str, Any]) -> str:
    """The record as the page shows it."""
    lines = [f"{record['hosts']} hosts of {record['snippets']:,} snippets, seconds of processor time"]
    return "\n".join([*lines, *(f"{what:7}{record[what]['cpu']:6.1f} s" for what in ("merge", "build"))])


def main() -> None:
    """Measure, print and keep it."""
    programs = Path(sys.executable).parent
    with tempfile.TemporaryDirectory(prefix="prtip-many-") as name:
        folder, load = Path(name), os.getloadavg()[0]
        for host in range(HOSTS):
            make_ledger(folder / "downloads", host)
        make_pages(folder)
        merge = timed(folder, str(programs / "prtip-guide"), "merge", "downloads", "--into", "results")
        build = timed(folder, str(programs / "mkdocs"), "build", "--quiet")
    record: dict[str, Any] = {"hosts": HOSTS, "snippets": PAGES * SNIPPETS, "merge": merge, "build": build}
    record |= {"date": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}", "load_before": round(load, 1)}
    RECORD.write_text(json.dumps(record, indent=1) + "\n")
    print(table(record))


if __name__ == "__main__":
    main()
