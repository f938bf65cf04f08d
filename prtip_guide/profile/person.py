"""The person who called sudo: what is built and kept is theirs, and only the profiling is root's."""

import os
import pwd
from collections.abc import Iterable
from functools import cache
from pathlib import Path


@cache
def person() -> pwd.struct_passwd | None:
    """Who called the program through sudo; None where nobody did, or root did."""
    if os.geteuid() != 0:
        return None
    number = os.environ.get("SUDO_UID", "")
    try:
        found = pwd.getpwuid(int(number))
    except (ValueError, KeyError, OverflowError):
        return None
    return found if found.pw_uid != 0 else None


def home() -> Path:
    """The home folder of that person, else of the user."""
    return Path(found.pw_dir) if (found := person()) else Path.home()


def make_folder(path: Path) -> None:
    """Make a folder and those above it that are missing, as the person's own."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    path.mkdir(parents=True, exist_ok=True)
    give(missing)


def give(paths: Iterable[Path]) -> None:
    """Make the person the owner of what was made for them; a link itself, not what it leads to."""
    if (found := person()) is None:
        return
    for path in paths:
        os.chown(path, found.pw_uid, found.pw_gid, follow_symlinks=False)
