"""Who is measured: the guide's runner through both doors, and what else runs commands of a text."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.case import Case

HERE = Path(sys.executable).parent
PEERS = HERE.parent / "bench" / "bin"
GUIDE, THROUGH_PYTEST, BASH, CRAM, PRYSK, SYBIL, MKTESTDOCS = (
    *("prtip-guide", "prtip-guide through pytest", "bash", "cram", "prysk", "sybil", "mktestdocs"),
)


@dataclass(frozen=True)
class Contender:
    """One program, and how it is called on a case."""

    name: str
    command: Callable[[Case], Sequence[str]]
    package: str = ""
    """The package whose version is recorded."""


def _mktestdocs(case: Case) -> list[str]:
    program = "import sys, mktestdocs\nfor name in sys.argv[1:]: mktestdocs.check_md_file(name, lang='bash')"
    return [str(PEERS / "python"), "-c", program, *case.files("md")]


CONTENDERS = {
    contender.name: contender
    for contender in (
        Contender(GUIDE, lambda case: [str(HERE / "prtip-guide"), "run", *case.files("md")]),
        Contender(
            THROUGH_PYTEST,
            lambda case: [
                *(str(HERE / "pytest"), "-q", "-p", "prtip_guide.pytest_plugin", "-p", "no:cacheprovider"),
                *("--noconftest", *case.files("md")),
            ],
        ),
        # Its output goes through a pipe, as every other's does.
        Contender(
            BASH,
            lambda case: [
                "bash",
                "-c",
                'set -o pipefail; for f; do bash -e "$f" || exit; done | cat',
                "bash",
                *case.files("sh"),
            ],
        ),
        Contender(CRAM, lambda case: [str(PEERS / "cram"), "-q", *case.files("t")], "cram"),
        Contender(PRYSK, lambda case: [str(PEERS / "prysk"), "-q", *case.files("t")], "prysk"),
        Contender(
            SYBIL, lambda case: [str(PEERS / "pytest"), "-q", "-p", "no:cacheprovider", *case.files("md")], "sybil"
        ),
        Contender(MKTESTDOCS, _mktestdocs, "mktestdocs"),
    )
}
