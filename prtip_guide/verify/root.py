"""Clean roots: the files of a Debian release as a page finds them, made once and shown below a sandbox.

They lie in the cache folder. One is made under another name and renamed when it is whole; its stamp
tells one that was changed or half removed from one that is as it was made. Whoever uses one holds its
lock shared, whoever makes or drops it holds it alone.
"""

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prtip_guide.error import GuideError
from prtip_guide.verify.host import cache_folder
from prtip_guide.verify.stamp import digest_of, read_stamp, write_stamp

CODENAMES = {"debian-11": "bullseye", "debian-12": "bookworm", "debian-13": "trixie"}
# What every installed Debian with an ordinary user has, and the smallest variant of a root has not.
BASE = ("ca-certificates", "procps", "sudo")
SET_UP = "set-up"

Tell = Callable[[str], None]
Maker = Callable[["Root", Path], None]
"""Fills a folder that is not there yet with the files of a root; raises RootError."""


class RootError(GuideError):
    """A root cannot be made or used; the message says which, why, and the remedy."""


class UnknownRootError(RootError):
    """There is no root of that name."""

    exit = 2


@dataclass(frozen=True, slots=True)
class Root:
    """One root in the cache folder."""

    release: str
    """A key of CODENAMES."""
    set_up: str = ""
    """What was run on the release to set it up, as a digest; empty for one on which nothing was."""

    @property
    def name(self) -> str:
        """Its name in messages and in the cache folder."""
        return f"{self.release}-{SET_UP}" if self.set_up else self.release

    @property
    def path(self) -> Path:
        """Its folder."""
        return roots_folder() / self.name

    @property
    def facts(self) -> dict[str, Any]:
        """What its stamp says when it holds what belongs in it."""
        return {"root": self.name, "packages": list(BASE), "set_up": self.set_up}


def roots_folder() -> Path:
    """Where the roots are."""
    return cache_folder() / "roots"


def find_root(release: str) -> Root:
    """The root of a release; raises RootError where there is no such release."""
    if release not in CODENAMES:
        raise UnknownRootError(f"{release}: no such root; there are {', '.join(CODENAMES)}")
    return Root(release)


def state(root: Root) -> str:
    """``whole``, ``missing``, or what is wrong with it."""
    if not root.path.is_dir():
        return "missing"
    stamp = read_stamp(root.path)
    if stamp is None:
        return "broken: it has no stamp"
    if not _as_facts(stamp, root.facts):
        return "outdated: something else belongs in it now"
    return "whole" if stamp.get("digest") == digest_of(root.path) else "broken: files in it changed after it was made"


def _as_facts(stamp: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    return {key: stamp.get(key) for key in facts} == facts


@contextlib.contextmanager
def used(root: Root, maker: Maker, tell: Tell) -> Iterator[Path]:
    """The folder of a whole root for as long as the block; makes it, or makes it anew, where it is not.

    Raises RootError.
    """
    with _locked(root, fcntl.LOCK_SH, tell) as lock:
        if (found := state(root)) != "whole":
            _flock(lock, fcntl.LOCK_EX, root, tell)
            if state(root) != "whole":  # another run may have made it in the meantime
                tell(f"the root {root.name} is {found}")
                _make(root, maker, tell)
            _flock(lock, fcntl.LOCK_SH, root, tell)
        yield root.path


def make_root(root: Root, maker: Maker, tell: Tell) -> bool:
    """Make a root unless it is whole; returns whether there was anything to do. Raises RootError."""
    with _locked(root, fcntl.LOCK_EX, tell):
        if (found := state(root)) == "whole":
            return False
        tell(f"the root {root.name} is {found}")
        _make(root, maker, tell)
        return True


def drop_root(root: Root, tell: Tell) -> bool:
    """Remove a root and what is left of a half-made one; returns whether there was any."""
    with _locked(root, fcntl.LOCK_EX, tell):
        existed = root.path.exists()
        _remove(root.path)
        _remove_halves(root)
    return existed


def _make(root: Root, maker: Maker, tell: Tell) -> None:
    if os.geteuid() != 0:
        raise RootError(f"the root {root.name} is made and used as root; run with sudo")
    _remove_halves(root)
    half = root.path.with_name(f"{root.name}.half-made")
    tell(f"making the root {root.name}; only the first time")
    started = time.monotonic()
    maker(root, half)
    write_stamp(half, {**root.facts, "digest": digest_of(half)})
    _remove(root.path)
    half.rename(root.path)
    tell(f"made the root {root.name} in {time.monotonic() - started:.0f} s")


def _remove_halves(root: Root) -> None:
    for left in (".half-made", ".going"):
        _remove(root.path.with_name(root.name + left))


def _remove(folder: Path) -> None:
    """Remove a folder; killed in the middle of it, no root of that name is left."""
    if folder.exists():
        going = folder.with_name(f"{folder.name.removesuffix('.going')}.going")
        folder.rename(going)
        shutil.rmtree(going)


@contextlib.contextmanager
def _locked(root: Root, kind: int, tell: Tell) -> Iterator[int]:
    roots_folder().mkdir(parents=True, exist_ok=True)
    lock = os.open(roots_folder() / f"{root.name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _flock(lock, kind, root, tell)
        yield lock
    finally:
        os.close(lock)


def _flock(lock: int, kind: int, root: Root, tell: Tell) -> None:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        tell(f"waiting for another run that uses or makes the root {root.name}")
        fcntl.flock(lock, kind)


def made(root: Root) -> str:
    """The day on which it was made; empty where it was not."""
    return str((read_stamp(root.path) or {}).get("made", ""))
