"""Clean roots: the files of a freshly installed Debian release, made once and shown below a sandbox.

They lie in the cache folder. One is made under another name and renamed when it is whole; its stamp
tells one that was changed or half removed from one that is as it was made. Whoever uses one holds its
lock shared, whoever makes or drops it holds it alone.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from prtip_guide.error import GuideError
from prtip_guide.verify import mirror
from prtip_guide.verify.host import cache_folder
from prtip_guide.verify.stamp import digest_of, read_stamp, write_stamp

CODENAMES = {"debian-11": "bullseye", "debian-12": "bookworm", "debian-13": "trixie"}
# What every installed Debian with an ordinary user has, and the smallest variant of a root has not.
BASE = ("ca-certificates", "procps", "sudo")
# What the setup page has installed when a page begins whose front matter counts on builds or tools.
EQUIPMENT = ("gcc", "libc6-dev", "linux-perf", "valgrind", "strace", "libcap2-bin", "iproute2", "heaptrack")
EQUIPPED = "with-tools"
# As the setup page tells it: 5.10 is the only perf of Debian 11, whose wrapper asks for the running kernel's.
PERF_OF_11 = ("usr/local/bin/perf", "/usr/bin/perf_5.10")
BUNDLE, OWN_CERTIFICATES = "etc/ssl/certs/ca-certificates.crt", "usr/local/share/ca-certificates"

Tell = Callable[[str], None]


class RootError(GuideError):
    """A root cannot be made or used; the message says which, why, and the remedy."""


class UnknownRootError(RootError):
    """There is no root of that name."""

    exit = 2


@dataclass(frozen=True, slots=True)
class Root:
    """One clean root in the cache folder."""

    release: str
    """A key of CODENAMES."""
    equipped: bool = False
    """Whether EQUIPMENT is installed in it: pages that install nothing themselves begin there."""

    @property
    def name(self) -> str:
        """Its name in messages and in the cache folder."""
        return f"{self.release}-{EQUIPPED}" if self.equipped else self.release

    @property
    def path(self) -> Path:
        """Its folder."""
        return roots_folder() / self.name

    @property
    def packages(self) -> tuple[str, ...]:
        """What is in it beside the release's essential packages."""
        return (*BASE, *EQUIPMENT) if self.equipped else BASE


def roots_folder() -> Path:
    """Where the roots are."""
    return cache_folder() / "roots"


def find_root(release: str) -> Root:
    """The root of a release; raises RootError where there is no such release."""
    if release not in CODENAMES:
        raise UnknownRootError(f"{release}: no such root; there are {', '.join(CODENAMES)}")
    return Root(release)


def equipped(root: Root) -> Root:
    """The same release with EQUIPMENT."""
    return Root(root.release, equipped=True)


def state(root: Root) -> str:
    """``whole``, ``missing``, or what is wrong with it."""
    if not root.path.is_dir():
        return "missing"
    stamp = read_stamp(root.path)
    if stamp is None:
        return "broken: it has no stamp"
    if stamp.get("packages") != list(root.packages):
        return "outdated: other packages belong in it now"
    return "whole" if stamp.get("digest") == digest_of(root.path) else "broken: files in it changed after it was made"


@contextlib.contextmanager
def used(root: Root, tell: Tell) -> Iterator[Path]:
    """The folder of a whole root for as long as the block; makes it, or makes it anew, where it is not.

    Raises RootError.
    """
    with _locked(root, fcntl.LOCK_SH, tell) as lock:
        if (found := state(root)) != "whole":
            _flock(lock, fcntl.LOCK_EX, root, tell)
            if state(root) != "whole":  # another run may have made it in the meantime
                tell(f"the root {root.name} is {found}")
                _make(root, tell)
            _flock(lock, fcntl.LOCK_SH, root, tell)
        yield root.path


def make_root(root: Root, tell: Tell) -> bool:
    """Make a root unless it is whole; returns whether there was anything to do. Raises RootError."""
    with _locked(root, fcntl.LOCK_EX, tell):
        if (found := state(root)) == "whole":
            return False
        tell(f"the root {root.name} is {found}")
        _make(root, tell)
        return True


def drop_root(root: Root, tell: Tell) -> bool:
    """Remove a root and what is left of a half-made one; returns whether there was any."""
    with _locked(root, fcntl.LOCK_EX, tell):
        existed = root.path.exists()
        _remove(root.path)
        _remove_halves(root)
    return existed


def _make(root: Root, tell: Tell) -> None:
    if os.geteuid() != 0:
        raise RootError(f"the root {root.name} is made and used as root; run with sudo")
    _remove_halves(root)
    half = root.path.with_name(f"{root.name}.half-made")
    tell(f"making the root {root.name}; under a minute, and only the first time")
    started = time.monotonic()
    _bootstrap(root, half)
    _finish(root, half)
    write_stamp(half, {"root": root.name, "packages": list(root.packages), "digest": digest_of(half)})
    _remove(root.path)
    half.rename(root.path)
    tell(f"made the root {root.name} in {time.monotonic() - started:.0f} s")


def _bootstrap(root: Root, folder: Path) -> None:
    lines = mirror.sources(CODENAMES[root.release])
    program = shutil.which("mmdebstrap") or shutil.which("debootstrap", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        raise RootError("needs mmdebstrap or debootstrap to make a root; install the package mmdebstrap")
    keyring = [f"--keyring={path}" for path in mirror.KEYRINGS if Path(path).exists()][:1]
    command = [program, "--variant=minbase", f"--include={','.join(root.packages)}", *keyring]
    if program.endswith("mmdebstrap"):
        options = [f"--aptopt={line}" for line in mirror.apt_options()]
        command += ["--format=directory", "--quiet", *options, CODENAMES[root.release], str(folder), *lines]
    else:
        command += [CODENAMES[root.release], str(folder), lines[0].split()[1]]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != 0:
        _remove(folder)
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise RootError(f"the root {root.name} could not be made; see what {Path(program).name} says:\n{tail}")
    (folder / "etc/apt/sources.list").write_text("\n".join(lines) + "\n")


def _finish(root: Root, folder: Path) -> None:
    """Give it the machine's certificates, without which a registry behind the machine's own authority is none."""
    bundle = Path("/", BUNDLE)
    if bundle.exists():
        shutil.copyfile(bundle, folder / BUNDLE)
    for certificate in Path("/", OWN_CERTIFICATES).glob("*.crt"):
        shutil.copy(certificate, folder / OWN_CERTIFICATES)
    if root.equipped and root.release == "debian-11":
        (folder / PERF_OF_11[0]).symlink_to(PERF_OF_11[1])


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


def all_roots() -> list[Root]:
    """Every root that can be made."""
    return [Root(release, equipped) for release in CODENAMES for equipped in (False, True)]


def made(root: Root) -> str:
    """The day on which it was made; empty where it was not."""
    return str((read_stamp(root.path) or {}).get("made", ""))
