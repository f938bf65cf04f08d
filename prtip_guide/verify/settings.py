"""Kernel settings that a page may write: noted before it runs, put back after it.

They belong to the whole machine, no namespace holds them. The notes are also kept in a journal
file, so that whoever comes next can put back what a killed run left changed. Like the settings, it is one
for the machine, whatever folders a run uses for the rest, and gone after a restart.
"""

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

PROC_SYS = "/proc/sys"
JOURNAL = Path("/run/prtip-guide/kernel-settings.json")


def setting_path(key: str, root: str = PROC_SYS) -> Path:
    """The file of ``kernel.perf_event_paranoid`` and the like."""
    return Path(root, *key.split("."))


def note(keys: Iterable[str], journal: Path) -> dict[str, str]:
    """Read the settings and write them into the journal before anything can change them."""
    values = {key: setting_path(key).read_text().strip() for key in keys}
    if values:
        journal.parent.mkdir(parents=True, exist_ok=True)
        partial = journal.with_suffix(".partial")
        with partial.open("w") as file:
            json.dump(values, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(journal)
    return values


def restore(values: Mapping[str, str]) -> list[str]:
    """Write back the settings that differ; return their keys. One that cannot be written stops no other."""
    restored = []
    for key, value in values.items():
        path = setting_path(key)
        with contextlib.suppress(OSError):
            if path.read_text().strip() != value:
                path.write_text(value)
                restored.append(key)
    return restored


def recover(journal: Path) -> list[str]:
    """Put back what a killed run left changed, and drop its journal; return the keys."""
    try:
        values = json.loads(journal.read_text())
    except FileNotFoundError:
        return []
    except ValueError:
        # A journal is renamed into place whole; what cannot be read was never followed by a change.
        values = {}
    from prtip_guide.pages.options import SETTINGS  # the sandbox's inside starts faster without it

    known = {key: value for key, value in values.items() if key in SETTINGS} if isinstance(values, dict) else {}
    restored = restore(known)
    journal.unlink(missing_ok=True)
    return restored
