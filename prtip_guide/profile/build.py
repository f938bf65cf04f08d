"""The program to profile, built as the release is, with its symbols kept."""

import os
from dataclasses import dataclass
from pathlib import Path

from prtip_guide.profile.command import check, run, tool
from prtip_guide.profile.error import ProfileError
from prtip_guide.profile.host import cache_folder
from prtip_guide.profile.person import give, home, make_folder, person
from prtip_guide.target import Target, has_profile

PROFILE = "profiling"
# A release build is stripped: perf shows one block without a name, Massif shows ???.
WHY = "the release build is stripped, so its functions have no names; this is the same code with them"
# Added where the manifest has no such profile.
SETTINGS = (
    'profile.profiling.inherits="release"',
    'profile.profiling.debug="line-tables-only"',
    "profile.profiling.strip=false",
)
BUILD_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Program:
    """What is run and profiled, and where its sources are."""

    path: Path
    source: Path
    built_from: Path
    """Where the sources were when it was built: what the program itself knows of their place."""
    profile: str = PROFILE


def build(target: Target) -> Program:
    """Build the target's ``prtip`` in the cache folder, so that the tree is only read; raises ProfileError.

    Cargo finds out by itself that nothing is to be done, also where the same tree now lies in another folder.
    """
    folder = cache_folder() / "builds" / f"{target.name}-{target.digest[:12]}"
    command = [tool("cargo"), "build", "--profile", PROFILE, "--bin", "prtip", "--target-dir", str(folder)]
    if not has_profile(target, PROFILE):
        command += [word for setting in SETTINGS for word in ("--config", setting)]
    command += ["--manifest-path", str(target.path / "Cargo.toml")]
    if (target.path / "Cargo.lock").exists():
        command.append("--locked")
    make_folder(folder)
    path, place = folder / PROFILE / "prtip", folder / "built-from"
    before = _state(path) if place.exists() else None
    check(run(command, environment=_as_person(), timeout=BUILD_SECONDS, owner=person()), command)
    if not os.access(path, os.X_OK):
        raise ProfileError(f"{path.name}: cargo built no such program; does {target.path} have a binary named prtip?")
    if _state(path) != before:
        place.write_text(str(target.path))
        give([place])
    return Program(path, target.path, Path(place.read_text()))


def _as_person() -> dict[str, str]:
    """What cargo needs to find that person's toolchain and registries."""
    if (found := person()) is None:
        return {}
    path = f"{os.environ.get('PATH', os.defpath)}:{home() / '.cargo' / 'bin'}"
    return {"HOME": found.pw_dir, "USER": found.pw_name, "LOGNAME": found.pw_name, "PATH": path}


def _state(path: Path) -> tuple[int, int] | None:
    return (path.stat().st_mtime_ns, path.stat().st_ino) if path.exists() else None
