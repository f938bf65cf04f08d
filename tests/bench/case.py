"""What is measured: the same snippets written down for each program that runs them."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# As pages have them: files, pipes, loops, a small program. Each prints the same at every run.
REAL = (
    "printf '%s\\n' delta alpha charlie | sort > names.txt",
    "grep -c a names.txt",
    "sed -n 2p names.txt",
    "awk '{ print length($0) }' names.txt",
    "seq 1 500 | awk '{ sum += $1 } END { print sum }'",
    "find /usr/share/doc -maxdepth 1 -name 'b*' | wc -l",
    "tar cf x.tar names.txt && tar tf x.tar",
    "gzip -kf names.txt\ngzip -t names.txt.gz",
    "sha256sum names.txt | cut -c1-8",
    "python3 -S -c 'print(6 * 7)'",
    "head -c 100000 /dev/zero | od | wc -l",
    "mkdir -p a/b/c && ls a/b",
    "diff names.txt names.txt",
    "date -u -d @0 +%F",
    "env -i /bin/sh -c 'echo ok'",
    "xargs -n1 echo < names.txt",
    "tr a-z A-Z < names.txt",
    "for n in 1 2 3; do echo $n; done",
    "stat -c %s names.txt",
    "if grep -q alpha names.txt; then echo there; fi",
)
# Sybil's own example of a code block in another language, with bash in it.
SYBIL = """\
import subprocess
from sybil import Sybil
from sybil.parsers.markdown import CodeBlockParser

def evaluate(example):
    subprocess.run(["bash", "-c", example.parsed], check=True)

pytest_collect_file = Sybil([CodeBlockParser("bash", evaluate)], pattern="*.md").pytest()
"""


@dataclass(frozen=True)
class Case:
    """Pages in a folder, each as ``.md`` for what reads Markdown, as ``.t`` for cram, as ``.sh`` for bash."""

    name: str
    folder: Path
    pages: int = 1
    snippets: int = 1
    """On each page."""

    def files(self, ending: str) -> list[str]:
        """Their names with one of the endings."""
        return [f"page-{number}.{ending}" for number in range(self.pages)]


def trivial(count: int) -> list[str]:
    """Snippets that do next to nothing, so that what is around them is measured."""
    return [f"echo {number}" for number in range(count)]


def real(count: int) -> list[str]:
    """Snippets as pages have them."""
    return [REAL[number % len(REAL)] for number in range(count)]


def flood(count: int) -> list[str]:
    """One snippet that prints ``count`` bytes."""
    return [f"yes 'a line of forty bytes, its end included' | head -c {count}"]


def write_case(folder: Path, name: str, snippets: Sequence[str], pages: int = 1, expect: bool = True) -> Case:
    """Write a case; ``expect`` is false where cram must not compare what is printed."""
    case = Case(name, folder / name, pages, len(snippets))
    case.folder.mkdir(parents=True)
    fences = "".join(f"```bash\n{text}\n```\n\n" for text in snippets)
    script = "".join(f"{text}\n" for text in snippets)
    transcript = _transcript(snippets, case.folder) if expect else ""
    for number in range(pages):
        for ending, text in (("md", f"# Page {number}\n\n{fences}"), ("t", transcript), ("sh", script)):
            (case.folder / f"page-{number}.{ending}").write_text(text)
    (case.folder / "conftest.py").write_text(SYBIL)
    (case.folder / "pytest.ini").write_text("[pytest]\n")
    return case


def _transcript(snippets: Sequence[str], folder: Path) -> str:
    """What cram reads: each command with what it prints, as bash itself says it."""
    mark = "\x1e"
    script = "".join(f"{text}\nprintf '\\036'\n" for text in snippets)
    printed = subprocess.run(
        ["bash", "-c", script] if len(script) < 100_000 else ["bash"],
        input=script,
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split(mark)
    parts = []
    for text, output in zip(snippets, printed, strict=False):
        first, *more = text.split("\n")
        parts.append("".join([f"  $ {first}\n", *(f"  > {line}\n" for line in more)]))
        parts.append("".join(f"  {line}\n" for line in output.splitlines()) + "\n")
    return "".join(parts)
