"""What a kept file says of places: the program's own files by short names, and no folder of this machine."""

import re
from collections.abc import Iterable
from pathlib import Path

# Where Cargo unpacks crates, by the name of the registry they came from; and the folders of one run.
CRATES = re.compile(rb"[^\s(\"]*/registry/src/[^/\s]+/")
PASSING = re.compile(rb"[^\s(\"=]*/prtip-guide-\w+/")
TEXTS = frozenset({".out", ".txt", ".folded"})


def forget_places(files: Iterable[Path], folders: Iterable[Path]) -> None:
    """Take ``folders``, those of crates and those of one run out of text files, line by line; others are left."""
    names = sorted((f"{folder}/".encode() for folder in folders), key=len, reverse=True)
    plain = re.compile(b"|".join(map(re.escape, names)))
    for file in files:
        if file.suffix in TEXTS:
            _rewrite(file, (plain, CRATES, PASSING))


def _rewrite(file: Path, patterns: Iterable["re.Pattern[bytes]"]) -> None:
    partial = file.with_name(f".{file.name}.partial")
    with file.open("rb") as lines, partial.open("wb") as kept:
        for line in lines:
            for pattern in patterns if b"/" in line else ():
                line = pattern.sub(b"", line)
            kept.write(line)
    partial.replace(file)
