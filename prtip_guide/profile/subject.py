"""What is profiled: a command, with the sources that are its own."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from prtip_guide.profile.command import Done, check, run
from prtip_guide.profile.person import make_folder
from prtip_guide.profile.summary import Calls, Cpu, Figure, Heap, profile_path


@dataclass(frozen=True)
class Subject:
    """A scan, and where the files of its profiles go."""

    scenario: str
    command: tuple[str, ...]
    """The program's path and its arguments."""
    source: Path
    """The folder of the program's own sources."""
    output: Path
    built_from: Path | None = None
    """Where the sources were when the program was built, if that was elsewhere."""

    @property
    def trivial(self) -> tuple[str, ...]:
        """The shortest thing that the program does: what it takes to start it."""
        return (self.command[0], "--version")

    def own(self, file: str) -> str | None:
        """The path of a source file below the program's folder; None for a library's."""
        return _own(self.source, file)

    def path(self, kind: str, ending: str) -> Path:
        """A file of a profile, its folder made and an old file gone."""
        path = profile_path(self.output, self.scenario, kind, ending)
        make_folder(path.parent)
        path.unlink(missing_ok=True)
        return path

    def run(self) -> Done:
        """Run the program alone; raises ProfileError with what it said when it fails."""
        return check(run(self.command), self.command)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a profiler found; the rest of a summary is the same for all of them."""

    files: tuple[Path, ...]
    figures: tuple[Figure, ...]
    tools: tuple[str, ...]
    runs: int = 1
    exit: int = 0
    odd_lines: int = 0
    notes: tuple[str, ...] = ()
    cpu: Cpu | None = None
    heap: Heap | None = None
    calls: Calls | None = None


@cache
def _own(source: Path, file: str) -> str | None:
    path = source / file
    return path.relative_to(source).as_posix() if path.is_relative_to(source) and path.is_file() else None
