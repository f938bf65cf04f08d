"""A part of the pages, so that several machines share the work: the same parts on each of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prtip_guide.error import GuideError
from prtip_guide.pages.page import Page

UNKNOWN_SECONDS = 30.0  # for a page that was never recorded, where none was


class ShardError(GuideError):
    """The part cannot be meant as it was named; the message says the remedy."""

    exit = 2


@dataclass(frozen=True, slots=True)
class Shard:
    """One of ``count`` parts."""

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def read_shard(text: str) -> Shard:
    """``I/N`` with 1 ≤ I ≤ N; raises ShardError."""
    found = re.fullmatch(r"(\d{1,3})/(\d{1,3})", text, re.ASCII)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise ShardError(f"--shard {text}: write I/N, as in 1/4, with I from 1 to N")
    return Shard(int(found[1]), int(found[2]))


def pages_of(shard: Shard, pages: Sequence[Page], seconds: Mapping[str, float]) -> list[Page]:
    """The pages of one part, in their order.

    ``seconds`` is how long pages took when they were recorded. The longest page comes first, each goes to
    the part that has least to do so far, and a page that was never recorded counts as the average.
    """
    average = sum(seconds.values()) / len(seconds) if seconds else UNKNOWN_SECONDS
    took = {page.path: seconds.get(page.path, average) for page in pages}
    loads = [0.0] * shard.count
    chosen = set()
    for path in sorted(took, key=lambda path: (-took[path], path)):
        least = min(range(shard.count), key=lambda part: (loads[part], part))
        loads[least] += took[path]
        if least == shard.number - 1:
            chosen.add(path)
    return [page for page in pages if page.path in chosen]
