"""System calls as perf counts them in the kernel, which leaves the program nearly its own pace."""

import re
from collections.abc import Iterable

EVENT = "syscalls:sys_enter_"
ALL = "raw_syscalls:sys_enter"
LINE = re.compile(
    r"^(\d{1,18}|<not counted>|<not supported>),[^,]*,(?:raw_syscalls:sys_enter|syscalls:sys_enter_(\w+)),"
)
TOTAL = "total"


def events(names: Iterable[str]) -> str:
    """What ``perf stat -e`` is given to count calls by name; without names, all of them together."""
    return ",".join(EVENT + name for name in sorted(names)) or ALL


def parse_counter(lines: Iterable[str]) -> tuple[dict[str, int], int]:
    """Counts by call, ``total`` for all of them, from ``perf stat -x,``; and the number of odd lines."""
    counts, odd = dict[str, int](), 0
    for line in lines:
        match = LINE.match(line)
        if match and match[1].isdigit():
            counts[match[2] or TOTAL] = int(match[1])
        elif line.strip() and not line.startswith("#"):
            odd += 1
    return counts, odd
