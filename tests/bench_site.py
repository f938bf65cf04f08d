"""How long the site takes to build and to show an edit, with our formatters and without: `make bench-site`.

CPU seconds of the same pages built by the same MkDocs, in turn; what else the machine does counts less in them.
"""

import datetime
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from tests.browser.site import CHECKOUT
from tests.measured import keep

SNIPPETS, TURNS = 20, 3
SIZES = (50, 200, 1000)
PAGE = "# Page @N\n\n" + "".join(
    f"Paragraph {k} of the page, with a [link](page-0.md) and `code`.\n\n"
    f'```bash {{#page-@N-step-{k} data-expect="*"}}\nseq {k} | while read -r n; do echo "$n"; done\n```\n\n'
    for k in range(SNIPPETS)
)
# The same theme, plug-ins and other extensions, with superfences as it comes: it takes the attribute lists too.
PLAIN = """\
INHERIT: {config}
strict: false
markdown_extensions: [abbr, admonition, attr_list, def_list, footnotes, md_in_html, tables, toc, pymdownx.details, \
pymdownx.highlight, pymdownx.inlinehilite, pymdownx.superfences, pymdownx.tabbed]
nav: null
"""
OURS = "INHERIT: {config}\nstrict: false\nnav: null\n"


def main() -> int:
    sizes = [int(size) for size in sys.argv[1:]] or list(SIZES)
    builds = [measured(size) for size in sizes]
    found: dict[str, Any] = {"snippets": SNIPPETS, "runs": TURNS, "cpus": os.cpu_count(), "builds": builds}
    keep("speed", found | {"date": str(datetime.date.today()), "serve": served()})
    return int(max(row["ratio"] for row in builds) > 1.05)


def measured(pages: int) -> dict[str, Any]:
    """The middle of some turns of both builds."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), pages)
        turns = [(built(Path(folder), "plain.yml"), built(Path(folder), "mkdocs.yml")) for _ in range(turns_of(pages))]
    plain, ours = (median(times) for times in zip(*turns, strict=True))
    ratio = median(b / a for a, b in turns)
    print(f"{pages} pages: {plain:.1f} s plain, {ours:.1f} s ours, {ratio:.2f} times", flush=True)
    return {"pages": pages, "plain_seconds": plain, "seconds": ours, "ratio": ratio}


def turns_of(pages: int) -> int:
    return TURNS if pages < 500 else 1


def write(root: Path, pages: int) -> None:
    (root / "docs").mkdir()
    (root / "results").mkdir()
    (root / "prtip_guide").symlink_to(CHECKOUT / "prtip_guide")
    (root / "docs" / "assets").symlink_to(CHECKOUT / "docs" / "assets")
    (root / "docs" / "index.md").write_text("# Start\n")
    for n in range(pages):
        (root / "docs" / f"page-{n}.md").write_text(PAGE.replace("@N", str(n)))
    for name, text in (("plain.yml", PLAIN), ("mkdocs.yml", OURS)):
        (root / name).write_text(text.format(config=CHECKOUT / "mkdocs.yml"))


def built(root: Path, config: str) -> float:
    """CPU seconds of one build."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "mkdocs", "build", "-q", "-f", config, "-d", str(root / "site")]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def served() -> dict[str, float]:
    """How long after an edit its page is there: the middle of some edits, of 50 pages."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), SIZES[0])
        times = {config: edits(Path(folder), config) for config in ("plain.yml", "mkdocs.yml")}
    ratio = times["mkdocs.yml"] / times["plain.yml"]
    print(f"an edit shows after {times['mkdocs.yml']:.2f} s, {ratio:.2f} times", flush=True)
    return {"seconds": times["mkdocs.yml"], "plain_seconds": times["plain.yml"], "ratio": ratio}


def edits(root: Path, config: str) -> float:
    command = [sys.executable, "-m", "mkdocs", "serve", "-q", "-f", config, "-a", "127.0.0.1:0"]
    log = root / "serve.log"
    with log.open("w") as out, subprocess.Popen(command, cwd=root, stdout=out, stderr=out) as server:
        try:
            return median(edit(root, server, number) for number in range(TURNS))
        finally:
            server.terminate()


def edit(root: Path, server: "subprocess.Popen[bytes]", number: int) -> float:
    """From saving a page to the end of the build that it causes, in CPU seconds of the server."""
    wait_idle(server)
    before = cpu_seconds(server)
    page = root / "docs" / "page-1.md"
    page.write_text(page.read_text() + f"\nEdit {number}.\n")
    time.sleep(2)
    wait_idle(server)
    return cpu_seconds(server) - before


def wait_idle(server: "subprocess.Popen[bytes]") -> None:
    last, still = -1.0, 0
    while still < 6:
        time.sleep(0.5)
        now = cpu_seconds(server)
        still, last = (still + 1 if now - last < 0.02 else 0), now


def cpu_seconds(server: "subprocess.Popen[bytes]") -> float:
    fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
