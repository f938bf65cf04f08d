"""Memcheck's leak summary."""

import re
from collections.abc import Iterable

from prtip_guide.profile.summary import Leak

COUNT = r"(\d[\d,]{0,24})"
LINE = re.compile(
    rf"^==\d+==\s+(definitely|indirectly|possibly|still) (?:lost|reachable): {COUNT} bytes in {COUNT} blocks"
)
NOTHING = "All heap blocks were freed"
KINDS = {"still": "reachable"}


def parse_memcheck(lines: Iterable[str]) -> tuple[Leak, ...] | None:
    """The four categories of the last leak summary; None where the log has none, so nothing is known."""
    found: dict[str, Leak] = {}
    for line in lines:
        match = LINE.match(line)
        if match:
            kind = KINDS.get(match[1], match[1])
            found[kind] = Leak(kind, int(match[2].replace(",", "")), int(match[3].replace(",", "")))
        elif NOTHING in line:
            found = {kind: Leak(kind, 0, 0) for kind in ("definitely", "indirectly", "possibly", "reachable")}
    return tuple(found.values()) or None
