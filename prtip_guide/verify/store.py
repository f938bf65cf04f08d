"""Many files changed as one: all of them or, where it is killed before that is decided, none.

New files are written beside the old ones first. Then one note says what is to be put in place and what
dropped; from then on the change is made, if need be by whoever comes next.
"""

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Self

PARTIAL = ".partial"


class Store:
    """A change of files below ``folder``; ``note`` is the file that decides it. One writer at a time."""

    def __init__(self, folder: Path, note: Path, left: Iterable[tuple[Path, str]]) -> None:
        """``left`` are folders and how files begin that a killed writer may have left there."""
        self.folder, self.note, self.left = folder, note, tuple(left)
        self._put: list[str] = []
        self._drop: list[str] = []

    def recover(self) -> None:
        """Finish a change that was decided, and remove what is left of one that was not."""
        if self.note.exists():
            decided = json.loads(self.note.read_bytes())
            self._apply(decided["put"], decided["drop"])
        for place, beginning in self.left:
            for path in place.glob(f".{beginning}*{PARTIAL}"):
                _remove(path)

    def put(self, path: Path, content: bytes, inside: str = "") -> None:
        """Let ``path`` be a file with ``content``, or a folder in which the file ``inside`` has it."""
        partial = _partial(path)
        name = path.relative_to(self.folder).as_posix()
        if name not in self._put:
            _remove(partial)
            self._put.append(name)
        target = partial / inside if inside else partial
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def drop(self, path: Path) -> None:
        """Let ``path`` be gone, unless it is put."""
        self._drop.append(path.relative_to(self.folder).as_posix())

    def commit(self) -> None:
        """Decide the change and make it; raises OSError, and then nothing is changed."""
        drop = [name for name in self._drop if name not in self._put]
        write_whole(self.note, json.dumps({"put": self._put, "drop": drop}).encode())
        self._apply(self._put, drop)

    def __enter__(self) -> Self:
        self.recover()
        return self

    def __exit__(self, *_: object) -> None:
        if not self.note.exists():
            for name in self._put:
                _remove(_partial(self.folder / name))

    def _apply(self, put: Iterable[str], drop: Iterable[str]) -> None:
        """Can be done again after it was interrupted: what was put in place has no new file any more."""
        for name in drop:
            _remove(self.folder / name)
        for name in put:
            path = self.folder / name
            partial = _partial(path)
            if partial.exists():
                if path.is_dir() or partial.is_dir():
                    _remove(path)
                partial.replace(path)
        self.note.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL}")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}{PARTIAL}")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
