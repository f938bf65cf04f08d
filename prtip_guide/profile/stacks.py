"""CPU samples: from ``perf script`` to folded stacks, and from those to functions."""

import re
import typing
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO

from prtip_guide.profile.summary import Function, Thread

# The fields that perf is asked for. Without time and event, equal stacks are equal bytes.
FIELDS = "comm,tid,ip,sym,dso"
CHUNK = 1 << 20
# No stack is that long; what is, is no perf output.
LONGEST = 4 << 20
# So many different samples are kept as text before they are folded, and so many names of frames.
KEPT, KEPT_NAMES = 2000, 100_000
HEXADECIMAL = re.compile(rb"[0-9a-f]+")
FRAMES = re.compile(rb"^[ \t]+[0-9a-f]+ (.+)$", re.M)
DELETED = b" (deleted)"
# Where threads start, and what the kernel runs before and after.
STARTS = re.compile(
    r"^(_start|clone3?|__clone3?|_dl_start(_user)?|thread_start"
    r"|(load_elf_binary|begin_new_exec|bprm_execve|do_execveat_common.*|__\w+_sys_(execve|exit_group|exit)|do_exit|do_group_exit|ret_from_fork.*)_\[k\])$"
)
KERNEL, INLINED = "_[k]", "_[i]"
SHOWN_PART = 0.005


@dataclass(slots=True)
class Folded:
    """Samples by stack, the name of the thread first and the function that was running last."""

    stacks: Counter[tuple[str, ...]] = field(default_factory=Counter)
    odd_lines: int = 0
    """Lines that were no frame, no header and no end of a sample."""

    @property
    def samples(self) -> int:
        """The number of samples."""
        return self.stacks.total()

    @property
    def whole(self) -> int:
        """Samples whose stack reaches the start of its thread."""
        return sum(count for stack, count in self.stacks.items() if _is_whole(stack))


def fold(stream: IO[bytes]) -> Folded:
    """Fold what ``perf script -F comm,tid,ip,sym,dso`` prints, in memory that grows with the number of stacks only."""
    raw: Counter[bytes] = Counter()
    folded, names = Folded(), dict[bytes, str]()
    for block in _blocks(stream, folded):
        raw[block] += 1
        if len(raw) == KEPT:  # the same stacks come again and again, but not at the same addresses
            _add_all(folded, raw, names)
            raw.clear()
    _add_all(folded, raw, names)
    return folded


def _add_all(folded: Folded, raw: Counter[bytes], names: dict[bytes, str]) -> None:
    """Add samples as they stand in the text; ``names`` has the frames that were read before, by symbol and binary."""
    for block, count in raw.items():
        header, _, frames = block.strip(b"\n").partition(b"\n")
        _add(folded, header, frames, count, names)
    if len(names) > KEPT_NAMES:
        names.clear()


def _blocks(stream: IO[bytes], folded: Folded) -> Iterator[bytes]:
    """The samples as they stand in the text; a part that is far too long is left out and counted."""
    rest = b""
    while chunk := stream.read(CHUNK):
        *blocks, rest = (rest + chunk).split(b"\n\n")
        yield from filter(None, blocks)
        if len(rest) > LONGEST:
            folded.odd_lines += rest.count(b"\n") + 1
            rest = b""
    if rest.strip():
        yield rest


def _add(folded: Folded, header: bytes, frames: bytes, count: int, names: dict[bytes, str]) -> None:
    name, _, thread = header.rstrip().rpartition(b" ")
    if not name.strip() or not thread.isdigit():
        folded.odd_lines += count
        return
    stack = _known(frames, names) or _stack(folded, frames, count, names)
    folded.stacks[(_clean(name) or "?", *reversed(stack))] += count


def _known(frames: bytes, names: dict[bytes, str]) -> list[str] | None:
    """The stack where all its frames were read before, which is the rule, and faster; else None."""
    found = FRAMES.findall(frames)
    if len(found) <= frames.count(b"\n"):
        return None
    stack = [names.get(rest) for rest in found]
    return None if None in stack else typing.cast(list[str], stack)


