"""The guide's own pages, recorded, against plain bash on the same commands in the same sandbox."""

import os
import select
import sys
import time
from collections.abc import Sequence

from prtip_guide.verify.guide import Guide, open_guide
from prtip_guide.verify.home import page_layout
from prtip_guide.verify.plan import changed_settings
from prtip_guide.verify.sandbox import Sandbox
from tests.bench.measure import BenchError

SCRIPT, OVER = 40, 41
SECONDS = 600


def plain_bash(guide: Guide, number: int) -> float:
    """Seconds that bash alone takes for what one page runs; the sandbox's own time is left out."""
    page = guide.pages[number]
    steps = guide.steps(page)
    texts = [step.snippet.text for step in steps if step.runs]
    if any(step.runs and step.snippet.options.network for step in steps):
        raise BenchError(f"{page.path}: uses the network; name a page that does not")
    layout = page_layout(page, guide.target, tuple(changed_settings(steps)), lambda _: None)
    over, inside = os.pipe()
    with Sandbox(layout) as sandbox, open(os.devnull, "r+b") as null:
        script = os.memfd_create("script")
        os.write(script, "\n".join([*texts, f"printf done >&{OVER}", ""]).encode())
        argv = ["/bin/bash", "--norc", "--noprofile", "-O", "expand_aliases", f"/proc/self/fd/{SCRIPT}"]
        started = time.monotonic()
        sandbox.spawn(argv, {0: null.fileno(), 1: null.fileno(), 2: null.fileno(), SCRIPT: script, OVER: inside})
        os.close(script)
        os.close(inside)
        if not (select.select([over], [], [], SECONDS)[0] and os.read(over, 4) == b"done"):
            raise BenchError(f"{page.path}: plain bash did not come to its end; name another page")
        took = time.monotonic() - started
    os.close(over)
    return took


def main(names: Sequence[str]) -> None:
    """Print the seconds that the named pages take in plain bash, one after the other."""
    guide = open_guide(names, versions=False)
    print(sum(plain_bash(guide, number) for number in range(len(guide.pages))))


if __name__ == "__main__":
    main(sys.argv[1:])
