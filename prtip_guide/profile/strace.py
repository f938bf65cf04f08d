"""The table that strace prints with ``-c``."""

import re
from collections.abc import Iterable

from prtip_guide.profile.summary import Call

ROW = re.compile(r"^\s*\d+\.\d+\s+(\d{1,18}\.\d+)\s+\d+\s+(\d{1,18})\s+(?:(\d{1,18})\s+)?(\w+)\s*$")
FRAME = re.compile(r"^(% time|[ -]+$|100\.00 .*total$|strace: |$)")


def parse_counts(lines: Iterable[str]) -> tuple[tuple[Call, ...], int]:
    """The table of ``strace -c``, the slowest call first, and the number of lines that do not belong to one."""
    calls, odd = [], 0
    for line in lines:
        row = ROW.match(line)
        if row and row[4] != "total":
            calls.append(Call(row[4], int(row[2]), int(row[3] or 0), float(row[1])))
        elif not row and not FRAME.match(line.rstrip("\n")):
            odd += 1
    return tuple(sorted(calls, key=lambda call: (-call.seconds, call.name))), odd
