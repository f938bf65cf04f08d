"""What tells a folder that is as it was made from one that was changed or half removed."""

import datetime
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NAME = ".prtip-guide.json"


def digest_of(folder: Path) -> str:
    """SHA-256 over the name, mode, size and time of everything below ``folder`` but its stamp.

    Contents are not read: that would take longer than most pages, and what changes a file changes its time.
    """
    import hashlib  # only clean roots pay for the import

    total = hashlib.sha256()
    for path, folders, files, descriptor in os.fwalk(folder):
        folders.sort()
        inside = os.path.relpath(path, folder)
        for name in sorted([*folders, *files]):
            if (inside, name) == (".", NAME):
                continue
            status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            # A folder's own size and time change when the stamp is written.
            facts = (0, 0) if name in folders else (status.st_size, status.st_mtime_ns)
            total.update(f"{inside}/{name}\0{status.st_mode}\0{facts}\0".encode(errors="surrogateescape"))
    return total.hexdigest()


def write_stamp(folder: Path, facts: Mapping[str, Any]) -> None:
    """Put ``facts`` and the day into the folder's stamp."""
    stamp = {"made": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}", **facts}
    (folder / NAME).write_text(json.dumps(stamp) + "\n")


def read_stamp(folder: Path) -> dict[str, Any] | None:
    """The stamp's facts; None where there is none that can be read."""
    try:
        stamp = json.loads((folder / NAME).read_text())
    except (OSError, ValueError):
        return None
    return stamp if isinstance(stamp, dict) else None
