"""The parts of the guide's first edition, by one rule, so that none can be forgotten.

A heading is a part (H); so is each row of a table, its head apart (T); each command of a block (B, block and place
in it: a line that is continued counts once); and each statement (S): a sentence of the text, an item of a list, a
comment in a block. The list of contents is none of them.
"""

import re
from collections import Counter
from collections.abc import Iterator

SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
COMMENT = re.compile(r"(?:^|(?<=\s))#\s*(.*)$")


def parts(text: str) -> Iterator[tuple[str, str]]:
    """Number and text of each part, in the order of the document."""
    count: Counter[str] = Counter()
    for kind, found in _found(text):
        if kind == "block":
            count["B"] += 1
            count["command"] = 0
        elif kind == "command":
            count["command"] += 1
            yield f"B{count['B']}.{count['command']}", found
        else:
            count[kind] += 1
            yield f"{kind}{count[kind]}", found


def _found(text: str) -> Iterator[tuple[str, str]]:
    fenced = contents = table = False
    # A command goes on over the end of its line.
    for line in map(str.strip, re.sub(r"\s*\\\n\s*", " ", text).splitlines()):
        if line.startswith("```"):
            fenced = not fenced
            if fenced:
                yield "block", ""
        elif fenced:
            yield from _block_line(line)
        elif line.startswith("#"):
            contents = line.endswith("Table of Contents")
            yield "H", line.lstrip("# ")
        elif line.startswith("|"):
            if table and set(line) - set("|-: "):
                yield "T", line
        elif line and line != "---" and not contents:
            yield from (("S", sentence) for sentence in SENTENCE.split(line))
        table = line.startswith("|")


def _block_line(line: str) -> Iterator[tuple[str, str]]:
    comment = COMMENT.search(line)
    command = line[: comment.start()].strip() if comment else line
    if command:
        yield "command", command
    if comment and comment[1]:
        yield "S", comment[1]


def words(text: str) -> str:
    """The first words of a part, as the errata quote them."""
    plain = re.sub(r"\[([^\]]*)\]\(([^)]*)\)", r"\1 (\2)", text).replace("`", "").replace("**", "")
    plain = re.sub(r"\s*\|\s*", " · ", plain.strip("-| ")).replace("https://", "").strip()
    plain = re.sub(r"/home/\w+/", "/home/…/", plain)
    return plain if len(plain) <= 90 else f"{plain[:88].rsplit(' ', 1)[0]} …"