def _stack(folded: Folded, frames: bytes, count: int, names: dict[bytes, str]) -> list[str]:
    """The stack frame by frame; what is no frame is counted as odd."""
    stack = []
    for line in frames.split(b"\n"):
        address, _, rest = line.lstrip().partition(b" ")
        shown = names.get(rest) if HEXADECIMAL.fullmatch(address) and line[:1].isspace() else None
        if shown is None:
            shown = _frame_name(rest) if HEXADECIMAL.fullmatch(address) and line[:1].isspace() else None
            if shown is None:
                folded.odd_lines += count if line.strip() else 0
                continue
            names[rest] = shown
        stack.append(shown)
    return stack


def _frame_name(text: bytes) -> str | None:
    """``connect_[i]`` for ``connect (inlined)``, ``udp_connect_[k]`` for one of the kernel; None for no frame."""
    # A symbol may hold brackets of its own, so the binary is what stands in the last pair.
    symbol, found, binary = text.rstrip().removesuffix(b")").removesuffix(DELETED).rpartition(b" (")
    if not found or not symbol.strip() or not text.rstrip().endswith(b")"):
        return None
    name = _clean(symbol)
    if binary == b"inlined":
        return name + INLINED
    kernel = binary.startswith((b"[kernel", b"[guest.kernel")) or (binary.startswith(b"[") and b".ko" in binary)
    if name == "[unknown]" and not kernel:
        name = f"[{_clean(binary.rpartition(b'/')[2]).strip('[]')}]"
    return name + (KERNEL if kernel else "")


def _clean(name: bytes) -> str:
    """A name as folded stacks can hold it: on one line and without their separator."""
    text = name.decode(errors="replace").replace(";", ":")
    return "".join(char if char.isprintable() else "?" for char in text).strip()


def write_folded(stacks: Mapping[tuple[str, ...], int]) -> Iterator[str]:
    """Folded stacks as lines that the flame graph tools read."""
    for stack, count in sorted(stacks.items()):
        yield f"{';'.join(stack)} {count}\n"


def read_folded(stream: IO[bytes]) -> Folded:
    """Read folded stacks; a line without a count is counted as odd."""
    folded, raw = Folded(), dict[bytes, int]()
    for line in stream:
        stack, _, count = line.rstrip().rpartition(b" ")
        if stack and count.isdigit() and len(count) < 19:
            raw[stack] = raw.get(stack, 0) + int(count)
        elif line.strip():
            folded.odd_lines += 1
    for stack, total in raw.items():
        folded.stacks[tuple(stack.decode(errors="replace").split(";"))] += total
    return folded


def functions(stacks: Mapping[tuple[str, ...], int]) -> tuple[Function, ...]:
    """The functions with at least 0.5 % of the samples, by total; an inlined function is one of its own."""
    total: Counter[str] = Counter()
    own: Counter[str] = Counter()
    for stack, count in stacks.items():
        frames = [frame.removesuffix(INLINED) for frame in stack[1:]]
        for frame in set(frames):
            total[frame] += count
        if frames:
            own[frames[-1]] += count
    least = sum(stacks.values()) * SHOWN_PART
    return tuple(
        Function(name.removesuffix(KERNEL), name.endswith(KERNEL), own[name], count)
        for name, count in sorted(total.items(), key=lambda item: (-item[1], item[0]))
        if count >= least
    )


def threads(stacks: Mapping[tuple[str, ...], int]) -> tuple[Thread, ...]:
    """The threads by name, the busiest first."""
    by_name: dict[str, Counter[tuple[str, ...]]] = {}
    for stack, count in stacks.items():
        by_name.setdefault(stack[0], Counter())[stack] += count
    found = [Thread(name, part.total(), functions(part)) for name, part in by_name.items()]
    return tuple(sorted(found, key=lambda thread: (-thread.samples, thread.name)))


def _is_whole(stack: tuple[str, ...]) -> bool:
    return any(STARTS.match(frame.removesuffix(INLINED)) for frame in stack[1:4])
