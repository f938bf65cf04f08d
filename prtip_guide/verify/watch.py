"""Which files are saved, while a writer edits them."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

State = tuple[int, int]
PAUSE_SECONDS = 0.3


def saved(paths: Sequence[Path]) -> Iterator[Path]:
    """Each file that was saved since now, once it has been the same for one look; never ends.

    Looks instead of asking the kernel: it works on shared and mounted folders too, and costs nothing for a few hundred.
    """
    return _changes(paths, {path: _state(path) for path in paths})


def _changes(paths: Sequence[Path], known: dict[Path, State | None]) -> Iterator[Path]:
    seen = dict(known)
    while True:
        time.sleep(PAUSE_SECONDS)
        for path in paths:
            now, before = _state(path), seen[path]
            seen[path] = now
            # An editor that writes a new file and renames it leaves none for a moment.
            if now is not None and now == before and now != known[path]:
                known[path] = now
                yield path


def _state(path: Path) -> State | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
