"""Lighthouse on three pages, mobile and desktop: `make lighthouse` keeps the medians in results/site.json.

Not a test: it takes minutes, and its performance score moves with what else the machine does.
"""

import datetime
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from tests.browser.site import CHECKOUT, build, serve
from tests.measured import keep

PAGES = ("", "cpu/", "snippets/")
DEVICES: dict[str, list[str]] = {"mobile": [], "desktop": ["--preset=desktop"]}
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
RUNS = 3
# Chromium's own sandbox does not start for root.
CHROMIUM = "--headless=new --no-sandbox --disable-background-networking --disable-component-update"


def main() -> int:
    if len(sys.argv) != 2:
        print("name the program: make lighthouse installs and names it", file=sys.stderr)
        return 2
    tool = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        build(CHECKOUT, Path(folder) / "site")
        with serve(Path(folder) / "site") as site:
            found = {
                f"/{page}": {device: _scores(tool, site.url + page, options) for device, options in DEVICES.items()}
                for page in PAGES
            }
    version = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    keep(
        "lighthouse",
        {
            "version": version,
            "runs": RUNS,
            "pages": found,
            "date": str(datetime.date.today()),
            "cpus": os.cpu_count(),
            "load": round(os.getloadavg()[1], 1),
        },
    )
    worst = min(score for page in found.values() for scores in page.values() for score in scores.values())
    return int(worst < 100)


def _scores(tool: str, url: str, options: list[str]) -> dict[str, int]:
    reports = [_report(tool, url, options) for _ in range(RUNS)]
    scores = {
        name: round(100 * median(report["categories"][name]["score"] for report in reports)) for name in CATEGORIES
    }
    print(url.rpartition(":")[2], *options, scores, flush=True)
    for report in reports[:1]:
        for name in CATEGORIES:
            _tell_why(report, name)
    return scores


def _report(tool: str, url: str, options: list[str]) -> dict[str, Any]:
    command = [tool, url, "--output=json", "--quiet", f"--chrome-flags={CHROMIUM}", *options]
    environment = os.environ | {"CHROME_PATH": shutil.which("chromium") or ""}
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=True, env=environment)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _tell_why(report: dict[str, Any], category: str) -> None:
    for reference in report["categories"][category]["auditRefs"]:
        audit = report["audits"][reference["id"]]
        if reference["weight"] and audit["score"] is not None and audit["score"] < 1:
            print(f"  {audit['score']:.2f} {audit['id']}: {audit.get('displayValue', '')}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
