"""The prtip source tree that is profiled: ProRT-IP's where one is named, else the reference target."""

import glob
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prtip_guide.error import GuideError

REFERENCE = Path(__file__).parent / "reference"
VARIABLE = "PRTIP_ROOT"
# Neither is source: what was built, and the history.
LEFT_OUT = frozenset({"target", ".git"})


class TargetError(GuideError):
    """The named folder is no source tree of prtip; the message names it and the remedy."""

    exit = 2


@dataclass(frozen=True, slots=True)
class Target:
    """A source tree, with what tells one state of it from another."""

    name: str
    """``reference``, or the folder's name in small letters, as in ``prort-ip``."""
    path: Path
    version: str
    """Cargo's version, and the commit where the tree is a git checkout."""
    digest: str
    """SHA-256 over the names and contents of the source files."""

    def as_json(self) -> dict[str, str]:
        """What a ledger keeps of it: not the path, which is one machine's."""
        return {"name": self.name, "version": self.version, "digest": self.digest}


def find_target(named: Path | None = None, around: Path | None = None) -> Target:
    """The target that ``named`` or PRTIP_ROOT names, else the reference target; raises TargetError.

    With ``around``, a tree of prtip that this folder is in goes before the reference target.
    """
    given = named or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    path = (given or (around and enclosing_tree(around)) or REFERENCE).resolve()
    manifest = path / "Cargo.toml"
    if not manifest.is_file():
        raise TargetError(f"{path}: no Cargo.toml; name a source tree of prtip with --target or {VARIABLE}")
    name = "reference" if _is_reference(path) else re.sub(r"[^a-z0-9]+", "-", path.name.lower()).strip("-")
    return Target(name or "target", path, _version(path), _digest(path))


def enclosing_tree(folder: Path) -> Path | None:
    """The outermost folder around ``folder`` whose Cargo.toml, or that of a workspace's member, has a binary prtip."""
    around = [folder.resolve(), *folder.resolve().parents]
    return next((path for path in reversed(around) if _builds_prtip(path)), None)


def _builds_prtip(path: Path) -> bool:
    manifest = _manifest(path)
    members = manifest.get("workspace", {}).get("members", [])
    folders = [Path(each) for member in members for each in glob.glob(str(path / str(member)))]
    return any("prtip" in _binaries(each) for each in [manifest, *map(_manifest, folders)])


def _binaries(manifest: dict[str, Any]) -> set[str]:
    """Names of the binaries: those listed, and the package's own."""
    names = {each.get("name") for each in manifest.get("bin", [])}
    return names | {manifest.get("package", {}).get("name")}


def _manifest(path: Path) -> dict[str, Any]:
    """What is in a folder's Cargo.toml; nothing where there is none, or none that can be read."""
    try:
        return _read_manifest(path)
    except (OSError, ValueError):
        return {}


def _read_manifest(path: Path) -> dict[str, Any]:
    import tomllib  # only pages with a target pay for the import

    return tomllib.loads((path / "Cargo.toml").read_text())


def has_profile(target: Target, profile: str) -> bool:
    """Whether the target's manifest defines the Cargo profile."""
    return profile in _read_manifest(target.path).get("profile", {})


def source_files(path: Path) -> list[Path]:
    """The files of a source tree, sorted; builds and history left out."""
    found = []
    for folder, folders, files in os.walk(path):
        if Path(folder) == path:
            folders[:] = [name for name in folders if name not in LEFT_OUT]
        found += [Path(folder, name) for name in files]
    return sorted(found)


def _is_reference(path: Path) -> bool:
    """Whether it is the reference target, or a copy of it under another name, as pages find it."""
    return (path / "Cargo.toml").read_bytes() == (REFERENCE / "Cargo.toml").read_bytes()


def _version(path: Path) -> str:
    manifest = _read_manifest(path)
    package = manifest.get("package") or manifest.get("workspace", {}).get("package", {})
    version = package.get("version", "")
    if not isinstance(version, str):  # `version.workspace = true`
        version = manifest.get("workspace", {}).get("package", {}).get("version", "")
    return " ".join(filter(None, [version, _commit(path)]))


def _commit(path: Path) -> str:
    """The checkout's commit, short; nothing for a folder inside another project's checkout."""
    if not (path / ".git").exists():
        return ""
    command = ["git", "-C", str(path), "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"({done.stdout.strip()})" if done.returncode == 0 else ""


def _digest(path: Path) -> str:
    import hashlib

    total = hashlib.sha256()
    for file in source_files(path):
        content = os.readlink(file).encode() if file.is_symlink() else file.read_bytes()
        total.update(f"{file.relative_to(path).as_posix()}\0{len(content)}\0".encode(errors="surrogateescape"))
        total.update(content)
    return total.hexdigest()
