"""A guide of two pages that shows everything a page can show, with records of every kind."""

import dataclasses
import datetime
from pathlib import Path

from prtip_guide.pages.page import load_pages
from prtip_guide.pages.snippet import Snippet
from prtip_guide.verify.host import Host
from prtip_guide.verify.ledger import Ledger, PageRun
from prtip_guide.verify.outcome import Artifact, Outcome
from tests.browser.site import CHECKOUT

FLAMEGRAPH = Path(__file__).with_name("data") / "flamegraph.svg"
CONFIG = f"INHERIT: {CHECKOUT / 'mkdocs.yml'}\nnav: [index.md, deep/er.md, snippets.md]\n"
INDEX = """\
# Example

```checked
index.md
```

It took `#!recorded colours /took ([0-9.]+) ms/ ms`; see [the picture](deep/er.md#picture).

```bash {#colours data-expect="took * ms"}
ls --color=always
```

A paragraph that follows.

```bash {#broken}
false
```

```bash {#edited}
# a comment
for n in 1 2; do echo "new $n" 'and' $(date) > /dev/null || exit 3; done && sudo ls \\
  --all
```

```bash {#unrun}
true
```

!!! note

    ```bash {#skipped data-skip="it needs a person"}
    less README.md
    ```

```python
# a comment
@wraps
class Name(Base):
    number = 0x1F + 2.5  # another
    def method(self, text: str = "a\\n") -> None: raise ValueError(f"{text!r} is None")
```
"""
DEEPER = """\
# Deeper

```bash {#picture data-artifact="flamegraph.svg table.csv long.txt"}
perf record -- true; perf script | inferno-collapse-perf | inferno-flamegraph > flamegraph.svg # and a long line
```
"""
SIXTEEN = " ".join(
    f"\x1b[{code}m{code}\x1b[0m" for code in (*range(30, 38), *range(90, 98), *range(40, 48), 1, 2, 3, 4, 7)
)
PRINTED = f"onlyprinted\n{SIXTEEN}\n\x1b[32mtook\x1b[0m 98.4 ms\n" + "x" * 300 + "\n" + "more\n" * 100
FILES = (
    Artifact("flamegraph.svg", FLAMEGRAPH.read_bytes()),
    Artifact("table.csv", b"event,count\n" + b"a rather long name of an event,1\n" * 60),
    Artifact("long.txt", b"stack;frame;function 12\n" * 100),
)


def write_example(root: Path) -> None:
    """Write the guide and its records below ``root``."""
    (root / "mkdocs.yml").write_text(CONFIG)
    (root / "docs" / "deep").mkdir(parents=True)
    (root / "results").mkdir()
    (root / "prtip_guide").symlink_to(CHECKOUT / "prtip_guide")
    for name in ("assets", "snippets.md"):
        (root / "docs" / name).symlink_to(CHECKOUT / "docs" / name)
    (root / "docs" / "results").symlink_to("../results")
    (root / "docs" / "index.md").write_text(INDEX)
    (root / "docs" / "deep" / "er.md").write_text(DEEPER)
    _record(root)


def _record(root: Path) -> None:
    pages = load_pages([root / "docs" / "index.md", root / "docs" / "deep" / "er.md"], root)
    for host, target in [("debian-12", "prtip"), ("debian-12", "reference"), ("ubuntu-22.04", "reference")]:
        machine = Host(host, host.title(), "6.1.0", "x86_64", 2, virtual="KVM", tools={"bash": "5.2", "perf": "6.1"})
        date = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
        about = {"name": target, "version": "1.0.0", "digest": "d"}
        for page in pages:
            outcomes = [_outcome(snippet) for snippet in page.snippets if snippet.id != "unrun"]
            Ledger(root / "results", host, target).record(PageRun(page.path, date, machine, about, outcomes, 1.0))


def _outcome(snippet: Snippet) -> Outcome:
    match snippet.id:
        case "colours":
            return Outcome(snippet, "passed", exit=0, seconds=0.1, output=PRINTED)
        case "broken":
            return Outcome(snippet, "failed", "`false` ended with 1", exit=1, output="nothing\n")
        case "skipped":
            return Outcome(snippet, "skipped", snippet.options.skip)
        case "edited":
            return Outcome(dataclasses.replace(snippet, text="echo old"), "passed", exit=0)
    return Outcome(snippet, "passed", exit=0, seconds=75.0, output="Captured\n", artifacts=FILES)
